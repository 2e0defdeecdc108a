"""What people read: every code has a Chinese name, every value a Chinese sentence."""

from datetime import date
from typing import Any

import pytest

from dongke.errors import BadInput
from profiles.labels import amount_text, check_slot, tables, tag_label, value_text
from profiles.parameters import parameters
from profiles.relations import key_of

TODAY = date(2026, 6, 20)
SUM = {"low": 500_000, "high": 500_000}

TEXTS: list[tuple[str, str, dict[str, Any], str]] = [
    ("funds.idle", "affirmed", {**SUM, "available_from": "2026-06-30"}, "约50万元, 6月30日起可用"),
    ("funds.idle", "affirmed", {**SUM, "available_from": "2027-06-30"}, "约50万元, 2027年6月30日起可用"),
    ("funds.idle", "affirmed", {"low": None, "high": None}, "金额未知"),
    ("funds.idle", "negated", {}, "没有闲钱"),
    ("assets.external", "affirmed", {"institution": "工商银行", "institution_type": "bank", "product": "deposit",
     **SUM, "matures_on": "2026-09-30"}, "工商银行 存款 约50万元, 9月30日到期"),
    ("assets.external", "affirmed", {"institution_type": "broker"}, "券商 金额未知"),
    ("assets.external", "negated", {"institution_type": "bank"}, "在银行没有资产"),
    ("assets.external", "negated", {"institution_type": "unknown"}, "别处没有资产"),
    ("intent.product", "affirmed", {"product": "quant"}, "想要量化"),
    ("intent.product", "negated", {"product": "quant"}, "不要量化"),
    ("intent.permission", "affirmed", {"permission": "margin"}, "想开通融资融券"),
    ("risk.appetite", "affirmed", {"level": "aggressive"}, "积极"),
    ("expectation.return", "affirmed", {"low_pct": 5, "high_pct": 5}, "年化约5%"),
    ("expectation.return", "affirmed", {"low_pct": 4.5, "high_pct": None}, "年化4.5%以上"),
    ("contact.time", "affirmed", {"kind": "recurring", "days": ["mon", "tue", "wed", "thu", "fri"], "from": "15:00"},
     "工作日 15:00以后"),
    ("contact.time", "negated", {"kind": "recurring", "days": ["sun", "sat"]}, "周末 不要联系"),
    ("contact.time", "affirmed", {"kind": "once", "date": "2026-06-21", "from": "14:00", "to": "16:00"},
     "6月21日 14:00–16:00"),
    ("contact.time", "affirmed", {"kind": "once"}, "时间未定"),
    ("contact.channel", "negated", {"channel": "sms"}, "不要用短信"),
    ("voice.feedback", "affirmed", {"topic": "fee", "sentiment": "negative"}, "费率: 不满"),
    ("churn.risk", "negated", {"action": "close_account"}, "表示不会销户"),
    ("commitment.advisor", "affirmed", {"action": "call_back", "due_date": "2026-06-21"}, "回电, 6月21日前"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "polarity", "value", "text"), TEXTS)
def test_value_text(tag: str, polarity: str, value: dict[str, Any], text: str) -> None:
    assert value_text(tag, polarity, value, TODAY) == text


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (500_000, 500_000, "约50万元"),
        (2_000_000, 3_000_000, "200万元–300万元"),
        (None, 1_000_000, "不到100万元"),
        (1_000_000, None, "100万元以上"),
        (120_000_000, 120_000_000, "约1.2亿元"),
        (800, 800, "约800元"),
        (185_000, 185_000, "约18.5万元"),
        (0, 0, "约0元"),
    ],
)
def test_amounts(low: int | None, high: int | None, text: str) -> None:
    assert amount_text(low, high) == text


def test_every_tag_has_a_name_slots_and_parameters() -> None:
    names = set(tables()["tags"])
    assert len(names) == 15
    assert names == set(tables()["slots"]) == set(parameters().tags)
    assert tag_label("something.else") == "something.else"


@pytest.mark.parametrize(
    ("tag", "slot", "value", "is_fit"),
    [
        ("intent.product", "product", "quant", True),
        ("intent.product", "product", "量化", False),
        ("churn.risk", "action", "close_account", True),
        ("churn.risk", "action", "call_back", False),  # a promise's action
        ("commitment.advisor", "action", "call_back", True),
        ("funds.idle", "low", 500_000, True),
        ("funds.idle", "low", "500000", False),
        ("funds.idle", "low", -1, False),
        ("funds.idle", "low", True, False),
        ("funds.idle", "low", None, True),
        ("funds.idle", "available_from", "2026-06-31", False),
        ("contact.time", "days", ["mon"], True),
        ("contact.time", "days", ["Montag"], False),
        ("assets.external", "institution", "招商银行", True),
        ("assets.external", "institution", "字" * 61, False),
    ],
)
def test_corrected_values_are_checked(tag: str, slot: str, value: Any, is_fit: bool) -> None:
    if is_fit:
        check_slot(tag, slot, value)
        assert slot in tables()["slots"][tag]
    else:
        with pytest.raises(BadInput, match="value-invalid"):
            check_slot(tag, slot, value)


@pytest.mark.parametrize(
    ("tag", "value", "key"),
    [
        ("assets.external", {"institution": "招商银行", "institution_type": "bank"}, "招商银行"),
        ("assets.external", {"institution": None, "institution_type": "bank"}, "bank"),
        ("intent.permission", {"permission": "margin"}, "margin"),
        ("voice.feedback", {"topic": "fee"}, "fee"),
        ("churn.risk", {"action": "withdraw"}, "withdraw"),
        ("funds.idle", {"low": 1}, None),
        ("contact.time", {"kind": "once"}, None),
    ],
)
def test_keys_are_those_of_the_tracker(tag: str, value: dict[str, Any], key: str | None) -> None:
    assert key_of(tag, value) == key
