"""What must hold for every order and every graph: links merge nobody, and a merge taken back leaves nothing behind."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from dongke.clock import BEIJING
from profiles.facts import CustomerFacts
from profiles.identity import service as identity
from profiles.identity.grouping import Link, canonical_of, joining_link, members_of
from profiles.identity.households import household_of
from profiles.identity.identifiers import HANDOVER, JOINT
from profiles.identity.ownership import Told, holders, holdings
from profiles.identity.service import Asked, Claim
from profiles.merge import fold
from profiles.models import IdentityLink
from profiles.service import profile_of

PEOPLE = [f"C{n}" for n in range(1, 7)]
START = datetime(2026, 3, 2, 9, tzinfo=BEIJING)
END = START + timedelta(days=60)
DATABASE = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

moments = st.integers(0, 40).map(lambda days: START + timedelta(days=days))
pairs = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(PEOPLE)).filter(lambda pair: pair[0] != pair[1])
steps = st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), pairs, moments), max_size=8)
told = st.lists(
    st.builds(Told, st.sampled_from(PEOPLE[:3]), moments, st.none() | moments),
    max_size=7,
    unique_by=lambda t: (t.customer_id, t.from_at),
)


class Book:
    """Links as profiles/identity/persons.py writes them: told one after the other, true from any time on."""

    def __init__(self) -> None:
        self.links: list[Link] = []

    def merge(self, first: str, second: str, at: datetime) -> Link | None:
        into, who = canonical_of(first, self.links), canonical_of(second, self.links)
        return self._add(who, into, at) if into != who else None

    def unmerge(self, first: str, second: str, at: datetime) -> Link | None:
        joint = joining_link(first, second, self.links)
        return self._add(joint.customer_id, joint.customer_id, max(at, joint.at), joint.id) if joint else None

    def _add(self, who: str, into: str, at: datetime, undoes: str | None = None) -> Link:
        number = len(self.links)
        known_at = START + timedelta(hours=number // 2)  # two at a time: the number keeps their order
        self.links.append(Link(f"L{number:09d}", who, into, at, known_at, undoes=undoes))
        return self.links[-1]


def pages(facts: CustomerFacts, links: Iterable[Link], times: Iterable[tuple[datetime, datetime]]) -> list[bytes]:
    """The profile of everybody at these times, as bytes."""
    found = []
    for who in PEOPLE:
        held = CustomerFacts(who, facts.assertions, (), facts.events, facts.snapshots, tuple(links))
        for as_of, known_at in times:
            page = fold(held, as_of, known_at).to_json()
            found.append(json.dumps(page, ensure_ascii=False, sort_keys=True).encode())
    return found


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_merge_then_unmerge_is_the_identity(
    data: st.DataObject, say: Callable[..., Any], event: Callable[..., Any], on_file: Callable[..., Any]
) -> None:
    def day() -> str:
        return f"{data.draw(moments):%m-%d}"

    who = st.sampled_from(PEOPLE)
    spoken = [
        say(day(), "intent.product", data.draw(st.sampled_from(["affirmed", "negated"])), talk=f"K{n}", **more)
        for n in range(data.draw(st.integers(0, 5)))
        for more in [{"product": data.draw(st.sampled_from(["gold", "bond_fund"])), "customer_id": data.draw(who)}]
    ]
    done = [event(day(), "trade", id=f"E{n}", customer_id=data.draw(who)) for n in range(data.draw(st.integers(0, 3)))]
    filed = {
        (c := data.draw(who)): on_file(day(), c, risk_level=data.draw(st.sampled_from(["C1", "C4"]))) for _ in "ab"
    }
    facts = CustomerFacts("", tuple(spoken), (), tuple(done), tuple(filed.values()))

    book = Book()
    for verb, pair, at in data.draw(steps):
        getattr(book, verb)(*pair, at)
    before = list(book.links)
    pair, at, until = data.draw(pairs), data.draw(moments), data.draw(moments)
    if book.merge(*pair, at) is None:
        return
    assert members_of(pair[0], book.links) == members_of(pair[1], book.links)
    undone = book.unmerge(*pair, until)
    assert undone is not None
    times = [(as_of, END) for as_of in (START, data.draw(moments), END) if not at <= as_of < undone.at]
    times += [(END, before[-1].known_at - timedelta(seconds=1))] if before else []
    assert pages(facts, book.links, times) == pages(facts, before, times)


@given(told, st.permutations(range(7)), moments, st.sampled_from([HANDOVER, JOINT]))
def test_who_holds_an_identifier_does_not_depend_on_the_order(
    claims: list[Told], order: list[int], at: datetime, succession: str
) -> None:
    shuffled = [claims[n] for n in order if n < len(claims)]
    assert holdings(shuffled, succession) == holdings(claims, succession)
    found = holders(claims, at, succession)
    assert found <= {t.customer_id for t in claims if t.from_at <= at}


@given(told, st.sampled_from([HANDOVER, JOINT]))
def test_telling_it_again_while_it_holds_changes_nothing(claims: list[Told], succession: str) -> None:
    held = holdings(claims, succession)
    for h in held:
        middle = h.from_at + timedelta(hours=1)
        if h.covers(middle) and (middle, h.customer_id) not in {(t.from_at, t.customer_id) for t in claims}:
            again = [*claims, Told(h.customer_id, middle, h.until)]
            assert {(x.customer_id, x.from_at, x.until) for x in holdings(again, succession)} == {
                (x.customer_id, x.from_at, x.until) for x in held
            }


VALUES = {"phone": ["13900001231", "13900001232"], "device": ["tablet-1", "tablet-2"], "openid": ["oAbc123"]}
claims_of_three = st.lists(
    st.builds(
        lambda pair, who, at: Claim(*pair, who, at),
        st.sampled_from([(kind, value) for kind, values in VALUES.items() for value in values]),
        st.sampled_from(PEOPLE[:3]),
        moments,
    ),
    min_size=1,
    max_size=8,
)


@DATABASE
@given(claims_of_three, st.randoms(use_true_random=False), st.lists(moments, min_size=1, max_size=3))
def test_no_order_of_links_merges_anybody_or_changes_a_profile(
    branch: Session, claims: list[Claim], order: Any, times: list[datetime]
) -> None:
    ids = PEOPLE[:3]
    asked = [Asked(at, [pair]) for at in times for kind in VALUES for pair in [(kind, v) for v in VALUES[kind]]]
    asked += [Asked(at, [(kind, values[0]) for kind, values in VALUES.items()]) for at in times]

    def page(who: str) -> str:
        return json.dumps(profile_of(branch, who, as_of=END, known_at=END).to_json(), ensure_ascii=False)

    bare = [page(who) for who in ids]
    answers = []
    for one_by_one in (False, True):
        shuffled = list(claims)
        order.shuffle(shuffled)
        nested = branch.begin_nested()
        for batch in [[c] for c in shuffled] if one_by_one else [shuffled]:
            assert identity.link_many(branch, batch) == []
        answers.append(
            (
                [(r.customer_id, r.by, r.others) for r in identity.resolve_many(branch, asked)],
                [household_of(branch, who, at) for who in ids for at in times],
            )
        )
        assert [identity.members(branch, who) for who in ids] == [[who] for who in ids]
        assert branch.exec(select(IdentityLink)).all() == []
        assert [page(who) for who in ids] == bare
        nested.rollback()
        branch.expire_all()
    assert answers[0] == answers[1]
    for edge in (e for h in answers[0][1] for e in h.edges):
        assert edge.customer_id != edge.other_id


@DATABASE
@given(st.lists(st.tuples(st.sampled_from(["merge", "unmerge"]), pairs, moments), max_size=5), pairs, moments)
def test_the_database_merges_as_the_pure_book_does(
    branch: Session, told_steps: list[tuple[str, tuple[str, str], datetime]], pair: tuple[str, str], at: datetime
) -> None:
    ids = PEOPLE[:3]
    small = [(verb, p, when) for verb, p, when in [*told_steps, ("merge", pair, at)] if set(p) <= set(ids)]
    book = Book()
    nested = branch.begin_nested()
    for verb, two, when in small:
        found = getattr(identity, verb)(branch, *two, when, "guan", known_at=END)
        assert (found is None) == (getattr(book, verb)(*two, when) is None)
    for who in ids:
        assert identity.canonical(branch, who) == canonical_of(who, book.links)
        assert set(identity.members(branch, who)) == members_of(who, book.links)
    nested.rollback()
    branch.expire_all()
