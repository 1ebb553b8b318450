"""Learning platforms of an organisation: connected, changed, removed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.core.api import claim_once, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, require_transaction, transaction
from app.kit.errors import Conflict, Invalid
from app.kit.ids import new_id
from app.kit.outbound import own_networks
from app.kit.secrets import seal
from app.nanos.events_lti import LearnerForgotten, PlatformConnected, PlatformCreated, PlatformRemoved
from app.nanos.gateways.lti import fetch_keys, make_key
from app.nanos.models import Experience, Learner, Platform, Play, Use
from app.nanos.policies import P
from app.nanos.queries.lti import get_platform
from app.nanos.rules.link import checked_link, link_host
from app.nanos.rules.lti import LtiFault, origin_of
from app.nanos.wording_lti import fault_words

MOST_PLATFORMS = 10
LONGEST_NAME = 80
MOST_DEPLOYMENTS = 20
KEPT = timedelta(days=730)
"""So long somebody who does not come back is remembered: as long as where people were in packages."""
URLS = ("auth_url", "token_url", "keys_url")


@dataclass(frozen=True)
class Typed:
    """What somebody read off their platform."""

    name: str
    issuer: str
    client_id: str
    deployments: str
    auth_url: str
    token_url: str
    keys_url: str


def create_platform(actor: Actor, once: str, name: str) -> UUID:
    """A draft: it has the addresses the platform wants before it tells its own. Raises Invalid, Conflict."""
    require(actor, P.lti_manage)
    name = _name(name)
    private = make_key()
    with transaction():
        if not claim_once(f"nanos.lti.new:{actor.person_id}:{once}"):
            raise Conflict(_("Das haben Sie schon angelegt."))
        count = db.session.scalar(
            select(func.count()).where(Platform.organisation_id == actor.organisation_id)
        )
        if (count or 0) >= MOST_PLATFORMS:
            raise Conflict(_("Mehr als %(most)d Plattformen gehen nicht.", most=MOST_PLATFORMS))
        row = Platform(
            id=new_id(), organisation_id=actor.organisation_id, state="draft", name=name, deployments=[], keys=[],
            private=seal(private), created_at=clock.now(),
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        record(PlatformCreated(), actor=actor, subject=("nanos.lti", row.id))
        return row.id


def _name(text: str) -> str:
    text = " ".join(text.split())
    if not 0 < len(text) <= LONGEST_NAME:
        raise Invalid(fields={"name": _("Bitte 1 bis %(most)d Zeichen.", most=LONGEST_NAME)})
    return text


def connect_platform(actor: Actor, platform_id: UUID, typed: Typed) -> None:
    """Check the values, fetch the platform's keys, keep both. Raises NotFound, Invalid."""
    require(actor, P.lti_manage)
    get_platform(actor, platform_id)
    name = _name(typed.name)
    found, wrong = _checked(typed)
    if wrong:
        raise Invalid(fields=wrong)
    try:
        keys = fetch_keys(found["keys_url"])
    except LtiFault as fault:
        raise Invalid(fields={"keys_url": fault_words(fault.code)}) from None
    with transaction():
        row = lock(Platform, platform_id)
        row.name, row.state, row.deployments = name, "active", _lines(typed.deployments)
        for key, value in found.items():
            setattr(row, key, value)
        row.keys, row.keys_at = keys, clock.now()
        record(PlatformConnected(link_host(row.auth_url)), actor=actor, subject=("nanos.lti", row.id))


def _checked(typed: Typed) -> tuple[dict[str, str], dict[str, str]]:
    """Values to keep, and what is wrong by field."""
    found = {name: getattr(typed, name).strip() for name in ("issuer", "client_id", *URLS)}
    wrong: dict[str, str] = {}
    for name, most in (("issuer", 500), ("client_id", 255)):
        if not re.fullmatch(rf"[!-~]{{1,{most}}}", found[name]):
            wrong[name] = _("Bitte so eintragen, wie es in Ihrem LMS steht, ohne Leerzeichen.")
    for name in URLS:
        try:
            found[name] = _address(found[name])
        except ValueError:
            wrong[name] = _("Bitte eine öffentlich erreichbare Adresse, die mit https:// beginnt.")
    lines = _lines(typed.deployments)
    if not 0 < len(lines) <= MOST_DEPLOYMENTS or any(not re.fullmatch(r"[!-~]{1,255}", one) for one in lines):
        wrong["deployments"] = _("Bitte mindestens eine ID, jede in einer eigenen Zeile, ohne Leerzeichen.")
    return found, wrong


def _address(text: str) -> str:
    """Its form alone: where a name leads is looked at whenever it is asked. ValueError."""
    if own_networks() and origin_of(text) and len(text) <= 500 and text.isascii() and text.isprintable():
        return text
    if not text.lower().startswith("https://"):
        raise ValueError("kind")
    return checked_link(text)


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in text.splitlines() if one.strip()))


def remove_platform(actor: Actor, platform_id: UUID) -> None:
    """With everything known of its learners. Raises NotFound."""
    require(actor, P.lti_manage)
    get_platform(actor, platform_id)
    with transaction():
        row = lock(Platform, platform_id)
        count = _forget(db.session.scalars(select(Learner.id).where(Learner.platform_id == row.id)).all())
        db.session.delete(row)
        record(PlatformRemoved(count), actor=actor, subject=("nanos.lti", platform_id))


def forget_learner(actor: Actor, platform_id: UUID, subject: str) -> None:
    """Who asks the organisation to be forgotten: by the number the platform knows them by. Raises NotFound, Invalid."""
    require(actor, P.lti_manage)
    get_platform(actor, platform_id)
    with transaction():
        found = db.session.scalars(
            select(Learner.id).where(Learner.platform_id == platform_id, Learner.subject == subject.strip())
        ).all()
        if not found:
            raise Invalid(fields={"subject": _("Diese Kennung hat hier noch nichts geöffnet.")})
        _forget(found)
        record(LearnerForgotten(), actor=actor, subject=("nanos.lti", platform_id))


def _forget(ids: Iterable[UUID]) -> int:
    """Launches go with their learner. Joins the caller's transaction."""
    require_transaction()
    gone = list(ids)
    for start in range(0, len(gone), 500):
        some = gone[start : start + 500]
        for statement in (
            delete(Play).where(Play.person_id.in_(some)),
            delete(Experience).where(Experience.person_id.in_(some)),
            delete(Use).where(Use.person_id.in_(some)),
            delete(Learner).where(Learner.id.in_(some)),
        ):
            db.session.execute(statement.execution_options(synchronize_session=False))
    return len(gone)


def forget_old() -> int:
    """Learners who have not come for `KEPT`. Returns how many."""
    with transaction():
        old = select(Learner.id).where(Learner.last_at < clock.now() - KEPT).limit(5000)
        return _forget(db.session.scalars(old).all())


def forget_organisations(ids: Iterable[UUID]) -> None:
    """With their last person goes what their platforms told us. Joins the caller's transaction."""
    require_transaction()
    wanted = select(Platform.id).where(Platform.organisation_id.in_(list(ids)))
    _forget(db.session.scalars(select(Learner.id).where(Learner.platform_id.in_(wanted))).all())
    db.session.execute(
        delete(Platform).where(Platform.id.in_(wanted)).execution_options(synchronize_session=False)
    )
