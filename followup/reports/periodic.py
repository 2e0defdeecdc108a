"""定期报表: the week and the month that have ended, for the firm by branch and for each branch by advisor – into the
folder, into the store, and told to whoever listens."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from dongke.clock import beijing
from dongke.settings import Settings
from followup.reports import storing
from followup.reports.models import StoredReport
from followup.reports.question import period
from followup.webhooks import outbox
from followup.webhooks.catalogue import EventType, Fact


def write(session: Session, kind: str, due_at: datetime, moment: datetime, settings: Settings) -> dict[str, Any]:
    """The reports of the last whole `week` or `month` before `due_at`, as of `moment`. Numbers only, no customers."""
    first, last = ended(kind, beijing(due_at).date())
    rows = list(_reports(session, kind, first, last, moment, settings))
    outbox.emit(session, [_ready(row) for row in rows])
    files = [name for row in rows for name in row.files]
    return {"reports": len(rows), "first": str(first), "last": str(last), "pdf": any(f.endswith("pdf") for f in files)}


def ended(kind: str, day: date) -> tuple[date, date]:
    """The first and last day of the week or month that ended before that day."""
    first, _ = period(kind, day)
    return period(kind, first - timedelta(days=1))


def _reports(
    session: Session, kind: str, first: date, last: date, moment: datetime, settings: Settings
) -> Iterator[StoredReport]:
    yield storing.keep(session, kind, first, last, moment, settings, group="branch")
    for branch in storing.branches(session):
        yield storing.keep(session, kind, first, last, moment, settings, group="advisor", branch=branch)


def _ready(row: StoredReport) -> Fact:
    total = storing.total_of(row)
    data = {
        "report_id": row.id,
        "kind": row.kind,
        "branch_id": row.branch_id,
        "start": row.start,
        "end": row.end,
        "as_of": row.as_of,
        "sha256": row.sha256,
        **{name: total[name] for name in ("opened", "overdue", "won")},
    }
    return Fact(EventType.REPORT_READY, row.id, row.as_of, data)
