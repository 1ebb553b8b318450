"""Launches: begun by a platform, answered by the browser with the platform's signed message, each message once.

No cookie takes part, for frames of other sites get none. What was begun is a sealed `state` that names platform, nonce and
time; that it was used is a row. See docs/adr/0017-lti.md for what that leaves open.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.exc import IntegrityError

from app.core.api import claim_once
from app.kit import clock, limits
from app.kit.config import settings
from app.kit.db import db, require_transaction, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.links import public_link
from app.kit.secrets import seal, unseal
from app.nanos.gateways.lti import fetch_keys, key_name, verify
from app.nanos.models import Launch, Learner, Platform
from app.nanos.queries.lti import (
    HOURS,
    Guest,
    entitled,
    guest_of,
    learner_actor,
    open_platform,
)
from app.nanos.queries.seat import is_full, lock_seats
from app.nanos.rules.lti import MOST_TOKEN, Expected, LtiFault, Message, nano_of, origin_of, read_message
from app.nanos.services.lti_score import owe

BEGUN = timedelta(minutes=10)
FRESH, OLD = timedelta(hours=1), timedelta(hours=24)
"""Keys are asked for anew after the first; until the second the old ones do where the platform is away."""
FETCHES, WINDOW = 6, 60
_STATE, _PLAY, _CHOOSE = "nanos.lti.state", "nanos.lti.play", "nanos.lti.choose"


def begin(platform_id: UUID, given: dict[str, str]) -> str:
    """Where the platform's browser goes to be told who it is. Raises NotFound, LtiFault."""
    platform = open_platform(platform_id)
    if given.get("iss") != platform.issuer:
        raise LtiFault("issuer")
    if given.get("client_id", platform.client_id) != platform.client_id:
        raise LtiFault("client")
    if given.get("lti_deployment_id", platform.deployments[0]) not in platform.deployments:
        raise LtiFault("deployment")
    if origin_of(given.get("target_link_uri", "")) != origin_of(settings().public_url):
        raise LtiFault("target")
    hint = given.get("login_hint", "")
    if not 0 < len(hint) <= 2000 or len(given.get("lti_message_hint", "")) > 4000:
        raise LtiFault("claims")
    nonce = token_urlsafe(24)
    asked = {
        "scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none",
        "client_id": platform.client_id, "redirect_uri": public_link("nanos.lti_launch", platform_id=platform_id),
        "login_hint": hint, "nonce": nonce, "state": _sealed(_STATE, BEGUN, str(platform_id), nonce),
    }  # fmt: skip
    if given.get("lti_message_hint"):
        asked["lti_message_hint"] = given["lti_message_hint"]
    joined = "&" if "?" in platform.auth_url else "?"
    return f"{platform.auth_url}{joined}{urlencode(asked)}"


def _sealed(mark: str, lasts: timedelta, *said: str | None) -> str:
    return seal(json.dumps([mark, int((clock.now() + lasts).timestamp()), *said]))


def _unsealed(mark: str, token: str, count: int) -> list[Any]:
    """What was sealed under this mark. Raises LtiFault."""
    try:
        found = json.loads(unseal(token))
    except ValueError:
        raise LtiFault("over" if mark == _PLAY else "state") from None
    if not isinstance(found, list) or len(found) != count + 2 or found[0] != mark:
        raise LtiFault("state")
    if found[1] <= clock.now().timestamp():
        raise LtiFault("over" if mark == _PLAY else "state")
    return found[2:]


@dataclass(frozen=True)
class Arrived:
    """What a launch came to: the key of a nano that plays, or of a choice."""

    key: str
    chooses: bool


