"""nanos: what H5P packages said about people

Revision: 0028, after 0027, 2026-11-22 07:35:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_experience',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('said_id', sa.Uuid(), nullable=False),
    sa.Column('verb', sa.String(length=20), nullable=False),
    sa.Column('sub', sa.String(length=64), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('success', sa.Boolean(), nullable=True),
    sa.Column('completion', sa.Boolean(), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_experience_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_experience')),
    sa.UniqueConstraint('person_id', 'nano_id', 'said_id', name=op.f('uq_nanos_experience_person_id_nano_id_said_id'))
    )
    with op.batch_alter_table('nanos_experience', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_experience_nano_id', ['nano_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_nanos_experience_at'), ['at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('nanos_experience', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_experience_at'))
        batch_op.drop_index('ix_nanos_experience_nano_id')

    op.drop_table('nanos_experience')
