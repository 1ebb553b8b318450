"""nanos: moderation

Revision: 0023, after 0022, 2026-11-22 04:25:59.285459+00:00
"""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "nanos_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("open_key", sa.String(length=160), nullable=True),
        sa.Column("reports", sa.Integer(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("hints", sa.Integer(), nullable=False),
        sa.Column("rank", sa.Double(), nullable=True),
        sa.Column("rank_words", sa.JSON(), nullable=False),
        sa.Column("sort_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", sa.Uuid(), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("about_id", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_case")),
        sa.UniqueConstraint("open_key", name=op.f("uq_nanos_case_open_key")),
    )
    with op.batch_alter_table("nanos_case", schema=None) as batch_op:
        batch_op.create_index("ix_nanos_case_state_sort_at", ["state", "sort_at", "id"], unique=False)
        batch_op.create_index("ix_nanos_case_subject_id_state", ["subject_id", "state"], unique=False)

    op.create_table(
        "nanos_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_check")),
        sa.UniqueConstraint(
            "subject_type", "subject_id", "number", name=op.f("uq_nanos_check_subject_type_subject_id_number")
        ),
    )
    op.create_table(
        "nanos_notice",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("good_faith", sa.Boolean(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_notice")),
        sa.UniqueConstraint("digest", name=op.f("uq_nanos_notice_digest")),
        sa.UniqueConstraint("number", name=op.f("uq_nanos_notice_number")),
    )
    with op.batch_alter_table("nanos_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_notice_created_at"), ["created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_nanos_notice_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_nanos_notice_person_id"), ["person_id"], unique=False)

    op.create_table(
        "nanos_ranking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("why", sa.String(length=20), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("measures", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Integer(), nullable=False),
        sa.Column("auc", sa.Double(), nullable=True),
        sa.Column("baseline", sa.Double(), nullable=True),
        sa.Column("precision", sa.Double(), nullable=True),
        sa.Column("weights", sa.JSON(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_ranking")),
    )
    with op.batch_alter_table("nanos_ranking", schema=None) as batch_op:
        batch_op.create_index("ix_nanos_ranking_state_trained_at", ["state", "trained_at"], unique=False)

    op.create_table(
        "nanos_sample",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("week", sa.String(length=8), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("population", sa.JSON(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_sample")),
        sa.UniqueConstraint("week", name=op.f("uq_nanos_sample_week")),
    )
    op.create_table(
        "nanos_transparency_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("job_id", sa.Uuid(), nullable=True),
        sa.Column("pdf", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_transparency_report")),
    )
    op.create_table(
        "nanos_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("measure", sa.String(length=10), nullable=False),
        sa.Column("on_provider", sa.String(length=10), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("automated_detection", sa.Boolean(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("waited_seconds", sa.Integer(), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["nanos_case.id"], name=op.f("fk_nanos_decision_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_decision")),
    )
    with op.batch_alter_table("nanos_decision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_decision_case_id"), ["case_id"], unique=False)
        batch_op.create_index("ix_nanos_decision_decided_at", ["decided_at"], unique=False)
        batch_op.create_index(
            "ix_nanos_decision_organisation_id_decided_at", ["organisation_id", "decided_at"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_nanos_decision_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "nanos_notice_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["nanos_case.id"], name=op.f("fk_nanos_notice_item_case_id")),
        sa.ForeignKeyConstraint(
            ["notice_id"],
            ["nanos_notice.id"],
            name=op.f("fk_nanos_notice_item_notice_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_notice_item")),
        sa.UniqueConstraint("notice_id", "case_id", name=op.f("uq_nanos_notice_item_notice_id_case_id")),
    )
    with op.batch_alter_table("nanos_notice_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_notice_item_case_id"), ["case_id"], unique=False)

    op.create_table(
        "nanos_sample_item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("sample_id", sa.Uuid(), nullable=False),
        sa.Column("nano_id", sa.Uuid(), nullable=False),
        sa.Column("stratum", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["nanos_sample.id"], name=op.f("fk_nanos_sample_item_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_sample_item")),
        sa.UniqueConstraint("sample_id", "nano_id", name=op.f("uq_nanos_sample_item_sample_id_nano_id")),
    )
    op.create_table(
        "nanos_appeal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("made_key", sa.String(length=120), nullable=False),
        sa.Column("notice_id", sa.Uuid(), nullable=True),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["nanos_decision.id"], name=op.f("fk_nanos_appeal_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["nanos_notice.id"], name=op.f("fk_nanos_appeal_notice_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_appeal")),
        sa.UniqueConstraint("made_key", name=op.f("uq_nanos_appeal_made_key")),
    )
    with op.batch_alter_table("nanos_appeal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_appeal_decision_id"), ["decision_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_nanos_appeal_person_id"), ["person_id"], unique=False)

    op.create_table(
        "nanos_statement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("decision_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=True),
        sa.Column("visibility", sa.String(length=60), nullable=False),
        sa.Column("provision", sa.String(length=60), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("ground", sa.String(length=40), nullable=False),
        sa.Column("ground_text", sa.String(length=500), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("also_illegal", sa.Boolean(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=False),
        sa.Column("specification", sa.JSON(), nullable=False),
        sa.Column("content_type", sa.JSON(), nullable=False),
        sa.Column("content_date", sa.Date(), nullable=False),
        sa.Column("application_date", sa.Date(), nullable=False),
        sa.Column("territorial_scope", sa.JSON(), nullable=False),
        sa.Column("content_language", sa.String(length=2), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=False),
        sa.Column("automated_detection", sa.Boolean(), nullable=False),
        sa.Column("automated_decision", sa.String(length=40), nullable=False),
        sa.Column("puid", sa.String(length=500), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["nanos_decision.id"], name=op.f("fk_nanos_statement_decision_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nanos_statement")),
        sa.UniqueConstraint("decision_id", name=op.f("uq_nanos_statement_decision_id")),
    )
    with op.batch_alter_table("nanos_statement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_nanos_statement_created_at"), ["created_at"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_nanos_statement_organisation_id"), ["organisation_id"], unique=False
        )

    with op.batch_alter_table("nanos_nano", schema=None) as batch_op:
        batch_op.add_column(sa.Column("bar", sa.String(length=10), server_default="", nullable=False))

    _queue_what_waits()


def _queue_what_waits() -> None:
    """Revisions that wait for their review become items of the queue."""
    bind = op.get_bind()
    waiting = bind.execute(
        sa.text(
            "SELECT r.nano_id, r.number, r.submitted_at, n.organisation_id FROM nanos_revision r "
            "JOIN nanos_nano n ON n.id = r.nano_id WHERE r.state = 'review'"
        ).columns(nano_id=sa.Uuid(), submitted_at=sa.DateTime(timezone=True), organisation_id=sa.Uuid())
    ).all()
    case = sa.table(
        "nanos_case",
        sa.column("id", sa.Uuid()),
        sa.column("state", sa.String()),
        sa.column("kind", sa.String()),
        sa.column("subject_type", sa.String()),
        sa.column("subject_id", sa.Uuid()),
        sa.column("number", sa.Integer()),
        sa.column("organisation_id", sa.Uuid()),
        sa.column("open_key", sa.String()),
        sa.column("reports", sa.Integer()),
        sa.column("priority", sa.Integer()),
        sa.column("hints", sa.Integer()),
        sa.column("rank_words", sa.JSON()),
        sa.column("sort_at", sa.DateTime(timezone=True)),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    for row in waiting:
        op.bulk_insert(
            case,
            [
                {
                    "id": uuid4(),
                    "state": "open",
                    "kind": "review",
                    "subject_type": "nanos.nano",
                    "subject_id": row.nano_id,
                    "number": row.number,
                    "organisation_id": row.organisation_id,
                    "open_key": f"review:nanos.nano:{row.nano_id}:{row.number}",
                    "reports": 1,
                    "priority": 0,
                    "hints": 0,
                    "rank_words": [],
                    "sort_at": row.submitted_at,
                    "created_at": row.submitted_at,
                }
            ],
        )


def downgrade() -> None:
    with op.batch_alter_table("nanos_nano", schema=None) as batch_op:
        batch_op.drop_column("bar")

    with op.batch_alter_table("nanos_statement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_statement_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_nanos_statement_created_at"))

    op.drop_table("nanos_statement")
    with op.batch_alter_table("nanos_appeal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_appeal_person_id"))
        batch_op.drop_index(batch_op.f("ix_nanos_appeal_decision_id"))

    op.drop_table("nanos_appeal")
    op.drop_table("nanos_sample_item")
    with op.batch_alter_table("nanos_notice_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_notice_item_case_id"))

    op.drop_table("nanos_notice_item")
    with op.batch_alter_table("nanos_decision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_decision_subject_id"))
        batch_op.drop_index("ix_nanos_decision_organisation_id_decided_at")
        batch_op.drop_index("ix_nanos_decision_decided_at")
        batch_op.drop_index(batch_op.f("ix_nanos_decision_case_id"))

    op.drop_table("nanos_decision")
    op.drop_table("nanos_transparency_report")
    op.drop_table("nanos_sample")
    with op.batch_alter_table("nanos_ranking", schema=None) as batch_op:
        batch_op.drop_index("ix_nanos_ranking_state_trained_at")

    op.drop_table("nanos_ranking")
    with op.batch_alter_table("nanos_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_nanos_notice_person_id"))
        batch_op.drop_index(batch_op.f("ix_nanos_notice_email"))
        batch_op.drop_index(batch_op.f("ix_nanos_notice_created_at"))

    op.drop_table("nanos_notice")
    op.drop_table("nanos_check")
    with op.batch_alter_table("nanos_case", schema=None) as batch_op:
        batch_op.drop_index("ix_nanos_case_subject_id_state")
        batch_op.drop_index("ix_nanos_case_state_sort_at")

    op.drop_table("nanos_case")
