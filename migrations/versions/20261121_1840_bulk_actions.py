"""actions on many servers

Revision: 0010, after 0009, 2026-11-21 18:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    op.create_table(
        'hosting_bulk',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('action', sa.String(length=10), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('job_id', sa.Uuid(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.Uuid(), nullable=True),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('once', sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_bulk')),
    )
    with op.batch_alter_table('hosting_bulk', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_bulk_organisation', ['organisation_id', 'id'], unique=False)
        batch_op.create_index(
            'uq_hosting_bulk_running', ['organisation_id'], unique=True, sqlite_where=RUNNING, postgresql_where=RUNNING
        )
    op.create_table(
        'hosting_bulk_item',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('bulk_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('outcome', sa.String(length=10), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=True),
        sa.Column('words', sa.String(length=300), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['bulk_id'], ['hosting_bulk.id'], name=op.f('fk_hosting_bulk_item_bulk_id')),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_bulk_item_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_bulk_item')),
        sa.UniqueConstraint('bulk_id', 'server_id', name=op.f('uq_hosting_bulk_item_bulk_id_server_id')),
    )
    with op.batch_alter_table('hosting_bulk_item', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_bulk_item_turn', ['bulk_id', 'outcome', 'number'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('hosting_bulk_item', schema=None) as batch_op:
        batch_op.drop_index('ix_hosting_bulk_item_turn')
    op.drop_table('hosting_bulk_item')
    with op.batch_alter_table('hosting_bulk', schema=None) as batch_op:
        batch_op.drop_index('uq_hosting_bulk_running', sqlite_where=RUNNING, postgresql_where=RUNNING)
        batch_op.drop_index('ix_hosting_bulk_organisation')
    op.drop_table('hosting_bulk')
