"""Recordings: what is known of the sound, since when a state holds and which came before, who is hearing it

Revision 0008, after 0007.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB(astext_type=sa.Text())
TRIGGERS = """
create function recording_state_at() returns trigger language plpgsql as $$
begin
    new.state_at := clock_timestamp();
    return new;
end $$;
create function recording_step() returns trigger language plpgsql as $$
begin
    insert into recording_step (recording_id, state, reason, at) values (new.id, new.state, new.reason, new.state_at);
    return null;
end $$;
create trigger recording_state_at_insert before insert on recording
    for each row execute function recording_state_at();
create trigger recording_state_at_update before update on recording
    for each row when (old.state is distinct from new.state) execute function recording_state_at();
create trigger recording_step_insert after insert on recording
    for each row execute function recording_step();
create trigger recording_step_update after update on recording
    for each row when (old.state is distinct from new.state) execute function recording_step();
"""


def upgrade() -> None:
    for column in _columns():
        op.add_column("recording", column)
    op.execute("update recording set state_at = received_at")
    op.create_index("recording_by_arrival", "recording", ["received_at", "id"])
    op.create_table(
        "recording_step",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        _of_recording(),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("recording_step_by_recording", "recording_step", ["recording_id", "id"])
    op.create_table(
        "recording_lease",
        _of_recording(),
        sa.Column("worker", sa.String(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recording_id"),
    )
    op.create_index(op.f("ix_recording_lease_until"), "recording_lease", ["until"])
    op.create_table(
        "waveform",
        _of_recording(),
        sa.Column("peaks", JSON, nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recording_id"),
    )
    op.execute(
        "insert into recording_step (recording_id, state, reason, at) select id, state, reason, state_at from recording"
    )
    op.execute(TRIGGERS)


def downgrade() -> None:
    for table in ("step", "state_at"):
        for event in ("insert", "update"):
            op.execute(f"drop trigger recording_{table}_{event} on recording")
        op.execute(f"drop function recording_{table}()")
    for table in ("waveform", "recording_lease", "recording_step"):
        op.drop_table(table)
    op.drop_index("recording_by_arrival", table_name="recording")
    for column in reversed(_columns()):
        op.drop_column("recording", column.name)


def _of_recording() -> sa.Column[str]:
    return sa.Column("recording_id", sa.String(), nullable=False)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("state_at", MOMENT, nullable=False, server_default=sa.func.clock_timestamp()),
        sa.Column("source_url", sa.String(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("codec", sa.String(), nullable=False, server_default=""),
        sa.Column("container", sa.String(), nullable=False, server_default=""),
        sa.Column("rate", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("encoding", sa.String(), nullable=True),
        sa.Column("levels", JSON, nullable=False, server_default="[]"),
        sa.Column("is_dual_mono", sa.Boolean(), nullable=False, server_default="false"),
    ]
