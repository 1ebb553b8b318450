"""chat: rooms about nanos, files, blocked people, reports

Revision: 0022, after 0021, 2026-11-22 04:20:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0022'
down_revision = '0021'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'nanos_inquiry',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('nano_id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_inquiry_nano_id'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_inquiry')),
        sa.UniqueConstraint('nano_id', 'organisation_id', name=op.f('uq_nanos_inquiry_nano_id_organisation_id')),
    )
    with op.batch_alter_table('nanos_inquiry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_inquiry_organisation_id'), ['organisation_id'], unique=False)
    op.create_table(
        'messaging_attachment',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.Column('file_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.String(length=200), nullable=False),
        sa.Column('mime', sa.String(length=100), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('width', sa.Integer(), nullable=False),
        sa.Column('height', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['message_id'], ['messaging_message.id'], name=op.f('fk_messaging_attachment_message_id'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messaging_attachment')),
        sa.UniqueConstraint('message_id', 'position', name=op.f('uq_messaging_attachment_message_id_position')),
    )
    with op.batch_alter_table('messaging_message', schema=None) as batch_op:
        batch_op.add_column(sa.Column('files', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('messaging_message', schema=None) as batch_op:
        batch_op.alter_column('files', server_default=None)
    with op.batch_alter_table('messaging_room_member', schema=None) as batch_op:
        batch_op.add_column(sa.Column('marked', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('messaging_room_member', schema=None) as batch_op:
        batch_op.alter_column('marked', server_default=None)
    op.create_table(
        'messaging_block',
        sa.Column('person_id', sa.Uuid(), nullable=False),
        sa.Column('blocked_id', sa.Uuid(), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['blocked_id'], ['accounts_person.id'], name=op.f('fk_messaging_block_blocked_id')),
        sa.ForeignKeyConstraint(['person_id'], ['accounts_person.id'], name=op.f('fk_messaging_block_person_id')),
        sa.PrimaryKeyConstraint('person_id', 'blocked_id', name=op.f('pk_messaging_block')),
    )
    with op.batch_alter_table('messaging_block', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messaging_block_blocked_id'), ['blocked_id'], unique=False)
    op.create_table(
        'messaging_report',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('message_id', sa.Uuid(), nullable=False),
        sa.Column('room_id', sa.Uuid(), nullable=False),
        sa.Column('seq', sa.Integer(), nullable=False),
        sa.Column('author_id', sa.Uuid(), nullable=False),
        sa.Column('reporter_id', sa.Uuid(), nullable=False),
        sa.Column('reason', sa.String(length=12), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('files', sa.Integer(), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(['reporter_id'], ['accounts_person.id'], name=op.f('fk_messaging_report_reporter_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_messaging_report')),
        sa.UniqueConstraint('message_id', 'reporter_id', name=op.f('uq_messaging_report_message_id_reporter_id')),
    )
    with op.batch_alter_table('messaging_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_messaging_report_author_id'), ['author_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_messaging_report_reporter_id'), ['reporter_id'], unique=False)
        batch_op.create_index('ix_messaging_report_state_created_at', ['state', 'created_at'], unique=False)


def downgrade() -> None:
    op.drop_table('messaging_report')
    op.drop_table('messaging_block')
    with op.batch_alter_table('messaging_room_member', schema=None) as batch_op:
        batch_op.drop_column('marked')
    with op.batch_alter_table('messaging_message', schema=None) as batch_op:
        batch_op.drop_column('files')
    op.drop_table('messaging_attachment')
    op.drop_table('nanos_inquiry')
