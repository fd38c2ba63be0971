"""Signs schemathesis in, and sends whatever was written a second time.

Every operation is tried as the demo account that its description names: it ends with 「演示：以 `rd_clerk` 登录，…」; operations
that name nobody are tried with FUZZ_LOGIN (city_manager). FUZZ_ONLY tries them all as one: a login, `client:ID:SECRET`, or
`nobody`. Tokens live for a quarter of an hour and are fetched anew before that.
"""

import os
import re
import time

import requests
import schemathesis

PASSWORD = "jieli-demo-2026"
LOGIN = re.compile(r"以 `([a-z0-9_]+)` 登录")
TAGS = re.compile(r"[ -~]{1,1000}")
REFRESH_SECONDS = 600

_tokens: dict[str, tuple[float, str]] = {}


def _who(case: schemathesis.Case) -> str:
    only = os.environ.get("FUZZ_ONLY")
    found = LOGIN.search(case.operation.definition.raw.get("description", ""))
    return only or (found.group(1) if found else os.environ.get("FUZZ_LOGIN", "city_manager"))


def _form(who: str) -> dict[str, str]:
    if who.startswith("client:"):
        _, client, secret = who.split(":", 2)
        return {"grant_type": "client_credentials", "client_id": client, "client_secret": secret}
    return {"grant_type": "password", "username": who, "password": PASSWORD}


def _token(base: str, who: str) -> str:
    held = _tokens.get(who)
    if held is None or time.monotonic() - held[0] > REFRESH_SECONDS:
        answer = requests.post(f"{base}/oauth2/token", data=_form(who), timeout=30)
        answer.raise_for_status()
        held = (time.monotonic(), answer.json()["access_token"])
        _tokens[who] = held
    return held[1]


@schemathesis.auth(refresh_interval=None)
class DemoLogin:
    """A bearer token for the operation at hand; none where the document asks for none."""

    def get(self, case: schemathesis.Case, ctx: schemathesis.AuthContext) -> str | None:
        security = case.operation.definition.raw.get("security", [{}])
        if os.environ.get("FUZZ_ONLY") == "nobody" or not any("bearerAuth" in way for way in security):
            return None
        return _token(os.environ["BASE_URL"], _who(case))

    def set(self, case: schemathesis.Case, data: str | None, ctx: schemathesis.AuthContext) -> None:
        if data is not None:
            case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(context, case: schemathesis.Case, kwargs) -> None:
    """Takes away an `If-None-Match` that is none: whatever cannot be read is no match (RFC 9110 §13.1.2) and no mistake."""
    given = case.headers.get("If-None-Match") if case.headers else None
    if given is not None and not TAGS.fullmatch(str(given)):
        del case.headers["If-None-Match"]


@schemathesis.check
def the_same_key_the_same_answer(ctx, response, case) -> None:
    """What succeeded under an `Idempotency-Key` is answered alike when it is sent again.

    An act may take the record out of the caller's sight: then the second answer says that it was done.
    """
    sent = response.request
    keyed = sent is not None and sent.headers.get("Idempotency-Key") and "dry_run=true" not in (sent.url or "")
    documented = any(p.get("name") == "Idempotency-Key" for p in case.operation.definition.raw.get("parameters", []))
    if not keyed or not documented or not 200 <= response.status_code < 300:
        return
    with requests.Session() as session:
        again = session.send(sent.copy(), timeout=30)
    if again.status_code == 404 and "已经成功" in again.text:
        return
    first = (response.status_code, response.content)
    assert (again.status_code, again.content) == first, f"{sent.method} {sent.url} again: {again.status_code} {again.text[:300]}"
