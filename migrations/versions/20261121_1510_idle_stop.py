"""idle stop

Revision: 0002, after 0001, 2026-11-21 15:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.add_column(sa.Column('idle_minutes', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('empty_since', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('idle_warned_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.drop_column('idle_warned_at')
        batch_op.drop_column('empty_since')
        batch_op.drop_column('idle_minutes')
