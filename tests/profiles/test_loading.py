"""One statement fetches what the statements row by row fetch: of everyone who was ever merged, and known by a time."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from dongke.types import Reading
from followup.models import Attempt
from profiles import repository
from profiles.behaviour.intake import take_events
from profiles.facts import CustomerFacts
from profiles.identity import persons
from profiles.models import StoredAssertion
from profiles.tagging import give_feedback, store_reading

Make = Callable[..., Any]
At = Callable[[str], datetime]
IDLE = ("funds.idle", "affirmed", {"low": 500_000, "high": 0.1, "available_from": None})


@pytest.fixture
def lives(branch: Session, talk: Make, reading: Callable[..., Reading], at: At) -> Session:
    """C1 and C2 merged in June; talks, events, calls and a verdict of both; C3 stands apart."""
    from profiles.static import take_snapshots

    for number, who in enumerate(("C1", "C2", "C3"), 1):
        stored = talk(f"K{number}", f"06-0{number}T10:00", who)
        store_reading(
            branch,
            stored,
            reading("v1", IDLE, ("risk.appetite", "affirmed", {"level": "moderate"})),
            read_at=at("06-05"),
        )
        store_reading(branch, stored, reading("v2", IDLE), read_at=at("06-12"))
        rows = [
            {"message_id": f"{who}-{n}", "customer_id": who, "event": "trade", "at": f"2026-06-0{n}T09:00:00.12+08:00",
             "properties": {"amount": 0.1 * n, "名": "值"}}
            for n in range(1, 5)
        ]  # fmt: skip
        take_events(branch, rows, at("06-10"))
        branch.add(Attempt(id=f"T{number}", customer_id=who, advisor_id="A1", at=at("06-04"), known_at=at("06-04")))
    take_snapshots(branch, [{"customer_id": "C2", "risk_level": "C2", "cash_yuan": "1.5"}], received_at=at("06-03"))
    persons.merge(branch, "C1", "C2", at("06-08"), "A1", reason="同一个人", known_at=at("06-09"))
    branch.flush()
    return branch


def _sorted(facts: CustomerFacts) -> CustomerFacts:
    parts = {name: tuple(sorted(getattr(facts, name), key=lambda f: f.order)) for name in ("assertions", "feedback",
             "events", "snapshots", "links")}  # fmt: skip
    return replace(facts, **parts, readings=tuple(sorted(facts.readings, key=lambda r: (r.conversation_id, r.read_at))))


@pytest.mark.parametrize("who", ["C1", "C2", "C3"])
def test_in_one_statement_as_row_by_row(lives: Session, who: str) -> None:
    found = _sorted(repository.load(lives, who))
    assert found == _sorted(repository.load_many(lives, [who])[who])
    assert len(found.assertions) == (6 if who != "C3" else 3)
    assert len(found.events) == (12 if who != "C3" else 6)


def test_what_was_not_known_yet_is_not_fetched(lives: Session, at: At) -> None:
    then = repository.load(lives, "C1", at("06-07"))
    assert (len(then.assertions), len(then.events), then.links) == (4, 4, ())
    assert len(repository.load(lives, "C1", at("06-10")).links) == 1


def test_verdicts_come_with_what_they_judge(lives: Session, at: At) -> None:
    from dongke.scope import Principal, Role

    target = lives.get_one(StoredAssertion, repository.load(lives, "C2").assertions[0].id)
    give_feedback(lives, Principal("a1", Role.ADMIN), target.id, "wrong")
    (verdict,) = repository.load(lives, "C1").feedback
    assert verdict.target is not None
    assert (verdict.verdict, verdict.target.id) == ("wrong", target.id)
    assert repository.load(lives, "C3").feedback == ()
    assert repository.load(lives, "C1", at("06-01") - timedelta(days=900)).feedback == ()
