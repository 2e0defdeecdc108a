"""适当性: which products a customer may be offered, from the file (C level, term, kinds, age, 普通/专业) and his words.

Pure. `assess` puts together what is known of the customer on one day; `offer` answers for one product – allowed or
blocked, with the rule, its version and one Chinese sentence. Speech can only tighten: no stance allows what the file
does not. The rules stand in `suitability.yaml` and must be reviewed by compliance before use.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from profiles.labels import as_date, date_text, label
from profiles.suitability.offer_rules import RULES, Case, named, permission_of
from profiles.suitability.products import Product, product_label, products_on, risk_class
from profiles.suitability.table import Rule, Table, labels, level_label, table_of, table_on, tables

__all__ = ["Offer", "Suitability", "assess", "offer", "permission_of", "suitable", "table_on", "tables"]

ALLOWED = "matrix.allowed"  #: the rule of an answer that no rule blocks


@dataclass(frozen=True, slots=True)
class Suitability:
    """适当性 of one customer on one day."""

    day: date
    is_professional: bool  #: 专业投资者
    level: str | None  #: on file
    offer_level: str | None  #: for offers: on file, or lower where he speaks more cautiously; None blocks all
    spoken_cap: str | None  #: the level down to which his own words tighten
    expires_on: date | None
    is_expired: bool
    term: str | None  #: declared in the questionnaire: short, medium, long
    kinds: tuple[str, ...]  #: declared; empty: nothing declared
    blocked: str  #: why nothing may be offered, Chinese; empty where something may
    conflict: str  #: speech against the file, Chinese; empty without
    table_version: str
    refuses_marketing: bool = False
    static: Mapping[str, Any] = field(default_factory=dict)  #: the file of that day
    #: what `offer` has answered already: a card asks the same several times
    answers: dict[str | None, "Offer"] = field(default_factory=dict, init=False, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        return {
            "investor_type": "professional" if self.is_professional else "ordinary",
            "investor_type_label": "专业投资者" if self.is_professional else "普通投资者",
            "level": self.level,
            "level_label": level_label(self.level) if self.level else None,
            "offer_level": self.offer_level,
            "highest_product": next(reversed(suitable(self)), None),
            "expires_on": self.expires_on.isoformat() if self.expires_on else None,
            "is_expired": self.is_expired,
            "term": self.term,
            "term_label": labels()["term"].get(self.term) if self.term else None,
            "kinds": list(self.kinds),
            "kind_labels": [labels()["kind"].get(k, k) for k in self.kinds],
            "blocked": self.blocked,
            "conflict": self.conflict,
            "table_version": self.table_version,
        }


@dataclass(frozen=True, slots=True)
class Offer:
    """可否推荐: the answer for one product and one customer, with the rule."""

    product: str | None  #: code, `permission:<code>`, R1–R5, or None: products in general
    is_allowed: bool
    rule: str
    version: str
    law: str
    text: str  #: one Chinese sentence
    on_request: bool = False  #: blocked for our suggestion; served at his own request after a written warning
    to_check: tuple[str, ...] = ()  #: what a person must still look at

    def to_json(self) -> dict[str, Any]:
        return {
            "product": self.product,
            "product_label": product_label(self.product) if self.product else None,
            "status": "allowed" if self.is_allowed else "blocked",
            "rule": self.rule,
            "rule_version": self.version,
            "law": self.law,
            "text": self.text,
            "on_request": self.on_request,
            "to_check": list(self.to_check),
        }


def assess(
    static: Mapping[str, Any], stances: Sequence[str], day: date, *, refused: Collection[str] = ()
) -> Suitability:
    """The customer's suitability on `day`. `stances`: what he says of risk now (conservative, moderate, aggressive);
    `refused`: purposes of processing that he refuses."""
    table = table_on(day)
    told = static.get("risk_level")
    level = told if told in table.levels else None
    is_professional = str(static.get("investor_type") or "").strip().lower() in table.professional
    expires_on = None if is_professional else _expiry(static.get("questionnaire_on"), table.questionnaire_years)
    is_expired = expires_on is not None and day >= expires_on
    blocked = "" if is_professional else _blocked(level, expires_on, is_expired, day)
    cap = _cap(stances, table)
    offer_level = None if blocked else _tightened(level, cap, table)
    return Suitability(
        day=day,
        is_professional=is_professional,
        level=level,
        offer_level=offer_level,
        spoken_cap=cap,
        expires_on=expires_on,
        is_expired=is_expired,
        term=static.get("investment_term") if static.get("investment_term") in table.terms else None,
        kinds=tuple(k for k in static.get("investment_kinds") or () if k in table.kinds),
        blocked=blocked,
        conflict=_conflict(level, stances, table),
        table_version=table.version,
        refuses_marketing="marketing" in refused,
        static=static,
    )


def offer(product: str | None, customer: Suitability) -> Offer:
    """可否推荐 this product (a code of docs/tags.md, `permission:<code>`, a risk class R1–R5 of which neither kind nor
    term is known, None: products in general) to the customer.

    The first rule that blocks is the answer; the order stands in `suitability.yaml`.
    """
    if product not in customer.answers:
        customer.answers[product] = _answer(product, customer)
    return customer.answers[product]


def _answer(product: str | None, customer: Suitability) -> Offer:
    table = table_of(customer.table_version)
    fact = _fact(product, customer, table) if product else None
    for rule in table.rules:
        if rule.ordinary and customer.is_professional:
            continue
        reason = RULES[rule.id](Case(product, fact, customer, table))
        if reason:
            on_request = rule.on_request and customer.level != table.lowest
            return Offer(
                product, False, rule.id, table.version, rule.law, _with_request(reason, rule, on_request), on_request
            )
    found = permission_of(product, customer) if product else None
    to_check = found.to_check if found else ()
    return Offer(
        product, True, ALLOWED, table.version, "证券法 88", _praise(product, fact, customer, to_check), False, to_check
    )


def suitable(customer: Suitability) -> list[str]:
    """可推荐的产品风险: the risk classes (R1–R5) that may be offered, the lowest first."""
    return [risk for risk in table_of(customer.table_version).products if offer(risk, customer).is_allowed]


def _fact(product: str, customer: Suitability, table: Table) -> Product | None:
    if product in table.products:
        return risk_class(product, table.effective_on)
    return products_on(customer.day).get(product)


def _with_request(reason: str, rule: Rule, on_request: bool) -> str:
    if on_request:
        return f"{reason}; 客户主动要求的, 书面警示并留痕后可以办理"
    return f"{reason}; 最低类别, 主动要求也不可以" if rule.on_request else reason


def _praise(product: str | None, fact: Product | None, customer: Suitability, to_check: Sequence[str]) -> str:
    waits = f"; 待核 {'; '.join(to_check)}" if to_check else ""
    if fact is None:
        return f"{_who(customer)}, 可推荐 {suitable(customer)[-1]} 及以下的产品"
    if customer.is_professional:
        return f"专业投资者, {named(fact)} 可推荐, 仍须充分告知风险{waits}"
    return f"{_who(customer)} 与 {named(fact)} 匹配{waits}"


def _who(customer: Suitability) -> str:
    if customer.offer_level:
        return level_label(customer.offer_level)
    return "专业投资者" if customer.is_professional else "客户"


def _blocked(level: str | None, expires_on: date | None, is_expired: bool, day: date) -> str:
    if level is None:
        return "没有风险测评等级"
    if expires_on is None:
        return "没有风险测评日期"
    return f"风险测评已于{date_text(expires_on.isoformat(), day)}过期" if is_expired else ""


def _cap(stances: Sequence[str], table: Table) -> str | None:
    caps = [table.spoken_caps[s] for s in stances if s in table.spoken_caps]
    return min(caps, key=table.levels.index) if caps else None


def _tightened(level: str | None, cap: str | None, table: Table) -> str | None:
    given = [x for x in (level, cap) if x]
    return min(given, key=table.levels.index) if given else None


def _conflict(level: str | None, stances: Sequence[str], table: Table) -> str:
    against = [s for s in stances if level in table.conflicts.get(s, ())]
    if not against or level is None:
        return ""
    words = "、".join(label("level", s) for s in against)
    what = "口头更谨慎, 推荐已收紧, 建议重新测评" if "conservative" in against else "口头不抬高等级, 只可建议重新测评"
    return f"口头风险态度{words}, 档案为{level_label(level)}: {what}"


def _expiry(questionnaire_on: Any, years: int) -> date | None:
    day = as_date(questionnaire_on)
    if day is None:
        return None
    leap = day.month == 2 and day.day == 29
    return date(day.year + years, 3, 1) if leap else day.replace(year=day.year + years)
