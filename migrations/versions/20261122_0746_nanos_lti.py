"""nanos: learning platforms (LTI 1.3), their learners and launches

Revision: 0030, after 0029, 2026-11-22 07:46:17.795590+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_lti_platform',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('issuer', sa.String(length=500), nullable=False),
    sa.Column('client_id', sa.String(length=255), nullable=False),
    sa.Column('deployments', sa.JSON(), nullable=False),
    sa.Column('auth_url', sa.String(length=500), nullable=False),
    sa.Column('token_url', sa.String(length=500), nullable=False),
    sa.Column('keys_url', sa.String(length=500), nullable=False),
    sa.Column('keys', sa.JSON(), nullable=False),
    sa.Column('keys_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('private', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('launched_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_lti_platform'))
    )
    with op.batch_alter_table('nanos_lti_platform', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_lti_platform_organisation_id'), ['organisation_id'], unique=False)

    op.create_table('nanos_lti_learner',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('platform_id', sa.Uuid(), nullable=False),
    sa.Column('subject', sa.String(length=255), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['nanos_lti_platform.id'], name=op.f('fk_nanos_lti_learner_platform_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_lti_learner')),
    sa.UniqueConstraint('platform_id', 'subject', name=op.f('uq_nanos_lti_learner_platform_id_subject'))
    )
    with op.batch_alter_table('nanos_lti_learner', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_lti_learner_last_at'), ['last_at'], unique=False)

    op.create_table('nanos_lti_launch',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('learner_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('link', sa.String(length=255), nullable=False),
    sa.Column('line_item', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('sent', sa.Integer(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['learner_id'], ['nanos_lti_learner.id'], name=op.f('fk_nanos_lti_launch_learner_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_lti_launch_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_lti_launch')),
    sa.UniqueConstraint('learner_id', 'nano_id', 'link', name=op.f('uq_nanos_lti_launch_learner_id_nano_id_link'))
    )
    with op.batch_alter_table('nanos_lti_launch', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_lti_launch_nano_id_opened_at', ['nano_id', 'opened_at'], unique=False)
        batch_op.create_index('ix_nanos_lti_launch_state', ['state'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('nanos_lti_launch', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_lti_launch_state')
        batch_op.drop_index('ix_nanos_lti_launch_nano_id_opened_at')

    op.drop_table('nanos_lti_launch')
    with op.batch_alter_table('nanos_lti_learner', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_lti_learner_last_at'))

    op.drop_table('nanos_lti_learner')
    with op.batch_alter_table('nanos_lti_platform', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_lti_platform_organisation_id'))

    op.drop_table('nanos_lti_platform')
