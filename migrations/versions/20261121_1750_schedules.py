"""schedules

Revision: 0005, after 0004, 2026-11-21 17:50:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'hosting_schedule',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('action', sa.String(length=12), nullable=False),
        sa.Column('cron', sa.String(length=100), nullable=False),
        sa.Column('zone', sa.String(length=64), nullable=False),
        sa.Column('command', sa.Text(), nullable=True),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.Uuid(), nullable=True),
        sa.Column('once', sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_schedule_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_schedule')),
    )
    with op.batch_alter_table('hosting_schedule', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_schedule_server', ['server_id', 'id'], unique=False)
        batch_op.create_index('ix_hosting_schedule_next', ['next_at'], unique=False)
    op.create_table(
        'hosting_schedule_run',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('schedule_id', sa.Uuid(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('outcome', sa.String(length=10), nullable=False),
        sa.Column('reason', sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(['schedule_id'], ['hosting_schedule.id'], name=op.f('fk_hosting_schedule_run_schedule_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_schedule_run')),
        sa.UniqueConstraint('schedule_id', 'due_at', name=op.f('uq_hosting_schedule_run_schedule_id_due_at')),
    )


def downgrade() -> None:
    op.drop_table('hosting_schedule_run')
    with op.batch_alter_table('hosting_schedule', schema=None) as batch_op:
        batch_op.drop_index('ix_hosting_schedule_next')
        batch_op.drop_index('ix_hosting_schedule_server')
    op.drop_table('hosting_schedule')
