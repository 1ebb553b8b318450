"""chat: rooms, who belongs to them, messages and what they said before

Revision: 0015, after 0014, 2026-11-22 01:45:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'messaging_room',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=True),
        sa.Column('subject_type', sa.String(length=40), nullable=True),
        sa.Column('subject_id', sa.Uuid(), nullable=True),
        sa.Column('pair', sa.String(length=120), nullable=True),
        sa.Column('last_seq', sa.Integer(), nullable=False),
        sa.Column('changes', sa.Integer(), nullable=False),
        sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messaging_room')),
        sa.UniqueConstraint('pair', name=op.f('uq_messaging_room_pair')),
        sa.UniqueConstraint('subject_type', 'subject_id', name=op.f('uq_messaging_room_subject_type_subject_id')),
    )
    with op.batch_alter_table('messaging_room', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messaging_room_organisation_id'), ['organisation_id'], unique=False)
    op.create_table(
        'messaging_message',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('author_id', sa.Uuid(), nullable=False),
        sa.Column('client_id', sa.String(length=64), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('mentions', sa.JSON(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('deleted_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('change', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['author_id'], ['accounts_person.id'], name=op.f('fk_messaging_message_author_id')),
        sa.ForeignKeyConstraint(
            ['room_id'], ['messaging_room.id'], name=op.f('fk_messaging_message_room_id'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messaging_message')),
        sa.UniqueConstraint(
            'room_id', 'author_id', 'client_id', name=op.f('uq_messaging_message_room_id_author_id_client_id'),
        ),
        sa.UniqueConstraint('room_id', 'seq', name=op.f('uq_messaging_message_room_id_seq')),
    )
    with op.batch_alter_table('messaging_message', schema=None) as batch_op:
        batch_op.create_index('ix_messaging_message_author', ['author_id'], unique=False)
        batch_op.create_index('ix_messaging_message_created', ['created_at'], unique=False)
        batch_op.create_index('ix_messaging_message_room_change', ['room_id', 'change'], unique=False)
    op.create_table(
        'messaging_room_member',
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('person_id', sa.Uuid(), nullable=False),
        sa.Column('joined_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('last_read', sa.Integer(), nullable=False),
        sa.Column('digested', sa.Integer(), nullable=False),
        sa.Column('muted', sa.Boolean(), nullable=False),
        sa.Column('left_seq', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_messaging_room_member_person_id')),
        sa.ForeignKeyConstraint(
            ['room_id'], ['messaging_room.id'], name=op.f('fk_messaging_room_member_room_id'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('room_id', 'person_id', name=op.f('pk_messaging_room_member')),
    )
    with op.batch_alter_table('messaging_room_member', schema=None) as batch_op:
        batch_op.create_index('ix_messaging_room_member_person', ['person_id', 'room_id'], unique=False)
    op.create_table(
        'messaging_message_version',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('replaced_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['message_id'], ['messaging_message.id'], name=op.f('fk_messaging_message_version_message_id'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messaging_message_version')),
    )
    with op.batch_alter_table('messaging_message_version', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messaging_message_version_message_id'), ['message_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('messaging_message_version', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_messaging_message_version_message_id'))
    op.drop_table('messaging_message_version')
    with op.batch_alter_table('messaging_room_member', schema=None) as batch_op:
        batch_op.drop_index('ix_messaging_room_member_person')
    op.drop_table('messaging_room_member')
    with op.batch_alter_table('messaging_message', schema=None) as batch_op:
        batch_op.drop_index('ix_messaging_message_room_change')
        batch_op.drop_index('ix_messaging_message_created')
        batch_op.drop_index('ix_messaging_message_author')
    op.drop_table('messaging_message')
    with op.batch_alter_table('messaging_room', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_messaging_room_organisation_id'))
    op.drop_table('messaging_room')
