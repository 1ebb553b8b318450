"""archives

Revision: 0004, after 0003, 2026-11-21 17:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hosting_archive',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('server_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('purpose', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('size_bytes', sa.BigInteger(), nullable=True),
    sa.Column('raw_bytes', sa.BigInteger(), nullable=True),
    sa.Column('files', sa.Integer(), nullable=True),
    sa.Column('game_version', sa.String(length=30), nullable=False),
    sa.Column('failure', sa.String(length=30), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_archive_server_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_archive'))
    )
    with op.batch_alter_table('hosting_archive', schema=None) as batch_op:
        batch_op.create_index(
            'ix_hosting_archive_server', ['server_id', 'purpose', 'state', 'created_at'], unique=False
        )
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        batch_op.add_column(sa.Column('world', sa.String(length=32), nullable=True, server_default=''))
        batch_op.add_column(sa.Column('next_world', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('archive_id', sa.Uuid(), nullable=True))
        batch_op.add_column(sa.Column('archive_hours', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('archive_after', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('archive_failure', sa.String(length=30), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('hosting_server', schema=None) as batch_op:
        for name in ('archive_failure', 'archive_after', 'archive_hours', 'archive_id', 'next_world', 'world'):
            batch_op.drop_column(name)
    with op.batch_alter_table('hosting_archive', schema=None) as batch_op:
        batch_op.drop_index('ix_hosting_archive_server')
    op.drop_table('hosting_archive')
