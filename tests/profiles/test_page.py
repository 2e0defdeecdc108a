"""The page of a customer: contradictions first, three lines, one question; the same bytes for the same question."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from profiles.merge import fold

Make = Callable[..., Any]
At = Callable[[str], datetime]
MONEY = {"low": 500_000, "high": 500_000, "available_from": "2026-06-30"}
FILED = {"risk_level": "C2", "questionnaire_on": "2026-01-05", "permissions": ["star"], "cash_yuan": 520_000}


def test_the_page_shows_everything_with_its_proof(say: Make, on_file: Make, facts: Make, at: At) -> None:
    held = facts(
        say("06-08", "funds.idle", **MONEY),
        say("06-09", "risk.appetite", level="aggressive"),
        say("06-07", "risk.appetite", level="conservative"),
        on_file("01-05", **FILED),
    )
    page = fold(held, at("06-10"), at("06-10")).to_json()
    assert list(page).index("contradictions") < list(page).index("tags")
    assert [c["kind"] for c in page["contradictions"]] == ["against_file", "changed_mind"]
    idle = next(t for t in page["tags"] if t["tag"] == "funds.idle")
    assert idle["text"] == "闲置资金 约50万元, 6月30日起可用"
    assert (idle["age_days"], idle["label"], idle["status"]) == (2, "闲置资金", "active")
    assert idle["evidence"] == [
        {
            "conversation_id": "K06-08", "utterance": 1, "quote": "K06-08 的原话", "start_ms": None, "end_ms": None,
            "speaker": "customer", "said_at": "2026-06-08T00:00:00+08:00",
        }
    ]  # fmt: skip
    assert "账户现金52万元" in idle["explanation"]["text"]
    assert page["static"]["permission_labels"] == ["科创板"]
    assert page["suitability"]["offer_level"] == "C2"
    assert page["three_lines"][0]["text"].startswith("口头风险态度积极")
    assert "风险测评" in page["next_question"]["text"]
    assert json.dumps(page) == json.dumps(fold(held, at("06-10"), at("06-10")).to_json())


def test_three_lines_put_the_leaving_customer_first(say: Make, facts: Make, at: At) -> None:
    told = [
        say("06-08", "family.clue", clue="retirement"),
        say("06-08", "funds.idle", **MONEY),
        say("06-08", "intent.permission", permission="star"),
        say("06-08", "churn.risk", action="transfer_out"),
        say("06-08", "contact.busy"),
    ]
    lines = fold(facts(*told), at("06-08T12:00"), at("06-08T12:00")).three_lines
    assert [line.text.split(":")[0] for line in lines] == ["流失风险", "闲置资金", "权限功能开通意向"]


def test_of_nothing_nothing_is_said(facts: Make, at: At) -> None:
    page = fold(facts(), at("06-08"), at("06-08")).to_json()
    assert (page["tags"], page["three_lines"], page["next_question"], page["contradictions"]) == ([], [], None, [])


HORIZON = ("expectation.horizon", "affirmed", {"term": "short"})
STANCE = ("risk.appetite", "affirmed", {"level": "moderate"})
BANK = {"institution": "工商银行", "institution_type": "bank", "product": "deposit", "low": 1_000_000,
        "high": 1_000_000, "matures_on": "2026-12-01"}  # fmt: skip

QUESTIONS: list[tuple[list[tuple[str, str, dict[str, Any]]], str | None]] = [
    ([("funds.idle", "affirmed", {"low": None, "high": None})], "大概有多少"),
    ([("funds.idle", "affirmed", MONEY)], "打算放多久"),
    ([("funds.idle", "affirmed", MONEY), HORIZON], "多大的波动"),
    ([("funds.idle", "affirmed", MONEY), HORIZON, STANCE], None),
    ([("funds.idle", "negated", {})], None),
    ([("assets.external", "affirmed", {**BANK, "institution": None})], "哪家银行"),
    ([("assets.external", "affirmed", {**BANK, "low": None, "high": None})], "工商银行大概放了多少"),
    ([("assets.external", "affirmed", {**BANK, "matures_on": None})], "什么时候到期"),
    ([("assets.external", "affirmed", {**BANK, "matures_on": None, "product": "stock"})], None),  # shares do not mature
    ([("assets.external", "affirmed", BANK)], None),
    ([("churn.risk", "affirmed", {"action": "close_account"})], "哪方面不满意"),
    ([("churn.risk", "affirmed", {"action": "close_account"}),
      ("voice.feedback", "affirmed", {"topic": "fee", "sentiment": "negative"})], None),
    ([("churn.risk", "negated", {"action": "close_account"})], None),
]  # fmt: skip


@pytest.mark.parametrize(("told", "question"), QUESTIONS)
def test_next_question(say: Make, facts: Make, at: At, told: list[Any], question: str | None) -> None:
    held = facts(*(say("06-08", tag, polarity, **slots) for tag, polarity, slots in told))
    asked = fold(held, at("06-09"), at("06-09")).next_question
    assert (asked is None) if question is None else (asked is not None and question in asked.text)


def test_an_expired_holding_is_asked_again(say: Make, facts: Make, at: At) -> None:
    held = facts(say("06-08", "assets.external", **{**BANK, "matures_on": "2026-06-20"}))
    asked = fold(held, at("06-25"), at("06-25")).next_question
    assert asked is not None
    assert (asked.text, asked.reason) == (
        "之前您提过外部资产 (工商银行 存款 约100万元, 6月20日到期), 现在怎么安排了?",
        "到期日已过, 续存还是转出要重新问",
    )


def test_cash_on_the_account_against_no_spare_money(say: Make, on_file: Make, facts: Make, at: At) -> None:
    told = say("06-08", "funds.idle", "negated")
    rich, poor = (fold(facts(told, on_file("06-01", cash_yuan=c)), at("06-09"), at("06-09")) for c in (300_000, 900))
    assert [c.text for c in rich.contradictions] == ["客户说没有闲钱, 账户现金30万元"]
    assert poor.contradictions == ()
