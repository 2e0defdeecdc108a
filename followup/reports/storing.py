"""存档报表: written to the folder and kept byte by byte, so that it can be made again and compared.

What is compared is the JSON. It differs where a right was exercised since (rights of now rule every question), the
playbooks or the calendar were changed, or an advisor got another name or branch.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlmodel import Session, select

from dongke.directory import Branch
from dongke.errors import DongkeError, NotFound
from dongke.settings import Settings
from followup.reports.making import make
from followup.reports.models import StoredReport
from followup.reports.question import Question, span
from followup.reports.report import Report


@dataclass(frozen=True, slots=True)
class Comparison:
    """核对: whether the report made again is the same, byte by byte; else where it differs."""

    is_same: bool
    stored_sha256: str
    made_sha256: str
    differences: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "is_same": self.is_same,
            "stored_sha256": self.stored_sha256,
            "made_sha256": self.made_sha256,
            "differences": list(self.differences),
        }


def keep(
    session: Session, kind: str, first: date, last: date, moment: datetime, config: Settings, **scope: Any
) -> StoredReport:
    """Makes the report of these days as of `moment`, writes its files into the report folder and stores it.

    Made twice for the same moment it is the same row. The files hold numbers and no customers; a PDF that cannot be
    made (no font) leaves the others.
    """
    start, end = span(first, last)
    report = make(session, Question(start, end, moment, **scope))
    name = _name(kind, first, last, scope)
    files = [path.name for path in _write(report, config.report_folder() / name)]
    row = StoredReport(
        id=f"{name}-{moment:%Y%m%d%H%M%S}",
        kind=kind,
        scope=report.question.scope,
        start=start,
        end=end,
        as_of=moment,
        sha256=report.sha256,
        body=report.to_bytes().decode(),
        files=files,
        branch_id=scope.get("branch"),
    )
    return session.merge(row)


def one(session: Session, report_id: str) -> StoredReport:
    """That stored report. Raises NotFound `report-unknown`."""
    row = session.get(StoredReport, report_id)
    if row is None:
        raise NotFound("report-unknown", f"没有存档报表 {report_id[:80]}")
    return row


def total_of(row: StoredReport) -> dict[str, Any]:
    """The numbers of its sum."""
    found: dict[str, Any] = json.loads(row.body)["total"]
    return found


def compare(session: Session, row: StoredReport) -> Comparison:
    """Makes the report again from what was known at its time, and compares the bytes."""
    scope = {name: value for name, value in row.scope.items() if value is not None}
    again = make(session, Question(row.start, row.end, row.as_of, row.as_of, **scope))
    old, new = json.loads(row.body), json.loads(again.to_bytes())
    return Comparison(
        is_same=row.body.encode() == again.to_bytes(),
        stored_sha256=row.sha256,
        made_sha256=again.sha256,
        differences=tuple(differences(old, new)),
    )


def differences(old: Any, new: Any, place: str = "") -> list[str]:
    """Where two JSON values differ, as paths with both values; at most one line a place."""
    if isinstance(old, dict) and isinstance(new, dict):
        names = sorted({*old, *new})
        return [d for n in names for d in differences(old.get(n), new.get(n), f"{place}.{n}".lstrip("."))]
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [d for n, (a, b) in enumerate(zip(old, new, strict=True)) for d in differences(a, b, f"{place}[{n}]")]
    return [] if old == new else [f"{place}: {_short(old)} → {_short(new)}"]


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]


def _name(kind: str, first: date, last: date, scope: dict[str, Any]) -> str:
    where = scope.get("branch") or scope.get("advisor") or "firm"
    safe = "".join(ch if ch.isalnum() or ch in "-_" else "_" for ch in where)
    return f"{kind}-{first}-{last}-{safe}-{scope.get('group', 'advisor')}"


def _write(report: Report, stem: Path) -> list[Path]:
    written = [stem.with_name(f"{stem.name}.json"), stem.with_name(f"{stem.name}.xlsx")]
    written[0].write_bytes(report.to_bytes())
    report.to_xlsx(written[1])
    try:
        page = report.to_pdf()
    except DongkeError:  # no font on this machine: said by the route and the command, and in the job's result
        return written
    written.append(stem.with_name(f"{stem.name}.pdf"))
    written[2].write_bytes(page)
    return written


def branches(session: Session) -> list[str]:
    """All branches, in order."""
    return sorted(session.exec(select(Branch.id)))
