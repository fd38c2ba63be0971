"""Subscribes a receiver to a running demo, lets a matter come and go, and checks every delivery with the published libraries.

The server must be allowed to reach this machine: JIELI_OUTBOUND_ALLOW='["127.0.0.0/8"]'.
"""

from __future__ import annotations

import os
import sys
import threading
import time

from cloudevents.core.base import BaseCloudEvent
from jieli_client import Password, connect
from webhook_receiver import Receiver, serve, told

BASE = os.environ.get("BASE_URL", "http://127.0.0.1:8080")


def main() -> None:
    events: list[BaseCloudEvent] = []
    # The address comes first, the secret with the subscription; nothing is delivered before.
    server = serve(None, 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    admin = connect(BASE, Password("sys_admin", "jieli-demo-2026")).get_httpx_client()
    company = connect(BASE, Password("ent_rudong", "jieli-demo-2026")).get_httpx_client()

    filters = {"types": ["entrustment.*"], "center": "320600000000"}
    url = f"http://127.0.0.1:{server.server_address[1]}/"
    webhook = admin.post("/api/v1/webhooks", json={"url": url, "description": "示例", "filters": filters}).json()
    server.receiver = Receiver(webhook["secret"], events.append)
    admin.post(f"/api/v1/webhooks/{webhook['id']}/ping", json={})

    application = {
        "item": "GS-320623-0001",
        "mode": "full_agency",
        "channel": "app",
        "center": "320600000000",
        "contact": {"name": "联系人甲", "phone": "13900000009"},
    }
    matter = company.post("/api/v1/entrustments", json=application).json()
    company.post(f"/api/v1/entrustments/{matter['id']}/withdraw", json={"reason": "不再需要"})

    expected = ["cn.jieli.entrustment.submitted", "cn.jieli.entrustment.withdrawn"]
    for _ in range(60):
        mine = [e.get_type() for e in events if e.get_subject() == f"entrustment/{matter['id']}"]
        pinged = any(e.get_type() == "cn.jieli.webhook.pinged" for e in events)
        if mine == expected and pinged:
            break
        time.sleep(0.5)
    for event in events:
        print(f"   {told(event)}")
    admin.delete(f"/api/v1/webhooks/{webhook['id']}", headers={"If-Match": f'"{webhook["version"]}"'})
    if mine != expected or not pinged:
        sys.exit(f"expected {expected} and a ping, got {mine}")
    print("Every delivery was verified and parsed, in order.")


if __name__ == "__main__":
    main()
