"""discord webhooks

Revision: 0006, after 0005, 2026-11-21 18:00:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

OPEN = sa.text("state = 'open'")
CLOSED = sa.text("state = 'closed'")
WAITING = sa.text("state IN ('open', 'closed')")


def upgrade() -> None:
    op.create_table(
        'hosting_webhook',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('label', sa.String(length=60), nullable=False),
        sa.Column('address', sa.Text(), nullable=False),
        sa.Column('address_hash', sa.String(length=64), nullable=False),
        sa.Column('hint', sa.String(length=4), nullable=False),
        sa.Column('topics', sa.JSON(), nullable=False),
        sa.Column('locale', sa.String(length=5), nullable=False),
        sa.Column('state', sa.String(length=3), nullable=False),
        sa.Column('off_reason', sa.String(length=12), nullable=True),
        sa.Column('off_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('spent_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_webhook_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_webhook')),
        sa.UniqueConstraint('server_id', 'address_hash', name=op.f('uq_hosting_webhook_server_id_address_hash')),
    )
    with op.batch_alter_table('hosting_webhook', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hosting_webhook_address_hash'), ['address_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_hosting_webhook_organisation_id'), ['organisation_id'], unique=False)
    op.create_table(
        'hosting_webhook_message',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('webhook_id', sa.Uuid(), nullable=False),
        sa.Column('state', sa.String(length=8), nullable=False),
        sa.Column('test', sa.Boolean(), nullable=False),
        sa.Column('content', sa.JSON(), nullable=False),
        sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('posting', sa.Boolean(), nullable=False),
        sa.Column('outcome', sa.String(length=12), nullable=True),
        sa.Column('status', sa.Integer(), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['webhook_id'], ['hosting_webhook.id'], name=op.f('fk_hosting_webhook_message_webhook_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_webhook_message')),
    )
    with op.batch_alter_table('hosting_webhook_message', schema=None) as batch_op:
        batch_op.create_index('ix_hosting_webhook_message_webhook', ['webhook_id', 'id'], unique=False)
        batch_op.create_index(
            'ix_hosting_webhook_message_due', ['due_at'], unique=False, sqlite_where=WAITING, postgresql_where=WAITING
        )
        batch_op.create_index(
            'uq_hosting_webhook_message_open', ['webhook_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
        )
        batch_op.create_index(
            'uq_hosting_webhook_message_closed', ['webhook_id'], unique=True, sqlite_where=CLOSED, postgresql_where=CLOSED
        )


def downgrade() -> None:
    op.drop_table('hosting_webhook_message')
    with op.batch_alter_table('hosting_webhook', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hosting_webhook_organisation_id'))
        batch_op.drop_index(batch_op.f('ix_hosting_webhook_address_hash'))
    op.drop_table('hosting_webhook')
