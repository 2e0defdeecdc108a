"""What is measured of talks: the report, the list behind it and the board are of one mind, whatever became of a tag."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import mean
from typing import Any

import pytest
from sqlmodel import Session, select

from asr.repository import load_conversation, store_conversation
from dongke.clock import now
from dongke.directory import Advisor, Branch, set_owner
from dongke.types import Conversation, Evidence, Explanation, Polarity, Reading, Speaker, TagAssertion
from followup import schedule
from followup.adherence import board, summary
from followup.digging import board as digging
from followup.people import Scope
from followup.reports import Question, make
from followup.reports.lists import behind
from followup.reports.measuring import measure_new
from followup.reports.models import TalkMeasure
from nlp.pipeline import read
from profiles.identity import service as identity
from profiles.models import TagFeedback
from profiles.tagging import store_reading

JUNE = datetime.fromisoformat("2026-06-08T10:00:00+08:00")
START, END = JUNE - timedelta(days=7), JUNE + timedelta(days=60)
LEVEL = "experience.level"
PITCH = ("A: 我推荐您看看这款债基, 久期两年。", "C: 哦, 这样啊。", "A: 费率千分之五。", "C: 我想想。")
ASSET = {"institution": "招商银行", "institution_type": "bank", "low": 300_000, "high": 300_000}


@pytest.fixture
def firm(session: Session) -> Session:
    session.add(Branch(id="B1", name="一部"))
    session.flush()
    session.add(Advisor(id="A1", name="李晓", branch_id="B1"))
    session.flush()
    for number in range(1, 10):
        set_owner(session, f"C{number}", "A1", JUNE - timedelta(days=5000))
    return session


def say(
    session: Session, ident: str, customer: str, days: float, *tags: tuple[str, Any], lines: tuple[str, ...] = PITCH
) -> None:
    """A call so many days after JUNE; the tags stand on the customer's first words."""
    at = JUNE + timedelta(days=days)
    turns = [
        {"speaker": "advisor" if x[0] == "A" else "customer", "text": x[3:], "start": 20 * n, "end": 20 * n + 19}
        for n, x in enumerate(lines)
    ]
    talk = Conversation.from_json({"id": ident, "channel": "call", "started_at": at.isoformat(), "utterances": turns})
    store_conversation(session, talk, customer_id=customer, advisor_id="A1")
    stored, _ = load_conversation(session, ident)
    first = next(n for n, line in enumerate(lines) if line[0] == "C")
    quote = talk.utterances[first].text
    proof = (Evidence(first, 0, len(quote), Speaker.CUSTOMER, quote),)
    found = tuple(
        TagAssertion(tag, Polarity.AFFIRMED, value, proof, 0.9, Explanation("test", "1", "given"))
        for tag, value in tags
    )
    store_reading(session, stored, Reading(found, read(talk).mentions, "test"), read_at=stored.known_at)
    stored.read_hash = f"{stored.content_hash}:test"
    session.flush()


def judge(session: Session, talk: str, verdict: str, value: dict[str, Any] | None = None, days: float = 40) -> None:
    at = JUNE + timedelta(days=days)
    said = session.exec(select(TagFeedback.id)).all()
    session.add(
        TagFeedback(
            id=f"F{len(said)}", customer_id=owner(session, talk), assertion_id=assertion(session, talk), tag=LEVEL,
            verdict=verdict, value=value, by="a1", at=at, known_at=at,
        )
    )  # fmt: skip
    session.flush()


def owner(session: Session, talk: str) -> str:
    return load_conversation(session, talk)[0].customer_id


def assertion(session: Session, talk: str) -> str:
    from profiles.models import StoredAssertion

    return session.exec(select(StoredAssertion.id).where(StoredAssertion.conversation_id == talk)).one()


def novice() -> tuple[str, Any]:
    return (LEVEL, {"level": "novice"})


def old_hand() -> tuple[str, Any]:
    return (LEVEL, {"level": "experienced"})


@pytest.fixture
def world(firm: Session) -> Session:
    """Nine customers; what each of their talks should be judged by stands in `JUDGED`."""
    say(firm, "plain-1", "C1", 0, novice())
    say(firm, "plain-2", "C1", 1)
    say(firm, "changed-1", "C2", 0, novice())
    say(firm, "changed-2", "C2", 2, old_hand())
    say(firm, "changed-3", "C2", 3)
    say(firm, "unknown", "C3", 0)
    say(firm, "later-1", "C4", 0)
    say(firm, "later-2", "C4", 1, novice())
    say(firm, "stale-0", "C5", -4000, novice())
    say(firm, "stale-1", "C5", 0)
    say(firm, "wrong-1", "C6", 0, novice())
    say(firm, "wrong-2", "C6", 1)
    say(firm, "fixed-1", "C7", 0, novice())
    say(firm, "fixed-2", "C7", 1)
    say(firm, "merged-1", "C9", 0, novice())
    say(firm, "merged-2", "C8", 1)
    judge(firm, "wrong-1", "wrong")
    judge(firm, "fixed-1", "corrected", {"level": "experienced"})
    identity.merge(firm, "C8", "C9", JUNE + timedelta(days=30), "test", known_at=JUNE + timedelta(days=30))
    return firm


