"""Lives told in scenarios.yaml: what opens, what counts, what only looks like it; and every cause names its record."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from dongke.clock import beijing
from dongke.types import Channel
from followup.history import Ownership
from followup.opportunity import Opportunity, Source

TOLD = yaml.safe_load((Path(__file__).parent / "scenarios.yaml").read_text(encoding="utf-8"))
LEAST = 60


def tell(life: Any, row: dict[str, Any]) -> None:
    """One line of a life."""
    options, when = dict(row), row["at"]
    options.pop("at")
    if "say" in row:
        say = options.pop("say")
        lines = TOLD["talks"][say] if isinstance(say, str) else say
        tags = tuple(tuple(TOLD["tags"][name]) for name in options.pop("tags", ()))
        if "advisor" in options:
            options["advisor_id"] = options.pop("advisor")
        if "customer" in options:
            options["customer_id"] = options.pop("customer")
        if "channel" in options:
            options["channel"] = Channel(options["channel"])
        if "known_at" in options:
            options["known_at"] = life.moment(options["known_at"])
        life.talk(when, *lines, tags=tags, **options)
    elif "attempt" in row:
        life.attempt(when, row["attempt"])
    elif "note" in row:
        life.note(when, row["note"])
    elif "manual" in row:
        life.manual(when, row["manual"], advisor=row.get("advisor", "A1"))
    elif "owner" in row:
        life.owner(when, row["owner"])
    elif "merge" in row:
        life.ownerships.append(Ownership(row["merge"], life.moment("05-01 09:00"), "A1"))
        life.merge(when, row["merge"])
    else:
        life.event(when, row["event"], **row.get("properties", {}))


def agrees(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, list):
        return any(agrees(one, got) for one in wanted)
    return bool((f"{beijing(got):%m-%d %H:%M}" if hasattr(got, "astimezone") else got) == wanted)


def is_grounded(o: Opportunity) -> bool:
    """Whether each change of state names utterances, or a record of what happened."""
    return all(bool(c.event) or (c.conversation is not None and c.evidence) for c in o.causes)


@pytest.mark.parametrize("scenario", TOLD["scenarios"], ids=lambda s: s["name"].replace(" ", "-"))
def test_scenario(life: Any, scenario: dict[str, Any]) -> None:
    life.branches = scenario.get("branches", {})
    for row in scenario["life"]:
        tell(life, row)
    found = life.until(scenario["until"])
    assert len(found) == len(scenario["expect"])
    for wanted, o in zip(scenario["expect"], sorted(found, key=lambda o: (o.opened_at, str(o.key))), strict=True):
        differences = {name: getattr(o, name) for name, value in wanted.items() if not agrees(value, getattr(o, name))}
        assert differences == {}
        assert is_grounded(o)
        assert o.causes[-1].state is o.state
        assert {c.source for c in o.causes} <= set(Source)


def test_there_are_enough_of_them() -> None:
    names = [scenario["name"] for scenario in TOLD["scenarios"]]
    assert len(set(names)) == len(names) >= LEAST
