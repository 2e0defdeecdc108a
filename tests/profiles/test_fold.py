"""The fold: what stays, what gives way, what ends – each case beside the one that looks like it and is not."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profiles.facts import CustomerFacts, Statement
from profiles.merge import current_tags, fold, tags_at

At = Callable[[str], datetime]
Make = Callable[..., Any]

MONEY = {"low": 500_000, "high": 500_000, "available_from": None}
MORE = {"low": 800_000, "high": 800_000, "available_from": None}
BANK = {
    "institution": "工商银行", "institution_type": "bank", "product": "deposit", "low": 300_000, "high": 300_000,
    "matures_on": "2026-09-30",
}  # fmt: skip
APP_BAD, APP_GOOD, APP_WISH = ({"topic": "app", "sentiment": s} for s in ("negative", "positive", "suggestion"))
ONCE = {"kind": "once", "date": "2026-06-10"}
AFTERNOON = {"kind": "recurring", "days": None, "date": None, "from_": "14:00", "to": "18:00"}

# (what was said, in order) → (tag, polarity, status) of every tag on 2026-06-20, sorted
CHANGES: list[tuple[str, list[tuple[Any, ...]], list[tuple[str, str]]]] = [
    ("wish then refusal", [("06-08", "intent.product", "affirmed", {"product": "quant"}),
      ("06-09", "intent.product", "negated", {"product": "quant"})],
     [("affirmed", "contradicted"), ("negated", "active")]),
    ("refusal of another product leaves the wish", [("06-08", "intent.product", "affirmed", {"product": "quant"}),
      ("06-09", "intent.product", "negated", {"product": "trust"})],
     [("affirmed", "active"), ("negated", "active")]),
    ("wish, refusal, wish again", [("06-08", "intent.permission", "affirmed", {"permission": "margin"}),
      ("06-09", "intent.permission", "negated", {"permission": "margin"}),
      ("06-10", "intent.permission", "affirmed", {"permission": "margin"})],
     [("affirmed", "active"), ("affirmed", "contradicted"), ("negated", "contradicted")]),
    ("the same twice is one", [("06-08", "intent.permission", "affirmed", {"permission": "bse"}),
      ("06-09", "intent.permission", "affirmed", {"permission": "bse"})],
     [("affirmed", "active")]),
    ("two permissions are two", [("06-08", "intent.permission", "affirmed", {"permission": "bse"}),
      ("06-09", "intent.permission", "affirmed", {"permission": "star"})],
     [("affirmed", "active"), ("affirmed", "active")]),
    ("money told twice is not added", [("06-08", "funds.idle", "affirmed", MONEY),
      ("06-10", "funds.idle", "affirmed", {**MONEY, "low": 520_000, "high": 520_000})],
     [("affirmed", "active")]),
    ("another amount takes its place", [("06-08", "funds.idle", "affirmed", MONEY),
      ("06-10", "funds.idle", "affirmed", MORE)],
     [("affirmed", "active"), ("affirmed", "contradicted")]),
    ("another amount that comes later is other money", [("06-08", "funds.idle", "affirmed", MONEY),
      ("06-10", "funds.idle", "affirmed", {**MORE, "available_from": "2026-08-01"})],
     [("affirmed", "active"), ("affirmed", "active")]),
    ("an unknown amount is filled in", [("06-08", "funds.idle", "affirmed", {**MONEY, "low": None, "high": None}),
      ("06-10", "funds.idle", "affirmed", MONEY)],
     [("affirmed", "active")]),
    ("no spare money after all", [("06-08", "funds.idle", "affirmed", MONEY),
      ("06-10", "funds.idle", "negated", {"low": None, "high": None, "available_from": None})],
     [("affirmed", "contradicted"), ("negated", "active")]),
    ("two amounts of one talk are two facts", [("06-08", "funds.idle", "affirmed", MONEY),
      ("06-08", "funds.idle", "affirmed", MORE)],
     [("affirmed", "active"), ("affirmed", "active")]),
    ("nothing in banks denies the bank", [("06-08", "assets.external", "affirmed", BANK),
      ("06-10", "assets.external", "negated", {"institution": None, "institution_type": "bank"})],
     [("affirmed", "contradicted"), ("negated", "active")]),
    ("nothing with brokers leaves the bank", [("06-08", "assets.external", "affirmed", BANK),
      ("06-10", "assets.external", "negated", {"institution": None, "institution_type": "broker"})],
     [("affirmed", "active"), ("negated", "active")]),
    ("another product at the bank is another holding", [("06-08", "assets.external", "affirmed", BANK),
      ("06-10", "assets.external", "affirmed", {**BANK, "product": "insurance", "matures_on": None})],
     [("affirmed", "active"), ("affirmed", "active")]),
    ("a new stance", [("06-08", "risk.appetite", "affirmed", {"level": "conservative"}),
      ("06-10", "risk.appetite", "affirmed", {"level": "aggressive"})],
     [("affirmed", "active"), ("affirmed", "contradicted")]),
    ("praise after a complaint of the same", [("06-08", "voice.feedback", "affirmed", APP_BAD),
      ("06-10", "voice.feedback", "affirmed", APP_GOOD)],
     [("affirmed", "active"), ("affirmed", "contradicted")]),
    ("a suggestion is no change of mind", [("06-08", "voice.feedback", "affirmed", APP_BAD),
      ("06-10", "voice.feedback", "affirmed", APP_WISH)],
     [("affirmed", "active"), ("affirmed", "active")]),
    ("not in the afternoon any more", [("06-08", "contact.time", "affirmed", AFTERNOON),
      ("06-10", "contact.time", "negated", {**AFTERNOON, "from_": "13:00"})],
     [("affirmed", "contradicted"), ("negated", "active")]),
    ("not at week-ends leaves the afternoons", [("06-08", "contact.time", "affirmed", AFTERNOON),
      ("06-10", "contact.time", "negated", {**AFTERNOON, "days": ["sat", "sun"], "from_": None, "to": None})],
     [("affirmed", "active"), ("negated", "active")]),
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
def test_changes_of_mind(say: Make, facts: Make, at: At, said: list[Any], expected: list[tuple[str, str]]) -> None:
    told = [say(on, tag, polarity, **slots) for on, tag, polarity, slots in said]
    tags = tags_at(facts(*told), at("06-20"), at("06-20"))
    assert sorted((t.polarity, t.status.value) for t in tags) == expected


# (tag, slots, event name, event properties, status after)
ENDINGS: list[tuple[str, dict[str, Any], str, dict[str, Any], str]] = [
    ("intent.product", {"product": "quant"}, "trade", {"product": "quant", "side": "buy", "amount": 1000}, "expired"),
    ("intent.product", {"product": "quant"}, "trade", {"product": "quant", "side": "sell"}, "active"),
    ("intent.product", {"product": "quant"}, "trade", {"product": "gold", "side": "buy"}, "active"),
    ("intent.product", {"product": "quant"}, "page_view", {"product": "quant"}, "active"),
    ("intent.permission", {"permission": "star"}, "permission_opened", {"permission": "star"}, "expired"),
    ("intent.permission", {"permission": "star"}, "permission_opened", {"permission": "bse"}, "active"),
    ("assets.external", BANK, "transfer_in", {"institution": "工商银行", "amount": 200_000}, "expired"),
    ("assets.external", BANK, "transfer_in", {"institution": "工商银行", "amount": 50_000}, "active"),
    ("assets.external", BANK, "transfer_in", {"institution": "工行", "amount": 200_000}, "expired"),
    ("assets.external", BANK, "transfer_in", {"institution": "建设银行", "amount": 300_000}, "active"),
    ("assets.external", BANK, "transfer_in", {"amount": 300_000}, "active"),
    ("funds.idle", MONEY, "trade", {"side": "buy", "amount": 300_000, "product": "gold"}, "expired"),
    ("funds.idle", MONEY, "trade", {"side": "buy", "amount": 3_000, "product": "gold"}, "active"),
    ("funds.idle", MONEY, "deposit", {"amount": 500_000}, "active"),
    ("churn.risk", {"action": "transfer_out"}, "transfer_out", {"amount": 1}, "expired"),
    ("churn.risk", {"action": "withdraw"}, "withdraw", {"amount": 200_000}, "expired"),
    ("churn.risk", {"action": "withdraw"}, "withdraw", {"amount": 2_000}, "active"),
    ("churn.risk", {"action": "compare"}, "account_closed", {}, "expired"),
]


@pytest.mark.parametrize(("tag", "slots", "name", "properties", "status"), ENDINGS)
def test_events_end_what_they_settle(
    say: Make, event: Make, facts: Make, at: At,
    tag: str, slots: dict[str, Any], name: str, properties: dict[str, Any], status: str,
) -> None:  # fmt: skip
    told = say("06-08", tag, **slots)
    (found,) = tags_at(facts(told, event("06-12", name, **properties)), at("06-20"), at("06-20"))
    assert found.status.value == status
    before = facts(told, event("06-01", name, **properties))
    assert tags_at(before, at("06-20"), at("06-20"))[0].status.value == "active"


# (tag, slots, last day it holds, first day it does not)
DATES: list[tuple[str, dict[str, Any], str, str]] = [
    ("assets.external", BANK, "09-30T23:59", "10-01T00:00"),
    ("funds.idle", {**MONEY, "available_from": "2026-07-01"}, "08-30T12:00", "08-31T00:00"),
    ("contact.time", {**ONCE, "from_": "15:00", "to": "16:00"}, "06-10T15:59", "06-10T16:00"),
    ("contact.time", {**ONCE, "from_": None, "to": None}, "06-10T23:00", "06-11T00:00"),
    ("contact.time", {**ONCE, "date": None, "from_": None, "to": None}, "06-22T09:59", "06-22T10:00"),
    ("contact.time", AFTERNOON, "11-30T10:00", "2028-06-08T10:00"),  # a habit: only silence ends it
    ("commitment.advisor", {"action": "call_back", "due_date": "2026-06-10"}, "06-10T20:00", "06-11T00:00"),
    ("contact.busy", {}, "06-08T23:00", "06-09T10:01"),
]  # fmt: skip


@pytest.mark.parametrize(("tag", "slots", "holds", "ended"), DATES)
def test_dates_end_what_they_bound(
    say: Make, facts: Make, at: At, tag: str, slots: dict[str, Any], holds: str, ended: str
) -> None:
    held = facts(say("06-08T10:00", tag, **slots))
    assert current_tags(held, at(holds))[0]["status"] == "active"
    assert current_tags(held, at(ended))[0]["status"] == "expired"


def test_a_wish_after_the_purchase_is_a_new_wish(say: Make, event: Make, facts: Make, at: At) -> None:
    first, again = say("06-08", "intent.product", product="gold"), say("06-16", "intent.product", product="gold")
    bought = event("06-12", "trade", side="buy", product="gold", amount=1000)
    tags = tags_at(facts(first, again, bought), at("06-20"), at("06-20"))
    assert [(t.status.value, len(t.statements)) for t in tags] == [("active", 1), ("expired", 1)]


def test_strength_halves_with_each_half_life_and_starts_anew_when_repeated(say: Make, facts: Make, at: At) -> None:
    once = facts(say("06-01", "funds.idle", **MONEY, confidence=0.8))
    day0, day30 = (current_tags(once, at(day))[0]["strength"] for day in ("06-01", "07-01"))
    assert (day0, day30) == (0.8, 0.4)
    twice = facts(*once.assertions, say("07-01", "funds.idle", **MONEY, confidence=0.8))
    (tag,) = tags_at(twice, at("07-01"), at("07-01"))
    assert tag.strength == pytest.approx(0.96)
    assert len(tag.quotes) == 2


def test_silence_ends_a_tag_and_a_repetition_brings_the_same_one_back(say: Make, facts: Make, at: At) -> None:
    old = say("01-05", "intent.product", product="gold")
    assert current_tags(facts(old), at("12-01"))[0]["status"] == "expired"
    (tag,) = tags_at(facts(old, say("11-30", "intent.product", product="gold")), at("12-01"), at("12-01"))
    assert tag.status.value == "active"


def test_wrong_removes_at_once_and_what_it_had_contradicted_stands_again(
    say: Make, verdict: Make, facts: Make, at: At
) -> None:
    wish, refusal = (
        say("06-08", "intent.product", product="quant"),
        say("06-09", "intent.product", "negated", product="quant"),
    )
    held = facts(wish, refusal, verdict("06-10", refusal, "wrong"))
    assert _statuses(held, at("06-10")) == [("affirmed", "active"), ("negated", "removed")]
    assert _statuses(held, at("06-09")) == [("affirmed", "contradicted"), ("negated", "active")]  # fmt: skip


def test_wrong_follows_the_fact_through_a_new_reading_but_not_what_is_said_later(
    say: Make, verdict: Make, facts: Make, at: At
) -> None:
    old = say("06-08", "funds.idle", **MONEY, talk="K1", id="old", superseded="06-11")
    new = say("06-08", "funds.idle", **MONEY, talk="K1", id="new", known="06-11")
    wrong = verdict("06-10", old, "wrong")
    assert _statuses(facts(old, new, wrong), at("06-20")) == [("affirmed", "removed")]
    later = say("06-15", "funds.idle", **MONEY)
    assert _statuses(facts(old, new, wrong, later), at("06-20")) == [("affirmed", "active"), ("affirmed", "removed")]


def test_corrected_pins_the_value_with_who_and_when(say: Make, verdict: Make, facts: Make, at: At) -> None:
    told = say("06-08", "funds.idle", **MONEY, confidence=0.6)
    held = facts(told, verdict("06-10", told, "corrected", low=5_000_000, high=5_000_000))
    page = fold(held, at("06-11"), at("06-11")).to_json()
    (tag,) = page["tags"]
    assert (tag["value"]["low"], tag["confidence"], tag["source"]) == (5_000_000, 1.0, "corrected")
    assert tag["corrections"][0] | {"value": None} == {
        "verdict": "corrected", "by": "A1", "at": "2026-06-10T00:00:00+08:00", "value": None, "before": MONEY,
    }  # fmt: skip
    assert tag["evidence"][0]["quote"] == told.evidence[0].quote
    repeated = facts(*held.assertions, *held.feedback, say("06-12", "funds.idle", **MORE))
    assert [t["status"] for t in current_tags(repeated, at("06-13"))] == ["active", "contradicted"]


def test_right_makes_certain_and_the_newest_verdict_counts(say: Make, verdict: Make, facts: Make, at: At) -> None:
    told = say("06-08", "family.clue", clue="retirement", confidence=0.5)
    right, wrong = verdict("06-09", told, "right"), verdict("06-10", told, "wrong")
    (tag,) = tags_at(facts(told, right), at("06-09"), at("06-09"))
    assert tag.confidence == 1.0
    assert _statuses(facts(told, right, wrong), at("06-11")) == [("affirmed", "removed")]
    taken_back = verdict("06-12", told, "right")
    assert _statuses(facts(told, right, wrong, taken_back), at("06-13")) == [("affirmed", "active")]


def test_a_verdict_on_a_whole_tag_removes_each_fact_said_before(say: Make, verdict: Make, facts: Make, at: At) -> None:
    two = [say("06-08", "intent.product", product=p) for p in ("gold", "quant")]
    other = say("06-08", "intent.permission", permission="star")
    held = facts(*two, other, verdict("06-10", None, "wrong", tag="intent.product"))
    assert sorted(t["status"] for t in current_tags(held, at("06-11"))) == ["active", "removed", "removed"]


def test_known_at_hides_what_came_later(say: Make, facts: Make, at: At) -> None:
    late = say("06-08", "funds.idle", **MONEY, known="06-15")
    assert current_tags(facts(late), at("06-10"), at("06-14")) == []
    assert len(current_tags(facts(late), at("06-10"), at("06-15"))) == 1
    assert current_tags(facts(late), at("06-07"), at("06-30")) == []


def _statuses(held: CustomerFacts, when: datetime) -> list[tuple[str, str]]:
    return sorted((t.polarity, t.status.value) for t in tags_at(held, when, when))


PIECES = [
    ("funds.idle", "affirmed", MONEY), ("funds.idle", "affirmed", MORE), ("funds.idle", "negated", {}),
    ("assets.external", "affirmed", BANK), ("assets.external", "negated", {"institution_type": "unknown"}),
    ("intent.product", "affirmed", {"product": "gold"}), ("intent.product", "negated", {"product": "gold"}),
    ("risk.appetite", "affirmed", {"level": "aggressive"}), ("churn.risk", "affirmed", {"action": "withdraw"}),
    ("contact.time", "affirmed", AFTERNOON), ("voice.feedback", "affirmed", {"topic": "fee", "sentiment": "negative"}),
]  # fmt: skip
DAYS = [f"06-{n:02d}" for n in range(1, 29)]


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[str, str, int, int]]:
    """Facts of a life: (day, kind, which, lag of knowledge in days)."""
    kinds = st.sampled_from(["say", "say", "say", "event", "file", "verdict"])
    return draw(
        st.lists(
            st.tuples(st.sampled_from(DAYS), kinds, st.integers(0, 10), st.integers(0, 20)), min_size=1, max_size=14
        )
    )


@settings(max_examples=60, deadline=None)
@given(life=lives(), order=st.randoms(use_true_random=False), day=st.sampled_from(DAYS), known=st.sampled_from(DAYS))
def test_order_does_not_matter_and_the_past_can_be_asked_again(
    say: Make, event: Make, verdict: Make, on_file: Make, facts: Make, at: At,
    life: list[tuple[str, str, int, int]], order: Any, day: str, known: str,
) -> None:  # fmt: skip
    pieces = _build(life, say, event, verdict, on_file, at)
    shuffled = list(pieces)
    order.shuffle(shuffled)
    answer = fold(facts(*pieces), at(day), at(known)).to_json()
    assert fold(facts(*shuffled), at(day), at(known)).to_json() == answer
    # what was answered then, from the facts known then, is what is answered now about then
    then = [p for p in pieces if p.known_at <= at(known)]
    assert json.dumps(fold(facts(*then), at(day), at(known)).to_json()) == json.dumps(answer)


def _build(life: Any, say: Make, event: Make, verdict: Make, on_file: Make, at: At) -> list[Any]:
    pieces: list[Any] = []
    said: list[Statement] = []
    for n, (on, kind, which, lag) in enumerate(life):
        if kind == "say":
            tag, polarity, slots = PIECES[which]
            known = (at(on) + timedelta(days=lag)).date().isoformat()
            told = say(on, tag, polarity, **slots, talk=f"K{n}", known=known)
            said.append(told)
            pieces.append(told)
        elif kind == "event":
            pieces.append(
                event(on, ("trade", "deposit", "login")[which % 3], id=str(n), amount=100_000 * which, product="gold")
            )
        elif kind == "file":
            pieces.append(on_file(on, risk_level=f"C{which % 5 + 1}", cash_yuan=which * 50_000))
        elif said:
            word = ("right", "wrong", "corrected")[which % 3]
            rest = {"low": 1} if word == "corrected" else {}
            pieces.append(verdict(on, said[which % len(said)], word, **rest))
    return pieces
