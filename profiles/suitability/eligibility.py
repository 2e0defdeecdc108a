"""权限门槛: whether a customer meets what an exchange asks for a permission, as far as the file says (pure).

Three answers to every condition: met, lacking, or not to be seen from here. Only what is surely lacking blocks; what is
not known is named, for a person to check. Compliance must review the thresholds before use.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from profiles.labels import as_date, label, yuan_text


@dataclass(frozen=True, slots=True)
class Threshold:
    """门槛 of one permission, from a day on."""

    permission: str
    version: str
    effective_on: date
    source: str
    assets_yuan: int = 0
    assets_days: int = 0  #: trading days over which the assets are averaged
    experience_months: int = 0
    test: bool = False
    others: tuple[str, ...] = ()  #: conditions that the file does not show


@dataclass(frozen=True, slots=True)
class Eligibility:
    """权限预审 of one permission."""

    permission: str
    version: str
    source: str
    lacking: tuple[str, ...] = ()  #: 差什么
    to_check: tuple[str, ...] = ()  #: 待核
    is_open: bool = False

    @property
    def status(self) -> str:
        if self.is_open:
            return "open"
        return "lacking" if self.lacking else "to_check" if self.to_check else "eligible"

    @property
    def text(self) -> str:
        name = label("permission", self.permission)
        if self.is_open:
            return f"{name}: 已开通"
        if self.lacking:
            return f"{name}: 还差 {'; '.join(self.lacking)}"
        return f"{name}: 门槛未见不符, 待核 {'; '.join(self.to_check)}" if self.to_check else f"{name}: 符合门槛"

    def to_json(self) -> dict[str, Any]:
        return {
            "permission": self.permission,
            "label": label("permission", self.permission),
            "status": self.status,
            "lacking": list(self.lacking),
            "to_check": list(self.to_check),
            "text": self.text,
            "version": self.version,
            "source": self.source,
        }


@dataclass(slots=True)
class _Findings:
    lacking: list[str] = field(default_factory=list)
    to_check: list[str] = field(default_factory=list)


def eligibility(threshold: Threshold, static: Mapping[str, Any], day: date) -> Eligibility:
    """How the customer on file stands to the threshold on that day."""
    found = _Findings()
    if threshold.permission in (static.get("permissions") or ()):
        return Eligibility(threshold.permission, threshold.version, threshold.source, is_open=True)
    _assets(threshold, static, found)
    _experience(threshold, static, day, found)
    if threshold.test and threshold.permission not in (static.get("knowledge_tests") or ()):
        found.to_check.append("知识测评")
    found.to_check += threshold.others
    return Eligibility(
        threshold.permission, threshold.version, threshold.source, tuple(found.lacking), tuple(found.to_check)
    )


def below(amount: float, need: int) -> str:
    """An amount that does not reach what is needed; to the yuan where rounding would say that it does."""
    text = yuan_text(amount)
    return f"{amount}元" if text == yuan_text(need) else text


def in_force(thresholds: tuple[Threshold, ...], permission: str, day: date) -> Threshold | None:
    """The threshold of that permission on that day; None where there is none (yet)."""
    return next(iter(_newest_first(thresholds, permission, day)), None)


def _newest_first(thresholds: tuple[Threshold, ...], permission: str, day: date) -> Iterator[Threshold]:
    mine = [t for t in thresholds if t.permission == permission and t.effective_on <= day]
    yield from sorted(mine, key=lambda t: t.effective_on, reverse=True)


def _assets(threshold: Threshold, static: Mapping[str, Any], found: _Findings) -> None:
    """The average where it is on file. Assets of one day cannot prove it; below it they block until it is on file."""
    need = threshold.assets_yuan
    if not need:
        return
    asked = f"{threshold.assets_days}个交易日日均资产{yuan_text(need)}"
    average, today = static.get("assets_20d_yuan"), static.get("assets_yuan")
    if average is not None:
        if average < need:
            found.lacking.append(f"{asked} (档案日均{below(average, need)})")
    elif today is None:
        found.to_check.append(asked)
    elif today < need:
        found.lacking.append(f"{asked} (档案资产{below(today, need)})")
    else:
        found.to_check.append(f"{asked} (档案资产{yuan_text(today)}, 日均未知)")


def _experience(threshold: Threshold, static: Mapping[str, Any], day: date, found: _Findings) -> None:
    """Counted from the first trade. The opening of the account here is no bound: he may have traded elsewhere."""
    need = threshold.experience_months
    if not need:
        return
    asked = f"交易经验满{need}个月"
    first = as_date(static.get("first_trade_on"))
    if first is None:
        found.to_check.append(f"{asked} (首次交易日未知)")
    elif not _months_before(first, need, day):
        found.lacking.append(f"{asked} (首次交易 {first.isoformat()})")


def _months_before(first: date, months: int, day: date) -> bool:
    """Whether `months` whole months have passed from `first` to `day`."""
    passed = (day.year - first.year) * 12 + day.month - first.month - (day.day < first.day)
    return passed >= months
