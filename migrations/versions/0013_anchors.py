"""Transcripts: ids of utterances that last, word times, and where quoted words stand after a talk was written down anew

Revision 0013, after 0012.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("utterance", sa.Column("uid", sa.String(), nullable=True))
    op.execute("update utterance set uid = 'u' || left(md5(conversation_id || '#' || index), 12)")
    op.alter_column("utterance", "uid", nullable=False)
    op.create_unique_constraint("utterance_conversation_id_uid_key", "utterance", ["conversation_id", "uid"])
    op.add_column("utterance", sa.Column("words", JSON, nullable=True))
    op.add_column("conversation", sa.Column("as_quoted", JSON, nullable=True))
    op.create_table(
        "tag_anchor",
        sa.Column("assertion_id", sa.String(), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("suspended", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["assertion_id"], ["tag_assertion.id"]),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("assertion_id", "known_at"),
    )
    op.create_index(op.f("ix_tag_anchor_customer_id"), "tag_anchor", ["customer_id"])


def downgrade() -> None:
    op.drop_table("tag_anchor")
    op.drop_column("conversation", "as_quoted")
    op.drop_column("utterance", "words")
    op.drop_constraint("utterance_conversation_id_uid_key", "utterance")
    op.drop_column("utterance", "uid")
