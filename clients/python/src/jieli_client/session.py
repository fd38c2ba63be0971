"""The client: the generated operations over an httpx client that signs, retries and raises."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, cast

import httpx

from .generated.client import AuthenticatedClient
from .generated.models.problem_document import ProblemDocument
from .generated.types import UNSET, Response, Unset
from .problems import problem_of
from .tokens import Grant, TokenAuth

T = TypeVar("T")

#: The longest wait that is taken from `Retry-After`, in seconds; beyond it the caller gets the error.
LONGEST_WAIT = 30.0


class Retrying(httpx.BaseTransport):
    """Gives each POST an `Idempotency-Key` and tries again what is worth it: the key makes sure that nothing happens twice."""

    def __init__(self, inner: httpx.BaseTransport, attempts: int, sleep: Callable[[float], None]) -> None:
        self._inner = inner
        self._attempts = attempts
        self._sleep = sleep

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and "Idempotency-Key" not in request.headers:
            request.headers["Idempotency-Key"] = str(uuid.uuid4())
        attempt = 1
        while True:
            try:
                response = self._inner.handle_request(request)
            except httpx.TransportError:
                if attempt >= self._attempts:
                    raise
                wait: float | None = _back_off(attempt)
            else:
                wait = _wait_of(response, attempt)
                if wait is None or attempt >= self._attempts:
                    return response
                response.close()
            self._sleep(cast(float, wait))
            attempt += 1

    def close(self) -> None:
        self._inner.close()


def _wait_of(response: httpx.Response, attempt: int) -> float | None:
    again = response.status_code in (429, 503)
    if response.status_code == 409:
        response.read()
        again = getattr(problem_of(response), "code", "") == "idempotency_in_progress"
    if not again:
        return None
    try:
        wait = float(response.headers["Retry-After"])
    except (KeyError, ValueError):
        wait = _back_off(attempt)
    return wait if wait <= LONGEST_WAIT else None


def _back_off(attempt: int) -> float:
    return 0.25 * 2.0 ** (attempt - 1) * (0.5 + random.random())


class RaisingClient(httpx.Client):
    """An httpx client that raises errors: after signing in anew, which an event hook would forestall."""

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        response = super().send(request, **options)
        if response.status_code >= 400:
            response.read()
            raise problem_of(response)
        return response


def connect(
    base_url: str,
    grant: Grant | None = None,
    *,
    on_refresh_token: Callable[[str], None] | None = None,
    attempts: int = 4,
    timeout: float = 30.0,
    transport: httpx.BaseTransport | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> AuthenticatedClient:
    """A client for the functions under `jieli_client.generated.api`, such as `get_me.sync_detailed(client=…)`.

    Answers that are errors are raised as `Problem`. Without a grant only public operations answer. Only the blocking
    functions (`sync`, `sync_detailed`) sign in and retry; the generated `asyncio` ones need an httpx.Auth of your own.
    """
    inner = transport if transport is not None else httpx.HTTPTransport()
    auth = None if grant is None else TokenAuth(base_url, grant, on_refresh_token=on_refresh_token, transport=transport)
    client = AuthenticatedClient(base_url=base_url.rstrip("/"), token="")
    client.set_httpx_client(
        RaisingClient(
            base_url=base_url.rstrip("/"),
            auth=auth,
            timeout=timeout,
            transport=Retrying(inner, attempts, sleep),
        )
    )
    return client


def take(answer: Response[T | ProblemDocument]) -> T:
    """What a call answered: `take(get_me.sync_detailed(client=client))`. Errors were raised before."""
    if answer.parsed is None or isinstance(answer.parsed, ProblemDocument):
        raise TypeError(f"The answer {answer.status_code} has no body that the document describes")
    return answer.parsed


def etag(answer: Response[Any]) -> str:
    """The ETag of an answer, for the `if_match` of the next write."""
    return str(answer.headers["ETag"])


class Page(Protocol[T]):
    """A page of any list."""

    @property
    def items(self) -> list[T]: ...
    @property
    def has_more(self) -> bool: ...
    @property
    def next_cursor(self) -> str | Unset: ...


def each(read: Callable[[str | Unset], Page[T]]) -> Iterator[T]:
    """Every record of a list, page after page; `read` gets the cursor of the page to read (at first: UNSET)."""
    cursor: str | Unset = UNSET
    while True:
        page = read(cursor)
        yield from page.items
        if not page.has_more or isinstance(page.next_cursor, Unset):
            return
        cursor = page.next_cursor
