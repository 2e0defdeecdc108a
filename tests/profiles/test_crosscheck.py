"""Deeds beside words: what they bear out, what they end, what they speak against – and the look-alikes that do not."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from profiles.merge import fold, tags_at

Make = Callable[..., Any]
At = Callable[[str], datetime]
MONEY = {"low": 500_000, "high": 500_000, "available_from": None}
BANK = {"institution": "工商银行", "institution_type": "bank", "product": "deposit", "low": 500_000, "high": 500_000,
        "matures_on": "2026-12-31"}  # fmt: skip
ELSEWHERE = {"institution": None, "institution_type": "unknown"}
AFTERNOON = {"kind": "recurring", "days": None, "date": None, "from_": "14:00", "to": "18:00"}

# (what he says on 06-08, a deed on 06-12, its kind of support or None)
BORNE_OUT: list[tuple[str, dict[str, Any], str, dict[str, Any], str | None]] = [
    ("funds.idle", MONEY, "deposit", {"amount": 200_000}, "money_in"),
    ("funds.idle", MONEY, "trade", {"side": "sell", "product": "gold", "amount": 100_000}, "redeemed"),
    ("funds.idle", MONEY, "login", {}, None),
    ("assets.external", BANK, "transfer_in", {"institution": "工商银行", "amount": 50_000}, "from_place"),
    ("assets.external", BANK, "transfer_in", {"institution": "工行", "amount": 50_000}, "from_place"),
    ("assets.external", BANK, "transfer_in", {"institution": "建设银行", "amount": 50_000}, None),
    ("assets.external", BANK, "deposit", {"amount": 50_000}, None),
    ("intent.product", {"product": "gold"}, "trade", {"side": "buy", "product": "gold"}, "bought"),
    ("intent.product", {"product": "gold"}, "trade", {"side": "buy", "product": "quant"}, None),
    ("intent.product", {"product": "gold"}, "page_view", {"product": "gold"}, None),  # one view is curiosity
    ("intent.permission", {"permission": "star"}, "permission_opened", {"permission": "star"}, "opened"),
    ("intent.permission", {"permission": "star"}, "permission_opened", {"permission": "bse"}, None),
    ("churn.risk", {"action": "withdraw"}, "withdraw", {"amount": 30_000}, "moved_out"),
    ("churn.risk", {"action": "compare"}, "withdraw", {"amount": 30_000}, None),
    ("contact.time", AFTERNOON, "call_answered", {}, None),  # at midnight
]


@pytest.mark.parametrize(("tag", "slots", "name", "properties", "kind"), BORNE_OUT)
def test_a_deed_bears_a_word_out_and_raises_its_confidence(
    say: Make, event: Make, facts: Make, at: At,
    tag: str, slots: dict[str, Any], name: str, properties: dict[str, Any], kind: str | None,
) -> None:  # fmt: skip
    told, done = say("06-08", tag, **slots, confidence=0.8), event("06-12", name, **properties)
    (found,) = tags_at(facts(told, done), at("06-20"), at("06-20"))
    assert [s.kind for s in found.supports] == ([kind] if kind else [])
    assert (found.confidence > 0.8) is (kind is not None)
    assert [s.event_id for s in found.supports] == ([done.id] if kind else [])
    (before,) = tags_at(facts(told, event("06-01", name, **properties)), at("06-20"), at("06-20"))
    assert before.supports == ()


def test_the_page_names_the_event_that_bears_it_out(say: Make, event: Make, facts: Make, at: At) -> None:
    came = event("06-12", "deposit", amount=200_000)
    (tag,) = fold(facts(say("06-08", "funds.idle", **MONEY), came), at("06-12"), at("06-12")).to_json()["tags"]
    assert tag["support"] == [
        {"kind": "money_in", "text": "6月12日转入20万元", "weight": 0.5, "at": "2026-06-12T00:00:00+08:00",
         "event_id": came.id}
    ]  # fmt: skip
    assert tag["confidence"] == 0.95
    assert "6月12日转入20万元" in tag["explanation"]["text"]


def test_views_and_calls_add_up(say: Make, event: Make, facts: Make, at: At) -> None:
    views = [event(f"06-0{n}", "page_view", product="gold") for n in range(1, 4)]
    calls = [event("06-10T15:00", "call_answered"), event("06-11T09:00", "call_answered")]
    held = facts(
        say("06-08", "intent.product", product="gold"), say("06-08", "contact.time", **AFTERNOON), *views, *calls
    )
    found = {t.tag: [s.kind for s in t.supports] for t in tags_at(held, at("06-20"), at("06-20"))}
    assert found == {"intent.product": ["viewed"], "contact.time": ["answered"]}


def test_a_person_s_word_stays_certain_and_deeds_alone_never_are(
    say: Make, event: Make, verdict: Make, facts: Make, at: At
) -> None:
    told, came = say("06-08", "funds.idle", **MONEY, confidence=0.98), event("06-12", "deposit", amount=200_000)
    (found,) = tags_at(facts(told, came), at("06-12"), at("06-12"))
    assert found.confidence == 0.99
    (sure,) = tags_at(facts(told, came, verdict("06-09", told, "right")), at("06-12"), at("06-12"))
    assert sure.confidence == 1.0


# (polarity, tag, slots, deed, its properties, words of the contradiction or None)
AGAINST: list[tuple[str, str, dict[str, Any], str, dict[str, Any], str | None]] = [
    ("negated", "funds.idle", {}, "deposit", {"amount": 300_000}, "没有闲钱, 6月12日转入30万元"),
    ("negated", "funds.idle", {}, "deposit", {"amount": 3_000}, None),
    ("affirmed", "funds.idle", MONEY, "deposit", {"amount": 300_000}, None),
    (
        "negated",
        "assets.external",
        ELSEWHERE,
        "transfer_in",
        {"institution": "工商银行", "amount": 1},
        "从工商银行转入",
    ),
    ("negated", "assets.external", ELSEWHERE, "deposit", {"amount": 300_000}, None),
    ("negated", "assets.external", {"institution": "建设银行"}, "transfer_in", {"institution": "工商银行"}, None),
    (
        "negated",
        "assets.external",
        {"institution": "工商银行"},
        "transfer_in",
        {"institution": "工行"},
        "从工商银行转入",
    ),
    ("negated", "intent.product", {"product": "gold"}, "trade", {"product": "gold"}, "说不要黄金, 6月12日却买入"),
    ("negated", "intent.product", {"product": "gold"}, "trade", {"product": "quant"}, None),
    ("affirmed", "intent.product", {"product": "gold"}, "redeem", {"product": "gold"}, "说想要黄金, 6月12日却赎回"),
    ("affirmed", "intent.product", {"product": "gold"}, "redeem", {"product": "quant"}, None),
    ("negated", "intent.permission", {"permission": "star"}, "permission_opened", {"permission": "star"}, "却开通了"),
    ("negated", "churn.risk", {"action": "withdraw"}, "withdraw", {"amount": 200_000}, "说会留下, 6月12日转出20万元"),
    ("negated", "churn.risk", {"action": "withdraw"}, "withdraw", {"amount": 2_000}, None),
    ("affirmed", "churn.risk", {"action": "close_account"}, "deposit", {"amount": 200_000}, "说要销户"),
]


@pytest.mark.parametrize(("polarity", "tag", "slots", "name", "properties", "words"), AGAINST)
def test_a_deed_speaks_against_a_word(
    say: Make, event: Make, facts: Make, at: At,
    polarity: str, tag: str, slots: dict[str, Any], name: str, properties: dict[str, Any], words: str | None,
) -> None:  # fmt: skip
    told = say("06-08", tag, polarity, **slots)
    page = fold(facts(told, event("06-12", name, **properties)), at("06-13"), at("06-13"))
    assert [c.kind for c in page.contradictions] == (["against_deeds"] if words else [])
    if words:
        (found,) = page.contradictions
        assert words in found.text
        assert found.question.endswith("?")
        assert page.next_question is not None
        assert found.text in [line.text for line in page.three_lines]
    assert fold(facts(told, event("06-01", name, **properties)), at("06-13"), at("06-13")).contradictions == ()


def test_hours_that_are_named_and_never_answered(say: Make, event: Make, facts: Make, at: At) -> None:
    told = say("06-08", "contact.time", **AFTERNOON)
    missed = [event(f"06-{n}T15:00", "call_unanswered") for n in (10, 11, 12)]
    (found,) = fold(facts(told, *missed), at("06-13"), at("06-13")).contradictions
    assert found.text == "客户说14:00–18:00方便, 这个时段3次都没接"
    mornings = [event(f"06-{n}T09:00", "call_unanswered") for n in (10, 11, 12)]
    assert fold(facts(told, *mornings), at("06-13"), at("06-13")).contradictions == ()
    once_taken = event("06-11T15:30", "call_answered")
    assert fold(facts(told, *missed, once_taken), at("06-13"), at("06-13")).contradictions == ()


def test_every_contradiction_has_the_question_that_settles_it(
    say: Make, event: Make, on_file: Make, facts: Make, at: At
) -> None:
    held = facts(
        say("06-01", "risk.appetite", level="conservative"),
        say("06-08", "risk.appetite", level="aggressive"),
        say("06-08", "intent.product", "negated", product="gold"),
        event("06-12", "trade", product="gold"),
        on_file("01-05", risk_level="C2", questionnaire_on="2026-01-05"),
    )
    page = fold(held, at("06-13"), at("06-13")).to_json()
    assert [c["kind"] for c in page["contradictions"]] == ["against_file", "against_deeds", "changed_mind"]
    assert all(c["question"] for c in page["contradictions"])
    assert page["next_question"]["text"] == page["contradictions"][0]["question"]


# --- speech against the file, end to end


@pytest.mark.parametrize(
    ("filed", "said", "offer", "flagged"),
    [
        ("C2", "aggressive", "C2", True),  # flagged, never raised
        ("C1", "aggressive", "C1", True),
        ("C4", "aggressive", "C4", False),
        ("C4", "conservative", "C2", True),  # tightened at once
        ("C1", "conservative", "C1", False),  # nothing is raised by caution either
        ("C3", "moderate", "C3", False),
    ],
)
def test_speech_tightens_and_never_raises(
    say: Make, on_file: Make, facts: Make, at: At, filed: str, said: str, offer: str, flagged: bool
) -> None:
    held = facts(
        say("06-08", "risk.appetite", level=said), on_file("01-05", risk_level=filed, questionnaire_on="2026-01-05")
    )
    page = fold(held, at("06-08T00:00"), at("06-08T00:00")).to_json()
    assert page["suitability"]["offer_level"] == offer
    assert [c["kind"] for c in page["contradictions"]] == (["against_file"] if flagged else [])
    if flagged:
        assert page["three_lines"][0]["text"] == page["contradictions"][0]["text"]


# --- the call-back that is kept

WINDOW = {"kind": "once", "date": "2026-06-10", "from_": "15:00", "to": "17:00"}
OPEN_END = {**WINDOW, "to": None}
SOME_DAY = {"kind": "once", "date": None, "from_": None, "to": None}
BACK = {"action": "call_back", "due_date": "2026-06-10"}

# (tag, slots, contact, how it stands on 06-11)
KEPT: list[tuple[str, dict[str, Any], str, str, str]] = [
    ("contact.time", WINDOW, "06-10T15:20", "call_answered", "6月10日已按约联系"),
    ("contact.time", WINDOW, "06-10T14:40", "call_answered", "6月10日已按约联系"),  # half an hour early counts
    ("contact.time", WINDOW, "06-10T10:00", "call_answered", "约定的时间已过"),  # too early
    ("contact.time", WINDOW, "06-10T15:20", "call_unanswered", "约定的时间已过"),
    ("contact.time", OPEN_END, "06-10T18:00", "call_answered", "6月10日已按约联系"),
    ("contact.time", SOME_DAY, "06-09T10:00", "call_answered", "6月9日已按约联系"),
    ("contact.time", SOME_DAY, "06-08T16:00", "call_answered", ""),  # the same day is not "in a few days"
    ("commitment.advisor", BACK, "06-10T09:00", "call_answered", "6月10日已回电"),
    ("commitment.advisor", BACK, "06-10T09:00", "call_unanswered", "承诺的日子已过"),
    ("commitment.advisor", {**BACK, "action": "meet"}, "06-10T09:00", "call_answered", "承诺的日子已过"),
    (
        "commitment.advisor",
        {"action": "send_material", "due_date": None},
        "06-09T09:00",
        "material_sent",
        "6月9日已发送资料",
    ),
    ("contact.time", AFTERNOON, "06-09T15:00", "call_answered", ""),  # a habit is not used up by a call
]


@pytest.mark.parametrize(("tag", "slots", "when", "name", "reason"), KEPT)
def test_a_promised_call_is_settled_by_the_call(
    say: Make, event: Make, facts: Make, at: At, tag: str, slots: dict[str, Any], when: str, name: str, reason: str
) -> None:
    told = say("06-08T10:00", tag, **slots)
    (found,) = tags_at(facts(told, event(when, name)), at("06-11"), at("06-11"))
    assert (found.status.value, found.reason) == ("expired" if reason else "active", reason)


def test_a_talk_or_a_chat_settles_it_too_but_not_the_talk_itself(say: Make, event: Make, facts: Make, at: At) -> None:
    promise = say("06-10T09:00", "commitment.advisor", **BACK, talk="K1")
    same = say("06-10T09:00", "risk.appetite", level="moderate", talk="K1")
    itself = event("06-10T09:00", "call_answered")
    (found, _) = tags_at(facts(promise, same, itself), at("06-10T20:00"), at("06-10T20:00"))
    assert found.status.value == "active"
    tagged = say("06-10T16:00", "risk.appetite", level="moderate", talk="K2")
    for name in ("chat_answered", "call_answered"):  # kept by the talk itself, also where nothing was read in it
        for told in ((promise,), (promise, tagged)):
            held = facts(*told, event("06-10T16:00", name))
            found = next(t for t in tags_at(held, at("06-10T20:00"), at("06-10T20:00")) if t.tag == promise.tag)
            assert (found.status.value, found.reason) == ("expired", "6月10日已回电")


def test_what_came_in_is_told_on_its_day_and_of_several_up_to_the_last(
    say: Make, event: Make, facts: Make, at: At
) -> None:
    told = say("06-08", "funds.idle", "negated")
    first, second = event("06-12", "deposit", amount=200_000), event("06-15", "transfer_in", amount=100_000)
    assert _against(facts(told, first), at) == ["客户说没有闲钱, 6月12日转入20万元"]
    assert _against(facts(told, first, second), at) == ["客户说没有闲钱, 截至6月15日共转入30万元"]
    leaving = say("06-08", "churn.risk", action="close_account")
    assert _against(facts(leaving, first, second), at) == ["客户说要销户, 截至6月15日却共转入30万元"]
    money = say("06-08", "funds.idle", **MONEY)
    spent = [event(on, "withdraw", amount=150_000) for on in ("06-12", "06-15")]
    (gone,) = tags_at(facts(money, *spent), at("06-20"), at("06-20"))
    assert gone.reason == "截至6月15日闲钱已共转出 30万元"


def _against(held: Any, at: At) -> list[str]:
    return [c.text for c in fold(held, at("06-16"), at("06-16")).contradictions]


@pytest.mark.parametrize(
    ("name", "properties", "reason"),
    [
        ("withdraw", {"amount": 300_000}, "6月12日闲钱已转出 30万元"),
        ("transfer_out", {"amount": 250_000}, "6月12日闲钱已转出 25万元"),
        ("withdraw", {"amount": 3_000}, ""),
    ],
)
def test_idle_money_that_goes_out_is_no_longer_idle(
    say: Make, event: Make, facts: Make, at: At, name: str, properties: dict[str, Any], reason: str
) -> None:
    held = facts(say("06-08", "funds.idle", **MONEY), event("06-12", name, **properties))
    (found,) = tags_at(held, at("06-20"), at("06-20"))
    assert (found.status.value, found.reason) == ("expired" if reason else "active", reason)
