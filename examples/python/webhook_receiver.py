"""Receives deliveries of jieli's webhooks with the published libraries `standardwebhooks` and `cloudevents`.

    WEBHOOK_SECRET=whsec_… python webhook_receiver.py 9000

What a receiver must do: verify the signature over the bytes as they came, answer 2xx at once and work later, and take a
delivery that comes again (the same `webhook-id`) only once. Deliveries of one record come in order; those of several
records do not wait for each other. The payload is thin: ask the API for the record.
"""

from __future__ import annotations

import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

#: Larger bodies are no delivery of jieli.
LARGEST_BODY = 256 * 1024
#: How many ids are remembered; a real receiver keeps them in its database, in the transaction of the effect.
REMEMBERED = 10_000


@dataclass(frozen=True)
class Taken:
    """What to answer."""

    status: HTTPStatus
    event: BaseCloudEvent | None = None


class Receiver:
    """Verifies, parses and takes each event once."""

    def __init__(self, secret: str, handle: Callable[[BaseCloudEvent], None]) -> None:
        self._webhook = Webhook(secret)
        self._handle = handle
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._lock = Lock()

    def take(self, headers: Mapping[str, str], body: bytes) -> Taken:
        try:
            # While a secret is rotated two signatures come, separated by a blank: one that fits is enough.
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):
            return Taken(HTTPStatus.UNAUTHORIZED)
        try:
            # A delivery is CloudEvents' structured mode, whatever the content type is called.
            structured = {"content-type": "application/cloudevents+json"}
            event = from_http_event(HTTPMessage(structured, body))
        except Exception:
            return Taken(HTTPStatus.BAD_REQUEST)
        with self._lock:
            if event.get_id() in self._seen:
                return Taken(HTTPStatus.NO_CONTENT)
            # Handled first, remembered then: what fails is delivered again.
            self._handle(event)
            self._seen[event.get_id()] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return Taken(HTTPStatus.NO_CONTENT, event)


def told(event: BaseCloudEvent) -> str:
    """An event in one line."""
    return f"{event.get_time()} {event.get_type()} {event.get_subject()} {event.get_id()}"


class Server(ThreadingHTTPServer):
    """Answers 503, try again, until it has a receiver."""

    receiver: Receiver | None = None


def serve(receiver: Receiver | None, port: int) -> Server:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or -1)
            if not 0 <= length <= LARGEST_BODY:
                self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return
            body = self.rfile.read(length)
            status = HTTPStatus.SERVICE_UNAVAILABLE
            if server.receiver is not None:
                status = server.receiver.take(dict(self.headers.items()), body).status
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = Server(("127.0.0.1", port), Handler)
    server.receiver = receiver
    return server


def main() -> None:
    def handle(event: BaseCloudEvent) -> None:
        print(told(event), flush=True)

    receiver = Receiver(os.environ["WEBHOOK_SECRET"], handle)
    serve(receiver, int(sys.argv[1]) if len(sys.argv) > 1 else 9000).serve_forever()


if __name__ == "__main__":
    main()
