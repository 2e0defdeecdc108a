"""客户心声: what customers complained of, praised or wished, by topic; and the words behind each count."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, and_, exists, func, or_
from sqlmodel import Session, col, select

from asr.models import StoredConversation
from dongke.directory import Advisor, Customer
from dongke.scope import visible
from dongke.standing import PROFILE, Standing, processable
from followup.lives import Wanted, lives
from followup.reports.question import Question
from profiles.anchoring import is_to_check
from profiles.labels import label
from profiles.models import StoredAssertion, StoredReading, TagFeedback

TAG = "voice.feedback"
SENTIMENTS = ("negative", "positive", "suggestion")
_VALUE = StoredAssertion.__table__.c.value  # type: ignore[attr-defined]
TOPIC, SENTIMENT = _VALUE["topic"].astext, _VALUE["sentiment"].astext


@dataclass(frozen=True, slots=True)
class Voice:
    """一个话题的心声: how often it was said with which sentiment, and by how many customers."""

    topic: str
    sentiments: tuple[int, int, int]  #: negative, positive, suggestion
    customers: int

    @property
    def heading(self) -> str:
        return label("topic", self.topic)

    def to_json(self) -> dict[str, Any]:
        counts = dict(zip(SENTIMENTS, self.sentiments, strict=True))
        return {"topic": self.topic, "label": self.heading, **counts, "customers": self.customers}


def voices(session: Session, question: Question) -> tuple[Voice, ...]:
    """By topic, the most complained of first. Said in the period, heard by the advisors that the question is about."""
    counts = [func.count().filter(SENTIMENT == name).label(name) for name in SENTIMENTS]
    person: Any = col(StoredAssertion.customer_id)
    each = said(session, question, TOPIC.label("topic"), person, *counts).group_by("topic", person).subquery()
    columns: tuple[Any, ...] = (each.c.topic, *(func.sum(each.c[name]) for name in SENTIMENTS), func.count())
    query = select(*columns).group_by(each.c.topic)
    found = [Voice(row[0] or "", (int(row[1]), int(row[2]), int(row[3])), row[4]) for row in session.execute(query)]
    return tuple(sorted(found, key=lambda v: (-v.sentiments[0], -sum(v.sentiments), v.topic)))


def by_week(session: Session, question: Question) -> tuple[tuple[date, str, tuple[int, int, int]], ...]:
    """客户心声按周: (Monday, topic, counts by sentiment), for every week and topic of which anything was said."""
    monday = func.date_trunc("week", func.timezone("Asia/Shanghai", col(StoredAssertion.said_at))).label("monday")
    counts = [func.count().filter(SENTIMENT == name) for name in SENTIMENTS]
    query = said(session, question, monday, TOPIC, *counts).group_by(monday, TOPIC).order_by(monday, TOPIC)
    return tuple((row[0].date(), row[1] or "", (row[2], row[3], row[4])) for row in session.execute(query))


def said(session: Session, question: Question, *columns: Any) -> Select[Any]:
    """These columns of the statements that count as of `question.moment`."""
    a, at = StoredAssertion, question.moment
    query: Select[Any] = (
        select(*columns)
        .select_from(a)
        .where(
            col(a.tag) == TAG,
            col(a.polarity) == "affirmed",
            col(a.said_at) >= question.start,
            col(a.said_at) < question.end,
            col(a.known_at) <= at,
            ~_superseded(at),
            processable(a.customer_id, *PROFILE),
            ~_judged_wrong(at),
            ~is_to_check(at),
            _kept(session, question),
        )
    )
    return query if question.is_whole else heard_by(by_whom(query), question, a.customer_id)


def _superseded(at: datetime) -> Any:
    """By a newer reading of the talk. Few are: an index of them alone is asked."""
    r = StoredReading
    return exists().where(
        col(r.id) == col(StoredAssertion.reading_id), col(r.superseded_at).is_not(None), col(r.superseded_at) <= at
    )


def by_whom(query: Select[Any]) -> Select[Any]:
    """Adds the talk and its advisor."""
    talk = StoredConversation
    query = query.join(talk, col(talk.id) == col(StoredAssertion.conversation_id))
    return query.join(Advisor, col(Advisor.id) == col(talk.advisor_id))


def heard_by(query: Select[Any], question: Question, customer_id: Any) -> Select[Any]:
    """Narrows a query over talks (with `Advisor` joined) to those whom the question is about."""
    if question.principal is not None:
        mine = select(Customer.id).where(visible(question.principal))
        query = query.where(col(customer_id).in_(mine))
    if question.advisor is not None:
        query = query.where(col(Advisor.id) == question.advisor)
    if question.branch is not None:
        query = query.where(col(Advisor.branch_id) == question.branch)
    return query


def _judged_wrong(at: datetime) -> Any:
    """The newest verdict on the statement takes it away."""
    f = TagFeedback.__table__.alias()  # type: ignore[attr-defined]
    newer = TagFeedback.__table__.alias()  # type: ignore[attr-defined]
    overruled = exists().where(newer.c.assertion_id == f.c.assertion_id, newer.c.known_at <= at, newer.c.at > f.c.at)
    return exists().where(
        f.c.assertion_id == col(StoredAssertion.id), f.c.verdict == "wrong", f.c.known_at <= at, ~overruled
    )


def _kept(session: Session, question: Question) -> Any:
    """删除标签: of the few who had a tag deleted, only what the rights leave."""
    a = StoredAssertion
    deletes = exists().where(col(Standing.customer_id) == col(a.customer_id), col(Standing.deletes))
    told = exists().where(
        col(a.customer_id) == col(Standing.customer_id),
        col(a.tag) == TAG,
        col(a.said_at) >= question.start,
        col(a.said_at) < question.end,
    )
    people = sorted(session.exec(select(Standing.customer_id).where(col(Standing.deletes), told)))
    if not people:
        return ~deletes
    facts = lives(session, people, question.moment, Wanted(tags=(TAG,), words=False)).values()
    ids = [s.id for life in facts for s in life.facts.assertions]
    return or_(~deletes, and_(deletes, col(a.id).in_(ids)))


def headings() -> Sequence[str]:
    """The table of voices in Chinese."""
    return ("话题", *(label("sentiment", name) for name in SENTIMENTS), "客户数")
