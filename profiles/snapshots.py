"""静态档案: what the broker has on file – the directory and the customers' data – as facts with an effective date.

A row says what holds from `effective_on` (a column), `effective_at`, or else the moment of loading. A row that says
nothing new leaves no trace: loading the same file every night grows nothing.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from dongke.clock import at_beijing
from dongke.directory import Customer
from dongke.errors import BadInput, DongkeError
from dongke.stamps import stamp
from dongke.types import aware
from profiles.facts import Snapshot
from profiles.labels import tables
from profiles.models import StaticSnapshot
from profiles.suitability.products import KINDS
from profiles.tables import Source, is_text, rows_of

RISK_LEVELS = ("C0", "C1", "C2", "C3", "C4", "C5")
LOWEST = "C0"  #: 风险承受能力最低类别, however the source writes it: C1-最低, C1(最低类别)
TERMS = {
    "short": ("0-1年", "1年以内", "短期"),
    "medium": ("0-5年", "5年以内", "1-5年", "中期"),
    "long": ("不限", "无特别要求", "长期"),
}
CHUNK = 1_000


@dataclass(slots=True)
class SnapshotResult:
    """What became of the rows. `faults`: (row number from 0, reason)."""

    accepted: int = 0
    unchanged: int = 0
    faults: list[tuple[int, DongkeError]] = field(default_factory=list)
    changed_ids: list[str] = field(default_factory=list)  #: customers whose file is new


def take_snapshots(session: Session, source: Source, *, received_at: datetime | None = None) -> SnapshotResult:
    """Static data by customer: `customer_id` and any of the fields of customers.csv; a blank cell says nothing.

    Raises BadInput `encoding`, `csv-columns`; a bad row is a fault (`snapshot-invalid`, `customer-unknown`).
    """
    received_at = received_at or stamp(session)
    result = SnapshotResult()
    snapshots: list[Snapshot] = []
    for index, row in enumerate(rows_of(source, ("customer_id",))):
        try:
            snapshots.append(_snapshot(row, received_at, index))
        except DongkeError as fault:
            result.faults.append((index, fault))
    ids = sorted({s.customer_id for s in snapshots})
    known = known_customers(session, ids)
    on_file = _on_file(session, ids)
    fresh = []
    for s in snapshots:
        if s.customer_id not in known:
            result.faults.append((int(s.id), BadInput("customer-unknown", f"没有客户 {s.customer_id[:40]}")))
            continue
        history = on_file.setdefault(s.customer_id, [])
        if not s.data or _says_nothing_new(s, history):
            result.unchanged += 1
            continue
        history.append(s)
        fresh.append(s)
        result.changed_ids.append(s.customer_id)
    result.accepted = len(fresh)
    _insert(session, fresh)
    result.faults.sort(key=lambda pair: pair[0])
    return result


def effective_at(row: Mapping[str, Any], received_at: datetime) -> datetime:
    """From when the row holds: `effective_at`, the start of `effective_on`, or the moment of loading."""
    if row.get("effective_at"):
        return aware(row["effective_at"], "effective_at")
    day = _date(row.get("effective_on"), "effective_on")
    return at_beijing(date.fromisoformat(day), time()) if day else received_at


def _snapshot(row: Mapping[str, Any], received_at: datetime, index: int) -> Snapshot:
    """The row as a fact; its row number stands for the id until it is stored."""
    if not isinstance(row, Mapping) or None in row or not is_text(row.get("customer_id"), 64):
        raise BadInput("snapshot-invalid", "缺少 customer_id, 或这一行的列数和表头不一样")
    who = str(row["customer_id"])
    since = effective_at(row, received_at)
    data = {name: read(row[name], name) for name, read in _FIELDS.items() if row.get(name) not in (None, "")}
    return Snapshot(str(index), who.strip(), since, received_at, data)


def _says_nothing_new(new: Snapshot, history: Iterable[Snapshot]) -> bool:
    """Whether all its fields already hold at its date, and no later fact of the same day says otherwise."""
    view: dict[str, Any] = {}
    for old in sorted(history, key=lambda s: s.order):
        if old.effective_at <= new.effective_at:
            view |= old.data
    return all(name in view and view[name] == value for name, value in new.data.items())


def _insert(session: Session, fresh: list[Snapshot]) -> None:
    rows = [
        {
            "id": _content_id(s),
            "customer_id": s.customer_id,
            "effective_at": s.effective_at,
            "known_at": s.known_at,
            "data": dict(s.data),
        }
        for s in fresh
    ]
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(StaticSnapshot).on_conflict_do_nothing(), rows[start : start + CHUNK])


def _content_id(s: Snapshot) -> str:
    """Of customer, both times and content: what is on file again after a change is a new fact."""
    body = [s.customer_id, s.effective_at.timestamp(), s.known_at.timestamp(), s.data]
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def known_customers(session: Session, ids: list[str]) -> set[str]:
    """Those of these ids that are in the directory."""
    known: set[str] = set()
    for start in range(0, len(ids), CHUNK):
        known |= set(session.exec(select(Customer.id).where(col(Customer.id).in_(ids[start : start + CHUNK]))))
    return known


def _on_file(session: Session, ids: list[str]) -> dict[str, list[Snapshot]]:
    found: dict[str, list[Snapshot]] = {}
    for start in range(0, len(ids), CHUNK):
        rows = session.exec(
            select(StaticSnapshot).where(col(StaticSnapshot.customer_id).in_(ids[start : start + CHUNK]))
        )
        for r in rows:
            found.setdefault(r.customer_id, []).append(
                Snapshot(r.id, r.customer_id, r.effective_at, r.known_at, r.data)
            )
    return found


def _bad(name: str, value: Any, wanted: str) -> BadInput:
    return BadInput("snapshot-invalid", f"{name} 要是{wanted}: {str(value)[:40]}")


def _words(value: Any, name: str) -> str:
    if not is_text(value, 200):
        raise _bad(name, value, "1 到 200 个字符的文字")
    return str(value).strip()


def _date(value: Any, name: str) -> str | None:
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(str(value).replace("/", "-")).isoformat()
    except ValueError:
        raise _bad(name, value, "日期 (2026-06-30)") from None


def _age(value: Any, name: str) -> int:
    try:
        age = int(str(value))
    except ValueError:
        raise _bad(name, value, "整数") from None
    if not 0 <= age <= 130:
        raise _bad(name, value, "0 到 130")
    return age


def _level(value: Any, name: str) -> str:
    level = str(value).strip().upper()
    if level.startswith(("C0", "C1")) and "最低" in level:
        return LOWEST
    if level not in RISK_LEVELS:
        raise _bad(name, value, " C1–C5")
    return level


def _term(value: Any, name: str) -> str:
    told = str(value).strip().lower()
    found = [term for term, words in TERMS.items() if told == term or told in words]
    if not found:
        raise _bad(name, value, f" {'、'.join(TERMS)}")
    return found[0]


def _kinds(value: Any, name: str) -> list[str]:
    codes = _codes(value, name)
    if not set(codes) <= set(KINDS):
        raise _bad(name, value, f" {'、'.join(KINDS)}, 用 ; 分开")
    return codes


def _codes(value: Any, name: str) -> list[str]:
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not all(isinstance(p, str) for p in parts):
        raise _bad(name, value, "用 ; 分开的代码")
    return sorted({p.strip() for p in parts if p.strip()})


def _yuan(value: Any, name: str) -> float | int:
    try:
        amount = Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        raise _bad(name, value, "金额 (元)") from None
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
        raise _bad(name, value, "金额 (元)")
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _holdings(value: Any, name: str) -> list[dict[str, Any]]:
    """持仓: rows of product, amount (yuan), optionally matures_on and name; or deposit:200000:2026-12-31;bond_fund:9"""
    rows = [_cell(part, name) for part in value.split(";") if part.strip()] if isinstance(value, str) else value
    if not isinstance(rows, list | tuple):
        raise _bad(name, value, "持仓的列表")
    return [_holding(row, name) for row in rows]


def _cell(text: str, name: str) -> dict[str, Any]:
    parts = [part.strip() for part in text.split(":")]
    if not 2 <= len(parts) <= 3:
        raise _bad(name, text, "产品:金额 或 产品:金额:到期日, 用 ; 分开")
    return dict(zip(("product", "amount", "matures_on"), parts, strict=False))


def _holding(row: Any, name: str) -> dict[str, Any]:
    if not isinstance(row, Mapping) or not set(row) <= {"product", "amount", "matures_on", "name"}:
        raise _bad(name, row, "含 product, amount, 可有 matures_on, name 的对象")
    product = _words(row.get("product"), f"{name}.product")
    if product not in tables()["product"]:
        raise _bad(f"{name}.product", product, "产品代码")
    found = {"product": product, "amount": _yuan(row.get("amount"), f"{name}.amount")}
    if on := _date(row.get("matures_on"), f"{name}.matures_on"):
        found["matures_on"] = on
    return found | ({"name": _words(row["name"], f"{name}.name")} if row.get("name") else {})


_FIELDS = {
    "name": _words,
    "opened_on": _date,
    "age": _age,
    "risk_level": _level,
    "questionnaire_on": _date,
    "investor_type": _words,
    "investment_term": _term,
    "investment_kinds": _kinds,
    "first_trade_on": _date,
    "knowledge_tests": _codes,
    "permissions": _codes,
    "assets_yuan": _yuan,
    "assets_20d_yuan": _yuan,
    "cash_yuan": _yuan,
    "holdings": _holdings,
}
