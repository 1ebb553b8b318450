"""nanos: ratings that moderation took out of the mean, decisions that are told to a person

Revision: 0029, after 0028, 2026-11-22 07:40:00.000000+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("nanos_rating", schema=None) as batch_op:
        batch_op.add_column(sa.Column("struck_at", sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table("nanos_decision", schema=None) as batch_op:
        batch_op.add_column(sa.Column("person_id", sa.Uuid(), nullable=True))
        batch_op.create_index("ix_nanos_decision_person_id", ["person_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("nanos_decision", schema=None) as batch_op:
        batch_op.drop_index("ix_nanos_decision_person_id")
        batch_op.drop_column("person_id")
    with op.batch_alter_table("nanos_rating", schema=None) as batch_op:
        batch_op.drop_column("struck_at")
