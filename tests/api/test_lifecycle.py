"""生命周期流转: every cell is what the pages of the customers say on the two days, and rights reach it."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session
from typer.testing import CliRunner

from api import lifecycle as view
from api.cli import app
from asr.repository import load_conversation, store_conversation
from dongke import db
from dongke.clock import at_beijing, now
from dongke.directory import set_owner
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, TagAssertion
from profiles.features.lifecycle import STEPS
from profiles.models import BehaviourEvent, StaticSnapshot
from profiles.service import profile_of
from profiles.stages import UNKNOWN
from profiles.tagging import store_reading

Login = Callable[[str], dict[str, str]]
PATH = "/v1/insight/lifecycle"
TODAY = now()
DEEDS = ("login", "page_view", "trade", "withdraw", "call_answered", "account_closed", "deposit")


def _ago(days: float) -> datetime:
    return TODAY - timedelta(days=days)


def _event(session: Session, who: str, name: str, days: float, known: float | None = None, **told: Any) -> None:
    ident = f"{who}/{name}/{days}"
    session.add(
        BehaviourEvent(
            message_id=ident,
            customer_id=who,
            event=name,
            at=_ago(days),
            known_at=_ago(days if known is None else known),
            properties=told,
        )
    )


def _file(session: Session, who: str, opened_days: int) -> None:
    at = _ago(opened_days)
    data = {"opened_on": at.date().isoformat()}
    session.add(StaticSnapshot(id=f"{who}/file", customer_id=who, effective_at=at, known_at=at, data=data))


def _leaves(session: Session, who: str, advisor: str, days: float, polarity: Polarity = Polarity.AFFIRMED) -> None:
    words = "我准备销户。"
    talk = Conversation.from_json(
        {"id": f"K{who}{days}", "channel": "call", "started_at": _ago(days).isoformat(),
         "utterances": [{"speaker": "customer", "text": words, "start": 0, "end": 40}]}
    )  # fmt: skip
    store_conversation(session, talk, customer_id=who, advisor_id=advisor)
    stored, _ = load_conversation(session, talk.id)
    proof = (Evidence(0, 0, len(words), talk.utterances[0].speaker, words),)
    told = TagAssertion(
        "churn.risk", polarity, {"action": "close_account"}, proof, 0.9, Explanation("test", "1", "given")
    )
    store_reading(session, stored, Reading((told,), (), "test"), read_at=stored.known_at)


def _life(session: Session, draw: random.Random, number: int) -> None:
    who, advisor = f"L{number}", f"A{number % 3 + 1}"
    set_owner(session, who, advisor, _ago(300))
    if draw.random() < 0.8:
        _file(session, who, draw.randrange(1, 250))
    for n in range(draw.randrange(8)):
        days = draw.uniform(0, 240)
        name = draw.choice(DEEDS)
        amount = {"amount": draw.randrange(500_000)} if name in ("withdraw", "deposit", "trade") else {}
        _event(session, who, name, days + n / 100, max(0.0, days - draw.choice((0, 0, 30))), **amount)
    if draw.random() < 0.4:
        _leaves(session, who, advisor, draw.randrange(1, 200))


@pytest.fixture
def lives(client: TestClient) -> TestClient:
    draw = random.Random(20_261_122)
    with db.session_scope() as session:
        for number in range(60):
            _life(session, draw, number)
    return client


def _stage(session: Session, who: str, day: Any, moment: datetime) -> str:
    """The stage of the page at the end of that day."""
    as_of = min(at_beijing(day + timedelta(days=1), time.min) - timedelta(microseconds=1), moment)
    return profile_of(session, who, as_of=as_of, known_at=moment).behaviour["lifecycle"].value or UNKNOWN


def test_the_cells_are_what_the_pages_say(lives: TestClient, login: Login) -> None:
    start, end = _ago(90).date(), _ago(5).date()
    asked = {"start": str(start), "end": str(end)}
    found = lives.get(PATH, params=asked, headers=login("law")).json()
    expected: Counter[tuple[str, str]] = Counter()
    with db.session_scope() as session:
        moment = datetime.fromisoformat(found["known_at"])
        for who in [*(f"L{n}" for n in range(60)), "C1", "C2", "C3"]:
            expected[_stage(session, who, start, moment), _stage(session, who, end, moment)] += 1
    assert {(c["before"], c["after"]): c["customers"] for c in found["total"]["cells"]} == dict(expected)
    assert len(expected) > 6  # the world has something to tell
    assert found["total"]["customers"] == 63 == sum(b["customers"] for b in found["branches"])
    assert [b["id"] for b in found["branches"]] == ["B1", "B2"]
    taken = {(s["before"], s["after"]) for s in found["total"]["steps"]}
    assert {step for step in taken if step[0] != UNKNOWN} <= STEPS


def test_what_came_to_be_known_later_is_left_out(lives: TestClient, login: Login) -> None:
    start, end, known_at = _ago(90).date(), _ago(40).date(), _ago(35)
    asked = {"start": str(start), "end": str(end), "known_at": known_at.isoformat()}
    first = lives.get(PATH, params=asked, headers=login("law")).json()
    with db.session_scope() as session:
        for n in range(30):
            _event(session, f"L{n}", "login", 60.5, 1)  # happened then, known now
        expected = Counter(_stage(session, f"L{n}", end, known_at) for n in range(60))
    assert lives.get(PATH, params=asked, headers=login("law")).json() == first
    expected[UNKNOWN] += 3
    assert {stage: n for stage, n in first["total"]["after"].items() if n} == dict(expected)
    asked.pop("known_at")  # the look-alike: asked with what is known now, it does count
    assert lives.get(PATH, params=asked, headers=login("law")).json()["total"] != first["total"]


def test_who_says_that_he_leaves_is_no_longer_active(client: TestClient, login: Login) -> None:
    with db.session_scope() as session:
        for who in ("C1", "C2"):
            _file(session, who, 200)
            for days in (60, 50, 40, 30, 20, 10, 1):
                _event(session, who, "login", days)
        _leaves(session, "C1", "A1", 3)
    found = client.get(PATH, headers=login("boss")).json()
    assert {(c["before"], c["after"]): c["customers"] for c in found["total"]["cells"]} == {
        ("活跃", "活跃"): 1,
        ("活跃", "预流失"): 1,
    }
    assert {"before": "活跃", "after": "预流失", "times": 1} in found["total"]["steps"]
    done = CliRunner().invoke(app, ["insight", "lifecycle", "--branch", "B1"])
    assert done.exit_code == 0, done.output
    assert "活跃中流失 1/2" in done.output

    wish = {"kind": "consent", "status": "denied", "subject": "profiling"}
    client.post("/v1/customers/C1/rights", json=wish, headers=login("law"))
    assert client.get(PATH, headers=login("boss")).json()["total"]["customers"] == 1


@pytest.mark.parametrize(("who", "customers"), [("a1", 1), ("boss", 2), ("head", 3), ("law", 3)])
def test_each_counts_his_own_customers(client: TestClient, login: Login, who: str, customers: int) -> None:
    assert client.get(PATH, headers=login(who)).json()["total"]["customers"] == customers


def test_questions_that_are_refused(client: TestClient, login: Login, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get(PATH, headers=login("pipe")).status_code == 403
    ahead = {"known_at": "2999-01-01T00:00:00Z"}
    assert client.get(PATH, params=ahead, headers=login("law")).json()["type"].endswith("known-at-open")
    monkeypatch.setattr(view.transitions, "__kwdefaults__", {"most": 2})
    assert client.get(PATH, headers=login("law")).json()["type"].endswith("report-too-large")
    assert client.get(PATH, headers=login("boss")).status_code == 200
