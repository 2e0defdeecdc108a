"""Log-in, tokens, the limiter."""

from datetime import timedelta

import jwt
import pytest
from fastapi.testclient import TestClient

from dongke import db
from dongke.clock import now
from dongke.scope import Role
from dongke.settings import settings
from dongke.users import User, save_user, withdraw


@pytest.fixture
def known(broker: None) -> None:
    with db.session_scope() as session:
        save_user(session, "wang", "对的密码-2026", Role.ADVISOR, advisor_id="A1")


def _code(answer: object) -> str:
    row = answer.json()  # type: ignore[attr-defined]
    assert answer.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    return str(row["type"]).removeprefix("urn:dongke:")


@pytest.mark.parametrize("body", [{"json": {"login": "wang", "password": "对的密码-2026"}},
                                  {"data": {"username": "wang", "password": "对的密码-2026"}},
                                  {"data": {"login": "wang", "password": "对的密码-2026"}}])  # fmt: skip
def test_a_password_gives_a_token_that_opens_the_api(client: TestClient, known: None, body: dict[str, object]) -> None:
    token = client.post("/v1/token", **body).json()  # type: ignore[arg-type]
    assert token["token_type"] == "bearer"
    me = client.get("/v1/me", headers={"Authorization": f"Bearer {token['access_token']}"}).json()
    assert (me["login"], me["role"], me["advisor_id"], me["branch_id"]) == ("wang", "advisor", "A1", "B1")


@pytest.mark.parametrize("login", ["wang", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_refused_alike(client: TestClient, known: None, login: str) -> None:
    answer = client.post("/v1/token", json={"login": login, "password": "错的"})
    assert (answer.status_code, _code(answer)) == (401, "login-failed")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"login": "wang"}', b'{"login": 3, "password": "x"}', b"\xff"])
def test_a_log_in_without_both_fields_is_a_problem(client: TestClient, known: None, body: bytes) -> None:
    answer = client.post("/v1/token", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, _code(answer)) == (422, "login-invalid")


def test_after_five_failures_even_the_right_password_waits(client: TestClient, known: None) -> None:
    for _ in range(5):
        assert client.post("/v1/token", json={"login": "wang", "password": "错的"}).status_code == 401
    answer = client.post("/v1/token", json={"login": "wang", "password": "对的密码-2026"})
    assert (answer.status_code, _code(answer)) == (429, "login-limited")
    assert 0 < int(answer.headers["retry-after"]) <= 300
    other = client.post("/v1/token", json={"login": "nobody", "password": "错的"})
    assert other.status_code == 401  # another name is not held up


def _token(**claims: object) -> str:
    row = {"sub": "a1", "aud": "dongke", "exp": now() + timedelta(hours=1)} | claims
    return jwt.encode({k: v for k, v in row.items() if v is not None}, settings().signing_key(), "HS256")


def test_expired_foreign_and_forged_tokens_are_refused(client: TestClient) -> None:
    bad = {
        "token-expired": [_token(exp=now() - timedelta(seconds=1))],
        "token-invalid": [
            "x",
            _token(aud="dongke-audio"),
            _token(aud=None),
            _token(exp=None),
            _token(sub="gone"),
            jwt.encode({"sub": "a1", "aud": "dongke", "exp": now() + timedelta(hours=1)}, "k" * 48, "HS256"),
            jwt.encode({"sub": "root", "aud": "dongke", "exp": now() + timedelta(hours=1)}, None, "none"),
        ],
    }
    for code, tokens in bad.items():
        for token in tokens:
            answer = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert (answer.status_code, _code(answer)) == (401, code)


def test_without_a_token_nothing_is_told(client: TestClient) -> None:
    for path in ("/v1/me", "/v1/customers", "/v1/opportunities", "/v1/quarantine", "/v1/system"):
        answer = client.get(path)
        assert (answer.status_code, _code(answer)) == (401, "not-logged-in")


def test_the_role_is_that_of_the_account_now_not_that_of_the_token(client: TestClient) -> None:
    token = {"Authorization": f"Bearer {_token(sub='root')}"}
    assert client.get("/v1/system", headers=token).status_code == 200
    with db.session_scope() as session:
        session.get_one(User, "root").role = Role.ADVISOR
    assert client.get("/v1/system", headers=token).status_code == 403


def test_the_token_of_a_withdrawn_account_opens_nothing(client: TestClient, known: None) -> None:
    token = client.post("/v1/token", json={"login": "wang", "password": "对的密码-2026"}).json()["access_token"]
    with db.session_scope() as session:
        withdraw(session, "wang")
    answer = client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, _code(answer)) == (401, "token-invalid")
