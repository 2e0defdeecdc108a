"""Rights and suitability

Revision 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rights_fact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("assertion_id", sa.String(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("known_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.ForeignKeyConstraint(["assertion_id"], ["tag_assertion.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("rights_fact_by_customer", "rights_fact", ["customer_id", "at"])
    op.create_table(
        "standing",
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("held", sa.Boolean(), nullable=False),
        sa.Column("granted", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("refused", sa.ARRAY(sa.String()), nullable=False),
        sa.Column("deletes", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"]),
        sa.PrimaryKeyConstraint("customer_id"),
    )
    op.add_column("notice", sa.Column("opportunity_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("notice", "opportunity_id")
    op.drop_table("standing")
    op.drop_index("rights_fact_by_customer", table_name="rights_fact")
    op.drop_table("rights_fact")
