"""Suitability: every combination against an oracle written from the law, and no way from speech to a higher level."""

from datetime import date
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dongke.errors import BadInput
from dongke.settings import settings
from profiles.suitability.assessment import assess, offer, permission_of, suitable, table_on, tables
from profiles.suitability.marks import of_playbook, of_tag
from profiles.suitability.offer_rules import RULES
from profiles.suitability.products import KINDS, RISKS, products_on
from profiles.suitability.table import thresholds

TODAY = date(2026, 6, 20)
LEVELS = ["C0", "C1", "C2", "C3", "C4", "C5"]
PRODUCTS = list(RISKS)
STANCES = ["conservative", "moderate", "aggressive"]
ASKED_ON = {"valid": "2025-06-20", "last day": "2024-06-21", "expired": "2024-06-20", "missing": None}
TERMS = [None, "short", "medium", "long"]
DECLARED = [(), ("fixed_income",), ("fixed_income", "equity"), KINDS]
INVESTORS = [None, "普通", "专业", "专业投资者"]
LOCKS = [0, 12, 13, 60, 61]


@pytest.fixture
def firm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A firm's own products: one of every risk, kind and lock-up, and one only for 合格投资者."""
    rows = ["code,risk,kind,lock_months,qualified,effective_on,source"]
    rows += [f"{r}-{k}-{n},{r},{k},{n},,2020-01-01,评级会" for r, k, n in product(PRODUCTS, KINDS, LOCKS)]
    rows += ["private_fund,R4,complex,0,1,2026-06-20,评级会"]
    path = tmp_path / "products.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    monkeypatch.setenv("DONGKE_PRODUCTS_FILE", str(path))
    monkeypatch.setenv("DONGKE_DEMO", "1")
    settings.cache_clear()
    yield path
    settings.cache_clear()


def oracle(level: str | None, asked: str, term: str | None, kinds: Any, investor: str | None, what: Any) -> str:
    """May it be suggested? Written from the rules in words: the answer, or the rule that forbids it."""
    risk, kind, lock = what
    if investor in ("专业", "专业投资者"):
        return "matrix.allowed"  # 办法: the matching of ordinary investors does not bind for professionals
    if level is None:
        return "questionnaire.level"
    if asked == "missing":
        return "questionnaire.date"
    if asked == "expired":
        return "questionnaire.expired"
    able = {"C0": "R1", "C1": "R1", "C2": "R1R2", "C3": "R1R2R3", "C4": "R1R2R3R4", "C5": "R1R2R3R4R5"}[level]
    if risk not in able:
        return "matrix.risk"
    if (term == "short" and lock > 12) or (term == "medium" and lock > 60):
        return "matrix.term"
    return "matrix.kind" if kinds and kind not in kinds else "matrix.allowed"


def test_every_combination_against_the_oracle(firm: Path) -> None:
    """Level × questionnaire × term × declared kinds × investor, by risk × kind × lock-up of the product."""
    asked_of = list(product([None, *LEVELS], ASKED_ON, TERMS, DECLARED, INVESTORS))
    offered = list(product(PRODUCTS, KINDS, LOCKS))
    wrong, checked = [], 0
    for level, asked, term, kinds, investor in asked_of:
        file = {"risk_level": level, "questionnaire_on": ASKED_ON[asked], "investment_term": term}
        customer = assess(file | {"investment_kinds": list(kinds), "investor_type": investor}, [], TODAY)
        for what in offered:
            found = offer("-".join(map(str, what)), customer)
            wanted = oracle(level, asked, term, kinds, investor, what)
            checked += 1
            if found.rule != wanted or found.is_allowed is not (wanted == "matrix.allowed"):
                wrong.append((level, asked, term, kinds, investor, what, found.rule, wanted))
    assert wrong == []
    assert checked == 7 * 4 * 4 * 4 * 4 * 100


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("risk", PRODUCTS)
def test_matrix(level: str, risk: str) -> None:
    found = assess({"risk_level": level, "questionnaire_on": "2025-06-20"}, [], TODAY)
    answer = offer(risk, found)
    assert answer.is_allowed is (int(risk[1]) <= max(int(level[1]), 1))
    assert (level if level != "C0" else "C1 (最低类别)") in answer.text
    assert (answer.product, answer.version) == (risk, "2026.2")


