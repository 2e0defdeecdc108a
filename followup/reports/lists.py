"""数字背后的名单: the opportunities, talks or voices that a number of the report counts, each with the words.

The same question, the same conditions: as many as the number says.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, and_, or_, tuple_
from sqlmodel import Session, col, select

from asr.models import StoredConversation, StoredUtterance
from dongke.clock import beijing
from dongke.directory import Advisor, Customer
from dongke.errors import BadInput
from followup.models import StoredOpportunity
from followup.opportunity import Cause, Source
from followup.reports import talks, tally, then
from followup.reports import voices as heard
from followup.reports.columns import MADE_OF, NUMBERS, TALK_COUNTS
from followup.reports.models import TalkMeasure
from followup.reports.question import Question
from profiles.anchoring import Entry, evidence_now
from profiles.labels import label
from profiles.models import StoredAssertion
from profiles.rights.blanks import BLANK, Blanks
from profiles.rights.store import blanks_of

_PLACE = itemgetter("utterance", "quote", "start")
OPENED = "客户的话开启"
GONE, NO_TALK = "原话已撤回, 或按客户的权利不再显示", "由系统记录开启, 还没有谈到的原话"
LATE = timedelta(days=1)  #: what came to be known so much later says so
MAX_PROOFS = 6  #: causes whose words are shown beside those of the opening
NOTHING = {"dig": "这次会话没有问出新的一级", "adherence": "满分, 没有扣分的原话"}  #: why a measured talk has no words
VOICE = "voice:"  #: a number `voice:fee` asks for the voices of that topic, `voice:` for all of them


@dataclass(frozen=True, slots=True)
class Words:
    """原话."""

    conversation_id: str
    utterance: int
    quote: str
    what: str = ""  #: what they led to; of a measured talk: which rung, which deduction


@dataclass(frozen=True, slots=True)
class Item:
    """名单的一条. `points` of a talk is what was measured; an opportunity has its row, and `why` it stands as it does.

    `no_words` says why there are none to show.
    """

    kind: str  #: opportunity, talk, voice
    id: str
    at: datetime
    customer_id: str
    customer_name: str
    advisor_id: str
    advisor_name: str
    title: str
    words: tuple[Words, ...]
    opportunity: StoredOpportunity | None = None
    points: float | None = None
    why: tuple[str, ...] = ()
    no_words: str = ""


def behind(
    session: Session,
    question: Question,
    number: str,
    line: str | None,
    *,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Item]:
    """Up to `limit` of what the number of that line (None: of the sum) counts, in the order of time, `after` a place;
    of a rate, a mean or a median what it is made of.

    Raises BadInput `number-unknown`.
    """
    number = MADE_OF.get(number, number)
    if number in NUMBERS:
        return _opportunities(session, question, number, line, after, limit)
    if number in TALK_COUNTS and question.group != "playbook":
        return _talks(session, question, number, line, after, limit)
    if number.startswith(VOICE):
        return _voices(session, question, number.removeprefix(VOICE), after, limit)
    raise BadInput("number-unknown", f"报表里没有可以展开的数 {number[:40]}")


def _opportunities(
    session: Session,
    question: Question,
    number: str,
    line: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Item]:
    o = then.standing(session, question)
    query = tally.asked(question, o, o, Advisor.name).where(NUMBERS[number].counts(o, question.moment))
    if line is not None:
        query = query.where(tally.group_of(question, o) == line)
    rows = session.execute(_page(query, col(o.opened_at), col(o.id), after, limit)).all()
    opened = session.exec(
        select(StoredAssertion).where(col(StoredAssertion.id).in_([row.opened_by for row, _ in rows]))
    ).all()
    gone = blanks_of(session, [a.conversation_id for a in opened])
    standing = evidence_now(session, opened)
    words = {a.id: _quotes(a, standing[a.id], gone, OPENED) for a in opened}
    proofs = _proofs(session, [row for row, _ in rows], known=set(words))
    names = _customers(session, (row.customer_id for row, _ in rows))
    return [
        Item(
            kind="opportunity",
            id=row.id,
            at=row.opened_at,
            customer_id=row.customer_id,
            customer_name=names.get(row.customer_id, ""),
            advisor_id=row.owner_id,
            advisor_name=advisor,
            title=row.playbook,
            words=(found := words.get(row.opened_by, ()) + proofs[row.id]),
            opportunity=row,
            why=tuple(map(_told, causes_of(row))),
            no_words=_none_of(found, NO_TALK if causes_of(row)[:1] and not causes_of(row)[0].conversation else GONE),
        )
        for row, advisor in rows
    ]


def _told(cause: Cause) -> str:
    """When and why, and when it came to be known where that was days later: a talk that was transcribed late."""
    late = cause.known_at is not None and cause.known_at - cause.at >= LATE
    known = f" ({beijing(cause.known_at):%Y-%m-%d %H:%M} 得知)" if late and cause.known_at else ""
    return f"{beijing(cause.at):%Y-%m-%d %H:%M} {cause.why}{known}"


def causes_of(row: StoredOpportunity) -> list[Cause]:
    """Why it stands as it does, the oldest first."""
    return [Cause.from_json(told) for told in row.causes]


def _proofs(session: Session, rows: Sequence[StoredOpportunity], known: set[str]) -> dict[str, tuple[Words, ...]]:
    """The words that made each what it is: of the talks behind its causes, the newest; the opening's are `known`."""
    told = {row.id: _spoken_causes(row, row.opened_by in known)[-MAX_PROOFS:] for row in rows}
    places = [(c.conversation or "", n) for causes in told.values() for c in causes for n in c.evidence]
    spoken = _spoken(session, places)
    return {
        ident: tuple(
            Words(c.conversation or "", n, spoken.get((c.conversation or "", n), ""), c.why)
            for c in causes
            for n in c.evidence
        )
        for ident, causes in told.items()
    }


