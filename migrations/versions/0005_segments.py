"""Segments: rows that conditions are asked of, saved segments, and marks that every change of a fact leaves

Revision 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

#: tables whose rows are facts of a customer, with the columns that name him
_FACTS = {
    "reading": ("customer_id",),
    "tag_assertion": ("customer_id",),
    "tagfeedback": ("customer_id",),
    "behaviourevent": ("customer_id",),
    "staticsnapshot": ("customer_id",),
    "identitylink": ("customer_id", "into_id"),
    "conversation": ("customer_id",),
    "recording": ("customer_id",),
    "attempt": ("customer_id",),
    "opportunity": ("customer_id",),
    "rights_fact": ("customer_id",),
    "standing": ("customer_id",),
    "customer": ("id",),
}

#: the transaction stands in the key: writers never wait for each other, and a mark that is not yet committed cannot be
#: taken by a settlement that does not see its fact
_MARK = """
create function segment_mark_these(ids text[]) returns void language sql as $$
    insert into segment_mark (customer_id, xact)
    select distinct id, pg_current_xact_id()::text::bigint from unnest(ids) as id where id is not null
    on conflict do nothing
$$
"""


def _function(table: str, columns: tuple[str, ...]) -> str:
    """A trigger function of its own for each table: transition tables cannot be named at run time."""
    named = " union ".join(f"select {c} from rows_new union select {c} from rows_old" for c in columns)
    return f"""
create function segment_marks_{table}() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform segment_mark_these(array({" union ".join(f"select {c} from rows_new" for c in columns)}));
    elsif tg_op = 'DELETE' then
        perform segment_mark_these(array({" union ".join(f"select {c} from rows_old" for c in columns)}));
    else
        perform segment_mark_these(array({named}));
    end if;
    return null;
end $$"""


_TIMES = {"insert": "new table as rows_new", "delete": "old table as rows_old",
          "update": "old table as rows_old new table as rows_new"}  # fmt: skip

#: an advisor who changes his branch takes his customers with him
_BRANCH = """
create function segment_marks_advisor() returns trigger language plpgsql as $$
begin
    perform segment_mark_these(array(select id from customer where advisor_id = new.id));
    return null;
end $$
"""


def upgrade() -> None:
    _tables()
    op.execute(_MARK)
    for table, columns in _FACTS.items():
        op.execute(_function(table, columns))
        for change, transition in _TIMES.items():
            op.execute(
                f"create trigger segment_marks_{change} after {change} on {table} referencing {transition}"
                f" for each statement execute function segment_marks_{table}()"
            )
    op.execute(_BRANCH)
    op.execute(
        "create trigger segment_marks_update after update of branch_id on advisor"
        " for each row when (old.branch_id is distinct from new.branch_id) execute function segment_marks_advisor()"
    )
    op.execute("select segment_mark_these(array(select id from customer))")


def _tables() -> None:
    op.create_table(
        "segment_mark",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("xact", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "xact"),
    )
    op.create_table(
        "segment_row",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.create_index("ix_segment_row_due_at", "segment_row", ["due_at"])
    op.create_table(
        "segment_item",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("collection", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("customer_id", "collection", "number"),
    )
    op.create_index("segment_item_collection", "segment_item", ["collection", "customer_id"])
    op.create_table(
        "segment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("tree", postgresql.JSONB(), nullable=False),
        sa.Column("suggests", sa.String(), nullable=True),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_segment_owner", "segment", ["owner"])
    op.create_table(
        "segment_member",
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("segment_id", "customer_id"),
    )
    op.create_table(
        "segment_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("segment_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("change", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["segment_id"], ["segment.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_segment_change_customer_id", "segment_change", ["customer_id"])
    op.create_index("segment_change_order", "segment_change", ["segment_id", "id"])


def downgrade() -> None:
    op.execute("drop trigger segment_marks_update on advisor")
    op.execute("drop function segment_marks_advisor()")
    for table in _FACTS:
        for change in _TIMES:
            op.execute(f"drop trigger segment_marks_{change} on {table}")
        op.execute(f"drop function segment_marks_{table}()")
    op.execute("drop function segment_mark_these(text[])")
    for table in ("segment_change", "segment_member", "segment", "segment_item", "segment_row", "segment_mark"):
        op.drop_table(table)
