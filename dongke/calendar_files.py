"""日历文件: the operator's overrides of the trading calendar, and the hours of the branches. CSV, UTF-8.

Overrides: `date,open` or `date,open,hours` – an ISO date, 1 or 0, and the exchange's sessions of a half day
(`09:30-11:30`). A line with a year alone (`2027,known`) declares that year complete: its days are final.

Hours: `branch,day,hours` – the branch's id or `*` for all others; `mon` … `fri`, `mon-fri`, or an ISO date (a make-up
Saturday, a closed afternoon); its sessions with the lunch break between them, or nothing for closed.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from dongke.clock import TradingCalendar
from dongke.errors import BadInput
from dongke.worktime import SERVICE, Hours, Sessions, parse_sessions

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")


def load(overrides: Path | None, hours: Path | None = None) -> TradingCalendar:
    """The calendar of these files; read again only when one of them has changed.

    Raises BadInput `calendar-invalid` or `hours-invalid` with the line, `file-unreadable`.
    """
    return _load(overrides, _stamp(overrides), hours, _stamp(hours))


@lru_cache(maxsize=8)
def _load(overrides: Path | None, _changed: object, hours: Path | None, _edited: object) -> TradingCalendar:
    days, half_days, years = _overrides(overrides) if overrides else ({}, {}, set())
    return TradingCalendar(days, half_days=half_days, known_years=years, branches=read_hours(hours) if hours else {})


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {path.name}: {fault.strerror}") from None
    return found.st_mtime_ns, found.st_size


def _overrides(path: Path) -> tuple[dict[date, bool], dict[date, Sessions], set[int]]:
    days: dict[date, bool] = {}
    half_days: dict[date, Sessions] = {}
    years: set[int] = set()
    for number, row in _lines(path):
        try:
            if row["open"] == "known":
                years.add(date(int(row["date"]), 1, 1).year)
                continue
            day = date.fromisoformat(row["date"])
            days[day] = {"1": True, "0": False}[row["open"]]
            if row.get("hours") and days[day]:
                half_days[day] = parse_sessions(row["hours"])
        except (KeyError, TypeError, ValueError, AttributeError):
            detail = "要 date,open (1 或 0; 年份一行写 known) 和可选的 hours (09:30-11:30)"
            raise BadInput("calendar-invalid", f"交易日历第 {number} 行: {detail}") from None
    return days, half_days, years


def read_hours(path: Path) -> dict[str, Hours]:
    """The hours of each branch in the file. A branch's own line goes before one of `*`.

    Raises BadInput `hours-invalid` with the line.
    """
    weeks: dict[str, dict[str, Sessions]] = {}
    special: dict[str, dict[date, Sessions]] = {}
    for number, row in _lines(path):
        try:
            branch, sessions = row["branch"], parse_sessions(row["hours"] or "")
            if not branch:
                raise ValueError(branch)
            weeks.setdefault(branch, {}), special.setdefault(branch, {})
            if row["day"] == "mon-fri" or row["day"] in WEEKDAYS:
                weeks[branch] |= dict.fromkeys(WEEKDAYS if row["day"] == "mon-fri" else (row["day"],), sessions)
            else:
                special[branch][date.fromisoformat(row["day"])] = sessions
        except (KeyError, TypeError, ValueError, AttributeError):
            detail = "要 branch,day,hours, 例如 B1,mon-fri,09:00-11:30 13:00-17:00; 周末写具体日期"
            raise BadInput("hours-invalid", f"营业时间第 {number} 行: {detail}") from None
    common, extra = weeks.get("*", {}), special.get("*", {})
    return {branch: _hours(common | own, extra | special[branch]) for branch, own in weeks.items()}


def _hours(week: Mapping[str, Sessions], special: Mapping[date, Sessions]) -> Hours:
    days = tuple(week.get(day, SERVICE) for day in WEEKDAYS)
    if not any(days):
        raise BadInput("hours-invalid", "营业时间里没有一天上班")
    return Hours((*days, days[-1], days[-1]), special)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line with its number, cells without the white space around them."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("encoding", f"{path.name} 不是 UTF-8 文字") from None
    except OSError as fault:
        raise BadInput("file-unreadable", f"打不开 {path.name}: {fault.strerror}") from None
    rows: Iterable[dict[str, Any]] = csv.DictReader(text.splitlines())
    for number, row in enumerate(rows, 2):
        yield number, {name: cell.strip() if isinstance(cell, str) else cell for name, cell in row.items()}
