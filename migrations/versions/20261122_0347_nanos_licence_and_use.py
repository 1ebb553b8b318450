"""nanos: licences, and who has used what

Revision: 0017, after 0016, 2026-11-22 03:47:14.477303+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_licence',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('barter_id', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('seats', sa.Integer(), nullable=True),
    sa.Column('territory', sa.String(length=20), nullable=False),
    sa.Column('adapts', sa.Boolean(), nullable=False),
    sa.Column('passes_on', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_licence_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_licence'))
    )
    with op.batch_alter_table('nanos_licence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_licence_barter_id'), ['barter_id'], unique=False)
        batch_op.create_index('ix_nanos_licence_organisation_id_nano_id', ['organisation_id', 'nano_id'], unique=False)
        batch_op.create_index('ix_nanos_licence_state_ends_at', ['state', 'ends_at'], unique=False)

    op.create_table('nanos_use',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('progress', sa.Integer(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_use_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_use')),
    sa.UniqueConstraint('person_id', 'nano_id', name=op.f('uq_nanos_use_person_id_nano_id'))
    )
    with op.batch_alter_table('nanos_use', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_use_nano_id_completed_at', ['nano_id', 'completed_at'], unique=False)
        batch_op.create_index('ix_nanos_use_organisation_id_nano_id', ['organisation_id', 'nano_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('nanos_use', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_use_organisation_id_nano_id')
        batch_op.drop_index('ix_nanos_use_nano_id_completed_at')

    op.drop_table('nanos_use')
    with op.batch_alter_table('nanos_licence', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_licence_state_ends_at')
        batch_op.drop_index('ix_nanos_licence_organisation_id_nano_id')
        batch_op.drop_index(batch_op.f('ix_nanos_licence_barter_id'))

    op.drop_table('nanos_licence')