def told(**file: Any) -> Any:
    """An ordinary C3 customer, unless the file says otherwise."""
    spoken, refused = file.pop("spoken", []), file.pop("refused", ())
    return assess({"risk_level": "C3", "questionnaire_on": "2026-01-05"} | file, spoken, TODAY, refused=refused)


ON_REQUEST = "; 客户主动要求的, 书面警示并留痕后可以办理"
SPOKEN = "客户口头风险态度谨慎, 推荐收紧到 R2, 股票 R3 超出"
QUALIFIED = "私募只向合格投资者推荐 (金融资产300万元以上), "
ANSWERS: list[tuple[dict[str, Any], str | None, str, str]] = [
    ({}, "bond_fund", "matrix.allowed", "C3 与 债券基金 R2 匹配"),
    ({}, None, "matrix.allowed", "C3, 可推荐 R3 及以下的产品"),
    ({}, "equity_fund", "matrix.risk", "C3 最高可匹配 R3, 股票型基金 R4 超出" + ON_REQUEST),
    ({"risk_level": "C0"}, "bond_fund", "matrix.risk",
     "C1 (最低类别) 最高可匹配 R1, 债券基金 R2 超出; 最低类别, 主动要求也不可以"),
    ({"spoken": ["conservative"]}, "stock", "matrix.spoken", SPOKEN),
    ({"investor_type": "专业"}, "equity_fund", "matrix.allowed",
     "专业投资者, 股票型基金 R4 可推荐, 仍须充分告知风险"),
    ({"investor_type": "专业", "spoken": ["conservative"]}, "stock", "matrix.spoken", SPOKEN),
    ({"investor_type": "专业", "refused": ["marketing"]}, "bond_fund", "rights.marketing",
     "客户不同意营销, 不可主动推荐"),
    ({}, "other", "product.unknown", "产品的风险等级、期限和品种不清楚, 不可推荐"),
    ({"age": 17}, "bond_fund", "person.minor", "客户17岁, 未满18岁, 不可推荐"),
    ({"age": 18}, "bond_fund", "matrix.allowed", "C3 与 债券基金 R2 匹配"),
    ({"age": 70, "risk_level": "C5"}, "equity_fund", "person.elder", "客户70岁, 股票型基金 R4 高于 R3, 须合规逐笔复核"),
    ({"age": 17, "risk_level": "C5"}, "R1", "person.minor", "客户17岁, 未满18岁, 不可推荐"),
    ({"age": 18, "risk_level": "C5"}, "R4", "matrix.allowed", "C5 与 R4 产品 匹配"),
    ({"age": 72, "risk_level": "C5"}, "R4", "person.elder", "客户72岁, R4 产品 高于 R3, 须合规逐笔复核"),
    ({"age": 72, "risk_level": "C5"}, "R3", "matrix.allowed", "C5 与 R3 产品 匹配"),
    ({"age": 72, "risk_level": "C5"}, None, "matrix.allowed", "C5, 可推荐 R3 及以下的产品"),
    ({"age": 72, "investor_type": "专业"}, "R5", "matrix.allowed", "专业投资者, R5 产品 可推荐, 仍须充分告知风险"),
    ({}, "R4", "matrix.risk", "C3 最高可匹配 R3, R4 产品 超出" + ON_REQUEST),
    ({"refused": ["marketing"]}, "R1", "rights.marketing", "客户不同意营销, 不可主动推荐"),
    ({"questionnaire_on": "2024-06-20"}, "R1", "questionnaire.expired", "风险测评已于6月20日过期, 不可推荐"),
    ({"investment_term": "short", "investment_kinds": ["fixed_income"]}, "R3", "matrix.allowed",
     "C3 与 R3 产品 匹配"),  # of a class neither term nor kind is known
    ({"risk_level": "C5"}, "R6", "product.unknown", "产品的风险等级、期限和品种不清楚, 不可推荐"),
    ({"age": 69, "risk_level": "C5"}, "equity_fund", "matrix.allowed", "C5 与 股票型基金 R4 匹配"),
    ({"age": 70, "risk_level": "C5"}, "stock", "matrix.allowed", "C5 与 股票 R3 匹配"),
    ({"risk_level": "C5", "assets_yuan": 2_999_999}, "private_fund", "product.qualified", 
     QUALIFIED + "档案资产2999999元"),
    ({"risk_level": "C5", "assets_yuan": 3_000_000}, "private_fund", "matrix.allowed", "C5 与 私募 R5 匹配"),
    ({"risk_level": "C5"}, "private_fund", "product.qualified", QUALIFIED + "档案没有资产"),
    ({"investment_term": "short"}, "deposit", "matrix.term",
     "测评投资期限1年以内, 存款封闭36个月, 期限不匹配" + ON_REQUEST),
    ({"investment_kinds": ["fixed_income"]}, "stock", "matrix.kind",
     "测评投资品种是固定收益类, 股票属于权益类, 品种不匹配" + ON_REQUEST),
    ({"questionnaire_on": "2024-06-20"}, None, "questionnaire.expired", "风险测评已于6月20日过期, 不可推荐"),
    ({"risk_level": None}, None, "questionnaire.level", "没有风险测评等级, 不可推荐"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "code", "rule", "text"), ANSWERS)
