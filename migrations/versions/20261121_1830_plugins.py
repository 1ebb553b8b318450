"""plugins of servers

Revision: 0009, after 0008, 2026-11-21 18:30:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('waiting', 'working')")


def upgrade() -> None:
    op.create_table(
        'hosting_plugin',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('project_id', sa.String(length=20), nullable=False),
        sa.Column('slug', sa.String(length=100), nullable=False),
        sa.Column('title', sa.String(length=120), nullable=False),
        sa.Column('release', sa.JSON(), nullable=False),
        sa.Column('filename', sa.String(length=255), nullable=False),
        sa.Column('pinned', sa.Boolean(), nullable=False),
        sa.Column('dependency', sa.Boolean(), nullable=False),
        sa.Column('newer', sa.JSON(), nullable=True),
        sa.Column('installed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_plugin_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_plugin')),
        sa.UniqueConstraint('server_id', 'project_id', name=op.f('uq_hosting_plugin_server_id_project_id')),
    )
    op.create_table(
        'hosting_plugin_change',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('steps', sa.JSON(), nullable=False),
        sa.Column('automatic', sa.Boolean(), nullable=False),
        sa.Column('backup', sa.Boolean(), nullable=False),
        sa.Column('backup_id', sa.Uuid(), nullable=True),
        sa.Column('failure', sa.String(length=20), nullable=True),
        sa.Column('undo_of', sa.Uuid(), nullable=True),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('once', sa.String(length=64), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_by', sa.Uuid(), nullable=True),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_plugin_change_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_plugin_change')),
    )
    with op.batch_alter_table('hosting_plugin_change', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_plugin_change_server', ['server_id', 'id'], unique=False)
        batch_op.create_index(
            'uq_hosting_plugin_change_open', ['server_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )
    op.create_table(
        'hosting_plugin_jar',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('sha512', sa.String(length=128), nullable=False),
        sa.Column('file_id', sa.Uuid(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['file_id'], ['core_file.id'], name=op.f('fk_hosting_plugin_jar_file_id')),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_plugin_jar_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_plugin_jar')),
        sa.UniqueConstraint('server_id', 'sha512', name=op.f('uq_hosting_plugin_jar_server_id_sha512')),
    )
    op.create_table(
        'hosting_plugin_care',
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('automatic', sa.Boolean(), nullable=False),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('failure', sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_plugin_care_server_id')),
        sa.PrimaryKeyConstraint('server_id', name=op.f('pk_hosting_plugin_care')),
    )


def downgrade() -> None:
    op.drop_table('hosting_plugin_care')
    op.drop_table('hosting_plugin_jar')
    with op.batch_alter_table('hosting_plugin_change', schema=None) as batch_op:
        batch_op.drop_index('uq_hosting_plugin_change_open', sqlite_where=OPEN, postgresql_where=OPEN)
        batch_op.drop_index('ix_hosting_plugin_change_server')
    op.drop_table('hosting_plugin_change')
    op.drop_table('hosting_plugin')
