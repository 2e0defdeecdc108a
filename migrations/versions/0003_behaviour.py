"""Behaviour in bulk: the day rows, counted from the events that are there; message ids compared byte by byte

Revision 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

#: as profiles/behaviour/days.py counts, written out: a migration must not change when the code does
_COUNT = r"""
    insert into behaviourday (customer_id, day, event, product, count, amount, last_at)
    select customer_id, (at at time zone 'UTC' + interval '8 hours')::date, event,
           case when jsonb_typeof(properties->'product') = 'string' then left(properties->>'product', 100) else '' end,
           count(*),
           sum(case when properties->>'amount' ~ '^[0-9]{1,13}(\.[0-9]{1,40})?$'
               then (properties->>'amount')::numeric else 0 end),
           max(at)
    from behaviourevent group by 1, 2, 3, 4"""


def upgrade() -> None:
    op.create_table(
        "behaviourday",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("product", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "day", "event", "product"),
    )
    op.execute(_COUNT)
    op.execute('alter table behaviourevent alter column message_id type varchar collate "C"')


def downgrade() -> None:
    op.execute('alter table behaviourevent alter column message_id type varchar collate "default"')
    op.drop_table("behaviourday")
