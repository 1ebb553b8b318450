"""nanos: what happens, in numbers

Revision: 0025, after 0024, 2026-11-22 04:45:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_daily',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_daily_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_daily')),
    sa.UniqueConstraint('nano_id', 'day', 'kind', name=op.f('uq_nanos_daily_nano_id_day_kind'))
    )
    op.create_index('ix_nanos_daily_day', 'nanos_daily', ['day'])
    op.create_table('nanos_word',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('subject', sa.String(length=20), nullable=False),
    sa.Column('text', sa.String(length=80), nullable=False),
    sa.Column('missed', sa.Boolean(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('organisations', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_word')),
    sa.UniqueConstraint('month', 'text', 'subject', 'missed', name=op.f('uq_nanos_word_month_text_subject_missed'))
    )
    op.create_table('nanos_word_nano',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('text', sa.String(length=80), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_word_nano_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_word_nano')),
    sa.UniqueConstraint('nano_id', 'month', 'text', name=op.f('uq_nanos_word_nano_nano_id_month_text'))
    )
    op.create_table('nanos_word_mark',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('month', sa.Date(), nullable=False),
    sa.Column('mark', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_word_mark')),
    sa.UniqueConstraint('mark', name=op.f('uq_nanos_word_mark_mark'))
    )
    op.create_index('ix_nanos_word_mark_month', 'nanos_word_mark', ['month'])
    op.create_table('nanos_trend',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('quarter', sa.String(length=6), nullable=False),
    sa.Column('side', sa.String(length=6), nullable=False),
    sa.Column('subject', sa.String(length=20), nullable=False),
    sa.Column('region', sa.String(length=20), nullable=False),
    sa.Column('value', sa.Integer(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_trend')),
    sa.UniqueConstraint('quarter', 'side', 'subject', 'region', name=op.f('uq_nanos_trend_quarter_side_subject_region'))
    )
    op.create_table('nanos_neighbour',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('other_id', sa.Uuid(), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('used', sa.Boolean(), nullable=False),
    sa.Column('words', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_neighbour_nano_id')),
    sa.ForeignKeyConstraint(['other_id'], ['nanos_nano.id'], name=op.f('fk_nanos_neighbour_other_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_neighbour')),
    sa.UniqueConstraint('nano_id', 'other_id', name=op.f('uq_nanos_neighbour_nano_id_other_id'))
    )
    op.create_index('ix_nanos_neighbour_other_id', 'nanos_neighbour', ['other_id'])
    op.create_table('nanos_quiet',
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_nanos_quiet'))
    )


def downgrade() -> None:
    for table in ('nanos_quiet', 'nanos_neighbour', 'nanos_trend', 'nanos_word_mark', 'nanos_word_nano', 'nanos_word', 'nanos_daily'):
        op.drop_table(table)
