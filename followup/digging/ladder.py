"""深挖阶梯: 提及→机构→类型→金额→到期→方案→转入, per outside asset, folded from statements, contacts and events (pure).

A rung counts only with the customer's words: a statement whose evidence holds no utterance of his climbs nothing.
A plan counts when the advisor told one for that asset and the customer was there to hear it; the transfer is an event.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from dongke.clock import beijing
from followup.digging import plans, words
from followup.digging.same import denies, likeness
from followup.digging.transfers import Moved, moved
from followup.history import Contact, History
from profiles.facts import Statement
from profiles.labels import as_date

TAG = "assets.external"
SLOTS = ("institution", "institution_type", "product", "low", "high", "matures_on")


class Rung(StrEnum):
    """阶梯的一级, from the first to the last."""

    MENTION = "mention"  #: 提及
    INSTITUTION = "institution"  #: 机构
    KIND = "kind"  #: 类型: what he holds there
    AMOUNT = "amount"  #: 金额
    MATURITY = "maturity"  #: 到期
    PLAN = "plan"  #: 方案
    TRANSFER = "transfer"  #: 转入


RUNG_LABELS: Mapping[Rung, str] = {
    Rung.MENTION: "提及",
    Rung.INSTITUTION: "机构",
    Rung.KIND: "类型",
    Rung.AMOUNT: "金额",
    Rung.MATURITY: "到期",
    Rung.PLAN: "方案",
    Rung.TRANSFER: "转入",
}


@dataclass(frozen=True, slots=True)
class Step:
    """登上一级: by which talk (or event), in whose words."""

    rung: Rung
    at: datetime
    advisor_id: str
    quote: str
    contact_id: str | None = None
    utterance: int | None = None
    event_id: str | None = None
    asked: bool = False  #: it answered the advisor's question: he dug, the customer did not merely tell

    def to_json(self) -> dict[str, Any]:
        return {
            "rung": self.rung.value,
            "label": RUNG_LABELS[self.rung],
            "at": beijing(self.at).isoformat(),
            "advisor_id": self.advisor_id,
            "quote": self.quote,
            "conversation_id": self.contact_id,
            "utterance": self.utterance,
            "event_id": self.event_id,
            "asked": self.asked,
        }


@dataclass(frozen=True, slots=True)
class Ladder:
    """一笔外部资产 and how far it is known. `value`: only what the customer's own words told, the newest telling."""

    id: str  #: of the first statement of it
    customer_id: str
    owner_id: str
    value: Mapping[str, Any]
    steps: tuple[Step, ...]
    statements: tuple[str, ...]
    opened_at: datetime
    said_at: datetime  #: when it was last told
    moved: tuple[Moved, ...] = ()
    ended_at: datetime | None = None  #: since when the customer says that it is not there
    talks: frozenset[str] = field(default=frozenset())

    def has(self, rung: Rung) -> bool:
        return any(step.rung is rung for step in self.steps)

    @property
    def matures_on(self) -> date | None:
        return as_date(self.value.get("matures_on"))

    @property
    def is_open(self) -> bool:
        """Still to be won: not denied, not moved in."""
        return self.ended_at is None and not self.has(Rung.TRANSFER)

    @property
    def missing(self) -> Rung | None:
        """The next rung to ask for; None where it is over or complete."""
        return next((r for r in Rung if not self.has(r)), None) if self.is_open else None

    def stage(self, today: date) -> tuple[str, str]:
        """(code, Chinese) of where it stands on that day."""
        if self.has(Rung.TRANSFER):
            return "transferred", "已转入"
        if self.ended_at is not None:
            return "denied", "客户说已没有"
        if self.matures_on and self.matures_on < today:
            return "matured", "到期已过, 未转入"
        if self.has(Rung.PLAN):
            return "planned", "已出方案"
        return ("known", "已知金额, 未出方案") if self.has(Rung.AMOUNT) else ("mentioned", "待深挖")


def ladders(history: History, statements: Iterable[Statement], until: datetime) -> tuple[Ladder, ...]:
    """All outside assets of one person as of `until`, the oldest first. `statements` are those that stand (corrected
    and not removed); contacts and events are the history's."""
    talks = {c.id: c for c in history.contacts if c.started_at <= until}
    found: list[Ladder] = []
    for s in sorted((s for s in statements if s.tag == TAG and s.said_at <= until), key=lambda s: s.order):
        if s.polarity == "negated":
            found = [_deny(one, s) for one in found]
        elif words.customers(s.evidence):
            _tell(found, s, history, talks.get(s.conversation_id))
    planned = [_plan(one, found, talks.values()) for one in found]
    return _with_transfers(planned, history, until)


