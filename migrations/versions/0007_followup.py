"""Follow-up: why a talk did not count, and which calendar the deadlines were counted by

Revision 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("opportunity", sa.Column("misses", json, nullable=False, server_default="[]"))
    op.create_index(
        "opportunity_provisional", "opportunity", ["customer_id"], postgresql_where=sa.text("due_provisional")
    )
    op.create_table(
        "calendar_edition",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("exceptions", json, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("calendar_edition")
    op.drop_index("opportunity_provisional", table_name="opportunity")
    op.drop_column("opportunity", "misses")
