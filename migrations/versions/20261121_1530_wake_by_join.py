"""wake by join

Revision: 0003, after 0002, 2026-11-21 15:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.add_column(sa.Column('wake_by_join', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('wake_names', sa.JSON(), nullable=False, server_default=sa.text("'[]'")))


def downgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.drop_column('wake_names')
        batch_op.drop_column('wake_by_join')