def arrive(platform_id: UUID, state: str, token: str) -> Arrived:
    """A platform's message is here. Raises NotFound, LtiFault."""
    platform = open_platform(platform_id)
    begun_at, nonce = _unsealed(_STATE, state, 2)
    if begun_at != str(platform_id):
        raise LtiFault("state")
    if len(token) > MOST_TOKEN:
        raise LtiFault("claims")
    claims = verify(token, _keys_for(platform, token))
    now = clock.now().timestamp()
    message = read_message(
        claims, Expected(platform.issuer, platform.client_id, platform.deployments, nonce, now)
    )
    with transaction():
        if not claim_once(f"nanos.lti:{nonce}"):
            raise LtiFault("replay")
        _seen(platform_id)
        if message.chooses:
            said = (str(platform_id), message.deployment, message.return_url, message.data)
            return Arrived(_sealed(_CHOOSE, timedelta(hours=1), *said), True)
        launch_id = _let_in(platform, message)
    return Arrived(_sealed(_PLAY, timedelta(hours=HOURS), str(launch_id)), False)


def _seen(platform_id: UUID) -> None:
    """Once a minute, so that a class does not wait for one row."""
    now = clock.now()
    db.session.execute(
        update(Platform)
        .where(Platform.id == platform_id)
        .where(or_(Platform.launched_at.is_(None), Platform.launched_at < now - timedelta(minutes=1)))
        .values(launched_at=now)
        .execution_options(synchronize_session=False)
    )


def _keys_for(platform: Platform, token: str) -> list[Any]:
    """The platform's keys: as kept while they are fresh and hold the one that is named, else fetched, not too often."""
    now, name = clock.now(), key_name(token)
    age = now - platform.keys_at if platform.keys_at else OLD
    if age < FRESH and any(one["kid"] == name for one in platform.keys):
        return platform.keys
    try:
        if not limits.take(f"nanos.lti.keys:{platform.id}", FETCHES, WINDOW).allowed:
            raise LtiFault("away")
        keys = fetch_keys(platform.keys_url)
    except LtiFault:
        if age < OLD:
            return platform.keys
        raise
    with transaction():
        row = db.session.get(Platform, platform.id)
        if row is None:
            raise NotFound
        row.keys, row.keys_at = keys, now
    return list(keys)


def _let_in(platform: Platform, message: Message) -> UUID:
    """The learner and what they launched, made or found. Raises LtiFault."""
    nano_id = nano_of(message.target, settings().public_url)
    now = clock.now()
    learner: Learner = _made(
        Learner, {"platform_id": platform.id, "subject": message.subject}, created_at=now, last_at=now
    )
    actor = learner_actor(learner.id, platform.organisation_id, nano_id)
    entitled(actor, nano_id)
    lock_seats(actor, nano_id)
    if is_full(actor, nano_id):
        raise LtiFault("seats")
    learner.last_at = now
    launch: Launch = _made(
        Launch, {"learner_id": learner.id, "nano_id": nano_id, "link": message.link}, state="none", opened_at=now
    )  # fmt: skip
    launch.opened_at, launch.line_item = now, message.line_item
    db.session.flush()
    owe(learner.id, nano_id)
    return launch.id


def _made(model: Any, key: dict[str, Any], **values: Any) -> Any:
    """The row of this key: of two who come at once, one makes it."""
    require_transaction()
    found = db.session.query(model).filter_by(**key).with_for_update().populate_existing().first()
    if found is not None:
        return found
    try:
        with db.session.begin_nested():
            db.session.add(fresh := model(id=new_id(), **key, **values))
            db.session.flush()
    except IntegrityError:
        return db.session.query(model).filter_by(**key).with_for_update().populate_existing().one()
    return fresh


def open_play(key: str) -> Guest:
    """Who plays what, by the key in the address. Raises LtiFault."""
    (launch_id,) = _unsealed(_PLAY, key, 1)
    try:
        return guest_of(UUID(launch_id))
    except NotFound:
        raise LtiFault("over") from None


@dataclass(frozen=True)
class Choosing:
    """Somebody looks for content: for which platform, and what it wants back."""

    platform: Platform
    deployment: str
    return_url: str
    data: str | None


def open_choice(key: str) -> Choosing:
    """By the key in the form. Raises NotFound, LtiFault."""
    platform_id, deployment, return_url, data = _unsealed(_CHOOSE, key, 4)
    return Choosing(open_platform(UUID(platform_id)), deployment, return_url, data)
