"""Customer identity

Revision 0002, after 0001.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

#: an unmerge was a link to oneself that ended whatever was before it; now it names the link that it takes back
_UNDOES = """
    update identitylink u set undoes = (
        select m.id from identitylink m
        where m.customer_id = u.customer_id and m.into_id <> m.customer_id and m.id <> u.id
          and (m.known_at, m.id) <= (u.known_at, u.id)
        order by m.known_at desc, m.id desc limit 1)
    where u.customer_id = u.into_id
"""


def upgrade() -> None:
    op.execute("create sequence identitylink_number")
    op.add_column("identitylink", sa.Column("reason", sa.String(), nullable=False, server_default=""))
    op.alter_column("identitylink", "reason", server_default=None)
    op.add_column("identitylink", sa.Column("undoes", sa.String(), nullable=True))
    op.execute(_UNDOES)
    op.add_column("identifier", sa.Column("until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("identifier", sa.Column("known_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update identifier set known_at = from_at")
    op.alter_column("identifier", "known_at", nullable=False)
    op.add_column("identifier", sa.Column("by", sa.String(), nullable=False, server_default=""))
    op.alter_column("identifier", "by", server_default=None)
    _conflicts()
    _anonymous()


def _conflicts() -> None:
    op.create_table(
        "identityconflict",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("customers", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("detail", postgresql.JSONB(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_identityconflict_kind"), "identityconflict", ["kind"], unique=False)
    op.create_index("identityconflict_customers", "identityconflict", ["customers"], postgresql_using="gin")


def _anonymous() -> None:
    op.create_table(
        "anonymousevent",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.String()), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("properties", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
    )
    op.create_index(op.f("ix_anonymousevent_at"), "anonymousevent", ["at"], unique=False)
    op.create_index("anonymousevent_marks", "anonymousevent", ["marks"], postgresql_using="gin")


def downgrade() -> None:
    op.drop_table("anonymousevent")
    op.drop_table("identityconflict")
    for column in ("by", "known_at", "until"):
        op.drop_column("identifier", column)
    for column in ("undoes", "reason"):
        op.drop_column("identitylink", column)
    op.execute("drop sequence identitylink_number")
