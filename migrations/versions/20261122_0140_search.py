"""the search's own index: documents, words, parts of compounds, keys of misspelt words, postings, fields

Revision: 0014, after 0013, 2026-11-22 01:40:00+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def plain(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length=length).with_variant(sa.String(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table(
        'core_search_document',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('key', sa.String(length=36), nullable=False),
        sa.Column('visibility', sa.String(length=64), nullable=False),
        sa.Column('shelf', sa.BigInteger(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('keywords', sa.JSON(), nullable=False),
        sa.Column('description', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False, comment='microseconds since 1970, UTC'),
        sa.Column('rating', sa.Float(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('words', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_core_search_document')),
    )
    op.create_index('uq_core_search_document_kind_key', 'core_search_document', ['kind', 'key'], unique=True)
    op.create_index('ix_core_search_document_shelf_at', 'core_search_document', ['shelf', 'at'])
    op.create_index('ix_core_search_document_shelf_rating', 'core_search_document', ['shelf', 'rating'])
    op.create_table(
        'core_search_word',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('word', plain(64), nullable=False),
        sa.Column('stem', plain(64), nullable=False),
        sa.Column('backwards', plain(64), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_core_search_word')),
        sa.UniqueConstraint('word', name=op.f('uq_core_search_word_word')),
    )
    op.create_index(op.f('ix_core_search_word_stem'), 'core_search_word', ['stem'])
    op.create_index(op.f('ix_core_search_word_backwards'), 'core_search_word', ['backwards'])
    op.create_table(
        'core_search_typo',
        sa.Column('key', plain(8), nullable=False),
        sa.Column('form', plain(64), nullable=False),
        sa.PrimaryKeyConstraint('key', 'form', name=op.f('pk_core_search_typo')),
        sqlite_with_rowid=False,
    )
    op.create_index('ix_core_search_typo_form', 'core_search_typo', ['form'])
    op.create_table(
        'core_search_posting',
        sa.Column('word_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('shelf', sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column('document_id', sa.Integer(), autoincrement=False, nullable=False),
        sa.Column('weight', sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            'word_id', 'shelf', 'document_id', name=op.f('pk_core_search_posting'), postgresql_include=['weight']
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        'core_search_part',
        sa.Column('part', plain(64), nullable=False),
        sa.Column('word_id', sa.Integer(), nullable=False),
        sa.Column('head', sa.SmallInteger(), nullable=False, comment='1 where the part is the last one'),
        sa.ForeignKeyConstraint(
            ['word_id'], ['core_search_word.id'], name=op.f('fk_core_search_part_word_id'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('part', 'word_id', name=op.f('pk_core_search_part')),
    )
    op.create_index('ix_core_search_part_word', 'core_search_part', ['word_id'])
    op.create_table(
        'core_search_facet',
        sa.Column('document_id', sa.Integer(), nullable=False),
        sa.Column('field', sa.String(length=40), nullable=False),
        sa.Column('value', sa.String(length=120), nullable=False),
        sa.Column('number', sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ['document_id'], ['core_search_document.id'],
            name=op.f('fk_core_search_facet_document_id'), ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('document_id', 'field', 'value', name=op.f('pk_core_search_facet')),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ('facet', 'part', 'posting', 'typo', 'word', 'document'):
        op.drop_table(f'core_search_{table}')
