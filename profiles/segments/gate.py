"""权利的一道门: who may stand in a segment at all. Everything that segments show passes through here.

Restricted and erased customers, and those who refuse to be profiled, are in no row, count, list, export or change;
`kept` is asked when rows are made and again with every answer, so that a right takes effect before any row is remade.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from dongke.directory import Customer
from dongke.scope import Principal, visible
from dongke.standing import PROFILE, Purpose, Standing, processable


def kept(*, is_marketing: bool = False) -> ColumnElement[bool]:
    """SQL on `Customer`: he may be profiled; for a list that suggests something, he may be marketed to as well."""
    return processable(Customer.id, *PROFILE, *((Purpose.MARKETING,) if is_marketing else ()))


def shown(principal: Principal, *, is_marketing: bool = False) -> ColumnElement[bool]:
    """SQL on `Customer`: kept, and the one who asks may read him."""
    return kept(is_marketing=is_marketing) & visible(principal)


def muted(session: Session, customer_ids: Collection[str]) -> dict[str, datetime]:
    """Customers who had a tag deleted or refuse sensitive ones, and since when: reasons told before may speak of it."""
    silent = or_(col(Standing.deletes), col(Standing.refused).contains([str(Purpose.SENSITIVE)]))
    query = select(Standing.customer_id, Standing.settled_at).where(col(Standing.customer_id).in_(customer_ids), silent)
    return {who: at for who, at in session.exec(query)}


def admitted(session: Session, customer_ids: Collection[str]) -> set[str]:
    """Those of these customers for whom a row may be made."""
    return set(session.exec(select(Customer.id).where(col(Customer.id).in_(customer_ids), kept())))
