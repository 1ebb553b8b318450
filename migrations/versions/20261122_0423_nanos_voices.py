"""nanos: ratings, comments, favourites, collections, saved searches

Revision: 0019, after 0018, 2026-11-22 04:23:10.135176+00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('nanos_collection',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('sharing', sa.String(length=12), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_collection'))
    )
    with op.batch_alter_table('nanos_collection', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_collection_organisation_id_changed_at', ['organisation_id', 'changed_at'], unique=False)
        batch_op.create_index('ix_nanos_collection_person_id', ['person_id'], unique=False)
        batch_op.create_index('ix_nanos_collection_sharing_changed_at', ['sharing', 'changed_at'], unique=False)

    op.create_table('nanos_profile',
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('about', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('organisation_id', name=op.f('pk_nanos_profile'))
    )
    op.create_table('nanos_saved_search',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('text', sa.String(length=100), nullable=False),
    sa.Column('chosen', sa.JSON(), nullable=False),
    sa.Column('cadence', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_saved_search'))
    )
    with op.batch_alter_table('nanos_saved_search', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_saved_search_cadence_checked_at', ['cadence', 'checked_at'], unique=False)
        batch_op.create_index('ix_nanos_saved_search_person_id', ['person_id'], unique=False)

    op.create_table('nanos_collection_item',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('collection_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('added_by', sa.Uuid(), nullable=True),
    sa.Column('added_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['collection_id'], ['nanos_collection.id'], name=op.f('fk_nanos_collection_item_collection_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_collection_item_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_collection_item')),
    sa.UniqueConstraint('collection_id', 'nano_id', name=op.f('uq_nanos_collection_item_collection_id_nano_id'))
    )
    op.create_table('nanos_comment',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('parent_id', sa.Uuid(), nullable=True),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hidden_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('hidden_by', sa.Uuid(), nullable=True),
    sa.Column('hidden_reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_comment_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_comment')),
    sa.UniqueConstraint('parent_id', 'kind', name=op.f('uq_nanos_comment_parent_id_kind'))
    )
    with op.batch_alter_table('nanos_comment', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_comment_nano_id_kind_created_at', ['nano_id', 'kind', 'created_at'], unique=False)
        batch_op.create_index('ix_nanos_comment_person_id', ['person_id'], unique=False)

    op.create_table('nanos_favourite',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_favourite_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_favourite')),
    sa.UniqueConstraint('person_id', 'nano_id', name=op.f('uq_nanos_favourite_person_id_nano_id'))
    )
    op.create_table('nanos_rating',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('person_id', sa.Uuid(), nullable=True),
    sa.Column('organisation_id', sa.Uuid(), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('edited_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_rating_nano_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_rating')),
    sa.UniqueConstraint('person_id', 'nano_id', name=op.f('uq_nanos_rating_person_id_nano_id'))
    )
    with op.batch_alter_table('nanos_rating', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_rating_nano_id_created_at', ['nano_id', 'created_at'], unique=False)

    op.create_table('nanos_saved_match',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('search_id', sa.Uuid(), nullable=False),
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_saved_match_nano_id')),
    sa.ForeignKeyConstraint(['search_id'], ['nanos_saved_search.id'], name=op.f('fk_nanos_saved_match_search_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_saved_match')),
    sa.UniqueConstraint('search_id', 'nano_id', name=op.f('uq_nanos_saved_match_search_id_nano_id'))
    )
    op.create_table('nanos_score',
    sa.Column('nano_id', sa.Uuid(), nullable=False),
    sa.Column('one', sa.Integer(), nullable=False),
    sa.Column('two', sa.Integer(), nullable=False),
    sa.Column('three', sa.Integer(), nullable=False),
    sa.Column('four', sa.Integer(), nullable=False),
    sa.Column('five', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('mean', sa.Integer(), nullable=False),
    sa.Column('badge', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['nano_id'], ['nanos_nano.id'], name=op.f('fk_nanos_score_nano_id')),
    sa.PrimaryKeyConstraint('nano_id', name=op.f('pk_nanos_score'))
    )
    with op.batch_alter_table('nanos_score', schema=None) as batch_op:
        batch_op.create_index('ix_nanos_score_mean', ['mean'], unique=False)

    op.create_table('nanos_rating_past',
    sa.Column('id', sa.Uuid(), nullable=False),
    sa.Column('rating_id', sa.Uuid(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('stars', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['rating_id'], ['nanos_rating.id'], name=op.f('fk_nanos_rating_past_rating_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nanos_rating_past')),
    sa.UniqueConstraint('rating_id', 'version', name=op.f('uq_nanos_rating_past_rating_id_version'))
    )


def downgrade() -> None:
    op.drop_table('nanos_rating_past')
    with op.batch_alter_table('nanos_score', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_score_mean')

    op.drop_table('nanos_score')
    op.drop_table('nanos_saved_match')
    with op.batch_alter_table('nanos_rating', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_rating_nano_id_created_at')

    op.drop_table('nanos_rating')
    op.drop_table('nanos_favourite')
    with op.batch_alter_table('nanos_comment', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_comment_person_id')
        batch_op.drop_index('ix_nanos_comment_nano_id_kind_created_at')

    op.drop_table('nanos_comment')
    op.drop_table('nanos_collection_item')
    with op.batch_alter_table('nanos_saved_search', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_saved_search_person_id')
        batch_op.drop_index('ix_nanos_saved_search_cadence_checked_at')

    op.drop_table('nanos_saved_search')
    op.drop_table('nanos_profile')
    with op.batch_alter_table('nanos_collection', schema=None) as batch_op:
        batch_op.drop_index('ix_nanos_collection_sharing_changed_at')
        batch_op.drop_index('ix_nanos_collection_person_id')
        batch_op.drop_index('ix_nanos_collection_organisation_id_changed_at')

    op.drop_table('nanos_collection')