def _tell(found: list[Ladder], s: Statement, history: History, talk: Contact | None) -> None:
    """The statement climbs the asset that it is most like, or opens one."""
    marks = [(likeness(one, s), one.said_at, n) for n, one in enumerate(found)]
    home = max((m for m in marks if m[0] is not None), default=None, key=lambda m: (m[0] or 0, m[1], m[2]))
    if home is None:
        found.append(_opened(s, history, talk))
    else:
        found[home[2]] = _told(found[home[2]], s, talk, history)


def _opened(s: Statement, history: History, talk: Contact | None) -> Ladder:
    blank = Ladder(
        id=s.id,
        customer_id=history.customer_id,
        owner_id="",  # the owner at the end is filled in last
        value=dict.fromkeys(SLOTS),
        steps=(),
        statements=(),
        opened_at=s.said_at,
        said_at=s.said_at,
    )
    return _told(blank, s, talk, history)


def _told(one: Ladder, s: Statement, talk: Contact | None, history: History) -> Ladder:
    value = merged(one.value, s.value)
    new = [rung for rung in _reached(value) if not one.has(rung)]
    return replace(
        one,
        value=value,
        steps=one.steps + tuple(_step(rung, s, talk, history) for rung in new),
        statements=(*one.statements, s.id),
        said_at=s.said_at,
        talks=one.talks | {s.conversation_id},
    )


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Slot by slot the newest that was told; an amount is one slot of two ends; an unknown type tells nothing."""
    told = {k: new.get(k) for k in SLOTS if new.get(k) not in (None, "unknown")}
    if told.get("low") is not None or told.get("high") is not None:
        told |= {"low": new.get("low"), "high": new.get("high")}
    return {**old, **told}


def _reached(value: Mapping[str, Any]) -> list[Rung]:
    """The rungs that what he told reaches."""
    known = {
        Rung.MENTION: True,
        Rung.INSTITUTION: value.get("institution") is not None,
        Rung.KIND: value.get("product") is not None,
        Rung.AMOUNT: value.get("low") is not None or value.get("high") is not None,
        Rung.MATURITY: as_date(value.get("matures_on")) is not None,
    }
    return [rung for rung, is_known in known.items() if is_known]


def _step(rung: Rung, s: Statement, talk: Contact | None, history: History) -> Step:
    quote = words.quote_for(rung.value, words.customers(s.evidence), s.value.get("institution"))
    return Step(
        rung=rung,
        at=s.said_at,
        advisor_id=talk.advisor_id if talk else history.owner_at(s.said_at),
        quote=words.whole(quote, talk),
        contact_id=s.conversation_id,
        utterance=quote.utterance,
        asked=talk is not None and words.answers_question(talk.utterances, quote.utterance),
    )


def _deny(one: Ladder, s: Statement) -> Ladder:
    """He says that he has nothing there (any more)."""
    is_his = one.ended_at is None and s.conversation_id not in one.talks and denies(s.value, one.value)
    return replace(one, ended_at=s.said_at) if is_his else one


def _plan(one: Ladder, all_of_him: Sequence[Ladder], talks: Iterable[Contact]) -> Ladder:
    """With the rung 方案 where the first talk that earned it stands."""
    alone = sum(other.ended_at is None for other in all_of_him) == 1
    for talk in sorted(talks, key=lambda c: (c.started_at, c.id)):
        if talk.started_at < one.opened_at or (one.ended_at and talk.started_at >= one.ended_at):
            continue
        index = plans.heard(
            talk, one.value, {i for s in talk.said if s.id in one.statements for i in s.evidence}, alone
        )
        if index is not None:
            step = Step(
                Rung.PLAN, talk.started_at, talk.advisor_id, talk.utterances[index].text, talk.id, index, asked=False
            )
            return replace(one, steps=(*one.steps, step))
    return one


def _with_transfers(found: Sequence[Ladder], history: History, until: datetime) -> tuple[Ladder, ...]:
    """With the rung 转入, and the money that came, where an event brought it."""
    events = [e for e in history.events if e.at <= until]
    by_asset, owner = moved(events, found), history.owner_at(until)
    return tuple(replace(_moved_in(one, by_asset.get(one.id, ()), history), owner_id=owner) for one in found)


def _moved_in(one: Ladder, came: Sequence[Moved], history: History) -> Ladder:
    if not came:
        return one
    first = came[0]
    plan = next((s for s in one.steps if s.rung is Rung.PLAN and s.at <= first.at), None)
    advisor = plan.advisor_id if plan else history.owner_at(first.at)
    step = Step(Rung.TRANSFER, first.at, advisor, first.text, event_id=first.event_id)
    return replace(one, steps=(*one.steps, step), moved=tuple(came))
