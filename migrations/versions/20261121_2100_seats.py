"""people who are let in to single servers

Revision: 0012, after 0011, 2026-11-21 21:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'hosting_seat',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('person_id', sa.Uuid(), nullable=True),
        sa.Column('invitation_id', sa.Uuid(), nullable=True),
        sa.Column('role', sa.String(length=8), nullable=False),
        sa.Column('areas', sa.JSON(), nullable=False),
        sa.Column('invited_by', sa.Uuid(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('once', sa.String(length=64), nullable=True),
        sa.CheckConstraint('(person_id IS NULL) <> (invitation_id IS NULL)', name=op.f('ck_hosting_seat_one_holder')),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_seat_server_id')),
        sa.ForeignKeyConstraint(
            ['person_id'], ['accounts_person.id'], name=op.f('fk_hosting_seat_person_id'), ondelete='CASCADE'
        ),
        sa.ForeignKeyConstraint(
            ['invitation_id'], ['accounts_invitation.id'], name=op.f('fk_hosting_seat_invitation_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_seat')),
        sa.UniqueConstraint('server_id', 'person_id', name=op.f('uq_hosting_seat_server_id_person_id')),
        sa.UniqueConstraint('server_id', 'invitation_id', name=op.f('uq_hosting_seat_server_id_invitation_id')),
    )
    with op.batch_alter_table('hosting_seat', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_seat_person', ['person_id', 'organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_hosting_seat_invitation_id'), ['invitation_id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('hosting_seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hosting_seat_invitation_id'))
        batch_op.drop_index('ix_hosting_seat_person')
    op.drop_table('hosting_seat')
