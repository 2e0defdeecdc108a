"""Random conditions over the whole vocabulary, for property tests."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from hypothesis import strategies as st

from profiles.segments.kinds import KINDS, MAX_DAYS, MAX_TRADING_DAYS
from profiles.segments.tree import Group, Leaf, Not, Tree, leaf, normal, to_json
from profiles.segments.vocabulary import Field, vocabulary

_WORDS = st.text("招商银行ABC12 且或()、,有没", min_size=1, max_size=6).filter(lambda t: bool(t.strip()))


def _cents(low: int, high: int) -> st.SearchStrategy[Any]:
    def number(cents: int) -> int | float:
        return cents // 100 if cents % 100 == 0 else cents / 100

    return st.one_of(st.integers(low, high), st.integers(low * 100, high * 100).map(number))


def _compared(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(_ends(values), st.tuples(st.sampled_from(["above", "below"]), values).map(lambda p: {p[0]: p[1]}))


def _ends(values: st.SearchStrategy[Any], low: str = "at_least", high: str = "at_most") -> st.SearchStrategy[Any]:
    pair = st.tuples(values, values).map(sorted).map(lambda p: {low: p[0], high: p[1]})
    return st.one_of(values.map(lambda v: {low: v}), values.map(lambda v: {high: v}), pair)


def _clock(told: tuple[int, int]) -> str:
    return f"{told[0]:02}:{told[1]:02}"


def operands(f: Field) -> st.SearchStrategy[dict[str, Any]]:
    """Operands of the field in normal form."""
    known = st.booleans().map(lambda b: {"known": b})
    if f.type in ("choice", "choices"):
        op = "in" if f.type == "choice" else "any_of"
        some = st.sets(st.sampled_from(sorted(f.labels)), min_size=1, max_size=4)
        return st.one_of(known, some.map(lambda found: {op: [c for c in f.labels if c in found]}))
    if f.type == "text":
        return st.one_of(known, st.lists(_WORDS, min_size=1, max_size=3, unique=True).map(lambda v: {"in": v}))
    if f.type == "flag":
        return st.one_of(known, st.booleans().map(lambda b: {"is": b}))
    if f.type == "moment":
        ops = st.sampled_from(["within_days", "over_days"])
        return st.one_of(known, st.tuples(ops, st.integers(0, MAX_DAYS)).map(lambda p: {p[0]: p[1]}))
    if f.type == "date":
        days = st.dates(date(1990, 1, 1), date(2090, 12, 31)).map(date.isoformat)
        plain = st.tuples(st.sampled_from(["next_days", "last_days", "over_days"]), st.integers(0, MAX_DAYS))
        trading = st.tuples(
            st.sampled_from(["in_trading_days", "within_trading_days"]), st.integers(0, MAX_TRADING_DAYS)
        )
        return st.one_of(known, st.one_of(plain, trading).map(lambda p: {p[0]: p[1]}), _ends(days, "from", "until"))
    if f.type == "clock":
        return st.one_of(known, _ends(st.integers(0, 1440).map(lambda n: divmod(n, 60)).map(_clock)))
    if f.type == "score":
        return st.one_of(
            known, _compared(st.integers(0, 10_000).map(lambda n: n // 10_000 if n % 10_000 == 0 else n / 10_000))
        )
    if f.step:
        tens = st.integers(-10 if f.signed else 0, 10).map(lambda n: n * f.step)
        return st.one_of(known, _compared(tens))
    return st.one_of(known, _compared(_cents(-(10**9) if f.signed else 0, 10**12)))


@st.composite
def leaf_trees(draw: st.DrawFn) -> Leaf:
    told = draw(st.sampled_from(sorted(vocabulary().attributes.values(), key=lambda a: a.id)))
    if not told.is_collection:
        return leaf(told.id, {"": draw(operands(told.value))})
    fields = draw(st.lists(st.sampled_from(told.shown), max_size=3, unique_by=lambda f: f.name))
    return leaf(told.id, {f.name: draw(operands(f)) for f in fields})


def _grown(inner: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(inner.map(Not), parts.map(lambda p: Group("all", p)), parts.map(lambda p: Group("any", p)))


trees: st.SearchStrategy[Tree] = st.recursive(st.one_of(leaf_trees(), st.just(Group("all", ()))), _grown, max_leaves=8)

_TOLD = [*vocabulary().attributes, *(op for kind in KINDS.values() for op in kind.operators)]
_NAMES = st.sampled_from([*_TOLD, "all", "any", "not", "attribute", "where", "is", "amount", "from", ""])
_ODD = st.sampled_from(
    ["24:59", "15:3０", "１５:３０", "25:00", "\ud800", "\0", "2026-02-30", "９", "5", 10**400, 1e308, -0.0]
)
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), _NAMES, _ODD)
any_json: st.SearchStrategy[Any] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_NAMES, st.text()), inner, max_size=3)
    ),
    max_leaves=6,
)


def _places(row: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with every key of it."""
    for key, inner in list(row.items() if isinstance(row, dict) else enumerate(row) if isinstance(row, list) else ()):
        yield row, key
        yield from _places(inner)


@st.composite
def spoiled_trees(draw: st.DrawFn) -> Any:
    """A good condition in JSON, with any JSON at one place of it – a value, or another name for a key."""
    whole = {"tree": to_json(normal(draw(trees)))}
    place, key = draw(st.sampled_from(list(_places(whole))))
    if isinstance(place, dict) and place is not whole and draw(st.booleans()):
        place[draw(st.one_of(_NAMES, st.text(max_size=5)))] = place.pop(key)
    else:
        place[key] = draw(any_json)
    return whole["tree"]
