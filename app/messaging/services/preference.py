"""Choosing what to hear about."""

from __future__ import annotations

from collections.abc import Mapping

from app.kit.authz import Actor
from app.kit.db import db, transaction
from app.kit.errors import NotAllowed
from app.messaging.kinds import all_kinds
from app.messaging.models import Preference
from app.messaging.queries.presence import SWITCH
from app.messaging.rules.kind import Choice


def save_choices(actor: Actor, chosen: Mapping[str, Choice]) -> None:
    """Keep a person's choices; kinds that are not named, or not known, stay as they are."""
    if actor.person_id is None:
        raise NotAllowed
    with transaction():
        for kind in all_kinds():
            wanted = chosen.get(kind.name)
            if wanted is None:
                continue
            row = db.session.get(Preference, (actor.person_id, kind.name))
            if row is None:
                row = Preference(person_id=actor.person_id, kind=kind.name)
                db.session.add(row)
            row.in_app, row.by_mail = wanted.in_app, wanted.by_mail or kind.forced_mail


def show_presence(actor: Actor, shows: bool) -> None:
    """Let others see when the actor is here, or not."""
    if actor.person_id is None:
        raise NotAllowed
    with transaction():
        row = db.session.get(Preference, (actor.person_id, SWITCH))
        if row is None:
            row = Preference(person_id=actor.person_id, kind=SWITCH, by_mail=False)
            db.session.add(row)
        row.in_app = shows
