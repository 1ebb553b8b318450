"""Two learning platforms: one whose values are missing, one in use whose keys nobody asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from app.kit import clock
from app.kit.db import db, transaction
from app.kit.ids import new_id
from app.nanos.models import Launch, Learner, Platform
from app.nanos.services.lti import create_platform
from app.nanos.services.lti_launch import HOURS, _sealed
from tests.people import People


def furnish_lti(people: People, nano_id: UUID) -> dict[str, Any]:
    """Ids, and the keys of a nano that plays and of a choice."""
    alice = people.alice.actor
    draft = create_platform(alice, str(uuid4()), "ILIAS der Berufsschule am Stadtrand mit einem langen Namen")
    made = create_platform(alice, str(uuid4()), "Moodle der Akademie")
    now = clock.now()
    with transaction():
        row = db.session.get_one(Platform, made)
        row.state, row.issuer, row.client_id, row.deployments = (
            "active",
            "https://moodle.example",
            "Ab3xY",
            ["1", "2"],
        )
        row.auth_url, row.token_url = (
            "https://moodle.example/mod/lti/auth.php",
            "https://moodle.example/mod/lti/token.php",
        )
        row.keys_url, row.launched_at = (
            "https://moodle.example/mod/lti/certs.php",
            now - timedelta(minutes=45),
        )
        learner = Learner(id=new_id(), platform_id=made, subject="4711", created_at=now, last_at=now)
        db.session.add(learner)
        db.session.flush()
        launch = Launch(
            id=new_id(), learner_id=learner.id, nano_id=nano_id, link="9", line_item="", state="sent", sent=100, opened_at=now
        )  # fmt: skip
        db.session.add(launch)
    return {
        "lti": made, "lti_draft": draft,
        "lti_play": _sealed("nanos.lti.play", timedelta(hours=HOURS), str(launch.id)),
    }  # fmt: skip
