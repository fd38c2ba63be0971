"""Signs schemathesis in: every operation as the demo account that its description names.

The description of an operation ends with 「演示：以 `rd_clerk` 登录，…」; operations that name nobody are tried with
FUZZ_LOGIN (city_manager). Tokens live for a quarter of an hour and are fetched anew before that.
"""

import os
import re
import time

import requests
import schemathesis

PASSWORD = "jieli-demo-2026"
LOGIN = re.compile(r"以 `([a-z0-9_]+)` 登录")
REFRESH_SECONDS = 600

_tokens: dict[str, tuple[float, str]] = {}


def _login_of(case: schemathesis.Case) -> str:
    found = LOGIN.search(case.operation.definition.raw.get("description", ""))
    return found.group(1) if found else os.environ.get("FUZZ_LOGIN", "city_manager")


def _token(base: str, login: str) -> str:
    held = _tokens.get(login)
    if held is None or time.monotonic() - held[0] > REFRESH_SECONDS:
        form = {"grant_type": "password", "username": login, "password": PASSWORD}
        answer = requests.post(f"{base}/oauth2/token", data=form, timeout=30)
        answer.raise_for_status()
        held = (time.monotonic(), answer.json()["access_token"])
        _tokens[login] = held
    return held[1]


@schemathesis.auth(refresh_interval=None)
class DemoLogin:
    """A bearer token for the operation at hand; none where the document asks for none."""

    def get(self, case: schemathesis.Case, ctx: schemathesis.AuthContext) -> str | None:
        security = case.operation.definition.raw.get("security", [{}])
        if not any("bearerAuth" in way for way in security):
            return None
        return _token(os.environ["BASE_URL"], _login_of(case))

    def set(self, case: schemathesis.Case, data: str | None, ctx: schemathesis.AuthContext) -> None:
        if data is not None:
            case.headers["Authorization"] = f"Bearer {data}"
