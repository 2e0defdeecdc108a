"""Fixtures of the follow-up tests. `differences` compares an answer of the replay with what a story expects."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dongke.clock import beijing

_TIME = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_WHICH = ("customer", "playbook", "key")


@pytest.fixture
def differences() -> Callable[[dict[str, Any], dict[str, Any]], list[str]]:
    """What is missing, too much or different in the second; empty where the answer is right."""
    return _differences


def _differences(expect: dict[str, Any], found: dict[str, Any]) -> list[str]:
    rest, faults = list(found["opportunities"]), []
    for wanted in expect["opportunities"]:
        same = [o for o in rest if all(_agrees(wanted[f], o[f]) for f in _WHICH if f in wanted)]
        if not same:
            faults.append(f"missing {[wanted.get(f) for f in _WHICH]}")
            continue
        best = min(same, key=lambda o: len(_wrong(wanted, o)))
        rest.remove(best)
        faults += _wrong(wanted, best)
    faults += [f"extra {[o[f] for f in _WHICH]}" for o in rest]
    for who, tags in (expect.get("profiles") or {}).items():
        held = found["profiles"].get(who, [])
        faults += [f"profile {who}: {t}" for t in tags if not any(_agrees(t, h) for h in held)]
    for who, numbers in (expect.get("report") or {}).items():
        faults += [f"report {who} {n}" for n, v in numbers.items() if found["report"].get(who, {}).get(n) != v]
    return faults


def _wrong(wanted: dict[str, Any], got: dict[str, Any]) -> list[str]:
    return [f"{got['playbook']} {f}: {got.get(f)!r} not {v!r}" for f, v in wanted.items() if not _agrees(v, got.get(f))]


def _agrees(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, list):
        return any(_agrees(w, got) for w in wanted)
    if isinstance(wanted, dict):
        return isinstance(got, dict) and all(_agrees(v, got.get(k)) for k, v in wanted.items())
    if isinstance(wanted, str) and isinstance(got, str) and _TIME.match(got):
        moment = beijing(datetime.fromisoformat(got))
        if _DATE.match(wanted):
            return str(moment.date()) == wanted
        if _TIME.match(wanted):
            return moment.replace(second=0) == beijing(datetime.fromisoformat(wanted)).replace(second=0)
    return bool(wanted == got)
