"""Archives: which file a recording was registered from, and that it waits behind what comes in day by day

Revision 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "archive_file",
        sa.Column("recording_id", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("stamp", sa.String(), nullable=False),
        sa.Column("is_backfill", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["recording_id"], ["recording.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("recording_id"),
    )
    op.create_index(op.f("ix_archive_file_path"), "archive_file", ["path"])


def downgrade() -> None:
    op.drop_table("archive_file")