def test_one_answer_with_its_rule(file: dict[str, Any], code: str | None, rule: str, text: str) -> None:
    found = offer(code, told(**file))
    assert (found.rule, found.text) == (rule, text)
    assert found.to_json()["status"] == ("allowed" if rule == "matrix.allowed" else "blocked")
    assert found.version == table_on(TODAY).version
    assert found.law


RICH = {
    "risk_level": "C5",
    "assets_20d_yuan": 600_000,
    "first_trade_on": "2020-01-06",
    "knowledge_tests": ["star", "bse"],
}
PERMISSIONS: list[tuple[dict[str, Any], str, str, str]] = [
    (RICH, "star", "eligible", "科创板: 符合门槛"),
    (RICH | {"knowledge_tests": []}, "star", "to_check", "科创板: 门槛未见不符, 待核 知识测评"),
    (RICH | {"assets_20d_yuan": 499_999.99}, "star", "lacking",
     "科创板: 还差 20个交易日日均资产50万元 (档案日均499999.99元)"),
    (RICH | {"assets_20d_yuan": None, "assets_yuan": 900_000}, "star", "to_check",
     "科创板: 门槛未见不符, 待核 20个交易日日均资产50万元 (档案资产90万元, 日均未知)"),
    (RICH | {"assets_20d_yuan": None, "assets_yuan": 90_000}, "chinext", "lacking",
     "创业板: 还差 20个交易日日均资产10万元 (档案资产9万元)"),
    (RICH | {"first_trade_on": "2024-06-20"}, "bse", "eligible", "北交所: 符合门槛"),
    (RICH | {"first_trade_on": "2024-06-21"}, "bse", "lacking", "北交所: 还差 交易经验满24个月 (首次交易 2024-06-21)"),
    (RICH | {"first_trade_on": None, "opened_on": "2026-06-01"}, "bse", "to_check",
     "北交所: 门槛未见不符, 待核 交易经验满24个月 (首次交易日未知)"),
    ({"permissions": ["star"], "assets_yuan": 1}, "star", "open", "科创板: 已开通"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "permission", "status", "text"), PERMISSIONS)
