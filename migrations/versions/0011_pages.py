"""What the pages need: sessions, search in what was said, word of every change at once, long work that is seen

Revision 0011, after 0008.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
BIGRAMS = """
create function dongke_bigrams(said text) returns tsvector language sql immutable parallel safe strict as $$
    select coalesce(array_to_tsvector(array_agg(distinct pair)), ''::tsvector)
    from (select letter || coalesce(lead(letter) over (order by place), '') as pair
          from unnest(string_to_array(lower(normalize(said, NFKC)), null)) with ordinality as letters (letter, place)
         ) as pairs
    where pair <> ''
$$
"""
#: `fresh` and `stale` are the statement's rows; over a hundred customers at once are told as one message without a name
TELL = """
create function dongke_tell() returns trigger language plpgsql as $$
declare
    who text[];
begin
    if tg_op = 'UPDATE' then
        select array_agg(customer_id) into who from (
            select distinct fresh.customer_id from fresh join stale using (id)
            where (fresh.*) is distinct from (stale.*) limit 101) as changed;
    else
        select array_agg(customer_id) into who from (select distinct customer_id from fresh limit 101) as changed;
    end if;
    if cardinality(who) > 100 then
        perform pg_notify('dongke_live', json_build_object('kind', tg_argv[0])::text);
    elsif who is not null then
        perform pg_notify('dongke_live', json_build_object('kind', tg_argv[0], 'customer_id', one)::text)
        from unnest(who) as one;
    end if;
    return null;
end $$
"""
#: table, what happened to it, what it means to a page
TOLD = (
    ("tag_assertion", "insert", "tags"),
    ("reading", "update", "tags"),
    ("tagfeedback", "insert", "tags"),
    ("staticsnapshot", "insert", "tags"),
    ("identitylink", "insert", "tags"),
    ("rights_fact", "insert", "tags"),
    ("opportunity", "insert", "opportunities"),
    ("opportunity", "update", "opportunities"),
    ("notice", "insert", "overdue"),
    ("conversation", "insert", "timeline"),
    ("attempt", "insert", "timeline"),
    ("note", "insert", "timeline"),
    ("recording", "insert", "recordings"),
    ("recording", "update", "recordings"),
)


def upgrade() -> None:
    op.create_table(
        "login_session",
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("login", sa.String(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["login"], ["app_user.login"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_login_session_login", "login_session", ["login"])
    op.create_table(
        "long_work",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.String(), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_long_work_started_at", "long_work", ["started_at"])
    op.execute(BIGRAMS)
    op.execute("create index utterance_bigrams on utterance using gin (dongke_bigrams(text))")
    op.execute(TELL)
    for table, happened, kind in TOLD:
        rows = "new table as fresh" + (" old table as stale" if happened == "update" else "")
        op.execute(
            f"create trigger live_{happened} after {happened} on {table} referencing {rows}"
            f" for each statement execute function dongke_tell('{kind}')"
        )


def downgrade() -> None:
    for table, happened, _ in TOLD:
        op.execute(f"drop trigger live_{happened} on {table}")
    op.execute("drop function dongke_tell()")
    op.drop_index("utterance_bigrams", table_name="utterance")
    op.execute("drop function dongke_bigrams(text)")
    op.drop_table("long_work")
    op.drop_table("login_session")
