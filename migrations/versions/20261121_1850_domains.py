"""own domains of servers

Revision: 0011, after 0010, 2026-11-21 18:50:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

ROUTED = sa.text("state IN ('verified', 'elsewhere')")


def upgrade() -> None:
    op.create_table(
        'hosting_domain',
        sa.Column('id', sa.Uuid(), nullable=False),
        sa.Column('organisation_id', sa.Uuid(), nullable=False),
        sa.Column('server_id', sa.Uuid(), nullable=False),
        sa.Column('name', sa.String(length=253), nullable=False),
        sa.Column('token', sa.String(length=43), nullable=False),
        sa.Column('state', sa.String(length=10), nullable=False),
        sa.Column('verdict', sa.String(length=10), nullable=True),
        sa.Column('seen', sa.JSON(), nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('elsewhere_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('warned', sa.Boolean(), nullable=False),
        sa.Column('checking_since', sa.DateTime(timezone=True), nullable=True),
        sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('verified_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('next_look_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['server_id'], ['hosting_server.id'], name=op.f('fk_hosting_domain_server_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_hosting_domain')),
        sa.UniqueConstraint('server_id', 'name', name=op.f('uq_hosting_domain_server_id_name')),
    )
    with op.batch_alter_table('hosting_domain', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hosting_domain_organisation_id'), ['organisation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_hosting_domain_next_look_at'), ['next_look_at'], unique=False)
        batch_op.create_index(
            'uq_hosting_domain_routed', ['name'], unique=True, sqlite_where=ROUTED, postgresql_where=ROUTED
        )


def downgrade() -> None:
    with op.batch_alter_table('hosting_domain', schema=None) as batch_op:
        batch_op.drop_index('uq_hosting_domain_routed', sqlite_where=ROUTED, postgresql_where=ROUTED)
        batch_op.drop_index(batch_op.f('ix_hosting_domain_next_look_at'))
        batch_op.drop_index(batch_op.f('ix_hosting_domain_organisation_id'))
    op.drop_table('hosting_domain')
