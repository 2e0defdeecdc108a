"""A small broker, log-ins, and a client of the API on the database of the test."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from sqlmodel import Session

from api.app import create_app
from api.auth import issue
from api.queue import apply_queue_schema
from dongke import db
from dongke.directory import Advisor, Branch, set_owner
from dongke.scope import Role
from dongke.settings import settings
from dongke.users import User

Login = Callable[[str], dict[str, str]]


@pytest.fixture(scope="session")
def queue_tables(server_url: str) -> None:
    """The queue's tables, made once in the template that every test's database is copied from."""
    apply_queue_schema(server_url)


@pytest.fixture
def broker(queue_tables: None, engine: Engine) -> None:
    """B1 with A1 and A2 (A2 deputises for nobody), B2 with A3; customers C1 (A1), C2 (A2), C3 (A3)."""
    with db.session_scope() as session:
        session.add_all([Branch(id="B1", name="滨海路营业部"), Branch(id="B2", name="文昌街营业部")])
        session.flush()
        for ident, branch in (("A1", "B1"), ("A2", "B1"), ("A3", "B2")):
            session.add(Advisor(id=ident, name=f"顾问{ident}", branch_id=branch))
        session.flush()
        for number in (1, 2, 3):
            set_owner(session, f"C{number}", f"A{number}", datetime(2026, 1, 5, tzinfo=UTC))
        _users(session)


def _users(session: Session) -> None:
    for login, role, advisor, branch in (
        ("a1", Role.ADVISOR, "A1", None),
        ("a2", Role.ADVISOR, "A2", None),
        ("boss", Role.MANAGER, None, "B1"),
        ("head", Role.MANAGER, None, None),
        ("law", Role.COMPLIANCE, None, None),
        ("root", Role.ADMIN, None, None),
        ("pipe", Role.INGEST, None, None),
    ):
        session.add(User(login=login, password_hash="x", role=role, advisor_id=advisor, branch_id=branch))


@pytest.fixture
def client(broker: None) -> Iterator[TestClient]:
    """The application, answering as it would over the wire (a 500 is an answer, no exception)."""
    with TestClient(create_app(), raise_server_exceptions=False) as opened:
        yield opened


@pytest.fixture
def login(broker: None) -> Login:
    """`login("a1")` gives the headers of that account."""

    def headers(name: str) -> dict[str, str]:
        with db.session_scope() as session:
            token, _ = issue(session.get_one(User, name), settings())
        return {"Authorization": f"Bearer {token}"}

    return headers


@pytest.fixture
def talk() -> Callable[..., dict[str, Any]]:
    """`talk("K1")` gives a conversation of C1 with A1 as a body; more fields by name."""

    def make(ident: str, **more: Any) -> dict[str, Any]:
        row: dict[str, Any] = {
            "id": ident,
            "channel": "call",
            "customer_id": "C1",
            "advisor_id": "A1",
            "started_at": "2026-03-02T10:05:00+08:00",
            "utterances": [
                {"speaker": "advisor", "text": "您好, 我是您的投资顾问。", "start": 0.0, "end": 3.0},
                {"speaker": "customer", "text": "我手上有五十万闲着, 想买点债券基金。", "start": 3.2, "end": 8.0},
                {"speaker": "advisor", "text": "好的, 我明天下午给您回电话。", "start": 8.5, "end": 40.0},
            ],
        }
        return row | more

    return make