def test_thresholds_of_permissions(file: dict[str, Any], permission: str, status: str, text: str) -> None:
    customer = told(**{k: v for k, v in file.items() if v is not None})
    found = permission_of(f"permission:{permission}", customer)
    assert found
    assert (found.status, found.text) == (status, text)
    answer = offer(f"permission:{permission}", customer)
    if status == "lacking":
        assert (answer.is_allowed, answer.rule, answer.text) == (False, "permission.threshold", text)
    elif status in ("eligible", "to_check"):
        assert (answer.is_allowed, answer.to_check) == (True, found.to_check)


def test_a_threshold_counts_from_its_day_on() -> None:
    before, after = date(2022, 6, 17), date(2022, 6, 18)
    file = {"risk_level": "C5", "questionnaire_on": "2022-01-05", "assets_yuan": 1_000}
    code = "permission:convertible_bond"
    assert permission_of(code, assess(file, [], before)) is None
    assert offer(code, assess(file, [], before)).is_allowed
    assert offer(code, assess(file, [], after)).rule == "permission.threshold"


def test_the_firms_own_facts_come_first_from_their_day_on(firm: Path) -> None:
    file = {"risk_level": "C4", "questionnaire_on": "2026-01-05", "assets_yuan": 3_000_000}
    assert offer("private_fund", assess(file, [], date(2026, 6, 19))).rule == "matrix.risk"  # R5 until then
    assert offer("private_fund", assess(file, [], TODAY)).is_allowed
    assert products_on(TODAY)["bond_fund"].risk == "R2"  # what the firm does not speak of
    firm.write_text("code,risk,kind,effective_on\nbond_fund,R9,fixed_income,2020-01-01\n", encoding="utf-8")
    with pytest.raises(BadInput, match="products-invalid"):
        products_on(TODAY)


MARKS: list[tuple[str, dict[str, Any], str | None]] = [
    ("intent.product", {"product": "equity_fund"}, "matrix.risk"),
    ("intent.product", {"product": "bond_fund"}, "matrix.allowed"),
    ("intent.product", {"product": None}, "matrix.allowed"),
    ("intent.permission", {"permission": "option"}, "matrix.risk"),
    ("funds.idle", {"low": 1}, "matrix.allowed"),
    ("assets.external", {"product": "private_fund"}, "matrix.allowed"),  # what he holds elsewhere is not suggested
    ("family.clue", {"clue": "child"}, None),
    ("risk.appetite", {"level": "aggressive"}, None),
    ("voice.feedback", {"topic": "fee"}, None),
]


@pytest.mark.parametrize(("tag", "value", "rule"), MARKS)
def test_which_tags_suggest_something(tag: str, value: dict[str, Any], rule: str | None) -> None:
    mark = of_tag(tag, value, told())
    assert (mark.rule if mark else None) == rule


@pytest.mark.parametrize(
    ("playbook", "key", "rule"),
    [
        ("product_intent", "equity_fund", "matrix.risk"),
        ("permission", "margin", "matrix.risk"),
        ("idle_funds", None, "matrix.allowed"),
        ("external_assets", "招商银行", "matrix.allowed"),
        ("complaint", "fee", None),
        ("call_back", None, None),
        ("an operator's own", "bond_fund", None),
    ],
)
def test_which_opportunities_suggest_something(playbook: str, key: str | None, rule: str | None) -> None:
    mark = of_playbook(playbook, key, told())
    assert (mark.rule if mark else None) == rule


@pytest.mark.parametrize(
    ("static", "reason"),
    [
        ({}, "没有风险测评等级"),
        ({"risk_level": "C9", "questionnaire_on": "2026-01-01"}, "没有风险测评等级"),
        ({"risk_level": "C5"}, "没有风险测评日期"),
        ({"risk_level": "C5", "questionnaire_on": "2024-06-20"}, "过期"),  # two years to the day
    ],
)
def test_what_is_missing_or_expired_blocks_everything(static: dict[str, str], reason: str) -> None:
    found = assess(static, [], TODAY)
    assert reason in found.blocked
    assert suitable(found) == []
    assert not any(offer(code, found).is_allowed for code in [None, *PRODUCTS, *products_on(TODAY)])


