"""跟进规则 (playbooks): which tag opens what, by when, discharged and won by what – versioned data with a schema.

The defaults lie in followup/playbooks/*.yaml; a folder of the same shape replaces them (`DONGKE_PLAYBOOKS_DIR`).
Patterns are regular expressions over the words as said; white space in them is layout and is dropped.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from dongke.errors import BadInput
from followup.patterns import NEVER, Pattern

FOLDER = Path(__file__).parent / "playbooks"


def _code(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        raise ValueError("要小写英文代码")
    return value


Text = Annotated[str, StringConstraints(strict=True, strip_whitespace=True, min_length=1, max_length=200)]
Code = Annotated[str, AfterValidator(_code)]
Keys = Mapping[str, tuple[str, ...]]


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Opening(_Rule):
    """开启条件: an affirmed tag with these slots. `min_yuan` is compared with low, else high, else it is reached."""

    tag: str
    where: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    need: tuple[str, ...] = ()  #: slots that must be known
    min_yuan: int | None = None


class EventOpening(_Rule):
    """由行为事件开启: an event with these properties; `need` are properties that must be known."""

    event: str = Field(min_length=1, max_length=200)
    where: Mapping[str, str | tuple[str, ...]] = Field(default_factory=dict)
    need: tuple[str, ...] = ()

    def means(self, name: str, properties: Mapping[str, Any]) -> bool:
        """Whether it is such an event."""
        if name != self.event or any(properties.get(slot) in (None, "") for slot in self.need):
            return False
        wanted = {slot: (told,) if isinstance(told, str) else told for slot, told in self.where.items()}
        return all(str(properties.get(slot, "")) in values for slot, values in wanted.items())


class Due(_Rule):
    """期限. trading_days (17:30) or trading_hours after the talk; window of a call-back; 17:30 of a promised date."""

    rule: Literal["trading_days", "trading_hours", "window", "date"]
    days: int = Field(default=0, le=1000)  #: trading days
    hours: float = Field(default=0, le=1000)  #: working hours, by the clock below
    clock: Literal["exchange", "branch"] = "exchange"  #: trading_hours: 交易时段, or the hours of the owner's branch
    not_before: str | None = None  #: slot: count from this date where it is later than the talk
    maturity: str | None = None  #: slot: a maturity more than `maturity_beyond` trading days away sets the due day
    maturity_beyond: int = 10
    maturity_before: int = 7  #: that many trading days before the maturity
    early_minutes: int = 30  #: a call-back may come so much before its window
    open_end_minutes: int = 60  #: how long an open window lasts
    slot: str = "due_date"

    @property
    def text(self) -> str:
        """The rule in Chinese."""
        if self.rule == "trading_days":
            return f"{self.days} 个交易日" + (f", 到期前 {self.maturity_before} 个交易日" if self.maturity else "")
        if self.rule == "trading_hours":
            return f"{self.hours:g} 个{'交易' if self.clock == 'exchange' else '营业'}小时"
        return "约定的时间" if self.rule == "window" else "约定的日期"

    @property
    def is_span(self) -> bool:
        """Whether it counts trading time from the talk: one opportunity a subject, however often it is said."""
        return self.rule in ("trading_days", "trading_hours")


class Pause(_Rule):
    """期限暂停. wished_time: from the talk to the time at which he wants to be called; refused: he could not or would
    not talk (these tags or words of his), for so many trading days. Only before the deadline, and so often at most."""

    reason: Literal["wished_time", "refused"]
    days: int = Field(default=1, ge=1, le=20)  #: trading days (refused)
    tags: tuple[str, ...] = ()
    words: Pattern = NEVER
    at_most: int = Field(default=1, ge=1, le=10)


class Discharge(_Rule):
    """核销条件: which contacts count. A talk about the subject by one of these people, answered, in one of these
    channels, so long; later than the opening. What it must be about stands under `about` and `told`."""

    by: tuple[Literal["owner", "deputy"], ...] = Field(default=("owner", "deputy"), min_length=1)
    channels: tuple[Literal["call", "chat"], ...] = Field(default=("call", "chat"), min_length=1)
    min_seconds: int = Field(default=30, ge=1)  #: of a call
    min_messages: int = Field(default=2, ge=1)  #: of the customer, in a chat
    notes: bool = False  #: a visit note that names the subject discharges it, as 自报


class Step(_Rule):
    """升级: that many trading days after the deadline it is shown to these."""

    after_days: int = Field(ge=0, le=250)
    to: Literal["advisor", "branch", "firm"]


class AlsoNamed(_Rule):
    """A mention of another kind that names the subject as well."""

    kind: str
    key: str


class About(_Rule):
    """谈到什么才算: how the subject is named. `words` name it whatever the key, `key_words` for one key;
    `loose` words belong to it, and count only in answer to the other side's naming it."""

    anything: bool = False  #: any talk will do
    kinds: tuple[str, ...] = ()  #: any mention of these kinds
    keyed: tuple[str, ...] = ()  #: mentions of these kinds with the opportunity's key
    covers: Keys = Field(default_factory=dict)  #: key → narrower keys that count as it
    also: Mapping[str, tuple[AlsoNamed, ...]] = Field(default_factory=dict)
    same_slots: Mapping[str, str] = Field(default_factory=dict)  #: mention kind → slot whose code names it too
    key_names: bool = False  #: the key is a name: its characters, and the name without 证券 and the like
    others: tuple[str, ...] = ("product", "permission", "institution")  #: mentions of another subject
    echo: bool = False  #: the content words of the opening evidence name it
    opening_kinds: tuple[str, ...] = ()  #: mentions of these kinds made in the opening talk name it (the reason)
    words: Pattern = NEVER
    key_words: Mapping[str, Pattern] = Field(default_factory=dict)
    loose: Pattern = NEVER


