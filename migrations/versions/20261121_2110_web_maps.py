
"""web maps: a second port of a server; results that somebody has seen

Revision: 0013, after 0012, 2026-11-21 21:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('hosting_port', schema=None) as batch_op:
        batch_op.add_column(sa.Column('use', sa.String(length=4), nullable=False, server_default='game'))
        batch_op.drop_constraint(batch_op.f('uq_hosting_port_server_id'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_hosting_port_server_id_use'), ['server_id', 'use'])
    with op.batch_alter_table('hosting_run', schema=None) as batch_op:
        batch_op.add_column(sa.Column('map_port', sa.Integer(), nullable=True))
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.add_column(sa.Column('web_map', sa.Boolean(), nullable=True))
        batch_op.add_column(sa.Column('map_port', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('results_seen_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.drop_column('results_seen_at')
        batch_op.drop_column('map_port')
        batch_op.drop_column('web_map')
    with op.batch_alter_table('hosting_run', schema=None) as batch_op:
        batch_op.drop_column('map_port')
    op.execute(sa.text("DELETE FROM hosting_port WHERE use = 'map'"))
    with op.batch_alter_table('hosting_port', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_hosting_port_server_id_use'), type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_hosting_port_server_id'), ['server_id'])
        batch_op.drop_column('use')
