"""页面登录: the cookie's session, its token against foreign pages, and single sign-on."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from httpx2 import Response

from api import oidc
from dongke import db
from dongke.scope import Role
from dongke.settings import settings
from dongke.users import User, save_user, withdraw
from tests.api.provider import Provider, running

PASSWORD = "对的密码-2026"


@pytest.fixture
def page(client: TestClient) -> TestClient:
    """A browser in which the advisor a1 has logged in."""
    with db.session_scope() as session:
        save_user(session, "a1", PASSWORD, Role.ADVISOR, advisor_id="A1")
    answer = client.post("/v1/session", json={"login": "a1", "password": PASSWORD})
    assert (answer.status_code, answer.json()["advisor_id"]) == (200, "A1")
    return client


def _code(answer: Response) -> str:
    return str(answer.json()["type"]).removeprefix("urn:dongke:")


def _csrf(page: TestClient) -> dict[str, str]:
    return {"X-CSRF-Token": page.cookies["dongke_csrf"]}


def test_the_cookie_opens_the_api_and_no_script_can_read_it(page: TestClient) -> None:
    assert page.get("/v1/me").json()["login"] == "a1"
    page.cookies.clear()
    cookies = page.post("/v1/session", json={"login": "a1", "password": PASSWORD}).headers.get_list("set-cookie")
    own = next(c for c in cookies if c.startswith("dongke_session="))
    assert {"httponly", "samesite=lax", "path=/"} <= {part.strip().lower() for part in own.split(";")}
    assert "secure" not in own.lower()  # the test's service is reached without TLS


def test_behind_tls_the_cookie_travels_in_no_other_way(page: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_PUBLIC_URL", "https://dongke.example.internal")
    settings.cache_clear()
    answer = page.post("/v1/session", json={"login": "a1", "password": PASSWORD})
    assert all("; secure" in cookie.lower() for cookie in answer.headers.get_list("set-cookie"))


def test_a_change_needs_the_token_that_a_foreign_page_cannot_know(page: TestClient) -> None:
    change: dict[str, Any] = {"url": "/v1/customers/C1/rights", "json": {}}
    headers: dict[str, Any]
    for headers in ({}, {"X-CSRF-Token": "x"}, {"X-CSRF-Token": "汉".encode()}):
        answer = page.post(**change, headers=headers)
        assert (answer.status_code, _code(answer)) == (403, "csrf-missing")
    assert _code(page.post(**change, headers=_csrf(page))) != "csrf-missing"
    assert page.get("/v1/me").status_code == 200  # reading needs none


def test_a_bearer_token_needs_none_and_goes_before_the_cookie(
    page: TestClient, login: Callable[[str], dict[str, str]]
) -> None:
    assert page.get("/v1/me", headers=login("boss")).json()["login"] == "boss"
    assert _code(page.post("/v1/customers/C1/rights", json={}, headers=login("a1"))) != "csrf-missing"


def test_after_the_log_out_the_old_cookie_opens_nothing(page: TestClient) -> None:
    old = dict(page.cookies)
    assert _code(page.delete("/v1/session")) == "csrf-missing"
    assert page.delete("/v1/session", headers=_csrf(page)).status_code == 204
    assert "dongke_session" not in page.cookies
    assert page.delete("/v1/session").status_code == 204
    page.cookies.update(old)
    answer = page.get("/v1/me")
    assert (answer.status_code, _code(answer)) == (401, "session-ended")


def _new_password() -> None:
    with db.session_scope() as session:
        save_user(session, "a1", "另一个密码-2026", Role.ADVISOR, advisor_id="A1")


def _gone() -> None:
    with db.session_scope() as session:
        withdraw(session, "a1")


@pytest.mark.parametrize("ended", [_new_password, _gone])
def test_a_new_password_and_a_withdrawn_account_end_the_session(page: TestClient, ended: Callable[[], None]) -> None:
    ended()
    assert _code(page.get("/v1/me")) == "session-ended"


def test_a_session_ends_with_its_time(page: TestClient) -> None:
    with db.session_scope() as session:
        session.connection().exec_driver_sql("update login_session set ends_at = now() - interval '1 second'")
    assert _code(page.get("/v1/me")) == "session-ended"


def test_a_wrong_password_opens_no_session(client: TestClient, page: TestClient) -> None:
    page.cookies.clear()
    answer = client.post("/v1/session", json={"login": "a1", "password": "错的"})
    assert (answer.status_code, _code(answer)) == (401, "login-failed")
    assert "set-cookie" not in answer.headers


def test_the_log_in_page_learns_which_ways_there_are(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    ways = client.get("/v1/session/ways").json()
    assert (ways["password"], ways["oidc"]) == (True, [])
    assert {row["login"] for row in ways["demo_logins"]} == {"advisor", "manager", "head", "admin"}
    monkeypatch.setenv("DONGKE_OIDC_ISSUER", "https://id.example.internal")
    monkeypatch.setenv("DONGKE_DEMO", "0")
    settings.cache_clear()
    ways = client.get("/v1/session/ways").json()
    assert ways["demo_logins"] == []
    assert ways["oidc"] == [{"id": "oidc", "label": "单点登录", "url": "/v1/oidc/start"}]


@pytest.fixture
def provider(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with running(Provider()) as made:
        monkeypatch.setenv("DONGKE_OIDC_ISSUER", made.issuer)
        monkeypatch.setenv("DONGKE_OIDC_CLIENT_SECRET", "geheim-des-dienstes")
        settings.cache_clear()
        oidc._describe.cache_clear()
        oidc._keys.cache_clear()
        yield made


def _sent(client: TestClient, onward: str = "/advisor") -> str:
    answer = client.get("/v1/oidc/start", params={"next": onward}, follow_redirects=False)
    assert answer.status_code == 302
    return answer.headers["location"]


def _back(client: TestClient, **given: str) -> Response:
    return client.get("/v1/oidc/callback", params=given, follow_redirects=False)


def _problem(answer: Response) -> str:
    parts = urlsplit(answer.headers["location"])
    assert (answer.status_code, parts.path) == (302, "/")
    return parse_qs(parts.query)["problem"][0]


def test_who_the_provider_has_seen_is_logged_in_where_he_wanted_to_go(client: TestClient, provider: Provider) -> None:
    code = provider.seen(_sent(client, "/advisor?customer=C1"))
    answer = _back(client, code=code, state=provider.asked["state"])
    assert answer.headers["location"] == "/advisor?customer=C1"
    assert client.get("/v1/me").json()["login"] == "a1"
    assert provider.asked["code_challenge_method"] == "S256"
    assert provider.form["client_secret"] == "geheim-des-dienstes"
    assert provider.form["code_verifier"] not in str(provider.asked)


def test_an_account_without_password_is_opened_by_the_provider_only(client: TestClient, provider: Provider) -> None:
    with db.session_scope() as session:
        save_user(session, "sso", None, Role.MANAGER, branch_id="B1")
    assert _code(client.post("/v1/session", json={"login": "sso", "password": "none"})) == "login-failed"
    provider.login = "sso"
    code = provider.seen(_sent(client))
    _back(client, code=code, state=provider.asked["state"])
    assert client.get("/v1/me").json()["role"] == "manager"


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-client"},
        {"aud": ["dongke", "another"], "azp": "another"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"sub": None},
    ],
)
def test_an_id_token_of_another_log_in_is_refused(
    client: TestClient, provider: Provider, claims: dict[str, Any]
) -> None:
    code = provider.seen(_sent(client))
    provider.claims = claims
    assert _problem(_back(client, code=code, state=provider.asked["state"])) == "oidc-failed"
    assert client.get("/v1/me").status_code == 401


def test_a_token_with_a_foreign_signature_is_refused(client: TestClient, provider: Provider) -> None:
    provider.signer = rsa.generate_private_key(65537, 2048)
    code = provider.seen(_sent(client))
    assert _problem(_back(client, code=code, state=provider.asked["state"])) == "oidc-failed"


def test_state_code_and_cookie_must_belong_together(client: TestClient, provider: Provider) -> None:
    code = provider.seen(_sent(client))
    assert _problem(_back(client, code=code, state="another")) == "oidc-failed"
    code = provider.seen(_sent(client))
    assert _problem(_back(client, code="made-up", state=provider.asked["state"])) == "oidc-failed"
    client.cookies.clear()
    assert _problem(_back(client, code=code, state=provider.asked["state"])) == "oidc-failed"


def test_whom_nobody_here_knows_is_told_so(client: TestClient, provider: Provider) -> None:
    provider.login = "stranger"
    code = provider.seen(_sent(client))
    assert _problem(_back(client, code=code, state=provider.asked["state"])) == "oidc-account-unknown"


def test_a_machine_s_account_opens_no_pages(client: TestClient, provider: Provider) -> None:
    provider.login = "pipe"
    code = provider.seen(_sent(client))
    assert _problem(_back(client, code=code, state=provider.asked["state"])) == "role-forbidden"


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example", "advisor", "/a\nb"])
def test_a_log_in_leads_to_no_foreign_page(client: TestClient, provider: Provider, onward: str) -> None:
    answer = client.get("/v1/oidc/start", params={"next": onward}, follow_redirects=False)
    assert (answer.status_code, _code(answer)) == (422, "request-invalid")


def test_without_a_provider_there_is_no_single_sign_on(client: TestClient) -> None:
    assert _code(client.get("/v1/oidc/start")) == "oidc-off"


def test_a_provider_that_is_away_is_told_as_that(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONGKE_OIDC_ISSUER", "http://127.0.0.1:9")
    settings.cache_clear()
    oidc._describe.cache_clear()
    answer = client.get("/v1/oidc/start", follow_redirects=False)
    assert (answer.status_code, _code(answer)) == (503, "oidc-unavailable")


def test_sessions_are_kept_by_their_hash_only(page: TestClient) -> None:
    with db.session_scope() as session:
        kept = session.connection().exec_driver_sql("select digest from login_session").scalars().all()
        assert session.get(User, "a1") is not None
    assert len(kept) == 1
    assert page.cookies["dongke_session"] not in kept


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain; charset=json", ""])
def test_no_foreign_form_logs_anybody_in(page: TestClient, kind: str) -> None:
    """What a page of another site may send without asking opens no session: nobody works in the account of another."""
    page.cookies.clear()
    body = f"login=a1&password={PASSWORD}" if "form" in kind else f'{{"login": "a1", "password": "{PASSWORD}"}}'
    answer = page.post("/v1/session", content=body.encode(), headers={"content-type": kind} if kind else {})
    assert (answer.status_code, _code(answer)) == (422, "login-invalid")
    assert not answer.headers.get_list("set-cookie")
    own = {"content-type": "application/json; charset=utf-8"}
    told = f'{{"login": "a1", "password": "{PASSWORD}"}}'.encode()
    assert page.post("/v1/session", content=told, headers=own).status_code == 200


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_that_does_not_say_where_to_ask_is_told_as_that(
    client: TestClient, provider: Provider, name: str
) -> None:
    provider.untold = name
    answer = client.get("/v1/oidc/start", follow_redirects=False)
    assert (answer.status_code, _code(answer)) == (503, "oidc-unavailable")
