"""推荐规则: each looks at one product and one customer and says why it blocks, in one Chinese sentence; empty if not.

Their order and what they rest on stand in `suitability.yaml`. Pure.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from profiles.labels import yuan_text
from profiles.suitability.eligibility import Eligibility, below, eligibility, in_force
from profiles.suitability.products import PERMISSION, Product
from profiles.suitability.table import Table, labels, level_label, thresholds

if TYPE_CHECKING:
    from profiles.suitability.assessment import Suitability


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule looks at."""

    product: str | None
    fact: Product | None
    customer: "Suitability"
    table: Table

    @property
    def risk(self) -> int:
        return self.table.products.index(self.fact.risk) if self.fact else -1

    @property
    def age(self) -> int | None:
        age = self.customer.static.get("age")
        return age if isinstance(age, int) else None


def _marketing(case: Case) -> str:
    return "客户不同意营销, 不可主动推荐" if case.customer.refuses_marketing else ""


def _unknown(case: Case) -> str:
    return "产品的风险等级、期限和品种不清楚, 不可推荐" if case.product and case.fact is None else ""


def _minor(case: Case) -> str:
    too_young = case.age is not None and case.age < case.table.adult_from
    return f"客户{case.age}岁, 未满{case.table.adult_from}岁, 不可推荐" if too_young else ""


def _no_level(case: Case) -> str:
    return "" if case.customer.level else "没有风险测评等级, 不可推荐"


def _no_date(case: Case) -> str:
    return "" if case.customer.expires_on else "没有风险测评日期, 不可推荐"


def _expired(case: Case) -> str:
    return f"{case.customer.blocked}, 不可推荐" if case.customer.is_expired else ""


def _risk(case: Case) -> str:
    level = case.customer.level
    if case.fact is None or level is None or case.risk <= case.table.products.index(case.table.highest[level]):
        return ""
    return f"{level_label(level)} 最高可匹配 {case.table.highest[level]}, {named(case.fact)} 超出"


def _spoken(case: Case) -> str:
    cap = case.customer.spoken_cap
    if case.fact is None or cap is None or case.risk <= case.table.products.index(case.table.highest[cap]):
        return ""
    return f"客户口头风险态度谨慎, 推荐收紧到 {case.table.highest[cap]}, {named(case.fact)} 超出"


def _term(case: Case) -> str:
    declared = case.customer.term
    if case.fact is None or declared is None:
        return ""
    limit = case.table.terms[declared]
    if limit is None or case.fact.lock_months <= limit:
        return ""
    return f"测评投资期限{labels()['term'][declared]}, {case.fact.label}封闭{case.fact.lock_months}个月, 期限不匹配"


def _kind(case: Case) -> str:
    declared = case.customer.kinds
    if case.fact is None or not case.fact.kind or not declared or case.fact.kind in declared:
        return ""
    names = labels()["kind"]
    told = "、".join(names[k] for k in declared)
    return f"测评投资品种是{told}, {case.fact.label}属于{names[case.fact.kind]}, 品种不匹配"


def _elder(case: Case) -> str:
    elder = case.table.elder
    if case.fact is None or case.age is None or case.age < elder["from_age"]:
        return ""
    beyond = case.risk > case.table.products.index(elder["highest"])
    return f"客户{case.age}岁, {named(case.fact)} 高于 {elder['highest']}, 须合规逐笔复核" if beyond else ""


def _qualified(case: Case) -> str:
    if case.fact is None or not case.fact.qualified:
        return ""
    need, assets = case.table.qualified_assets_yuan, case.customer.static.get("assets_yuan")
    if assets is not None and assets >= need:
        return ""
    held = f"档案资产{below(assets, need)}" if assets is not None else "档案没有资产"
    return f"{case.fact.label}只向合格投资者推荐 (金融资产{yuan_text(need)}以上), {held}"


def _threshold(case: Case) -> str:
    found = permission_of(case.product, case.customer) if case.product else None
    return found.text if found and found.lacking else ""


RULES: Mapping[str, Callable[[Case], str]] = {
    "rights.marketing": _marketing,
    "product.unknown": _unknown,
    "person.minor": _minor,
    "questionnaire.level": _no_level,
    "questionnaire.date": _no_date,
    "questionnaire.expired": _expired,
    "matrix.risk": _risk,
    "matrix.spoken": _spoken,
    "matrix.term": _term,
    "matrix.kind": _kind,
    "person.elder": _elder,
    "product.qualified": _qualified,
    "permission.threshold": _threshold,
}


def permission_of(product: str, customer: "Suitability") -> Eligibility | None:
    """权限预审, where the product is a permission that has a threshold."""
    if not product.startswith(PERMISSION):
        return None
    found = in_force(thresholds(), product.removeprefix(PERMISSION), customer.day)
    return eligibility(found, customer.static, customer.day) if found else None


def named(fact: Product) -> str:
    """债券基金 R2; R2 产品."""
    return f"{fact.label} {fact.risk}" if fact.kind else fact.label
