"""承诺的兑现 in SQL: what `followup.ledger.outcome` says of a promise, asked of many rows at once.

The ledger is the judge; a test holds the two together over random lives.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, exists, func, or_
from sqlmodel import col

from dongke.settings import settings
from followup import ledger, playbooks
from followup.ledger import Outcome
from followup.models import State
from followup.opportunity import OWN_WORD, Source

JUDGED = (Outcome.KEPT, Outcome.LATE, Outcome.BROKEN)  #: those whose time has come and which a record decides


def is_promise(o: Any) -> ColumnElement[bool]:
    """Whether the playbook of the opportunity follows a promise: `followup.ledger.is_promise`."""
    books = playbooks.load(settings().playbooks_dir)
    return col(o.playbook).in_([book.id for book in books if ledger.is_promise(book)])


def became(o: Any, at: datetime, *outcomes: Outcome) -> ColumnElement[bool]:
    """Whether one of these became of the promise by that moment."""
    due, done, closed = col(o.due_at), col(o.discharged_at), col(o.closed_at)
    is_done = and_(done.is_not(None), or_(col(o.state) != State.REFUSED, closed > done))
    found = case(
        (o.causes[-1]["source"].astext == Source.VERDICT.value, Outcome.RELEASED.value),
        (and_(is_done, _own_word(o)), Outcome.REPORTED.value),
        (and_(is_done, done <= due), Outcome.KEPT.value),
        (is_done, Outcome.LATE.value),
        (closed <= due, Outcome.RELEASED.value),
        (due <= at, Outcome.BROKEN.value),
        else_=Outcome.OPEN.value,
    )
    return and_(is_promise(o), found.in_([one.value for one in outcomes]))


def _own_word(o: Any) -> ColumnElement[bool]:
    """自报: the box was ticked for the doing – not for a refusal after it was proven."""
    told = func.jsonb_array_elements(o.causes).table_valued("value").render_derived()
    ticked = exists().where(
        told.c.value.op("->>")("state") == State.DISCUSSED.value,
        told.c.value.op("->>")("why").startswith(OWN_WORD),
        cast(told.c.value.op("->>")("at"), DateTime(timezone=True)) == col(o.discharged_at),
    )
    return and_(col(o.self_reported).is_(True), or_(col(o.state) != State.REFUSED, ticked))
