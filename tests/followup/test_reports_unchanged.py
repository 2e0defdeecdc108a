"""A past report reuses what is stored of whom nothing changed since: the same bytes as computing everybody again."""

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from asr.repository import load_conversation, store_conversation
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, TagAssertion
from followup import repository, service
from followup.reports import Question, make, then, unchanged
from nlp.pipeline import read
from profiles.identity import service as identity
from profiles.models import BehaviourEvent, TagFeedback
from profiles.tagging import store_reading

JUNE = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
START, END = JUNE - timedelta(days=7), JUNE + timedelta(days=22)
PEOPLE = 30
TAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("intent.permission", {"permission": "margin"}),
    ("funds.idle", {"low": 500_000, "high": 500_000}),
    (
        "assets.external",
        {"institution": "招商银行", "institution_type": "bank", "low": 300_000, "matures_on": "2026-07-20"},
    ),
    ("churn.risk", {"action": "withdraw"}),
    ("commitment.advisor", {"action": "send_material", "due_date": "2026-06-12"}),
)
LINES = (
    ("C: 我想开两融, 有五十万闲着, 招商银行还有三十万。", "A: 好的。"),
    ("A: 两融门槛五十万。", "C: 两融利率多少?"),
)
LATEST = JUNE + timedelta(days=80)


@pytest.fixture
def firm(session: Session) -> Session:
    """Thirty random lives of eighty days: talks known at once or late, orders, boxes, verdicts, owners, merges."""
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add_all([Advisor(id=f"A{n}", name=f"投顾{n}", branch_id="B1") for n in (1, 2)])
    session.flush()
    chance = random.Random(11)
    for number in range(PEOPLE):
        set_owner(session, f"C{number}", "A1", START)
    for number in range(PEOPLE):
        live(session, f"C{number}", chance)
    for number in range(PEOPLE):
        service.refresh(session, f"C{number}", until=LATEST)
    return session


def live(session: Session, who: str, chance: random.Random) -> None:
    say(session, f"{who}-0", who, JUNE + timedelta(days=chance.randint(0, 5)), chance.sample(TAGS, 2))
    for number in range(1, chance.choice((1, 1, 2, 4))):
        at = JUNE + timedelta(days=chance.choice((1, 2, 4, 10, 30, 60)), hours=number)
        kind = chance.choice(("talk", "late", "event", "tick", "verdict", "owner", "merge", "reading"))
        if kind in ("talk", "late"):
            known = at + timedelta(days=20 if kind == "late" else 0, minutes=5)
            say(session, f"{who}-{number}", who, at, chance.sample(TAGS, 1), known)
        elif kind == "event":
            event(session, f"{who}-{number}", who, chance.choice(("deposit", "withdraw", "material_sent")), at)
        elif kind == "tick":
            service.tick(session, customer_id=who, playbook="permission", advisor_id="A1", at=at, outcome="done")
        elif kind == "verdict":
            row = TagFeedback(
                id=f"{who}-{number}", customer_id=who, tag=TAGS[0][0], verdict="wrong", by="a1", at=at, known_at=at
            )
            session.add(row)
        elif kind == "owner":
            set_owner(session, who, "A2", at)
        elif kind == "merge":
            identity.merge(session, who, f"C{(int(who[1:]) + 1) % PEOPLE}", at, "test", known_at=at)
        else:
            stored, talk = load_conversation(session, f"{who}-0")
            store_reading(session, stored, Reading((), read(talk).mentions, "newer"), read_at=at)
        session.flush()


def say(session: Session, ident: str, who: str, at: datetime, tags: Any, known_at: datetime | None = None) -> None:
    turns = [
        {"speaker": "advisor" if x[0] == "A" else "customer", "text": x[3:], "start": 30 * n, "end": 30 * n + 29}
        for n, x in enumerate(LINES[0] + LINES[1])
    ]
    talk = Conversation.from_json({"id": ident, "channel": "call", "started_at": at.isoformat(), "utterances": turns})
    store_conversation(session, talk, customer_id=who, advisor_id="A1", known_at=known_at)
    stored, _ = load_conversation(session, ident)
    turn = talk.utterances[0]
    proof = (Evidence(0, 0, len(turn.text), turn.speaker, turn.text),)
    found = tuple(TagAssertion(t, Polarity.AFFIRMED, v, proof, 0.9, Explanation("test", "1", "given")) for t, v in tags)
    store_reading(session, stored, Reading(found, read(talk).mentions, "test"), read_at=stored.known_at)


def event(session: Session, ident: str, who: str, name: str, at: datetime) -> None:
    session.add(
        BehaviourEvent(
            message_id=ident, customer_id=who, event=name, at=at, known_at=at + timedelta(hours=1),
            properties={"amount": 300_000},
        )
    )  # fmt: skip


def asked(days: float, group: str = "advisor") -> Question:
    moment = JUNE + timedelta(days=days)
    return Question(START, END, moment, moment, group=group)


@pytest.mark.parametrize("days", [0.5, 4, 11, 29, 45, 61, 79])
def test_the_same_bytes_with_and_without_it(firm: Session, monkeypatch: pytest.MonkeyPatch, days: float) -> None:
    kept: list[set[str]] = []
    lay = unchanged.lay

    def watched(*told: Any) -> set[str]:
        kept.append(lay(*told))
        return kept[-1]

    monkeypatch.setattr(then.unchanged, "lay", watched)
    quick = [make(firm, asked(days, group)).to_bytes() for group in ("advisor", "playbook")]
    monkeypatch.setattr(then.unchanged, "lay", lambda *told: set())
    slow = [make(firm, asked(days, group)).to_bytes() for group in ("advisor", "playbook")]
    assert quick == slow
    assert 0 < len(kept[0]) < PEOPLE or days < 61  # soon after, the lives of most go on


def test_a_wish_that_was_read_and_not_reckoned_yet_is_reckoned(firm: Session) -> None:
    """The projection is older than what was known then: it is not trusted."""
    at = LATEST + timedelta(days=1)
    question = Question(at - timedelta(days=1), at + timedelta(days=1), at, at)
    who = next(iter(unchanged.lay(firm, then._table(firm), asked(79))))
    say(firm, "new", who, at - timedelta(hours=2), (("intent.product", {"product": "gold"}),))
    assert make(firm, question).total.numbers["opened"] == 1


def test_another_version_of_a_rule_is_not_trusted(firm: Session) -> None:
    from followup.models import StoredOpportunity

    before = make(firm, asked(79)).to_bytes()
    firm.execute(StoredOpportunity.__table__.update().values(playbook_version="0", low_yuan=1))  # type: ignore[attr-defined]
    assert make(firm, asked(79)).to_bytes() == before


def test_many_histories_are_each_ones_history(firm: Session) -> None:
    moment = now()
    ids = [f"C{number}" for number in range(PEOPLE)]
    for who, history in repository.histories_of(firm, ids, moment).items():
        assert history == repository.history_of(firm, who, moment)
