"""产品事实: risk level, lock-up and kind by product code, as data with effective dates; the firm's own come first."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from dongke.errors import BadInput
from dongke.settings import settings
from profiles.labels import label
from profiles.tables import content, read_csv

FILE = Path(__file__).parent / "products.yaml"
PERMISSION = "permission:"  #: what opening a permission makes tradable is a product too: `permission:star`
RISKS = ("R1", "R2", "R3", "R4", "R5")
KINDS = ("fixed_income", "equity", "derivative", "complex")


@dataclass(frozen=True, slots=True)
class Product:
    """产品 of one code, from a day on."""

    code: str
    risk: str  #: R1–R5
    kind: str  #: empty: a risk class, of which kind and term are not known
    effective_on: date
    lock_months: int = 0  #: 封闭期; 0 can be sold at any time
    qualified: bool = False  #: 私募: only for 合格投资者
    source: str = ""

    @property
    def label(self) -> str:
        return product_label(self.code)


def product_label(code: str) -> str:
    """债券基金, 科创板权限, R3 产品 …"""
    if code in RISKS:
        return f"{code} 产品"
    if code.startswith(PERMISSION):
        name = label("permission", code.removeprefix(PERMISSION))
        return name if name.endswith(("权限", "账户")) else f"{name}权限"
    return label("product", code)


def risk_class(risk: str, effective_on: date) -> Product:
    """产品风险等级 as a product: of what is rated so, and of which nothing else is known."""
    return Product(risk, risk, "", effective_on)


def products_on(day: date) -> Mapping[str, Product]:
    """What is known of each code on that day. Raises BadInput `products-invalid`, `file-unreadable`."""
    own = settings().products_file
    return _in_force(day, own, own.stat().st_mtime_ns if own and own.is_file() else 0)


@lru_cache(maxsize=512)
def _in_force(day: date, own: Path | None, changed: int) -> Mapping[str, Product]:
    """`changed` is part of the key: a file that was written anew is read anew."""
    found = {p.code: p for p in _given() if p.effective_on <= day}
    for product in _own(own, changed) if own else ():
        if product.effective_on <= day:
            found[product.code] = product
    return found


@lru_cache(maxsize=1)
def _given() -> tuple[Product, ...]:
    table = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    shared = {"effective_on": table["effective_on"], "source": table["review"]}
    return _read(shared | row for row in table["products"])


@lru_cache(maxsize=4)
def _own(path: Path, changed: int) -> tuple[Product, ...]:
    return _read(read_csv(content(path), ("code", "risk", "kind", "effective_on")))


def _read(rows: Iterable[Mapping[str, Any]]) -> tuple[Product, ...]:
    """The rows, oldest first. Raises BadInput `products-invalid` with the row."""
    made = []
    for number, row in enumerate(rows, 1):
        try:
            made.append(_product(row))
        except (KeyError, TypeError, ValueError) as fault:
            raise BadInput("products-invalid", f"产品表第 {number} 行读不懂: {fault}") from None
    return tuple(sorted(made, key=lambda p: p.effective_on))


def _product(row: Mapping[str, Any]) -> Product:
    risk, kind = str(row["risk"]).strip().upper(), str(row["kind"]).strip()
    if risk not in RISKS or kind not in KINDS:
        raise ValueError(f"risk 要 R1–R5, kind 要 {', '.join(KINDS)}")
    return Product(
        code=str(row["code"]).strip(),
        risk=risk,
        kind=kind,
        effective_on=date.fromisoformat(str(row["effective_on"])),
        lock_months=int(row.get("lock_months") or 0),
        qualified=str(row.get("qualified") or "").lower() in ("1", "true", "是"),
        source=str(row.get("source") or ""),
    )
