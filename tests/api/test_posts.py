"""Posts in one turn: one transaction, and each sender is known, answered and refused by himself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.security import HTTPAuthorizationCredentials
from fastapi.testclient import TestClient
from sqlmodel import select
from starlette.requests import Request

from api.deps import Caller
from api.posts import SMALL_BYTES, _Post, _take
from dongke import db
from dongke.errors import BadInput, Forbidden, Unauthorized
from dongke.settings import settings
from profiles.models import BehaviourEvent

Login = Callable[[str], dict[str, str]]


def _post(login: Login, who: str | None, body: bytes) -> _Post:
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/events", "headers": headers, "query_string": b""}
    token = login(who)["Authorization"].removeprefix("Bearer ") if who in ("pipe", "root", "a1") else who
    bearer = HTTPAuthorizationCredentials(scheme="Bearer", credentials=token) if token else None
    return _Post(Caller(Request(scope), settings(), bearer, None), body)


def _event(ident: str, **more: Any) -> bytes:
    row = {"message_id": ident, "customer_id": "C1", "event": "login", "at": "2026-03-02T10:05:00+08:00"}
    return json.dumps(row | more).encode()


def test_each_in_a_turn_is_answered_by_himself(client: TestClient, login: Login) -> None:
    posts = [
        _post(login, "pipe", _event("e1")),
        _post(login, None, _event("e2")),
        _post(login, "forged", _event("e3")),
        _post(login, "a1", _event("e4")),
        _post(login, "root", _event("e5")),
        _post(login, "pipe", b" "),
        _post(login, "pipe", b"{not json"),
        _post(login, "pipe", _event("e6", customer_id="nobody")),
        _post(login, "pipe", _event("e1")),
        _post(login, "pipe", b"[" + _event("e7") + b"," + _event("e8", at="gestern") + b"]"),
    ]
    found = _take(posts)
    told = [type(one) if isinstance(one, Exception) else one.status_code for one in found]
    assert told == [202, Unauthorized, Unauthorized, Forbidden, 202, BadInput, 422, 422, 202, 202]
    states = [json.loads(bytes(found[n].body))["results"] for n in (0, 8, 9)]  # type: ignore[union-attr]
    assert [[row["state"] for row in rows] for rows in states] == [["new"], ["unchanged"], ["new", "refused"]]
    with db.session_scope() as session:
        assert sorted(session.exec(select(BehaviourEvent.message_id))) == ["e1", "e5", "e7"]


@pytest.mark.parametrize("padding", [10, SMALL_BYTES])
def test_small_and_large_posts_are_answered_alike(client: TestClient, login: Login, padding: int) -> None:
    body = _event("e1", properties={"text": "x" * 10}) + b" " * padding
    head = login("pipe") | {"content-type": "application/json"}
    answers = [client.post("/v1/events", content=body, headers=head).json()["results"][0]["state"] for _ in range(2)]
    assert answers == ["new", "unchanged"]
    assert client.post("/v1/events", content=body, headers=login("a1")).status_code == 403
    assert client.post("/v1/events", content=body).status_code == 401
    glass = head | {"X-Break-Glass": "because%20I%20want"}
    assert client.post("/v1/events", content=body, headers=glass).status_code == 403


def test_the_route_is_documented_like_every_other(client: TestClient) -> None:
    told = client.get("/openapi.json").json()["paths"]["/v1/events"]["post"]
    assert {"401", "403", "413", "422", "202"} <= set(told["responses"])
    assert told["security"]
    assert "application/x-ndjson" in told["requestBody"]["content"]


@pytest.mark.parametrize(("events", "status"), [(2, 202), (20, 413)])
def test_a_small_envelope_becomes_no_large_one(
    client: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch, events: int, status: int
) -> None:
    """What an envelope says of all goes into each of its events."""
    monkeypatch.setenv("DONGKE_MAX_BODY_BYTES", "100000")
    settings.cache_clear()
    rows = [json.loads(_event(f"e{n}")) for n in range(events)]
    body = json.dumps({"batch": rows, "context": {"page": "x" * 20_000}}).encode()
    assert len(body) < SMALL_BYTES
    answer = client.post("/v1/events", content=body, headers=login("pipe") | {"content-type": "application/json"})
    assert answer.status_code == status
    with db.session_scope() as session:
        assert len(session.exec(select(BehaviourEvent)).all()) == (events if status == 202 else 0)
