"""依据待复核 is not counted: neither a voice nor an undertaking whose words a better transcript does not hold."""

from datetime import timedelta

import pytest
from sqlmodel import Session

from asr.repository import load_conversation, mark_read, store_conversation
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.scope import Principal, Role
from dongke.types import (
    Channel,
    Conversation,
    Evidence,
    Explanation,
    Polarity,
    Reading,
    Speaker,
    TagAssertion,
    Utterance,
)
from followup.attribution.source import touches_of
from followup.promise_lists import undated_between
from followup.reports.lists import behind
from followup.reports.question import Question
from followup.reports.voices import voices
from profiles.anchoring import settle
from profiles.models import StoredAssertion
from profiles.tagging import give_feedback, store_reading

A, C = Speaker.ADVISOR, Speaker.CUSTOMER
STARTED = (now() - timedelta(days=2)).replace(microsecond=0)
START, END = STARTED - timedelta(days=1), STARTED + timedelta(days=1)
OWN = Principal("wang", Role.ADVISOR, "A1", "B1")
GREETED = Utterance(A, "您好", 0, 800)
FEE = Utterance(C, "你们手续费太贵了。", 1000, 3000)
SEND = Utterance(A, "对账单回头发给您。", 3500, 6000)
TOLD = (
    ("voice.feedback", {"topic": "fee", "sentiment": "negative"}, FEE, 0, "手续费太贵"),
    ("commitment.advisor", {"action": "send_material", "due_date": None}, SEND, 1, "对账单回头发"),
)


def _write(session: Session, *said: Utterance) -> None:
    store_conversation(
        session, Conversation("K1", Channel.CALL, STARTED, said), customer_id="C1", advisor_id="A1", answered=True
    )
    settle(session, ["K1"])


@pytest.fixture
def read(session: Session) -> list[StoredAssertion]:
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add(Advisor(id="A1", name="王", branch_id="B1"))
    session.flush()
    set_owner(session, "C1", "A1", START)
    _write(session, FEE, SEND)
    stored, _ = load_conversation(session, "K1")
    found = []
    for tag, value, said, number, quote in TOLD:
        start = said.text.index(quote)
        proof = Evidence(number, start, start + len(quote), said.speaker, quote, said.start_ms, said.end_ms)
        found.append(TagAssertion(tag, Polarity.AFFIRMED, value, (proof,), 0.9, Explanation("test", "v1", "r")))
    rows = store_reading(session, stored, Reading(tuple(found), (), "v1"))
    mark_read(session, "K1", "v1")
    return rows


def _counted(session: Session) -> tuple[int, int, tuple[str, ...]]:
    """Voices, undertakings without a date, and the tags that a talk is credited with."""
    asked = Question(START, END, now())
    tags = touches_of(session, ["C1"], START, END)[0].tags
    return (
        sum(v.customers for v in voices(session, asked)),
        sum(undated_between(session, None, START, END).values()),
        tags,
    )


def _listed(session: Session) -> list[tuple[int, str]]:
    asked = Question(START, END, now())
    return [
        (w.utterance, w.quote) for i in behind(session, asked, "voice:", None, after=None, limit=9) for w in i.words
    ]


def test_what_stands_elsewhere_counts_and_is_shown_where_it_stands(
    session: Session, read: list[StoredAssertion]
) -> None:
    assert _counted(session) == (1, 1, ("commitment.advisor", "voice.feedback"))
    assert _listed(session) == [(0, "手续费太贵")]
    _write(session, GREETED, FEE, SEND)
    assert _counted(session) == (1, 1, ("commitment.advisor", "voice.feedback"))
    assert _listed(session) == [(1, "手续费太贵")]


def test_what_is_to_be_checked_is_not_counted(session: Session, read: list[StoredAssertion]) -> None:
    before = now()
    _write(session, Utterance(C, "你们手机太贵了。", 1000, 3000), Utterance(A, "对。", 3500, 6000))
    assert _counted(session) == (0, 0, ())
    assert _listed(session) == []
    assert sum(v.customers for v in voices(session, Question(START, END, before))) == 1  # the past stays as it was


def test_a_person_s_word_makes_it_count_again(session: Session, read: list[StoredAssertion]) -> None:
    _write(session, Utterance(C, "你们手机太贵了。", 1000, 3000), SEND)
    give_feedback(session, OWN, read[1].id, "right")  # of another statement: settles nothing here
    assert _counted(session) == (0, 1, ("commitment.advisor",))
    give_feedback(session, OWN, read[0].id, "right")
    assert _counted(session)[0] == 1
    assert _listed(session) == []  # its words stand nowhere now
    give_feedback(session, OWN, read[0].id, "wrong")
    assert _counted(session)[0] == 0
