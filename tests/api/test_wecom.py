"""企业微信侧边栏: signatures as it prescribes, tickets fetched once, and only one's own customers behind a contact."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fastapi.testclient import TestClient

from api import wecom
from dongke.settings import settings

Login = Callable[[str], dict[str, str]]


class Platform(ThreadingHTTPServer):
    """The ticket service, played: it answers as 企业微信 documents, and remembers what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.asked: list[str] = []
        self.refuses = False
        self.body = b""  #: said in place of the honest answer


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Platform)
        self.server.asked.append(self.path)
        body = {"errcode": 0, "access_token": "t", "ticket": self.path[:30], "expires_in": 7200}
        if self.server.refuses:
            body = {"errcode": 40013, "errmsg": "invalid corpid"}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.body or json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    server = Platform()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    told = {
        "CORP_ID": "ww1",
        "AGENT_ID": "1000002",
        "SECRET": "s" * 20,
        "URL": f"http://127.0.0.1:{server.server_port}",
    }
    for name, value in told.items():
        monkeypatch.setenv(f"DONGKE_WECOM_{name}", value)
    settings.cache_clear()
    monkeypatch.setattr(wecom, "_kept", {})
    yield server
    server.shutdown()
    server.server_close()
    settings.cache_clear()


def test_the_signature_is_the_one_of_the_documents() -> None:
    ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg"
    made = wecom.signature(ticket, "Wm3WZYTPz0wzccnW", 1414587457, "http://mp.weixin.qq.com?params=value#part")
    assert made == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


def test_tickets_are_fetched_once_and_the_secret_stays_here(
    client: TestClient, login: Login, platform: Platform
) -> None:
    for _ in range(2):
        answer = client.post("/v1/wecom/signature", json={"url": "https://d.example/wecom"}, headers=login("a1"))
        assert answer.status_code == 200
    found = answer.json()
    assert found["config_signature"] != found["agent_signature"]
    assert "s" * 20 not in answer.text
    assert [path.split("?")[0] for path in platform.asked] == [
        "/cgi-bin/gettoken",
        "/cgi-bin/get_jsapi_ticket",
        "/cgi-bin/ticket/get",
    ]


def test_a_refusal_and_a_missing_application_are_told(client: TestClient, login: Login, platform: Platform) -> None:
    platform.refuses = True
    answer = client.post("/v1/wecom/signature", json={"url": "https://d.example/wecom"}, headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:dongke:wecom-unreachable")
    assert "40013" in answer.json()["detail"]


def test_without_an_application_there_is_no_side_bar(client: TestClient, login: Login) -> None:
    answer = client.post("/v1/wecom/signature", json={"url": "https://d.example/wecom"}, headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:dongke:wecom-missing")


def test_an_unknown_contact_is_nobody(client: TestClient, login: Login) -> None:
    answer = client.post("/v1/wecom/customer", json={"external_userid": "wm-nobody"}, headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:dongke:customer-unknown")
    assert client.post("/v1/wecom/customer", json={"external_userid": "wm-nobody"}).status_code == 401


def test_a_contact_is_a_customer_of_ones_own_or_nobody(client: TestClient, login: Login) -> None:
    row = {"customer_id": "C1", "kind": "external_userid", "value": "wm-1", "from_at": "2026-01-06T09:00:00+08:00"}
    assert client.post("/v1/identifiers", json=[row], headers=login("pipe")).json()["accepted"] == 1
    asked = {"external_userid": "wm-1"}
    assert client.post("/v1/wecom/customer", json=asked, headers=login("a1")).json() == {"customer_id": "C1"}
    assert client.post("/v1/wecom/customer", json=asked, headers=login("a2")).status_code == 404


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"errcode": 0}', b'{"access_token": "t", "ticket": "x"}'])
def test_an_answer_that_is_none_of_theirs_is_told_as_that(
    client: TestClient, login: Login, platform: Platform, body: bytes
) -> None:
    """A proxy's page, or an answer with something missing."""
    platform.body = body
    answer = client.post("/v1/wecom/signature", json={"url": "https://d.example/wecom"}, headers=login("a1"))
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:dongke:wecom-unreachable")
