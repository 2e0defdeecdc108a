"""Merge and unmerge over links alone: a merge undone leaves nothing behind."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from profiles.identity.grouping import Link, canonical_of, joining_link, members_of
from profiles.merge import fold

START = datetime(2026, 6, 1, tzinfo=UTC)
PEOPLE = [f"C{n}" for n in range(7)]


class Book:
    """Links as the identity module writes them."""

    def __init__(self) -> None:
        self.links: list[Link] = []

    def merge(self, first: str, second: str) -> None:
        into, who = canonical_of(first, self.links), canonical_of(second, self.links)
        if into != who:
            self._add(who, into)

    def unmerge(self, first: str, second: str) -> None:
        joint = joining_link(first, second, self.links)
        if joint:
            self._add(joint.customer_id, joint.customer_id, joint.id)

    def groups(self) -> set[frozenset[str]]:
        return {members_of(who, self.links) for who in PEOPLE}

    def _add(self, who: str, into: str, undoes: str | None = None) -> None:
        at = START + timedelta(minutes=len(self.links))
        self.links.append(Link(f"L{len(self.links):06d}", who, into, at, at, undoes=undoes))


pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] != pair[1])


@given(st.lists(pairs, max_size=8), pairs)
def test_merge_then_unmerge_restores(history: list[tuple[str, str]], pair: tuple[str, str]) -> None:
    book = Book()
    for first, second in history:
        book.merge(first, second)
    before = book.groups()
    if joining_link(*pair, book.links):
        return
    book.merge(*pair)
    assert members_of(pair[0], book.links) == members_of(pair[1], book.links)
    book.unmerge(*pair)
    assert book.groups() == before


@given(st.lists(st.tuples(st.booleans(), pairs), max_size=12))
def test_everyone_always_has_exactly_one_group(steps: list[tuple[bool, tuple[str, str]]]) -> None:
    book = Book()
    for is_merge, pair in steps:
        (book.merge if is_merge else book.unmerge)(*pair)
    assert sorted(who for group in book.groups() for who in group) == PEOPLE
    for who in PEOPLE:
        assert canonical_of(who, book.links) in members_of(who, book.links)


def test_a_ring_of_links_entered_out_of_order_still_has_one_answer() -> None:
    links = [Link(f"L{a}", a, b, START, START) for a, b in (("C1", "C2"), ("C2", "C3"), ("C3", "C1"))]
    assert {canonical_of(who, links) for who in ("C1", "C2", "C3")} == {"C1"}
    assert members_of("C2", links) == {"C1", "C2", "C3"}


def test_facts_of_both_fold_under_the_first_and_part_again(
    say: Callable[..., Any], facts: Callable[..., Any], at: Callable[[str], datetime]
) -> None:
    one = say("06-01", "intent.product", product="gold")
    two = say("06-02", "intent.product", "negated", product="gold", customer_id="C2")
    links = [
        Link("L0", "C2", "C1", at("06-05"), at("06-05")),
        Link("L1", "C2", "C2", at("06-10"), at("06-10"), undoes="L0"),
    ]
    for who, own in (("C1", "affirmed"), ("C2", "negated")):
        held = facts(one, two, *links, who=who)
        for day in ("06-04", "06-11"):
            apart = fold(held, at(day), at(day))
            assert (apart.customer_id, [(t.polarity, t.status.value) for t in apart.tags]) == (who, [(own, "active")])
        merged = fold(held, at("06-06"), at("06-06"))
        assert (merged.customer_id, merged.members) == ("C1", ("C1", "C2"))
        assert [t.status.value for t in merged.tags] == ["active", "contradicted"]
        assert {s.customer_id for t in merged.tags for s in t.statements} == {"C1", "C2"}
