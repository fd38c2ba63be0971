"""The example receiver, against deliveries that the published library signs."""

from __future__ import annotations

import json
import threading
import unittest
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from cloudevents.core.base import BaseCloudEvent
from standardwebhooks import Webhook
from webhook_receiver import Receiver, serve, told

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def event(id: str = "019b76da-a800-7001-8b46-bbace893b70e") -> str:
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id,
            "source": "https://jieli.example.gov.cn",
            "type": "cn.jieli.entrustment.accepted",
            "subject": "entrustment/019b76da-a800-7001-8b46-bbace893b70d",
            "time": "2026-03-02T09:00:00.000+08:00",
            "datacontenttype": "application/json",
            "sequence": "0000000000000001856",
            "audience": "applicant",
            "data": {
                "record_kind": "entrustment",
                "record_id": "019b76da-a800-7001-8b46-bbace893b70d",
                "record_version": 2,
                "params": {"state": "accepted"},
            },
        },
        ensure_ascii=False,
    )


def signed(body: str, *secrets: str, at: datetime | None = None) -> dict[str, str]:
    at = at or datetime.now(timezone.utc)
    id = json.loads(body)["id"]
    return {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(s).sign(id, at, body) for s in secrets),
    }


class ReceiverTest(unittest.TestCase):
    def setUp(self) -> None:
        self.handled: list[BaseCloudEvent] = []
        self.receiver = Receiver(SECRET, self.handled.append)

    def take(self, body: str, headers: dict[str, str]) -> int:
        return self.receiver.take(headers, body.encode()).status

    def test_takes_an_event_once(self) -> None:
        body = event()
        self.assertEqual([self.take(body, signed(body, SECRET)) for _ in range(3)], [204, 204, 204])
        self.assertEqual(len(self.handled), 1)
        self.assertEqual(self.handled[0].get_type(), "cn.jieli.entrustment.accepted")
        self.assertEqual(self.handled[0].get_attributes()["sequence"], "0000000000000001856")
        self.assertIn("entrustment/019b76da", told(self.handled[0]))

    def test_either_secret_will_do_while_it_is_rotated(self) -> None:
        body = event()
        self.assertEqual(self.take(body, signed(body, OTHER, SECRET)), 204)

    def test_refuses_what_is_forged_changed_or_old(self) -> None:
        body = event()
        old = datetime.now(timezone.utc) - timedelta(minutes=10)
        self.assertEqual(self.take(body, signed(body, OTHER)), 401)
        self.assertEqual(self.take(body.replace("accepted", "rejected"), signed(body, SECRET)), 401)
        self.assertEqual(self.take(body, signed(body, SECRET, at=old)), 401)
        self.assertEqual(self.take(body, {}), 401)
        self.assertEqual(self.take('{"id":"1"}', signed('{"id":"1"}', SECRET)), 400)
        self.assertEqual(self.handled, [])

    def test_what_fails_comes_again(self) -> None:
        def fail(_: BaseCloudEvent) -> None:
            raise RuntimeError

        body = event()
        broken = Receiver(SECRET, fail)
        for _ in range(2):
            with self.assertRaises(RuntimeError):
                broken.take(signed(body, SECRET), body.encode())

    def test_over_http(self) -> None:
        server = serve(self.receiver, 0)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        body = event()
        with urllib.request.urlopen(urllib.request.Request(url, body.encode(), signed(body, SECRET)), timeout=5) as answer:
            self.assertEqual(answer.status, 204)
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(url, body.encode(), signed(body, OTHER)), timeout=5)
        caught.exception.close()
        self.assertEqual(caught.exception.code, 401)


if __name__ == "__main__":
    unittest.main()
