"""Builders of facts for the pure fold, and a small branch with customers for the database tests."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from asr.models import StoredConversation
from dongke.clock import BEIJING
from dongke.directory import Advisor, Branch, set_owner
from dongke.types import Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from profiles.facts import CustomerFacts, Event, Feedback, Quote, Snapshot, Statement

Say = Callable[..., Statement]


def moment(text: str) -> datetime:
    """`06-08` or `06-08T10:00` of 2026, or a whole date, on the wall clock of Beijing."""
    if len(text.split("T")[0]) == 5:
        text = f"2026-{text}"
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.fixture(scope="session")
def at() -> Callable[[str], datetime]:
    return moment


@pytest.fixture(scope="session")
def say() -> Say:
    """say("06-08", "funds.idle", low=…, talk="K1") – a statement known when it was said."""

    def build(on: str, tag: str, polarity: str = "affirmed", *, talk: str | None = None, **slots: Any) -> Statement:
        said_at = moment(on)
        talk = talk or f"K{on}"
        confidence = slots.pop("confidence", 0.9)
        customer_id = slots.pop("customer_id", "C1")
        known_at = moment(slots.pop("known", on))
        superseded = slots.pop("superseded", None)
        ident = slots.pop("id", f"{talk}~{tag}~{polarity}~{sorted(slots.items())}")
        return Statement(
            id=ident,
            customer_id=customer_id,
            conversation_id=talk,
            tag=tag,
            polarity=polarity,
            value={"from" if k == "from_" else k: v for k, v in slots.items()},
            confidence=confidence,
            evidence=(Quote(talk, 1, f"{talk} 的原话", "customer", said_at),),
            said_at=said_at,
            known_at=known_at,
            superseded_at=moment(superseded) if superseded else None,
        )

    return build


@pytest.fixture(scope="session")
def event() -> Callable[..., Event]:
    def build(on: str, name: str, **properties: Any) -> Event:
        ident = properties.pop("id", f"{on}{name}{sorted(properties.items())}")
        return Event(ident, properties.pop("customer_id", "C1"), name, moment(on), moment(on), properties)

    return build


@pytest.fixture(scope="session")
def verdict() -> Callable[..., Feedback]:
    def build(on: str, target: Statement | None, word: str, **rest: Any) -> Feedback:
        tag = target.tag if target else rest.pop("tag")
        value = rest or None
        return Feedback(f"F{on}{word}", "C1", tag, word, "A1", moment(on), moment(on), value, target)

    return build


@pytest.fixture(scope="session")
def on_file() -> Callable[..., Snapshot]:
    def build(on: str, customer_id: str = "C1", **data: Any) -> Snapshot:
        told = ",".join(f"{name}={data[name]}" for name in sorted(data))  # two files of one day are two facts
        return Snapshot(f"S{on}{customer_id}{told}", customer_id, moment(on), moment(on), data)

    return build


@pytest.fixture(scope="session")
def facts() -> Callable[..., CustomerFacts]:
    """facts(statement, event, verdict, snapshot, link …) of customer C1, each put where it belongs."""
    kinds = {Statement: "assertions", Feedback: "feedback", Event: "events", Snapshot: "snapshots"}

    def build(*given: Any, who: str = "C1") -> CustomerFacts:
        sorted_out: dict[str, list[Any]] = {}
        for fact in given:
            sorted_out.setdefault(kinds.get(type(fact), "links"), []).append(fact)
        return CustomerFacts(customer_id=who, **{name: tuple(rows) for name, rows in sorted_out.items()})

    return build


@pytest.fixture
def branch(session: Session) -> Session:
    """A branch with advisors A1 and A2 and customers C1–C3 of A1."""
    session.add(Branch(id="B1", name="测试营业部"))
    session.flush()
    session.add(Advisor(id="A1", name="投顾甲", branch_id="B1"))
    session.add(Advisor(id="A2", name="投顾乙", branch_id="B1"))
    session.flush()
    for who in ("C1", "C2", "C3"):
        set_owner(session, who, "A1", moment("01-05"))
    return session


@pytest.fixture
def talk(branch: Session) -> Callable[..., StoredConversation]:
    def build(ident: str, on: str, customer_id: str = "C1", **rest: Any) -> StoredConversation:
        started = moment(on)
        row = StoredConversation(
            id=ident,
            channel=rest.pop("channel", "call"),
            customer_id=customer_id,
            advisor_id="A1",
            started_at=started,
            ended_at=started + timedelta(minutes=3),
            known_at=started + timedelta(minutes=3),
            content_hash=rest.pop("content_hash", f"hash of {ident}"),
            **rest,
        )
        branch.add(row)
        branch.flush()
        return row

    return build


@pytest.fixture(scope="session")
def reading() -> Callable[..., Reading]:
    """reading("v1", ("funds.idle", "affirmed", {...}), …) as the reader would give it."""

    def build(version: str, *tags: tuple[str, str, dict[str, Any]]) -> Reading:
        evidence = Evidence(1, 0, 4, Speaker.CUSTOMER, "原话", 2_000, 4_000)
        return Reading(
            assertions=tuple(
                TagAssertion(
                    tag, Polarity(polarity), value, (evidence,), 0.9, Explanation("测试", "1", "规则", ("一步",))
                )
                for tag, polarity, value in tags
            ),
            engine_version=version,
        )

    return build
