"""nanos: descriptions that are public without signing in, and what harvesters know

Revision: 0026, after 0025, 2026-11-22 05:30:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("nanos_revision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("listed", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "nanos_listing",
        sa.Column("nano_id", sa.Uuid(), nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=20), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nano_id", name=op.f("pk_nanos_listing")),
    )
    with op.batch_alter_table("nanos_listing", schema=None) as batch_op:
        batch_op.create_index("ix_nanos_listing_changed_at_nano_id", ["changed_at", "nano_id"], unique=False)
        batch_op.create_index(
            "ix_nanos_listing_subject_changed_at", ["subject", "changed_at", "nano_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("nanos_listing", schema=None) as batch_op:
        batch_op.drop_index("ix_nanos_listing_subject_changed_at")
        batch_op.drop_index("ix_nanos_listing_changed_at_nano_id")

    op.drop_table("nanos_listing")
    with op.batch_alter_table("nanos_revision", schema=None) as batch_op:
        batch_op.drop_column("listed")
