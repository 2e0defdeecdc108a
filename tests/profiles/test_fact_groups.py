"""One fact told in several talks: which tellings are its, and what a verdict on it reaches – with their look-alikes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from profiles.fact_groups import tellings
from profiles.facts import CustomerFacts
from profiles.merge import tags_at

At = Callable[[str], datetime]
Make = Callable[..., Any]

BANK = {
    "institution": "招商银行",
    "institution_type": "bank",
    "product": None,
    "low": None,
    "high": None,
    "matures_on": None,
}
DEPOSIT = {**BANK, "product": "deposit", "low": 500_000, "high": 500_000}
DUE = {**BANK, "matures_on": "2026-08-30"}
IDLE = {"low": None, "high": None, "available_from": None}


def money(yuan: int) -> dict[str, Any]:
    return {**IDLE, "low": yuan, "high": yuan}


def live(held: CustomerFacts, when: datetime) -> list[dict[str, Any]]:
    return [dict(t.value) for t in tags_at(held, when, when) if t.is_live]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (DEPOSIT, DUE, [{**DEPOSIT, **{"matures_on": "2026-08-30"}}]),
        (DUE, DEPOSIT, [{**DEPOSIT, **{"matures_on": "2026-08-30"}}]),
        ({**DEPOSIT, "matures_on": "2026-08-30"}, {**BANK, "matures_on": "2026-09-30"}, None),  # two dates: two sums
        ({**DUE, "institution": "工商银行"}, DEPOSIT, None),
        ({**DUE, "product": "insurance"}, DEPOSIT, None),
        ({**DUE, "low": 900_000, "high": 900_000}, DEPOSIT, None),  # two amounts
    ],
)
def test_an_amount_and_a_maturity_of_two_talks_are_one_holding(
    say: Make, facts: Make, at: At, first: dict[str, Any], second: dict[str, Any], expected: list[Any] | None
) -> None:
    told = say("06-01", "assets.external", **first), say("06-05", "assets.external", **second)
    found = live(facts(*told), at("06-12"))
    assert found == expected if expected else len(found) == 2


def test_money_that_is_free_now_is_not_put_off_by_a_sum_to_come(say: Make, facts: Make, at: At) -> None:
    now, later = say("06-01", "funds.idle", **money(500_000)), {**IDLE, "available_from": "2026-07-20"}
    assert len(live(facts(now, say("06-05", "funds.idle", **later)), at("06-12"))) == 2
    assert len(live(facts(now, say("06-05", "funds.idle", **IDLE)), at("06-12"))) == 1


def test_of_several_holdings_the_one_that_is_repeated_is_told_again(say: Make, facts: Make, at: At) -> None:
    due = say(
        "06-01", "assets.external", **{**BANK, "low": 800_000, "high": 800_000, "matures_on": "2026-08-30"}, talk="K"
    )
    other = say("06-01", "assets.external", **DEPOSIT, talk="K", id="z")
    tags = tags_at(facts(due, other, say("06-05", "assets.external", **DUE)), at("06-12"), at("06-12"))
    assert {t.value["low"]: len(t.statements) for t in tags} == {800_000: 2, 500_000: 1}


def test_a_correction_of_one_slot_keeps_the_others(say: Make, verdict: Make, facts: Make, at: At) -> None:
    whole = say("06-01", "assets.external", **{**DEPOSIT, "matures_on": "2026-08-30"})
    again = say("06-05", "assets.external", **{**BANK, "low": 500_000, "high": 500_000})
    right = verdict("06-11", again, "corrected", low=800_000, high=800_000)
    found = {**DEPOSIT, "low": 800_000, "high": 800_000, "matures_on": "2026-08-30"}
    assert live(facts(whole, again, right), at("06-12")) == [found]
    emptied = verdict("06-11", again, "corrected", matures_on=None)  # a slot that he empties is empty
    assert live(facts(whole, again, emptied), at("06-12")) == [DEPOSIT]


def test_a_correction_takes_nothing_from_a_fact_that_was_over(say: Make, verdict: Make, facts: Make, at: At) -> None:
    over = say("06-01", "assets.external", **{**DEPOSIT, "matures_on": "2026-06-03"})
    anew = say("06-05", "assets.external", **{**BANK, "low": 500_000, "high": 500_000})
    held = facts(over, anew, verdict("06-11", anew, "corrected", low=800_000, high=800_000))
    assert live(held, at("06-12")) == [{**BANK, "low": 800_000, "high": 800_000}]


def test_wrong_takes_every_telling_of_the_fact_and_no_other_fact(say: Make, verdict: Make, facts: Make, at: At) -> None:
    insured = {**BANK, "product": "insurance", "low": 300_000, "high": 300_000}
    said = [
        say("06-01", "assets.external", **{**DEPOSIT, "matures_on": "2026-08-30"}),
        say("06-02", "assets.external", **insured),
        say("06-05", "assets.external", **DUE),  # fits both where it is held against single tellings
    ]
    held = facts(*said, verdict("06-11", said[2], "wrong"))
    assert live(held, at("06-12")) == [insured]
    (gone,) = [t for t in tags_at(held, at("06-12"), at("06-12")) if not t.is_live]
    assert (len(gone.statements), gone.value["low"], gone.value["product"]) == (2, 500_000, "deposit")


def test_small_steps_are_no_repetition_of_the_first_amount(say: Make, facts: Make, at: At) -> None:
    steps = [say(f"06-0{n}", "funds.idle", **money(round(1_000_000 * 1.1**n))) for n in range(1, 6)]
    tags = tags_at(facts(*steps), at("06-12"), at("06-12"))
    assert [len(t.statements) for t in tags] == [1, 2, 2]
    near = [say(f"06-0{n}", "funds.idle", **money(yuan)) for n, yuan in ((1, 1_000_000), (2, 1_050_000), (3, 950_000))]
    assert [len(t.statements) for t in tags_at(facts(*near), at("06-12"), at("06-12"))] == [3]


def test_the_tellings_of_a_statement(say: Make, at: At) -> None:
    first, again = say("06-01", "assets.external", **DEPOSIT), say("06-05", "assets.external", **DUE, id="b")
    other = say("06-06", "assets.external", **{**DEPOSIT, "institution": "工商银行"})
    said = [other, again, first]
    assert tellings(said, again) == tellings(said, first) == (first, again)
    assert tellings(said, first, at("06-03")) == (first,)
    reread = say("06-05", "assets.external", **DUE, talk=again.conversation_id, id="c")
    assert tellings([first, reread], again) == (first, reread)  # the talk was read anew
    assert tellings([first], again) == (first,)
    assert tellings([other], again) == ()
