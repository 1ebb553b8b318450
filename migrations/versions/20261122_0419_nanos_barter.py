"""nanos barter

Revision: 0018, after 0017, 2026-11-22 04:19:48.741894+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_trader',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('address', sa.String(length=500), nullable=False),
    sa.Column('tax_number', sa.String(length=40), nullable=False),
    sa.Column('vat', sa.String(length=10), nullable=False),
    sa.Column('stated_by', sa.Uuid(), nullable=True),
    sa.Column('stated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('receipts', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_nanos_trader'))
    )
    op.create_table('nanos_barter',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('offerer_id', sa.Uuid(), nullable=False),
    sa.Column('partner_id', sa.Uuid(), nullable=False),
    sa.Column('room_id', sa.Uuid(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('latest', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(length=8), nullable=False),
    sa.Column('agreed', sa.Integer(), nullable=True),
    sa.Column('pending', sa.Integer(), nullable=True),
    sa.Column('offerer_delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('partner_delivered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('offerer_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('partner_confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('offerer_turn', sa.Boolean(), nullable=False),
    sa.Column('partner_turn', sa.Boolean(), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('remind_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_by', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('accepted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disputed_by', sa.String(length=8), nullable=True),
    sa.Column('disputed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('complained_by', sa.Uuid(), nullable=True),
    sa.Column('complaint', sa.Text(), nullable=True),
    sa.Column('decided_by', sa.Uuid(), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint('offerer_id <> partner_id', name=op.f('ck_nanos_barter_two_sides')),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_barter_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_barter'))
    )
    with op.batch_alter_table('nanos_barter', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_barter_offerer_id_changed_at', ['offerer_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_nanos_barter_partner_id_changed_at', ['partner_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_nanos_barter_remind_at', ['remind_at'], unique=False)
        batch_op.create_index('ix_nanos_barter_state_due_at', ['state', 'due_at'], unique=False)

    op.create_table('nanos_licence_limit',
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('most', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_licence_limit_nano_id')),
    sa.PrimaryKeyConstraint('nano_id', name=op.f('pk_nanos_licence_limit'))
    )
    op.create_table('nanos_barter_revision',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('barter_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('author', sa.String(length=8), nullable=False),
    sa.Column('written_by', sa.Uuid(), nullable=True),
    sa.Column('written_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['barter_id'], ['nanos_barter.id'], name=op.f('fk_nanos_barter_revision_barter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_barter_revision')),
    sa.UniqueConstraint('barter_id', 'number', name=op.f('uq_nanos_barter_revision_barter_id_number'))
    )
    op.create_table('nanos_credit_account',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('barter_id', sa.Uuid(), nullable=True),
    sa.Column('lowest', sa.Integer(), nullable=True),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.Column('last_sequence', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(organisation_id IS NULL) <> (barter_id IS NULL)', name=op.f('ck_nanos_credit_account_one_owner')),
    sa.CheckConstraint('barter_id IS NULL OR balance >= 0', name=op.f('ck_nanos_credit_account_held_not_negative')),
    sa.ForeignKeyConstraint(['barter_id'], ['nanos_barter.id'], name=op.f('fk_nanos_credit_account_barter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_credit_account')),
    sa.UniqueConstraint('barter_id', name=op.f('uq_nanos_credit_account_barter_id')),
    sa.UniqueConstraint('organisation_id', name=op.f('uq_nanos_credit_account_organisation_id'))
    )
    op.create_table('nanos_credit_transfer',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('barter_id', sa.Uuid(), nullable=True),
    sa.Column('reverses_id', sa.Uuid(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('actor_id', sa.Uuid(), nullable=True),
    sa.Column('occurred_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['barter_id'], ['nanos_barter.id'], name=op.f('fk_nanos_credit_transfer_barter_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['nanos_credit_transfer.id'], name=op.f('fk_nanos_credit_transfer_reverses_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_credit_transfer')),
    sa.UniqueConstraint('key', name=op.f('uq_nanos_credit_transfer_key')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_nanos_credit_transfer_reverses_id'))
    )
    with op.batch_alter_table('nanos_credit_transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_credit_transfer_barter_id'), ['barter_id'], unique=False)

    op.create_table('nanos_receipt',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('barter_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('file_id', sa.Uuid(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['barter_id'], ['nanos_barter.id'], name=op.f('fk_nanos_receipt_barter_id')),
    sa.ForeignKeyConstraint(['file_id'], ['core_file.id'], name=op.f('fk_nanos_receipt_file_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_receipt')),
    sa.UniqueConstraint('barter_id', 'organisation_id', name=op.f('uq_nanos_receipt_barter_id_organisation_id')),
    sa.UniqueConstraint('organisation_id', 'number', name=op.f('uq_nanos_receipt_organisation_id_number'))
    )
    with op.batch_alter_table('nanos_receipt', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_nanos_receipt_file_id'), ['file_id'], unique=False)

    op.create_table('nanos_credit_entry',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('account_id', sa.Uuid(), nullable=False),
    sa.Column('transfer_id', sa.Uuid(), nullable=False),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('balance', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount <> 0', name=op.f('ck_nanos_credit_entry_amount')),
    sa.ForeignKeyConstraint(['account_id'], ['nanos_credit_account.id'], name=op.f('fk_nanos_credit_entry_account_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['nanos_credit_transfer.id'], name=op.f('fk_nanos_credit_entry_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_credit_entry')),
    sa.UniqueConstraint('account_id', 'sequence', name=op.f('uq_nanos_credit_entry_account_id_sequence')),
    sa.UniqueConstraint('transfer_id', 'account_id', name=op.f('uq_nanos_credit_entry_transfer_id_account_id'))
    )
    with op.batch_alter_table('nanos_credit_entry', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_credit_entry_transfer_id', ['transfer_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('nanos_credit_entry', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_credit_entry_transfer_id')

    op.drop_table('nanos_credit_entry')
    with op.batch_alter_table('nanos_receipt', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_receipt_file_id'))

    op.drop_table('nanos_receipt')
    with op.batch_alter_table('nanos_credit_transfer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_nanos_credit_transfer_barter_id'))

    op.drop_table('nanos_credit_transfer')
    op.drop_table('nanos_credit_account')
    op.drop_table('nanos_barter_revision')
    op.drop_table('nanos_licence_limit')
    with op.batch_alter_table('nanos_barter', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_barter_state_due_at')
        batch_op.drop_index('ix_nanos_barter_remind_at')
        batch_op.drop_index('ix_nanos_barter_partner_id_changed_at')
        batch_op.drop_index('ix_nanos_barter_offerer_id_changed_at')

    op.drop_table('nanos_barter')
    op.drop_table('nanos_trader')
