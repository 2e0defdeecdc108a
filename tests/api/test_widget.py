"""挂件: a token that opens the card of one customer to one advisor, on the pages that may carry it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import auth, pipeline
from api.app import create_app
from dongke import db
from dongke.scope import Role
from dongke.settings import settings
from dongke.users import User

Talk = Callable[..., dict[str, Any]]
Login = Callable[[str], dict[str, str]]
CRM = "https://crm.example.internal"


@pytest.fixture
def page(client: TestClient, login: Login, talk: Talk) -> TestClient:
    """C1 and C2 have spoken; a CRM has an account of its own."""
    for ident, customer, advisor in (("K1", "C1", "A1"), ("K2", "C2", "A2")):
        row = talk(ident, customer_id=customer, advisor_id=advisor)
        client.post("/v1/conversations", json=row, headers=login("pipe"))
        with db.session_scope() as session:
            pipeline.process_conversation(session, ident)
    with db.session_scope() as session:
        session.add(User(login="crm", password_hash="x", role=Role.CRM))
    return client


def _token(page: TestClient, headers: dict[str, str], **body: str) -> dict[str, str]:
    answer = page.post("/v1/widget/tokens", json={"customer_id": "C1"} | body, headers=headers)
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


def _code(answer: Any) -> str:
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def test_the_token_opens_the_card_without_a_number_in_the_address(page: TestClient, login: Login) -> None:
    mine = _token(page, login("a1"))
    answer = page.get("/v1/widget/profile", headers=mine)
    assert (answer.status_code, answer.json()["customer"]) == (200, "C1")
    again = page.get("/v1/widget/profile", headers=mine | {"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert page.get("/v1/conversations/K1", headers=mine).status_code == 200


def test_it_opens_nothing_else(page: TestClient, login: Login) -> None:
    mine = _token(page, login("boss"))
    for path in ("/v1/customers", "/v1/customers/C1/profile", "/v1/reports/follow-up", "/v1/system", "/v1/me"):
        answer = page.get(path, headers=mine)
        assert (answer.status_code, _code(answer)) == (403, "widget-forbidden"), path
    assert page.get("/v1/conversations/K2", headers=mine).status_code == 404  # the boss himself may read it
    assert page.get("/v1/conversations/K2", headers=login("boss")).status_code == 200
    found = page.post("/v1/conversations/search", json={"words": "闲着"}, headers=mine).json()["items"]
    assert {hit["customer_id"] for hit in found} == {"C1"}


def test_a_verdict_through_the_widget_changes_the_card(page: TestClient, login: Login) -> None:
    mine = _token(page, login("a1"))
    tags = page.get("/v1/conversations/K1", headers=mine).json()["assertions"]
    idle = next(tag for tag in tags if tag["tag"] == "funds.idle")
    told = page.post(f"/v1/tags/{idle['id']}/feedback", json={"verdict": "wrong"}, headers=mine)
    assert told.status_code == 201, told.text
    shown = page.get("/v1/widget/profile", headers=mine).json()["tags"]
    assert {tag["status"] for tag in shown if tag["tag"] == "funds.idle"} == {"removed"}


def test_a_crm_asks_for_its_advisor_and_sees_what_he_sees(page: TestClient, login: Login) -> None:
    mine = _token(page, login("crm"), login="a1")
    assert page.get("/v1/widget/profile", headers=mine).status_code == 200
    theirs = page.post("/v1/widget/tokens", json={"customer_id": "C2", "login": "a1"}, headers=login("crm"))
    assert theirs.status_code == 404  # another advisor's customer does not exist for a1
    for path in ("/v1/customers", "/v1/conversations/K1", "/v1/opportunities", "/v1/stream"):
        assert page.get(path, headers=login("crm")).status_code in (403, 404), path


@pytest.mark.parametrize("name", [None, "nobody", "boss", "root", "crm"])
def test_a_crm_gets_tokens_of_advisors_only(page: TestClient, login: Login, name: str | None) -> None:
    answer = page.post("/v1/widget/tokens", json={"customer_id": "C1", "login": name}, headers=login("crm"))
    assert (answer.status_code, _code(answer)) == (422, "login-unknown")


def test_nobody_but_a_crm_asks_for_another(page: TestClient, login: Login) -> None:
    body = {"customer_id": "C1", "login": "a1"}
    assert _code(page.post("/v1/widget/tokens", json=body, headers=login("a2"))) == "role-forbidden"
    assert page.post("/v1/widget/tokens", json=body, headers=login("a1")).status_code == 201
    assert page.post("/v1/widget/tokens", json={"customer_id": "C1"}, headers=login("pipe")).status_code == 403


def test_a_token_ends_soon_and_a_withdrawn_account_at_once(
    page: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = _token(page, login("a1"))
    monkeypatch.setattr(auth, "WIDGET_LIFE", timedelta(seconds=-1))
    assert _code(page.get("/v1/widget/profile", headers=_token(page, login("a1")))) == "token-expired"
    with db.session_scope() as session:
        session.delete(session.get_one(User, "a1"))
    assert _code(page.get("/v1/widget/profile", headers=mine)) == "token-invalid"


def test_a_log_in_is_no_widget_s_token(page: TestClient, login: Login) -> None:
    assert _code(page.get("/v1/widget/profile", headers=login("a1"))) == "widget-token-needed"


@pytest.fixture
def carried(broker: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("DONGKE_WIDGET_ORIGINS", CRM)
    settings.cache_clear()
    with TestClient(create_app()) as opened:
        yield opened


def test_scripts_of_named_origins_may_ask_and_no_others(carried: TestClient) -> None:
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
    mine = carried.options("/v1/widget/profile", headers=asked | {"Origin": CRM})
    assert mine.headers["access-control-allow-origin"] == CRM
    assert "access-control-allow-credentials" not in mine.headers  # never with a cookie
    other = carried.options("/v1/widget/profile", headers=asked | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_without_named_origins_nobody_may(client: TestClient) -> None:
    answer = client.get("/v1/session/ways", headers={"Origin": CRM})
    assert "access-control-allow-origin" not in answer.headers
