"""报表的列: what each number counts, as a condition in SQL; the list behind a number is asked by the same condition."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlmodel import col

from dongke.settings import settings
from followup import playbooks
from followup.ledger import Outcome
from followup.models import State
from followup.reports.promised import JUDGED, became

#: (the opportunity or an alias of it, the moment of the report) → which rows count
Condition: TypeAlias = Callable[[Any, datetime], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Number:
    """一列: a count, or the yuan, of the opportunities that it counts."""

    name: str
    heading: str
    counts: Condition


def is_overdue(o: Any, at: datetime) -> ColumnElement[bool]:
    """逾期, as `followup.service.is_overdue` says it of a row."""
    due = col(o.due_at)
    ends = (col(o.discharged_at), col(o.closed_at))
    return and_(due <= at, *(or_(end.is_(None), end > due) for end in ends))


def is_decided(o: Any, at: datetime) -> ColumnElement[bool]:
    """Followed up, over, or due: what a rate of timeliness can be asked of."""
    return or_(is_overdue(o, at), col(o.discharged_at).is_not(None), col(o.closed_at).is_not(None))


def in_time(o: Any, at: datetime) -> ColumnElement[bool]:
    """及时谈到."""
    return col(o.discharged_at) <= col(o.due_at)


def _winnable(o: Any, at: datetime) -> ColumnElement[bool]:
    """What a rate of winning can be asked of: a complaint or a call-back has nothing to win."""
    books = playbooks.load(settings().playbooks_dir)
    return or_(col(o.playbook).in_([b.id for b in books if b.win or b.keep]), col(o.state) == State.WON)


def _state(state: State) -> Condition:
    return lambda o, at: col(o.state) == state


def _promise(*outcomes: Outcome, book: str | None = None) -> Condition:
    """承诺 of which one of these became, by the ledger; of that playbook only."""
    if book is None:
        return lambda o, at: became(o, at, *outcomes)
    return lambda o, at: and_(col(o.playbook) == book, became(o, at, *outcomes))


def _untouched(o: Any, at: datetime) -> ColumnElement[bool]:
    return and_(col(o.first_contact_at).is_(None), col(o.closed_at).is_(None))


COUNTS: tuple[Number, ...] = (
    Number("opened", "商机数", lambda o, at: true()),
    Number("touched", "已触达", lambda o, at: col(o.first_contact_at).is_not(None)),
    Number("touched_in_time", "及时触达", lambda o, at: col(o.first_contact_at) <= col(o.due_at)),
    Number("discharged", "谈到", lambda o, at: col(o.discharged_at).is_not(None)),
    Number("discharged_in_time", "及时谈到", in_time),
    Number("self_reported", "自报", lambda o, at: col(o.self_reported).is_(True)),
    Number("won", "成单", _state(State.WON)),
    Number("unassisted", "其中非跟进所得", lambda o, at: col(o.unassisted).is_(True)),
    Number("refused", "客户拒绝", _state(State.REFUSED)),
    Number("expired", "失效", _state(State.EXPIRED)),
    Number("overdue", "逾期", is_overdue),
    Number("call_backs", "约定回电", lambda o, at: col(o.playbook) == "call_back"),
    Number("call_backs_kept", "准时回电", _promise(Outcome.KEPT, book="call_back")),
    Number("promises", "到期承诺", _promise(*JUDGED)),
    Number("promises_kept", "兑现承诺", _promise(Outcome.KEPT)),
)
SUMS: tuple[Number, ...] = (
    Number("yuan_known", "发现金额(元)", lambda o, at: yuan(o) > 0),
    Number("yuan_untouched", "其中未触达(元)", lambda o, at: and_(yuan(o) > 0, _untouched(o, at))),
    Number("yuan_converted", "其中已成单(元)", lambda o, at: and_(yuan(o) > 0, col(o.state) == State.WON)),
)
#: counted for the rates alone, never shown
HIDDEN: tuple[Number, ...] = (
    Number("decided", "可评及时的商机", is_decided),
    Number("winnable", "可能成单的商机", _winnable),
)


def yuan(o: Any) -> ColumnElement[Any]:
    """What is known of its money: the lower end, else the upper; 0 where nothing is known."""
    return func.coalesce(o.low_yuan, o.high_yuan, 0)


#: numbers of talks: name, heading, kind of the measure, the level it is of
TALK_COUNTS: Mapping[str, tuple[str, str, str | None]] = {
    "dig_talks": ("可深挖的会话", "dig", None),
    "dig_rungs": ("深挖新知", "dig", None),
    "dig_asked": ("其中问出来的", "dig", None),
    "novice_talks": ("小白会话", "adherence", "novice"),
    "experienced_talks": ("老手会话", "adherence", "experienced"),
}
MEASURES: tuple[tuple[str, str], ...] = (
    ("in_time_rate", "及时率%"),
    ("in_time_interval", "及时率95%区间"),
    ("in_time_expected", "同样商机的预期及时率%"),
    ("in_time_beyond", "比预期(百分点)"),
    ("won_rate", "成单率%"),
    ("won_interval", "成单率95%区间"),
    ("promises_rate", "承诺兑现率%"),
    ("promises_interval", "承诺兑现率95%区间"),
    ("median_hours", "首次触达中位数(交易小时)"),
)
TALK_MEASURES: tuple[tuple[str, str], ...] = (
    ("dig_per_talk", "每次会话新知"),
    ("novice_score", "小白服务得分"),
    ("experienced_score", "老手服务得分"),
)
NUMBERS: Mapping[str, Number] = {c.name: c for c in (*COUNTS, *SUMS, *HIDDEN)}  #: with opportunities behind them
#: of which number a rate, a mean or a median is made: the list that it opens
MADE_OF: Mapping[str, str] = {
    **dict.fromkeys(("in_time_rate", "in_time_interval", "in_time_expected", "in_time_beyond"), "decided"),
    **dict.fromkeys(("won_rate", "won_interval"), "winnable"),
    **dict.fromkeys(("promises_rate", "promises_interval"), "promises"),
    "median_hours": "touched",
    "dig_per_talk": "dig_talks",
    "novice_score": "novice_talks",
    "experienced_score": "experienced_talks",
}
