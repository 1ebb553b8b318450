"""lowest and highest ten seconds of rolled-up measurements

Revision: 0008, after 0007, 2026-11-21 18:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

NAMES = (
    'cpu_low',
    'cpu_peak',
    'players_low',
    'tps_low',
    'tps_peak',
    'received_low',
    'received_peak',
    'sent_low',
    'sent_peak',
)


def upgrade() -> None:
    with op.batch_alter_table('hosting_sample') as table:
        table.add_column(sa.Column('memory_low_bytes', sa.BigInteger(), nullable=True))
        for name in NAMES:
            table.add_column(sa.Column(name, sa.Float(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('hosting_sample') as table:
        for name in reversed(NAMES):
            table.drop_column(name)
        table.drop_column('memory_low_bytes')
