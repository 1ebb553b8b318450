"""What an organisation says about itself."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotFound
from app.nanos.events_voices import ProfileChanged
from app.nanos.models import Profile
from app.nanos.policies import P
from app.nanos.rules.voice import LONGEST_ABOUT
from app.nanos.services.texts import checked_text


def profile_of(organisation_id: UUID | None) -> tuple[str, int]:
    """The text and its version, 0 where none was saved."""
    row = db.session.get(Profile, organisation_id) if organisation_id else None
    return (row.about, row.version) if row else ("", 0)


def save_profile(actor: Actor, about: str | None, version: int) -> None:
    """Keep the text. Raises Invalid at "about", Conflict where a colleague saved since `version`."""
    require(actor, P.profile_write)
    clean = checked_text("about", about, most=LONGEST_ABOUT)
    if actor.organisation_id is None:
        raise NotFound
    with transaction() as session:
        row = session.get(Profile, actor.organisation_id, with_for_update=True, populate_existing=True)
        if row is not None and row.about == clean:
            return
        if (row.version if row else 0) != version:
            raise Conflict(_("Jemand hat diesen Text inzwischen geändert. Sehen Sie nach, was anders ist."))
        if row is None:
            row = Profile(organisation_id=actor.organisation_id, version=0)
            session.add(row)
        row.about, row.version, row.changed_at = clean, version + 1, clock.now()
        try:
            session.flush()
        except IntegrityError:
            raise Conflict(
                _("Jemand hat diesen Text inzwischen geändert. Sehen Sie nach, was anders ist.")
            ) from None
        record(ProfileChanged(), actor=actor)
