"""试运行的数据: tries playbooks on the stored past of all whom they may concern, in a transaction that cannot write."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, text
from sqlmodel import Session, col, select

from asr.repository import heard_by_demo
from dongke.clock import beijing, now
from dongke.directory import Customer
from dongke.errors import BadInput
from dongke.scope import Principal, visible
from dongke.settings import settings
from dongke.standing import PROFILE, Purpose, processable
from followup import playbooks, repository, trial
from followup.history import History
from followup.models import StoredOpportunity
from followup.playbooks import Playbook
from followup.trial import Compared
from profiles.models import BehaviourEvent, StoredAssertion
from profiles.rights.fold import policy
from profiles.service import trading_calendar

QUOTE_CHARS = 60


@dataclass(frozen=True, slots=True)
class Trial:
    """一次试运行. `words`: the customer's words that open, by opportunity; `demo`: whose the demo's model heard."""

    books: tuple[Playbook, ...]
    start: datetime
    end: datetime
    as_of: datetime
    customers: int
    found: tuple[Compared, ...]
    words: Mapping[str, str]
    demo: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        return {
            "playbooks": [{"id": b.id, "version": b.version, "label": b.label} for b in self.books],
            "start": beijing(self.start).isoformat(),
            "end": beijing(self.end).isoformat(),
            "as_of": beijing(self.as_of).isoformat(),
            "customers": self.customers,
            "summary": dict(trial.summary(self.found)),
            "items": [self._item(one) for one in self.found],
        }

    def _item(self, one: Compared) -> dict[str, Any]:
        ident = one.any.id
        return one.to_json() | {"words": self.words.get(ident, ""), "demo": ident in self.demo}


@contextmanager
def read_only(session: Session) -> Iterator[None]:
    """Nothing can be written inside: the database itself refuses."""
    with session.begin_nested():
        session.execute(text("set local transaction_read_only = on"))
        yield


def dry_run(
    session: Session,
    principal: Principal | None,
    tried: Sequence[Playbook],
    *,
    start: datetime,
    end: datetime,
    most: int | None = None,
    step: Callable[[int, int], None] | None = None,
) -> Trial:
    """What these playbooks open from what was said in [start, end), beside what the running ones of the same ids do.

    Over the customers that the principal may read (all for None); `step` is told how far it is. Changes nothing.
    Raises BadInput `period-invalid`, `dry-run-too-large` where more than `most` customers are concerned.
    """
    if start >= end:
        raise BadInput("period-invalid", "开始要早于结束")
    running, calendar, until = playbooks.load(settings().playbooks_dir), trading_calendar(), now()
    found: list[Compared] = []
    words: dict[str, str] = {}
    with read_only(session):
        concerned = _concerned(session, principal, tried, running, start, end)
        if most is not None and len(concerned) > most:
            raise BadInput(
                "dry-run-too-large",
                f"这段时间有 {len(concerned)} 位客户, 一次至多 {most} 位: 请缩短时间, 或用 dongke playbook dryrun",
            )
        seen: set[str] = set()
        for number, (customer, ids) in enumerate(sorted(concerned.items())):
            history = repository.history_of(session, customer)
            if history.customer_id not in seen:
                books = [book for book in tried if book.id in ids]
                mine = trial.try_out(history, running, books, calendar, until, start, end)
                found += mine
                words |= _words(history, mine)
            seen.add(history.customer_id)
            if step:
                step(number + 1, len(concerned))
        demo = _by_demo(session, [one for one in found if one.any.id in words])
    return Trial(tuple(tried), start, end, until, len(seen), tuple(found), words, demo)


def _concerned(
    session: Session,
    principal: Principal | None,
    tried: Sequence[Playbook],
    running: Sequence[Playbook],
    start: datetime,
    end: datetime,
) -> dict[str, set[str]]:
    """Customer → the ids of the playbooks that something he said in the period may open, or did open."""
    found: dict[str, set[str]] = {}
    for book in tried:
        now_runs = [old for old in running if old.id == book.id]
        tags = {opening.tag for one in (book, *now_runs) for opening in one.opens}
        said = select(StoredAssertion.customer_id).where(
            col(StoredAssertion.tag).in_(tags),
            col(StoredAssertion.said_at) >= start,
            col(StoredAssertion.said_at) < end,
        )
        did = select(BehaviourEvent.customer_id).where(
            col(BehaviourEvent.event).in_(playbooks.opening_events((book, *now_runs))),
            col(BehaviourEvent.at) >= start,
            col(BehaviourEvent.at) < end,
        )
        opened = select(StoredOpportunity.customer_id).where(
            StoredOpportunity.playbook == book.id,
            col(StoredOpportunity.opened_at) >= start,
            col(StoredOpportunity.opened_at) < end,
        )
        query = select(Customer.id).where(
            col(Customer.id).in_(said) | col(Customer.id).in_(did) | col(Customer.id).in_(opened),
            _allowed(principal, book),
        )
        for customer in session.exec(query):
            found.setdefault(customer, set()).add(book.id)
    return found


def _allowed(principal: Principal | None, book: Playbook) -> ColumnElement[bool]:
    """Whom the principal may read and the playbook may list (as `followup.rights.listed` has it)."""
    purposes = PROFILE if book.id in policy().service_playbooks else (*PROFILE, Purpose.MARKETING)
    allowed = processable(col(Customer.id), *purposes)
    return allowed if principal is None else allowed & visible(principal)


def _by_demo(session: Session, quoted: Sequence[Compared]) -> frozenset[str]:
    """Those of them whose opening words the demo's model heard."""
    talks = {one.any.id: one.any.causes[0].conversation or "" for one in quoted}
    heard = heard_by_demo(session, set(talks.values()))
    return frozenset(ident for ident, talk in talks.items() if talk in heard)


def _words(history: History, found: Sequence[Compared]) -> dict[str, str]:
    talks = {contact.id: contact for contact in history.contacts}
    words: dict[str, str] = {}
    for one in found:
        first = one.any.causes[0]
        talk = talks.get(first.conversation or "")
        if talk and first.evidence and first.evidence[0] < len(talk.utterances):
            words[one.any.id] = talk.utterances[first.evidence[0]].text[:QUOTE_CHARS]
    return words
