"""nanos: assignments, certificates, points

Revision: 0024, after 0023, 2026-11-22 04:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_badge_key',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('private', sa.Text(), nullable=False),
    sa.Column('public', sa.String(length=64), nullable=False),
    sa.Column('issued', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_badge_key')),
    sa.UniqueConstraint('serial', name=op.f('uq_nanos_badge_key_serial'))
    )
    op.create_table('nanos_points_choice',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('collects', sa.Boolean(), nullable=False),
    sa.Column('shares', sa.Boolean(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_nanos_points_choice'))
    )
    op.create_table('nanos_assignment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('once', sa.String(length=36), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('renews', sa.Boolean(), nullable=False),
    sa.Column('counts_before', sa.Boolean(), nullable=False),
    sa.Column('everyone', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_assignment_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_assignment')),
    sa.UniqueConstraint('organisation_id', 'once', name=op.f('uq_nanos_assignment_organisation_id_once'))
    )
    with op.batch_alter_table('nanos_assignment', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_assignment_nano_id_state', ['nano_id', 'state'], unique=False)
        batch_op.create_index('ix_nanos_assignment_organisation_id_state', ['organisation_id', 'state'], unique=False)

    op.create_table('nanos_duty',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('assignment_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('alias', sa.String(length=8), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('begins_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.Column('renewed', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['assignment_id'], ['nanos_assignment.id'], name=op.f('fk_nanos_duty_assignment_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_duty_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_duty')),
    sa.UniqueConstraint('assignment_id', 'person_id', 'round', name=op.f('uq_nanos_duty_assignment_id_person_id_round'))
    )
    with op.batch_alter_table('nanos_duty', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_duty_nano_id_state', ['nano_id', 'state'], unique=False)
        batch_op.create_index('ix_nanos_duty_organisation_id_due_on', ['organisation_id', 'due_on'], unique=False)
        batch_op.create_index('ix_nanos_duty_person_id_state', ['person_id', 'state'], unique=False)
        batch_op.create_index('ix_nanos_duty_state_due_on', ['state', 'due_on'], unique=False)
        batch_op.create_index(
            'uq_nanos_duty_open', ['organisation_id', 'nano_id', 'person_id'], unique=True,
            sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"),
        )

    op.create_table('nanos_certificate',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.String(length=14), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('why', sa.String(length=10), nullable=False),
    sa.Column('holder', sa.String(length=200), nullable=False),
    sa.Column('shows', sa.String(length=8), nullable=False),
    sa.Column('salt', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('outcome', sa.String(length=300), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('provider', sa.String(length=200), nullable=False),
    sa.Column('language', sa.String(length=20), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=True),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('key_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['key_id'], ['nanos_badge_key.id'], name=op.f('fk_nanos_certificate_key_id')),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_certificate_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_certificate')),
    sa.UniqueConstraint('key_id', 'position', name=op.f('uq_nanos_certificate_key_id_position')),
    sa.UniqueConstraint('number', name=op.f('uq_nanos_certificate_number'))
    )
    with op.batch_alter_table('nanos_certificate', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_certificate_organisation_id', ['organisation_id'], unique=False)
        batch_op.create_index('ix_nanos_certificate_person_id_completed_at', ['person_id', 'completed_at'], unique=False)

    with op.batch_alter_table('nanos_use', schema=None) as batch_op:
        batch_op.add_column(sa.Column('restarted_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('repeated_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('nanos_use', schema=None) as batch_op:
        batch_op.drop_column('repeated_at')
        batch_op.drop_column('restarted_at')
    op.drop_table('nanos_certificate')
    op.drop_table('nanos_duty')
    op.drop_table('nanos_assignment')
    op.drop_table('nanos_points_choice')
    op.drop_table('nanos_badge_key')
