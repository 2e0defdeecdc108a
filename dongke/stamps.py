"""得知时间: the moment from which a fact is known, and up to which moment nothing more can come to be known.

A writer gives his facts their `known_at` before he commits. Who asks in between "what was known by now" must not get
one answer before the commit and another after it. So a writer holds a shared advisory lock, whose number is the time
at which his transaction began, and takes his stamp after it: whoever does not see the lock asks about an earlier
moment than the stamp, or sees the facts. The lock goes with the transaction, however it ends; nobody waits for it.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlmodel import Session

from dongke import db
from dongke.errors import Conflict

_SPACE = 0x2D6  #: our locks among all of two numbers: the bits above the 52 of the microseconds since 1970
_TICK = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: a transaction takes one lock, however often it stamps: `now()` is when it began
STAMP = f"""
    select pg_advisory_xact_lock_shared(
        cast(({_SPACE} << 21) + (began >> 31) as int), cast(began & 2147483647 as int)
    ), clock_timestamp()
    from (select cast(extract(epoch from now()) * 1000000 as bigint) as began) x"""
_STAMP = text(STAMP)
_OPEN = f"""
    select statement_timestamp() as now, (
        select min(((cast(classid as bigint) & 2097151) << 31) + cast(objid as bigint)) from pg_locks
        where locktype = 'advisory' and objsubid = 2 and cast(classid as bigint) >> 21 = {_SPACE}
          and pid <> pg_backend_pid()
          and database = (select oid from pg_database where datname = current_database())) as oldest"""


def stamp(session: Session) -> datetime:
    """From when on the facts that this transaction writes next are known, by the clock of the database."""
    moment: datetime = session.connection().execute(_STAMP).one()[1]
    return moment.astimezone(UTC)


def clock(session: Session) -> tuple[datetime, datetime]:
    """Now, by the clock of the database; and the newest moment of which everything is known for good: now as well, or
    just before the oldest open writer began.

    To be asked before the facts are read, in a statement of its own. The own transaction does not count.
    """
    row = db.one(session, _OPEN)
    moment, oldest = row.now.astimezone(UTC), row.oldest
    return moment, moment if oldest is None else min(moment, _EPOCH + oldest * _TICK - _TICK)


def check_settled(session: Session, known_at: datetime) -> None:
    """Raises Conflict `known-at-open` where something may still come to be known by that moment."""
    if known_at > clock(session)[1]:
        raise Conflict("known-at-open", "那一刻还没有过去, 或还有写入没有完成: 请稍后再问")
