"""Transcripts: what the source wrote where an utterance is written in our style

Revision 0014, after 0013.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.add_column("utterance", sa.Column("edits", JSON, nullable=True))


def downgrade() -> None:
    op.drop_column("utterance", "edits")
