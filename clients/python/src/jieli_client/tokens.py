"""Access tokens: fetched when needed, renewed before they end, asked for once however many threads wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

import httpx

from .problems import TokenRefused, UnexpectedAnswer

#: Seconds before its end at which a token is fetched anew.
MARGIN_SECONDS = 30.0


class Grant(Protocol):
    """How a token is asked for first."""

    def form(self) -> dict[str, str]:
        """The form for `/oauth2/token`."""


@dataclass(frozen=True)
class Password:
    """A person signs in with the first party's own client."""

    username: str
    password: str

    def form(self) -> dict[str, str]:
        return {"grant_type": "password", "username": self.username, "password": self.password}


@dataclass(frozen=True)
class ClientCredentials:
    """A portal, a hotline or another machine."""

    client_id: str
    client_secret: str

    def form(self) -> dict[str, str]:
        return {"grant_type": "client_credentials", "client_id": self.client_id, "client_secret": self.client_secret}


@dataclass(frozen=True)
class RefreshToken:
    """A session that was begun elsewhere."""

    refresh_token: str

    def form(self) -> dict[str, str]:
        return {"grant_type": "refresh_token", "refresh_token": self.refresh_token}


@dataclass(frozen=True)
class TokenExchange:
    """RFC 8693: a portal acts for an applicant whom it has authenticated."""

    client_id: str
    client_secret: str
    #: Makes a new assertion for each exchange: an assertion is good once.
    subject_token: Callable[[], str]
    subject_token_type: str = "urn:ietf:params:oauth:token-type:jwt"

    def form(self) -> dict[str, str]:
        return {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "subject_token": self.subject_token(),
            "subject_token_type": self.subject_token_type,
        }


class TokenAuth(httpx.Auth):
    """Signs the requests of an httpx client. A 401 renews the token once."""

    def __init__(
        self,
        base_url: str,
        grant: Grant,
        *,
        on_refresh_token: Callable[[str], None] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/oauth2/token"
        self._grant = grant
        self._on_refresh_token = on_refresh_token
        self._http = httpx.Client(transport=transport, timeout=30)
        self._lock = threading.Lock()
        self._access: str | None = None
        self._stale_at = 0.0
        self._refresh = grant.refresh_token if isinstance(grant, RefreshToken) else None

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        token = self.access()
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self.renew(token)}"
            yield request

    def access(self) -> str:
        """A token that is not known to be stale."""
        with self._lock:
            if self._access is None or time.monotonic() >= self._stale_at:
                return self._fetch()
            return self._access

    def renew(self, stale: str) -> str:
        """Another one, because the server refused `stale`."""
        with self._lock:
            if self._access is not None and self._access != stale:
                return self._access
            return self._fetch()

    def _fetch(self) -> str:
        if self._refresh is not None:
            try:
                return self._post(RefreshToken(self._refresh).form())
            except TokenRefused:
                if isinstance(self._grant, RefreshToken):
                    raise
                # The session is over: sign in again.
                self._refresh = None
        return self._post(self._grant.form())

    def _post(self, form: dict[str, str]) -> str:
        self._access = None
        response = self._http.post(self._url, data=form)
        try:
            body: Any = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise UnexpectedAnswer(response.status_code, response.text)
        if response.is_success and "access_token" in body:
            access = str(body["access_token"])
            self._access = access
            self._stale_at = time.monotonic() + max(1.0, float(body["expires_in"]) - MARGIN_SECONDS)
            if "refresh_token" in body:
                self._refresh = str(body["refresh_token"])
                if self._on_refresh_token is not None:
                    self._on_refresh_token(self._refresh)
            return access
        if "error" in body:
            raise TokenRefused(response.status_code, str(body["error"]), str(body.get("error_description", "")))
        raise UnexpectedAnswer(response.status_code, response.text)
