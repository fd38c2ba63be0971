"""The hand-written layer, over httpx.MockTransport."""

from __future__ import annotations

import json
import unittest
from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
from jieli_client import (
    ClientCredentials,
    Password,
    Problem,
    TokenExchange,
    TokenRefused,
    UnexpectedAnswer,
    connect,
    each,
    take,
)
from jieli_client.generated.api.entrustments import list_entrustments
from jieli_client.generated.api.identity import get_me
from jieli_client.generated.api.people import disable_user
from jieli_client.generated.client import AuthenticatedClient
from jieli_client.generated.models.entrustment_view import EntrustmentView
from jieli_client.tokens import Grant

Answer = Callable[[httpx.Request, int], httpx.Response]

ME = {
    "id": "019b76da-a800-7ee7-bff2-34f6d4ddf05b",
    "login": "rd_agent",
    "display_name": "如东中心代办专员一号",
    "title": "专员",
    "employment": "full_time",
    "center_id": "019b76da-a800-7fa2-9a1e-9b8571e5a9c2",
    "status": "active",
    "status_label": "正常",
    "roles": [],
    "allowed_actions": [],
    "version": 1,
}


def problem(status: int, code: str, **headers: str) -> httpx.Response:
    document = {
        "type": f"/problems/{code}",
        "title": "不行",
        "status": status,
        "detail": "请稍后再试",
        "instance": "/",
        "code": code,
        "request_id": "r-1",
    }
    headers["Content-Type"] = "application/problem+json"
    return httpx.Response(status, headers=headers, content=json.dumps(document))


def token(name: str) -> httpx.Response:
    body = {"access_token": name, "token_type": "Bearer", "expires_in": 900, "refresh_token": f"refresh-{name}"}
    return httpx.Response(200, json=body)


class Server:
    """Notes what it is asked, and answers as told."""

    def __init__(self, answer: Answer) -> None:
        self.seen: list[httpx.Request] = []
        self.slept: list[float] = []
        self._answer = answer

    def client(self, grant: Grant | None = None) -> AuthenticatedClient:
        def handle(request: httpx.Request) -> httpx.Response:
            self.seen.append(request)
            return self._answer(request, len(self.seen))

        return connect("http://jieli.test/", grant, transport=httpx.MockTransport(handle), sleep=self.slept.append)

    def forms(self) -> list[dict[str, list[str]]]:
        return [parse_qs(r.content.decode()) for r in self.seen if r.url.path == "/oauth2/token"]


class ClientTest(unittest.TestCase):
    def test_signs_in_once(self) -> None:
        server = Server(lambda r, n: token("one") if r.url.path == "/oauth2/token" else httpx.Response(200, json=ME))
        client = server.client(Password("city_clerk", "p&w 中"))
        for _ in range(3):
            self.assertEqual(take(get_me.sync_detailed(client=client)).login, "rd_agent")
        self.assertEqual(len(server.forms()), 1)
        self.assertEqual(server.forms()[0]["password"], ["p&w 中"])
        self.assertEqual(server.seen[-1].headers["Authorization"], "Bearer one")

    def test_renews_a_refused_token_by_the_refresh_token(self) -> None:
        def answer(request: httpx.Request, n: int) -> httpx.Response:
            if request.url.path == "/oauth2/token":
                return token("t1" if b"password" in request.content else "t2")
            fresh = request.headers["Authorization"] == "Bearer t2"
            return httpx.Response(200, json=ME) if fresh else problem(401, "unauthenticated")

        server = Server(answer)
        take(get_me.sync_detailed(client=server.client(Password("city_clerk", "x"))))
        self.assertEqual([f["grant_type"] for f in server.forms()], [["password"], ["refresh_token"]])
        self.assertEqual(server.forms()[1]["refresh_token"], ["refresh-t1"])

    def test_a_wrong_secret_and_a_token_exchange(self) -> None:
        refusal = {"error": "invalid_client", "error_description": "密钥不对"}
        server = Server(lambda r, n: httpx.Response(401, json=refusal))
        with self.assertRaises(TokenRefused) as caught:
            get_me.sync_detailed(client=server.client(ClientCredentials("hotline", "x")))
        self.assertEqual(caught.exception.error, "invalid_client")
        exchange = Server(lambda r, n: token("a") if n == 1 else httpx.Response(200, json=ME))
        get_me.sync_detailed(client=exchange.client(TokenExchange("portal", "s", lambda: "jwt1")))
        self.assertEqual(exchange.forms()[0]["grant_type"], ["urn:ietf:params:oauth:grant-type:token-exchange"])
        self.assertEqual(exchange.forms()[0]["subject_token"], ["jwt1"])

    def test_a_post_that_is_tried_again_keeps_its_key(self) -> None:
        def answer(request: httpx.Request, n: int) -> httpx.Response:
            if n == 1:
                raise httpx.ConnectError("no")
            if n == 2:
                return problem(503, "unavailable", **{"Retry-After": "2"})
            return problem(409, "idempotency_in_progress") if n == 3 else httpx.Response(200, json=ME)

        server = Server(answer)
        disable_user.sync_detailed("u1", client=server.client())
        keys = {r.headers["Idempotency-Key"] for r in server.seen}
        self.assertEqual((len(server.seen), len(keys)), (4, 1))
        self.assertEqual(server.slept[1], 2.0)

    def test_problems_are_raised(self) -> None:
        server = Server(lambda r, n: problem(429, "rate_limited", **{"Retry-After": "3600"}))
        with self.assertRaises(Problem) as caught:
            get_me.sync_detailed(client=server.client())
        self.assertEqual((caught.exception.status, caught.exception.code), (429, "rate_limited"))
        self.assertEqual((caught.exception.request_id, len(server.seen)), ("r-1", 1))
        other = Server(lambda r, n: httpx.Response(502, text="<html>"))
        with self.assertRaises(UnexpectedAnswer):
            get_me.sync_detailed(client=other.client())

    def test_lists_are_read_to_their_end(self) -> None:
        def answer(request: httpx.Request, n: int) -> httpx.Response:
            more = {} if n == 3 else {"next_cursor": f"c{n}"}
            return httpx.Response(200, json={"items": [], "has_more": n < 3, **more})

        server = Server(answer)
        client = server.client()
        records = each(lambda c: take(list_entrustments.sync_detailed(client=client, state=["submitted", "accepted"], cursor=c)))
        self.assertEqual(list(records), [])
        self.assertEqual([r.url.params.get("cursor") for r in server.seen], [None, "c1", "c2"])
        self.assertEqual(server.seen[0].url.params.get_list("state"), ["submitted", "accepted"])

    def test_codes_that_are_new_pass(self) -> None:
        from jieli_client.generated.models.state import check_state

        self.assertEqual(check_state("not_known_yet"), "not_known_yet")
        self.assertTrue(hasattr(EntrustmentView, "from_dict"))


if __name__ == "__main__":
    unittest.main()
