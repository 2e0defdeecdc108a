"""外部资产合计与资产分布: totals over facts – a sum told twice counts once, two institutions are added (pure)."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from profiles.beliefs import Tag
from profiles.features.model import Feature, Part, View, unknown
from profiles.features.preference import held
from profiles.labels import amount_text, label, value_text, yuan_text
from profiles.relations import agree, key_of

ZERO = Decimal(0)


class Sum(NamedTuple):
    """An amount between two ends, yuan; no upper end where it is open or was not told."""

    low: Decimal
    high: Decimal | None

    def __add__(self, other: object) -> "Sum":
        if not isinstance(other, Sum):
            return NotImplemented
        high = None if self.high is None or other.high is None else self.high + other.high
        return Sum(self.low + other.low, high)

    @property
    def likely(self) -> Decimal:
        """The middle; the lower end where it is open: what was not told is not guessed."""
        return self.low if self.high is None else (self.low + self.high) / 2

    @property
    def text(self) -> str:
        if self.high is None:
            return f"至少{yuan_text(self.low)}" if self.low else "金额未知"
        return amount_text(self.low or None, self.high) if self.low != self.high else yuan_text(self.low)


def told_sum(tag: Tag) -> Sum:
    """What the tag says of an amount."""
    low, high = tag.value.get("low"), tag.value.get("high")
    return Sum(Decimal(str(low)) if low is not None else ZERO, Decimal(str(high)) if high is not None else None)


def added(sums: Iterable[Sum]) -> Sum:
    """All of them together."""
    return sum(sums, start=Sum(ZERO, ZERO))


def outside(view: View) -> list[Tag]:
    """The holdings elsewhere that count, each once: of one institution the same sum under two names is one."""
    counted: list[Tag] = []
    for tag in sorted(view.live("assets.external", True), key=lambda t: (t.said_at, t.id), reverse=True):
        if not any(_same_money(tag, other) for other in counted):
            counted.append(tag)
    return sorted(counted, key=lambda t: (-told_sum(t).likely, t.id))


def _same_money(one: Tag, other: Tag) -> bool:
    """Two tellings of one holding: the same place (or one without a name), the same sum, no two different products."""
    names = {one.value.get("institution"), other.value.get("institution")} - {None}
    if len(names) == 2 or (not names and key_of(one.tag, one.value) != key_of(other.tag, other.value)):
        return False
    kinds = {one.value.get("institution_type"), other.value.get("institution_type")} - {None, "unknown"}
    products = {one.value.get("product"), other.value.get("product")} - {None}
    if len(kinds) == 2 or len(products) == 2:
        return False
    ends = (one.value.get("low"), one.value.get("high"), other.value.get("low"), other.value.get("high"))
    return agree(*ends) is True


def external_total(view: View) -> Feature:
    """外部资产合计: an interval over all institutions, with every fact that it is made of."""
    name = "外部资产合计"
    holdings = outside(view)
    if not holdings:
        denied = view.live("assets.external", False)
        if any(t.value.get("institution_type") in (None, "unknown") and not t.value.get("institution") for t in denied):
            return Feature(name, {"low": 0, "high": 0, "places": 0}, "没有", "客户说别处没有资产")
        return unknown(name, "客户没有说过别处的资产")
    whole = added(told_sum(t) for t in holdings)
    places = len({key_of(t.tag, t.value) for t in holdings})
    parts = tuple(_holding(t, view) for t in holdings)
    value = {"low": number(whole.low), "high": number(whole.high), "places": places}
    return Feature(name, value, whole.text, f"{places}处, {len(holdings)}笔; 同一笔钱说几次只算一次", parts)


def _holding(tag: Tag, view: View) -> Part:
    whole = told_sum(tag)
    text = value_text(tag.tag, tag.polarity, tag.value, view.today)
    value = {"low": number(whole.low), "high": number(whole.high)}
    return Part(key_of(tag.tag, tag.value) or "unknown", text, value, tag.said_at, tag.id)


def asset_distribution(view: View) -> Feature:
    """资产分布: cash, holdings by product, the rest of the account, and each place elsewhere, in yuan."""
    name = "资产分布"
    parts = [*_inside(view), *(_holding(t, view) for t in outside(view))]
    if not parts:
        return unknown(name, "档案里没有资产, 客户也没有说过")
    inside = [p for p in parts if p.tag_id is None]
    whole = sum((Decimal(str(p.value["low"])) for p in parts), ZERO)
    text = "; ".join(f"{p.text}{_share(p, whole)}" for p in parts)
    value = {p.code: p.value for p in _by_code(parts)}
    sources = [s for s, rows in (("账户按档案", inside), ("别处按客户所说", len(parts) > len(inside))) if rows]
    return Feature(name, value, text, ", ".join(sources), tuple(parts))


def _inside(view: View) -> list[Part]:
    """The account as it is on file; what is neither cash nor a named holding is 其他."""
    cash, assets = _yuan(view.static.get("cash_yuan")), _yuan(view.static.get("assets_yuan"))
    named = held(view.static)
    rows = [("cash", "账户现金", cash)] + [(p, f"账户持有{label('product', p)}", n) for p, n in named.items()]
    if assets is not None:
        rest = assets - sum((n for _, _, n in rows if n), ZERO)
        rows.append(("other", "账户其他资产", rest if rest > 0 else None))
    return [Part(code, f"{text}{yuan_text(n)}", {"low": number(n), "high": number(n)}) for code, text, n in rows if n]


def _by_code(parts: Sequence[Part]) -> list[Part]:
    """One row a code: what stands at one place under two products is added."""
    found: dict[str, Part] = {}
    for p in parts:
        old = found.get(p.code)
        whole = added(_sum(x) for x in (old, p) if x)
        found[p.code] = Part(p.code, p.text, {"low": number(whole.low), "high": number(whole.high)})
    return list(found.values())


def _sum(part: Part) -> Sum:
    low, high = part.value["low"], part.value["high"]
    return Sum(Decimal(str(low)), None if high is None else Decimal(str(high)))


def _share(part: Part, whole: Decimal) -> str:
    low = Decimal(str(part.value["low"]))
    return f" ({100 * low / whole:.0f}%)" if whole and low else ""


def _yuan(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def number(amount: Decimal | None) -> int | float | None:
    """The amount as JSON shows it: whole yuan without a point."""
    if amount is None:
        return None
    return int(amount) if amount == amount.to_integral_value() else float(amount)