def test_the_last_day_of_the_questionnaire_still_counts() -> None:
    assert not assess({"risk_level": "C5", "questionnaire_on": "2024-06-21"}, [], TODAY).blocked
    leap = {"risk_level": "C5", "questionnaire_on": "2024-02-29"}
    assert not assess(leap, [], date(2026, 2, 28)).blocked
    assert assess(leap, [], date(2026, 3, 1)).is_expired


@pytest.mark.parametrize(
    ("level", "stance", "offer_level", "is_flagged"),
    [
        ("C2", "aggressive", "C2", True),  # flagged, never raised
        ("C5", "aggressive", "C5", False),
        ("C5", "conservative", "C2", True),  # tightened at once
        ("C1", "conservative", "C1", False),
        ("C0", "conservative", "C0", False),
        ("C3", "moderate", "C3", False),
        ("C1", "moderate", "C1", True),
    ],
)
def test_speech_against_the_file(level: str, stance: str, offer_level: str, is_flagged: bool) -> None:
    found = assess({"risk_level": level, "questionnaire_on": "2026-01-01"}, [stance], TODAY)
    assert (found.offer_level, bool(found.conflict)) == (offer_level, is_flagged)


@given(
    st.sampled_from([None, "C9", *LEVELS]),
    st.none() | st.dates(date(2020, 1, 1), TODAY),
    st.sampled_from(INVESTORS),
    st.lists(st.sampled_from([*STANCES, "nonsense"]), max_size=4),
    st.dates(date(2015, 1, 1), date(2035, 1, 1)),
)
def test_no_path_from_speech_to_a_higher_level(
    level: str | None, asked_on: date | None, investor: str | None, spoken: list[str], day: date
) -> None:
    static = {"risk_level": level, "questionnaire_on": asked_on and asked_on.isoformat(), "investor_type": investor}
    silent, told = assess(static, [], day), assess(static, spoken, day)
    assert set(suitable(told)) <= set(suitable(silent))
    for code in [None, *products_on(day)]:
        assert offer(code, told).is_allowed <= offer(code, silent).is_allowed
    assert told.level == silent.level


def test_tables_are_whole() -> None:
    for table in tables():
        assert set(table.highest) == set(table.levels)
        assert set(table.highest.values()) <= set(table.products)
        assert set(table.conflicts) <= set(STANCES)
        assert [rule.id for rule in table.rules] == list(dict.fromkeys(rule.id for rule in table.rules))
        assert {rule.id for rule in table.rules} == set(RULES)
        assert tuple(table.kinds) == KINDS
    assert table_on(date(1990, 1, 1)) is tables()[0]
    for pair in combinations(tables(), 2):
        assert pair[0].effective_on < pair[1].effective_on
    assert all(t.source and t.version for t in thresholds())


@pytest.mark.parametrize(
    ("file", "classes", "highest"),
    [
        ({"risk_level": "C5"}, PRODUCTS, "R5"),
        ({"risk_level": "C5", "age": 16}, [], None),
        ({"risk_level": "C5", "age": 72}, ["R1", "R2", "R3"], "R3"),
        ({"risk_level": "C5", "spoken": ["conservative"]}, ["R1", "R2"], "R2"),
        ({"investor_type": "专业", "age": 16}, [], None),
        ({"investor_type": "专业", "risk_level": None, "questionnaire_on": None}, PRODUCTS, "R5"),
    ],
)
def test_the_classes_that_may_be_offered_are_those_that_the_one_function_allows(
    file: dict[str, Any], classes: list[str], highest: str | None
) -> None:
    customer = told(**file)
    assert (suitable(customer), customer.to_json()["highest_product"]) == (classes, highest)
    for code, fact in products_on(TODAY).items():
        if offer(code, customer).is_allowed:
            assert fact.risk in classes, code