def _spoken_causes(row: StoredOpportunity, opening_known: bool) -> list[Cause]:
    """The causes with words of their own; what time alone did rests on words that stand there already."""
    return [c for c in causes_of(row)[opening_known:] if c.conversation and c.source is not Source.TIME]


def _none_of(words: Iterable[Words], otherwise: str = GONE) -> str:
    """Why there are no words to show; empty where there are."""
    return "" if any(w.quote.strip(BLANK) for w in words) else otherwise


def _talks(
    session: Session,
    question: Question,
    number: str,
    line: str | None,
    after: tuple[datetime, str] | None,
    limit: int,
) -> list[Item]:
    m = TalkMeasure
    query = talks.measured(question, m, Advisor.name).where(talks.condition(number))
    if line is not None:
        query = query.where(talks.group_is(question, line))
    rows = session.execute(_page(query, col(m.at), col(m.conversation_id), after, limit)).all()
    spoken = _spoken(session, [(row.conversation_id, d["utterance"]) for row, _ in rows for d in row.detail])
    names = _customers(session, (row.customer_id for row, _ in rows))
    return [
        Item(
            kind="talk",
            id=row.conversation_id,
            at=row.at,
            customer_id=row.customer_id,
            customer_name=names.get(row.customer_id, ""),
            advisor_id=row.advisor_id,
            advisor_name=advisor,
            title=TALK_COUNTS[number][0],
            words=(found := tuple(_words(row.conversation_id, d, spoken) for d in row.detail)),
            points=row.asked if number == "dig_asked" else row.points,
            no_words=_none_of(found) if row.detail else NOTHING[row.kind],
        )
        for row, advisor in rows
    ]


def _voices(
    session: Session, question: Question, topic: str, after: tuple[datetime, str] | None, limit: int
) -> list[Item]:
    a = StoredAssertion
    query = heard.said(session, question, a, col(StoredConversation.advisor_id), Advisor.name)
    if question.is_whole:
        query = heard.by_whom(query)
    if topic:
        query = query.where(heard.TOPIC == topic)
    rows = session.execute(_page(query, col(a.said_at), col(a.id), after, limit)).all()
    names = _customers(session, (row.customer_id for row, _, _ in rows))
    gone = blanks_of(session, [row.conversation_id for row, _, _ in rows])
    standing = evidence_now(session, [row for row, _, _ in rows])
    return [
        Item(
            kind="voice",
            id=row.id,
            at=row.said_at,
            customer_id=row.customer_id,
            customer_name=names.get(row.customer_id, ""),
            advisor_id=advisor_id,
            advisor_name=advisor,
            title=f"{label('topic', row.value.get('topic'))} {label('sentiment', row.value.get('sentiment'))}",
            words=(found := _quotes(row, standing[row.id], gone)),
            no_words=_none_of(found),
        )
        for row, advisor_id, advisor in rows
    ]


def _page(query: Select[Any], at: Any, ident: Any, after: tuple[datetime, str] | None, limit: int) -> Select[Any]:
    if after is not None:
        query = query.where(or_(at > after[0], and_(at == after[0], ident > after[1])))
    return query.order_by(at, ident).limit(limit)


def _quotes(row: StoredAssertion, standing: list[Entry], gone: Blanks, what: str = "") -> tuple[Words, ...]:
    """The words where they stand now; those that are not found there (依据待复核) stand nowhere."""
    talk = row.conversation_id
    places = map(_PLACE, (entry for entry in standing if not entry.get("suspended")))
    return tuple(Words(talk, n, gone.of(talk, n, quote, start), what) for n, quote, start in places)


def _words(conversation_id: str, told: dict[str, Any], spoken: dict[tuple[str, int], str]) -> Words:
    number = told["utterance"]
    return Words(conversation_id, number, spoken.get((conversation_id, number), ""), told["what"])


def _spoken(session: Session, places: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """What was said at these places, without what is deleted or refused; a revoked message has no words."""
    if not places:
        return {}
    u = StoredUtterance
    query = select(u.conversation_id, u.index, u.text, u.revoked).where(
        tuple_(col(u.conversation_id), col(u.index)).in_(places)
    )
    gone = blanks_of(session, [talk for talk, _ in places])
    return {(who, n): "" if revoked else gone.of(who, n, text) for who, n, text, revoked in session.execute(query)}


def _customers(session: Session, ids: Iterable[str]) -> dict[str, str]:
    rows = session.execute(select(Customer.id, Customer.name).where(col(Customer.id).in_(set(ids))))
    return {ident: name for ident, name in rows}
