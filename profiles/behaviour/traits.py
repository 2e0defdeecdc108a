"""用户属性: what SDKs say of a customer (identify, profile_set …), folded in the order in which it was said (pure).

They are behaviour, not the static file: nothing here is checked by the broker, and none of it reaches suitability.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from profiles.behaviour.dialects import ORIGINAL
from profiles.facts import Event

_NO_TRAITS = frozenset({ORIGINAL, "context"})


def traits_of(events: Iterable[Event]) -> dict[str, Any]:
    """The traits that hold after these events, whatever order they are given in."""
    held: dict[str, Any] = {}
    for e in sorted(events, key=lambda e: e.order):
        change = _CHANGES.get(e.event)
        if change:
            change(held, {name: value for name, value in e.properties.items() if name not in _NO_TRAITS})
    return held


def _set(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    held.update(given)


def _set_once(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    held.update({name: value for name, value in given.items() if name not in held})


def _increment(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    """A number to a number; anything else takes no part. Decimal, so that 0.1 + 0.2 is 0.3."""
    for name, value in given.items():
        old = held.get(name, 0)
        if _is_number(value) and _is_number(old):
            total = Decimal(str(old)) + Decimal(str(value))
            held[name] = int(total) if total == total.to_integral_value() else float(total)


def _append(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    """神策 lists are sets of texts: one more of the same changes nothing."""
    for name, value in given.items():
        old = held.get(name, [])
        if isinstance(old, list):
            more = value if isinstance(value, list) else [value]
            held[name] = [*old, *(x for n, x in enumerate(more) if x not in old and x not in more[:n])]


def _unset(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    for name in given:
        held.pop(name, None)


def _delete(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    held.clear()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_CHANGES: dict[str, Callable[[dict[str, Any], Mapping[str, Any]], None]] = {
    "identify": _set,
    "profile_set_once": _set_once,
    "profile_increment": _increment,
    "profile_append": _append,
    "profile_unset": _unset,
    "profile_delete": _delete,
}
