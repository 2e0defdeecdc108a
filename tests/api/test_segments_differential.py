"""圈选: kept membership equals membership reckoned anew from all facts, after any of many random events."""

import pytest
from sqlmodel import Session

from bench.segments_world import World


@pytest.mark.parametrize("seed", [1, 2])
def test_kept_members_are_those_reckoned_anew(session: Session, seed: int) -> None:
    world = World(session, seed, customers=6)
    happened = set()
    for number in range(60):
        happened.add(world.step())
        if number % 3 == 2:
            assert world.wrong() == []
    assert {"talk", "behave", "file"} <= happened
