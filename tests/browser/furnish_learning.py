"""Assignments in every state, certificates that are valid and revoked, points: for the pages that show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app.kit import clock
from app.kit.db import db
from app.nanos.models import Certificate
from app.nanos.services import assignment as assignments
from app.nanos.services import certificate as certificates
from app.nanos.services import points
from app.nanos.services.assignment import Wish
from app.nanos.services.badge_key import list_keys
from app.nanos.services.ending import today
from tests.nanos import rig
from tests.nanos.test_assignment import finish
from tests.people import People

TITLES = (
    "Datenschutz am Arbeitsplatz", "Erste Hilfe: die stabile Seitenlage", "Sicher heben und tragen", "Phishing erkennen",
)  # fmt: skip


def learning(people: People) -> dict[str, Any]:
    """Ids by name."""
    nanos = [rig.published(people, replace(rig.OPEN, title=title)) for title in TITLES]
    with clock.freeze(clock.now() - timedelta(days=40)):
        old = _assign(people, nanos[0], 20, renews=True, note="Jährliche Unterweisung. Fragen an Dora.")
        clock.advance(days=5)
        finish(people.alice.actor, nanos[0])
        clock.advance(days=20)
        finish(people.dora.actor, nanos[0])
    _assign(people, nanos[1], 4)
    ended = _assign(people, nanos[2], 30)
    finish(people.alice.actor, nanos[2])
    assignments.end(people.alice.actor, ended)
    _assign(people, nanos[3], 60)
    mine = list(
        db.session.query(Certificate).filter_by(person_id=people.alice.id).order_by(Certificate.completed_at)
    )
    certificates.revoke_own(people.alice.actor, mine[1].id)
    points.choose(people.alice.actor, collects=True, shares=False)
    points.choose(people.dora.actor, collects=True, shares=True)
    return {
        "training": old, "training_ended": ended, "certificate": mine[0].id, "certificate_revoked": mine[1].id,
        "number": mine[0].number, "number_revoked": mine[1].number, "badge_key": list_keys()[0].id,
    }  # fmt: skip


def _assign(people: People, nano_id: UUID, days: int, **more: Any) -> UUID:
    wish = Wish(everyone=True, due_on=today() + timedelta(days=days), **more)
    return assignments.assign(people.alice.actor, nano_id, wish, once=str(uuid4())).id
