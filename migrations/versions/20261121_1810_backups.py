"""backups

Revision: 0007, after 0006, 2026-11-21 18:10:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'hosting_backup',
        sa.Column('archive_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('origin', sa.String(length=10), nullable=False),
        sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('tries', sa.Integer(), nullable=False),
        sa.Column('kept', sa.Boolean(), nullable=False),
        sa.Column('tested_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('test_failure', sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(['archive_id'], ['hosting_archive.id'], name=op.f('fk_hosting_backup_archive_id')),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_backup_server_id')),
        sa.PrimaryKeyConstraint('archive_id', name=op.f('pk_hosting_backup')),
    )
    with op.batch_alter_table('hosting_backup', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hosting_backup_server_id'), ['server_id'], unique=False)
    op.create_table(
        'hosting_backup_plan',
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('daily', sa.Boolean(), nullable=False),
        sa.Column('at', sa.String(length=5), nullable=False),
        sa.Column('zone', sa.String(length=64), nullable=False),
        sa.Column('keep_count', sa.Integer(), nullable=False),
        sa.Column('keep_days', sa.Integer(), nullable=False),
        sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('test_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('test_archive_id', sa.Uuid(), nullable=True),
        sa.Column('test_world', sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_backup_plan_server_id')),
        sa.PrimaryKeyConstraint('server_id', name=op.f('pk_hosting_backup_plan')),
    )
    with op.batch_alter_table('hosting_backup_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hosting_backup_plan_next_at'), ['next_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_hosting_backup_plan_test_at'), ['test_at'], unique=False)
    op.create_table(
        'hosting_save_hold',
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('run_id', sa.Uuid(), nullable=False),
        sa.Column('token', sa.String(length=32), nullable=False),
        sa.Column('since', sa.DateTime(timezone=True), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_save_hold_server_id')),
        sa.PrimaryKeyConstraint('server_id', name=op.f('pk_hosting_save_hold')),
    )
    op.create_table(
        'hosting_restore',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('archive_id', sa.Uuid(), nullable=False),
        sa.Column('first_id', sa.Uuid(), nullable=True),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('world', sa.String(length=32), nullable=True),
        sa.Column('former', sa.String(length=32), nullable=True),
        sa.Column('failure', sa.String(length=30), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.Uuid(), nullable=True),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['archive_id'], ['hosting_archive.id'], name=op.f('fk_hosting_restore_archive_id')),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_restore_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_restore')),
    )
    with op.batch_alter_table('hosting_restore', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_restore_server', ['server_id', 'state'], unique=False)
        batch_op.create_index('ix_hosting_restore_archive', ['archive_id', 'state'], unique=False)


def downgrade() -> None:
    op.drop_table('hosting_restore')
    op.drop_table('hosting_save_hold')
    op.drop_table('hosting_backup_plan')
    op.drop_table('hosting_backup')