class Refuse(_Rule):
    """客户拒绝: these negated tags of the same key, or these words of the customer about the subject."""

    tags: tuple[str, ...] = ()
    covers: Keys = Field(default_factory=dict)
    words: Pattern = NEVER


class EventRule(_Rule):
    """行为事件 that counts. `same`: property that must be the key; `unless_other`: one that must not contradict it."""

    event: str
    where: Mapping[str, str] = Field(default_factory=dict)
    same: str | None = None
    unless_other: str | None = None
    min_yuan: int | None = None


class Win(_Rule):
    """成单: by these events within `days` of the opening; `share` of the amount where it is known."""

    days: int = Field(default=60, ge=1)
    share: float | None = Field(default=None, gt=0, le=1)
    events: tuple[EventRule, ...]
    covers: Keys = Field(default_factory=dict)


class Keep(_Rule):
    """挽留: won where none of these events came within `days` of the opening; lost (expired) where one did."""

    days: int = Field(default=30, ge=1)
    events: tuple[EventRule, ...]


class Told(_Rule):
    """兑现: how the doing of one kind of promise is told."""

    events: tuple[str, ...] = ()
    permissions: Mapping[str, Pattern] = Field(
        default_factory=dict
    )  #: words by which an opened permission was promised
    advisor: Pattern = NEVER
    customer: Pattern = NEVER
    note: Pattern = NEVER
    void: Pattern = NEVER  #: a note with this anywhere tells of no deed


class Playbook(_Rule):
    """一条跟进规则."""

    id: Code
    version: Text
    label: Text
    owner: Literal["current", "opening"] = "current"  #: the customer's advisor now, or the one at the opening for good
    opens: tuple[Opening, ...] = Field(default=(), min_length=1)
    #: what the account does instead of what he says
    opens_on: tuple[EventOpening, ...] = Field(default=(), min_length=1)
    key: tuple[str, ...] = ()  #: slots tried in order; none: one opportunity per customer (or per window)
    due: Due
    pause: tuple[Pause, ...] = ()
    discharge: Discharge = Discharge()
    about: About = About()
    told: Mapping[str, Told] = Field(default_factory=dict)  #: action → how its doing is told
    untold: Pattern = NEVER  #: a clause with this tells of no deed
    materials: Pattern = NEVER  #: what may be sent: two different ones are two promises
    businesses: Pattern = NEVER  #: what may be done
    refuse: Refuse = Refuse()
    withdraw: tuple[str, ...] = ()  #: negated tags that make it 失效
    withdraw_wins: tuple[str, ...] = ()  #: negated tags that make it 已成单 (he stays)
    win: Win | None = None
    keep: Keep | None = None
    expires_after_days: int = Field(default=60, ge=1)  #: days after the due time without a win
    escalate: tuple[Step, ...] = (Step(after_days=0, to="advisor"), Step(after_days=2, to="branch"))
    cool_down_days: int = Field(default=1, ge=0, le=250)  #: trading days between two levels, at least

    @model_validator(mode="after")
    def _complete(self) -> "Playbook":
        about = self.about
        named = about.anything or about.kinds or about.keyed or about.key_words or about.words is not NEVER
        if not self.opens and not self.opens_on:
            raise ValueError("opens 和 opens_on 至少要有一个")
        if not named and not self.told:
            raise ValueError("about 和 told 至少要有一个")
        if self.opens_on and not self.due.is_span:
            raise ValueError("由事件开启的期限只能按交易时间算")
        if self.due.rule == "trading_days" and self.due.days < 1:
            raise ValueError("due.days 至少是 1")
        if self.due.rule == "trading_hours" and not self.due.hours > 0:
            raise ValueError("due.hours 要大于 0")
        if self.pause and not self.due.is_span:
            raise ValueError("只有按交易时间算的期限可以暂停 (pause)")
        if any(p.reason == "refused" and not p.tags and p.words is NEVER for p in self.pause):
            raise ValueError("pause: refused 要写明 tags 或 words")
        if [s.after_days for s in self.escalate] != sorted({s.after_days for s in self.escalate}):
            raise ValueError("escalate 要一级比一级晚")
        if self.win and self.keep:
            raise ValueError("win 和 keep 只能有一个")
        return self

    def key_of(self, value: Mapping[str, Any]) -> str | None:
        """The opportunity's key in the slots of a tag."""
        return next((str(value[slot]) for slot in self.key if value.get(slot)), None)


def opening_tags(books: Iterable[Playbook]) -> set[str]:
    """The tags that open something."""
    return {opening.tag for book in books for opening in book.opens}


def opening_events(books: Iterable[Playbook]) -> set[str]:
    """The events that open something."""
    return {opening.event for book in books for opening in book.opens_on}


def schema() -> dict[str, Any]:
    """The JSON Schema of a playbook's file."""
    return Playbook.model_json_schema() | {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def load(folder: Path | None = None) -> tuple[Playbook, ...]:
    """All playbooks of the folder (the product's own without one), by id. Raises BadInput `playbook-invalid`."""
    return _load(folder or FOLDER)


@lru_cache(maxsize=8)
def _load(folder: Path) -> tuple[Playbook, ...]:
    from followup.playbook_files import read

    books = [read(path.read_text(encoding="utf-8"), path.name) for path in sorted(folder.glob("*.yaml"))]
    if not books:
        raise BadInput("playbook-invalid", f"{folder.name} 里没有跟进规则 (*.yaml)")
    if len({book.id for book in books}) < len(books):
        raise BadInput("playbook-invalid", "两条跟进规则的 id 相同")
    return tuple(books)
