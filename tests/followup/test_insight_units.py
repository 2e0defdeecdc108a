"""Units of an experiment: customers, and households by what they share; whose list one may read."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from dongke.directory import Advisor, Branch, set_owner
from dongke.errors import NotFound
from dongke.scope import Principal, Role
from followup.attribution.units import components, units
from followup.scope import readable_advisor
from profiles.identity import service as identity

LONG_AGO = datetime.fromisoformat("2026-01-05T09:00:00+08:00")
LATER = LONG_AGO + timedelta(days=90)


@pytest.fixture
def firm(session: Session, monkeypatch: pytest.MonkeyPatch) -> Session:
    """A1 (deputy A2) and A2 in B1, A3 in B2; C1–C5 of A1."""
    session.add_all([Branch(id="B1", name="一部"), Branch(id="B2", name="二部")])
    session.flush()
    session.add_all(
        [
            Advisor(id="A1", name="甲", branch_id="B1", deputies=["A2"]),
            Advisor(id="A2", name="乙", branch_id="B1"),
            Advisor(id="A3", name="丙", branch_id="B2"),
        ]
    )
    session.flush()
    for number in range(1, 6):
        set_owner(session, f"C{number}", "A1", LONG_AGO)
    return session


def test_a_household_is_one_unit_and_through_others_too(firm: Session) -> None:
    for phone, family in (("13611112222", ("C2", "C3")), ("13722223333", ("C3", "C4"))):
        for who in family:
            identity.link(firm, "phone", phone, who, LONG_AGO, shared=True)
    people = [f"C{n}" for n in range(1, 6)]
    assert units(firm, people, "household", LATER) == {"C1": "C1", "C2": "C2", "C3": "C2", "C4": "C2", "C5": "C5"}
    assert units(firm, ["C4"], "household", LATER) == {"C4": "C2"}
    assert units(firm, people, "household", LONG_AGO - timedelta(days=1))["C4"] == "C4"
    assert units(firm, people, "customer", LATER)["C4"] == "C4"


@given(st.sets(st.integers(0, 9)), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_components_are_the_closure_of_edges_named_by_the_smallest(ids: set[int], edges: list[tuple[int, int]]) -> None:
    names = {str(n) for n in ids} | {str(n) for edge in edges for n in edge}
    joined = [frozenset(map(str, edge)) for edge in edges]
    found = components(names, joined)
    for edge in joined:
        assert len({found[who] for who in edge}) == 1
    for who in names:
        assert found[who] <= who
        assert found[found[who]] == found[who]
    lonely = names - {who for edge in joined if len(edge) > 1 for who in edge}
    assert all(found[who] == who for who in lonely)


@pytest.mark.parametrize(
    ("principal", "advisor", "may"),
    [
        (Principal("a", Role.ADVISOR, advisor_id="A1"), "A1", True),
        (Principal("a", Role.ADVISOR, advisor_id="A2"), "A1", True),
        (Principal("a", Role.ADVISOR, advisor_id="A1"), "A2", False),
        (Principal("a", Role.ADVISOR), "A1", False),
        (Principal("m", Role.MANAGER, branch_id="B1"), "A2", True),
        (Principal("m", Role.MANAGER, branch_id="B1"), "A3", False),
        (Principal("m", Role.MANAGER), "A3", True),
        (Principal("c", Role.COMPLIANCE), "A3", True),
        (Principal("r", Role.ADMIN), "nobody", False),
        (Principal("i", Role.INGEST), "A1", False),
    ],
)
def test_whose_list_one_may_read(firm: Session, principal: Principal, advisor: str, may: bool) -> None:
    if may:
        assert readable_advisor(firm, principal, advisor).id == advisor
        return
    with pytest.raises(NotFound, match="advisor-unknown"):
        readable_advisor(firm, principal, advisor)
