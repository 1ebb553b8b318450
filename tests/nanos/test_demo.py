"""Sample nanos, and nanos as the only product."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.demo import seed as seed_people
from app.factory import create_app
from app.kit import clock
from app.kit.config import Settings
from app.kit.db import db
from app.nanos.catalog import slugs
from app.nanos.demo import seed
from app.nanos.models import (
    Barter,
    Case,
    Collection,
    Comment,
    Nano,
    NanoFile,
    Notice,
    Rating,
    Receipt,
    Revision,
    Statement,
)  # fmt: skip
from app.nanos.queries.find import find_nanos
from app.nanos.queries.nano import details_of
from app.nanos.rules import amb
from app.nanos.rules.amb_check import faults
from app.nanos.rules.details import complete
from app.nanos.rules.finding import Wish
from app.nanos.views.amb_record import record_of


@pytest.mark.slow
def test_a_dozen_nanos_of_three_providers_written_once(app: Flask) -> None:
    app.config["PASSWORD_COST"] = (1, 8, 1)
    for _ in range(2):
        seed_people()
        seed()
    assert Counter(state for (state,) in db.session.query(Nano.state)) == {
        "published": 11,
        "review": 1,
        "draft": 2,
    }
    assert len({one for (one,) in db.session.query(Nano.organisation_id)}) == 3
    assert Counter(state for (state,) in db.session.query(Barter.state)) == {
        "offered": 1, "countered": 1, "delivered": 1, "disputed": 1, "completed": 1,
    }  # fmt: skip
    assert db.session.query(Receipt).count() == 2
    assert {kind for (kind,) in db.session.query(NanoFile.kind)} == {"pdf", "webm", "h5p", "scorm", "link"}
    for revision in db.session.query(Revision).filter(Revision.state != "draft"):
        assert complete(details_of(revision), slugs()) == {}
        with app.test_request_context("/"):
            now = clock.now()
            record = record_of(
                revision.nano_id, details_of(revision), "P", now, now, url="https://kontor.example/"
            )
            assert faults(amb.document(record)) == []
    assert (db.session.query(Rating).count(), db.session.query(Collection).count()) == (6, 1)
    assert Counter(kind for (kind,) in db.session.query(Comment.kind)) == {
        "rating": 5, "reply": 2, "question": 2, "answer": 1,
    }  # fmt: skip
    found = find_nanos(Wish())
    facets = {name: counts for name, counts in found.facets.items() if name != "rating"}
    assert found.total == 10 and all(sum(counts.values()) == 10 for counts in facets.values())
    assert {kind for (kind,) in db.session.query(Case.kind).filter_by(state="open")} == {
        "review",
        "notice",
        "sample",
        "appeal",
    }
    assert db.session.query(Notice).count() == 3 and db.session.query(Statement).count() == 1


@pytest.mark.parametrize(
    ("modules", "hosting", "nanos"), [("nanos", 0, 1), ("hosting", 1, 0), ("hosting,nanos", 1, 1)]
)
def test_products_are_switched_on_one_by_one(tmp_path: Path, modules: str, hosting: int, nanos: int) -> None:
    app = create_app(Settings(var_dir=tmp_path, modules=modules), TESTING=True)
    here = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules()}
    assert (("hosting" in here), ("nanos" in here)) == (bool(hosting), bool(nanos))
