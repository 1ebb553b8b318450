"""nanos: modules with units and prerequisites

Revision: 0027, after 0026, 2026-11-22 05:30:43.528015+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_module',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('outcome', sa.String(length=300), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('folded', sa.String(length=400), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('bar', sa.String(length=10), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_module'))
    )
    with op.batch_alter_table('nanos_module', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_module_created_by', ['created_by'], unique=False)
        batch_op.create_index('ix_nanos_module_organisation_id_changed_at', ['organisation_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_nanos_module_state_published_at', ['state', 'published_at'], unique=False)

    op.create_table('nanos_module_need',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('module_id', sa.Uuid(), nullable=False),
    sa.Column('needs_id', sa.Uuid(), nullable=False),
    sa.ForeignKeyConstraint(['module_id'], ['nanos_module.id'], name=op.f('fk_nanos_module_need_module_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['needs_id'], ['nanos_module.id'], name=op.f('fk_nanos_module_need_needs_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_module_need')),
    sa.UniqueConstraint('module_id', 'needs_id', name=op.f('uq_nanos_module_need_module_id_needs_id'))
    )
    with op.batch_alter_table('nanos_module_need', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_module_need_needs_id'), ['needs_id'], unique=False)

    op.create_table('nanos_module_unit',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('module_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('required', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['module_id'], ['nanos_module.id'], name=op.f('fk_nanos_module_unit_module_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_module_unit_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_module_unit')),
    sa.UniqueConstraint('module_id', 'nano_id', name=op.f('uq_nanos_module_unit_module_id_nano_id'))
    )
    with op.batch_alter_table('nanos_module_unit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_module_unit_nano_id'), ['nano_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('nanos_module_unit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_module_unit_nano_id'))

    op.drop_table('nanos_module_unit')
    with op.batch_alter_table('nanos_module_need', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_module_need_needs_id'))

    op.drop_table('nanos_module_need')
    with op.batch_alter_table('nanos_module', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_module_state_published_at')
        batch_op.drop_index('ix_nanos_module_organisation_id_changed_at')
        batch_op.drop_index('ix_nanos_module_created_by')

    op.drop_table('nanos_module')
