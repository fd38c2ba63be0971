#!/usr/bin/env python3
"""A receiver of jieli's webhooks, with the published libraries and nothing else.

    pip install standardwebhooks cloudevents
    JIELI_WEBHOOK_SECRET=whsec_... python3 receiver.py [port] [how many, then end]

Every delivery is verified by `standardwebhooks` and parsed by `cloudevents`; what is not signed is refused with 401, and what
was received before is taken again without effect, for deliveries come at least once.
"""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.formats.json import JSONFormat
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["JIELI_WEBHOOK_SECRET"])
seen: set[str] = set()
wanted = int(sys.argv[2]) if len(sys.argv) > 2 else None


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            webhook.verify(body, headers)
        except WebhookVerificationError as wrong:
            print("refused:", wrong, flush=True)
            self.send_response(401)
            self.end_headers()
            return
        event = from_http_event(HTTPMessage(headers=headers, body=body), JSONFormat())
        assert event.get_id() == headers["webhook-id"]
        again = event.get_id() in seen
        seen.add(event.get_id())
        print("again:" if again else "event:", event.get_extension("sequence"), event.get_type(), event.get_subject(), flush=True)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9099), Receiver)
while wanted is None or len(seen) < wanted:
    server.handle_request()
