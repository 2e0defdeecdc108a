"""同一判定的 SQL: a condition over the stored rows of all customers at once.

The checks are those of `checks.passes`; the tests hold both to the same answer for random conditions and rows.
"""

from operator import ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, Float, Numeric, Text, and_, cast, false, func, literal, or_, true
from sqlalchemy.dialects.postgresql import array
from sqlmodel import col, select

from profiles.segments import kinds
from profiles.segments.checks import DAY_SECONDS, AnyOf, Between, Check, Fades, Is, Known, Moment, OneOf
from profiles.segments.models import SegmentItem, SegmentRow
from profiles.segments.tree import Group, Leaf, Not, Tree
from profiles.segments.vocabulary import VALUE


def condition(tree: Tree, moment: Moment) -> ColumnElement[bool]:
    """The condition on `SegmentRow` that keeps those who belong to the tree at that moment. Never NULL."""
    if isinstance(tree, Group):
        parts = [condition(part, moment) for part in tree.parts]
        return and_(true(), *parts) if tree.op == "all" else or_(false(), *parts)
    if isinstance(tree, Not):
        return ~condition(tree.part, moment)
    return _collection(tree, moment) if tree.told.is_collection else _value(tree, moment)


def _value(leaf: Leaf, moment: Moment) -> ColumnElement[bool]:
    data = col(SegmentRow.values)
    found = [_check(c, data, moment, leaf.attribute) for f, ops in leaf.whole for c in kinds.checks_of(f, ops, moment)]
    known: ColumnElement[bool] = func.coalesce(and_(*found), literal(False))
    return known


def _collection(leaf: Leaf, moment: Moment) -> ColumnElement[bool]:
    data = col(SegmentItem.data)
    found = [_check(c, data, moment) for f, ops in leaf.whole for c in kinds.checks_of(f, ops, moment)]
    fitting = select(SegmentItem.customer_id).where(SegmentItem.collection == leaf.told.source, *found)
    return col(SegmentRow.customer_id).in_(fitting)


def _check(check: Check, data: Any, moment: Moment, name: str = VALUE) -> ColumnElement[bool]:
    if isinstance(check, Fades):
        return _between(_strength(data, moment), check)
    key = name or check.key
    if isinstance(check, Known):
        known: ColumnElement[bool] = data.has_key(key)
        return known if check.wanted else ~known
    if isinstance(check, AnyOf):
        return data[key].has_any(array(check.values, type_=Text))  # type: ignore[no-any-return]
    text = data[key].astext
    if isinstance(check, OneOf):
        return text.in_(check.values)  # type: ignore[no-any-return]
    if isinstance(check, Is):
        return text == ("true" if check.wanted else "false")  # type: ignore[no-any-return]
    assert isinstance(check, Between)
    is_text = isinstance(check.low if check.low is not None else check.high, str)
    return _between(text.collate("C") if is_text else cast(text, Float(53)), check)


def _between(value: Any, check: Between | Fades) -> ColumnElement[bool]:
    at_least, at_most = (gt, lt) if check.is_open else (ge, le)
    ends = [at_least(value, literal(check.low, value.type))] if check.low is not None else []
    return and_(*ends, *([at_most(value, literal(check.high, value.type))] if check.high is not None else []))


def _strength(data: Any, moment: Moment) -> Any:
    """As `checks.strength`."""
    said, doubt, half = (cast(data[k].astext, Float(53)) for k in ("said_at", "confidence", "half_life"))
    age_days = func.greatest(literal(moment.seconds, Float(53)) - said, 0.0) / float(DAY_SECONDS)
    faded = doubt * func.power(literal(2.0, Float(53)), -age_days / half)
    return cast(func.round(cast(faded, Numeric()), 4), Float(53))
