"""行为日汇总 in the database: counted in the transaction of the events themselves, by adding what is new.

Sums and maxima do not mind the order: a late event changes its own day and nothing else, and adding gives the rows
that counting everything anew would give (`days.fold_days`). The rows say what Dongke knows now; what was known
at an earlier time is read from the events, which remain the truth.
"""

from collections.abc import Iterable
from datetime import date

from sqlmodel import Session, col, select

from profiles.behaviour.days import AMOUNT, PRODUCT_CHARS, Day, Key
from profiles.behaviour.models import BehaviourDay

AMOUNT_SQL = rf"case when properties->>'amount' ~ '{AMOUNT}' then (properties->>'amount')::numeric else 0 end"
PRODUCT_SQL = (
    "case when jsonb_typeof(properties->'product') = 'string'"
    f" then left(properties->>'product', {PRODUCT_CHARS}) else '' end"
)
DAY_SQL = "(at at time zone 'UTC' + interval '8 hours')::date"  #: Beijing has had no summer time since 1992
#: the rows of the day table for events out of any relation with the columns of `behaviourevent`
COUNT_DAYS = f"""
    select customer_id, {DAY_SQL} as day, event, {PRODUCT_SQL} as product,
           count(*)::int as count, sum({AMOUNT_SQL}) as amount, max(at) as last_at
    from %s group by 1, 2, 3, 4"""
#: in the order of the key, so that two writers never wait for each other crosswise
ADD_DAYS = f"""
    insert into behaviourday (customer_id, day, event, product, count, amount, last_at)
    {COUNT_DAYS} order by 1, 2, 3, 4
    on conflict (customer_id, day, event, product) do update set
        count = behaviourday.count + excluded.count,
        amount = behaviourday.amount + excluded.amount,
        last_at = greatest(behaviourday.last_at, excluded.last_at)"""


def days_of(session: Session, customer_ids: Iterable[str], start: date, end: date) -> dict[Key, Day]:
    """The day rows of these customers from `start` to `end`, both in, as Dongke knows them now."""
    rows = session.exec(
        select(BehaviourDay)
        .where(col(BehaviourDay.customer_id).in_(sorted(set(customer_ids))))
        .where(col(BehaviourDay.day).between(start, end))
        .order_by(col(BehaviourDay.day).desc(), col(BehaviourDay.event), col(BehaviourDay.product))
    )
    return {(r.customer_id, r.day, r.event, r.product): Day(r.count, r.amount, r.last_at) for r in rows}
