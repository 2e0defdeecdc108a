"""填空: what is offered to a slot, and which option is chosen."""

from dataclasses import replace

import pytest

from dongke.types import Polarity
from nlp import train_slots
from nlp.document import Candidate, Document, Mark
from nlp.learned.options import GROUPS, Group, Option, options
from nlp.learned.slots import Chooser
from nlp.pipeline import analyze, prepare
from tests.nlp.talk import talk

BY = {group.name: group for group in GROUPS}
IDLE = {"low": 300000, "high": 300000, "available_from": None}


def candidate(tag: str, value: dict[str, object], *turns: int, polarity: str = "affirmed") -> Candidate:
    return Candidate(tag, value, tuple(Mark(turn, 0, 1) for turn in turns), "learned", Polarity(polarity))


def offered(document: Document, found: Candidate, group: Group) -> set[tuple[object, ...]]:
    return {option.value for option in options(document, found, group)}


def test_every_sum_around_the_evidence_is_offered_and_none() -> None:
    document = prepare(talk("我有三十万", "A: 都闲着吗", "二十万拿去交首付了,剩十万"))
    found = offered(document, candidate("funds.idle", IDLE, 0), BY["funds.idle.amount"])
    assert found == {(300000, 300000), (200000, 200000), (100000, 100000), (None, None)}


def test_a_bare_hour_is_offered_for_both_halves_of_the_day() -> None:
    document = prepare(talk("八点以后打给我吧"))
    wish = candidate("contact.time", {"kind": "recurring", "days": None, "date": None, "from": "08:00", "to": None}, 0)
    found = offered(document, wish, BY["contact.time.hours"])
    assert {("08:00", None), ("20:00", None), (None, None)} <= found
    assert "contact.time.day" not in {g.name for g in _groups(wish)}  # a habit has no date


def test_a_part_of_the_day_is_not_moved_to_the_other_half() -> None:
    document = prepare(talk("上午打给我吧"))
    wish = candidate("contact.time", {"kind": "once", "days": None, "date": None, "from": "09:00", "to": "12:00"}, 0)
    assert offered(document, wish, BY["contact.time.hours"]) == {("09:00", "12:00"), (None, None)}


def test_what_was_refused_has_no_sum() -> None:
    assert not list(_groups(candidate("funds.idle", IDLE, 0, polarity="negated")))


def _groups(found: Candidate) -> list[Group]:
    from nlp.learned.options import groups_of

    return list(groups_of(found))


def test_the_rules_value_stands_where_nothing_speaks_against_it() -> None:
    document = prepare(talk("我有三十万"))
    found = candidate("funds.idle", IDLE, 0)
    assert Chooser({}).fill(document, [found]) == [found]


def test_two_tags_never_come_to_say_the_same() -> None:
    document = prepare(talk("我有三十万闲着", "下个月还有二十万"))
    first = candidate("funds.idle", IDLE, 0)
    second = candidate("funds.idle", {**IDLE, "low": 200000, "high": 200000}, 1)
    wants_largest = Chooser({"funds.idle.amount": {"larger 0": 5.0}})
    assert [c.value["low"] for c in wants_largest.fill(document, [first, second])] == [300000, 200000]


def test_what_sets_right_options_apart_is_learned() -> None:
    lessons = [
        ("我有三十万,其中二十万要交首付", 300000, 300000),
        ("卡上五十万,其中八万要交学费", 500000, 500000),
        ("手里十五万,其中三万要还贷款", 150000, 150000),
        ("一共六十万,其中九万要装修", 600000, 600000),
    ]
    taught = []
    for words, low, high in lessons:
        found = candidate("funds.idle", {"low": None, "high": None, "available_from": None}, 0)
        gold = {"low": low, "high": high, "available_from": None}
        taught += list(train_slots.blanks(prepare(talk(words)), found, gold))
    chooser = Chooser(train_slots.fit(taught))
    document = prepare(talk("账上有四十万,其中七万要交首付"))
    filled = chooser.fill(document, [candidate("funds.idle", {**IDLE, "low": 70000, "high": 70000}, 0)])
    assert filled[0].value["low"] == 400000


def test_a_blank_without_a_wrong_option_teaches_nothing() -> None:
    document = prepare(talk("行"))
    nothing = {"low": None, "high": None, "available_from": None}
    assert not list(train_slots.blanks(document, candidate("funds.idle", nothing, 0), nothing))


@pytest.mark.parametrize(
    ("turns", "hours"),
    [
        (("上午有课,下午三点以后打给我",), ("15:00", None)),
        (("A: 那我晚上八点打给您方便吗", "八点还在加班,九点吧", "A: 好,九点打给您"), ("21:00", None)),
    ],
)
def test_the_hour_that_is_agreed_on_is_chosen(turns: tuple[str, ...], hours: tuple[str, str | None]) -> None:
    found = [t for t in analyze(talk(*turns)) if t.tag == "contact.time" and t.polarity is Polarity.AFFIRMED]
    assert [(t.value["from"], t.value["to"]) for t in found] == [hours]


def test_an_option_is_known_by_its_place() -> None:
    option = Option((1, 1), frozenset({"said"}), 3, 0, 2)
    assert replace(option, turn=4) != option