JUDGED = {
    "plain-1": "novice", "plain-2": "novice",
    "changed-1": "novice", "changed-2": "experienced", "changed-3": "experienced",
    "later-2": "novice",
    "fixed-1": "experienced", "fixed-2": "experienced",
    "merged-1": "novice", "merged-2": "novice",
}  # fmt: skip


def measured(session: Session) -> dict[str, tuple[str | None, float]]:
    rows = select(TalkMeasure).where(TalkMeasure.kind == "adherence", TalkMeasure.superseded_at == None)  # noqa: E711
    return {m.conversation_id: (m.level, m.points) for m in session.exec(rows) if m.at >= START}


def boarded(session: Session) -> dict[str, tuple[str | None, float]]:
    found = board.of_period(session, None, START, END)
    return {a.conversation_id: (a.level, a.score) for a in found if a.score is not None}


def test_one_judge_of_experience(world: Session) -> None:
    measure_new(world, now())
    assert {talk: level for talk, (level, _) in measured(world).items()} == JUDGED
    assert measured(world) == boarded(world)


def test_the_report_is_the_mean_of_the_talks_behind_it(world: Session) -> None:
    for number in range(9):
        say(world, f"more-{number}", "C1", 2 + number / 10)
    measure_new(world, now())
    asked = Question(START, END, now())
    total = make(world, asked).total.numbers
    sides = {side.level: side for side in summary(board.of_period(world, None, START, END)).sides}
    items = behind(world, asked, "novice_talks", None, after=None, limit=99)
    assert total["novice_talks"] == len(items) == len(sides["novice"].conversations) == 15
    assert total["novice_score"] == round(mean(i.points or 0 for i in items), 1) == sides["novice"].mean_score
    assert (total["experienced_talks"], total["experienced_score"]) == (4, None)  # too few for a mean


def test_a_verdict_and_a_merge_are_measured_anew_by_the_next_run(firm: Session) -> None:
    """Nothing new was said: the nightly job looks for what people did since the last one."""
    job = next(j for j in schedule.jobs() if j.name == "measure_talks")
    say(firm, "K1", "C1", 0, novice())
    say(firm, "K2", "C2", 0, novice())
    say(firm, "K3", "C3", 1)
    for_now = now()
    runs: Iterator[datetime] = (for_now + timedelta(days=n) for n in range(3))

    def night() -> dict[str, Any]:
        return schedule.run(firm, job, next(runs), None) or {}  # type: ignore[arg-type]

    night()
    assert {talk: level for talk, (level, _) in measured(firm).items()} == {"K1": "novice", "K2": "novice"}
    told = now()
    firm.add(
        TagFeedback(
            id="F", customer_id="C1", assertion_id=assertion(firm, "K1"), tag=LEVEL, verdict="wrong", by="a1",
            at=told, known_at=told,
        )
    )  # fmt: skip
    identity.merge(firm, "C2", "C3", told, "test", known_at=told)
    firm.flush()
    assert night()["customers"] == 3
    assert {talk: level for talk, (level, _) in measured(firm).items()} == {"K2": "novice", "K3": "novice"}
    assert measured(firm) == boarded(firm)
    assert night()["customers"] == 0


def test_the_rungs_of_the_report_are_those_of_the_board(firm: Session) -> None:
    asset = ("assets.external", ASSET)
    for number in range(1, 7):
        say(firm, f"K{number}", f"C{number}", number, asset, lines=("A: 您别处还有钱吗?", "C: 招商银行还有三十万。"))
        say(firm, f"L{number}", f"C{number}", number + 1, lines=("A: 招行那笔什么时候到期?", "C: 我得看看。"))
    measure_new(firm, now())
    asked = Question(START, END, now())
    total = make(firm, asked).total.numbers
    everyone = digging.people(firm, None, Scope())
    (row,) = digging.tallies(list(digging.of_people(firm, everyone)), START, END, now().date())
    assert (total["dig_talks"], total["dig_rungs"], total["dig_asked"]) == (
        len(row.score.contacts),
        len(row.score.rungs),
        row.score.asked,
    )
    assert total["dig_per_talk"] == row.score.per_contact
    items = behind(firm, asked, "dig_talks", None, after=None, limit=99)
    assert sum(i.points or 0 for i in items) == total["dig_rungs"]
