"""What the server says when it says no."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx


class Problem(Exception):
    """An error answer (RFC 9457). `code` is stable and made for programs, the text is Chinese and made for people."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.status = int(document["status"])
        self.code = str(document["code"])
        #: Quote it when asking the operator.
        self.request_id = str(document.get("request_id", ""))
        #: Every invalid field at once.
        self.errors: list[dict[str, Any]] = document.get("errors", [])
        #: On 409: what may be done instead.
        self.allowed_actions: list[str] = document.get("allowed_actions", [])
        super().__init__(f"{document['title']}：{document.get('detail', '')} [{self.status} {self.code}]")


class TokenRefused(Exception):
    """The token endpoint said no (RFC 6749 §5.2), for example `invalid_grant`."""

    def __init__(self, status: int, error: str, description: str) -> None:
        self.status = status
        self.error = error
        super().__init__(f"{error}: {description}")


class UnexpectedAnswer(Exception):
    """An answer that is no problem document, such as a page of a gateway in front of the server."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        super().__init__(f"The server answered {status}: {text[:200]}")


def problem_of(response: httpx.Response) -> Problem | UnexpectedAnswer:
    """The error that an answer (already read) describes."""
    try:
        body = json.loads(response.content)
    except ValueError:
        return UnexpectedAnswer(response.status_code, response.text)
    if isinstance(body, dict) and {"code", "status", "title"} <= body.keys():
        return Problem(body)
    return UnexpectedAnswer(response.status_code, response.text)
