"""nanos: how far people came in each piece

Revision: 0020, after 0019, 2026-11-22 04:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_play',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('part', sa.String(length=200), nullable=False),
    sa.Column('length', sa.Double(), nullable=True),
    sa.Column('watched', sa.String(length=25), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('state', sa.JSON(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('counted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_play_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_play')),
    sa.UniqueConstraint('person_id', 'nano_id', 'sha256', 'part', name=op.f('uq_nanos_play_person_id_nano_id_sha256_part'))
    )
    with op.batch_alter_table('nanos_play', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_play_nano_id', ['nano_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nanos_play_last_at'), ['last_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('nanos_play', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_play_last_at'))
        batch_op.drop_index('ix_nanos_play_nano_id')

    op.drop_table('nanos_play')
