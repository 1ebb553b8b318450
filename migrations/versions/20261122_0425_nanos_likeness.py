"""nanos: signatures of texts, to find like ones

Revision: 0021, after 0020, 2026-11-22 04:25:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nanos_likeness",
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["nanos_revision.id"],
            name=op.f("fk_nanos_likeness_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("revision_id", name=op.f("pk_nanos_likeness")),
    )
    op.create_table(
        "nanos_likeness_band",
        sa.Column("value", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision_id"],
            ["nanos_revision.id"],
            name=op.f("fk_nanos_likeness_band_revision_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("value", "revision_id", name=op.f("pk_nanos_likeness_band")),
    )
    with op.batch_alter_table("nanos_likeness_band", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_likeness_band_revision_id"), ["revision_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("nanos_likeness_band", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_likeness_band_revision_id"))

    op.drop_table("nanos_likeness_band")
    op.drop_table("nanos_likeness")
