"""What an organisation states about itself for its receipts."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from app.core.api import record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Invalid, NotFound
from app.nanos.events_barter import TraderStated
from app.nanos.models import Trader
from app.nanos.policies import Trade
from app.nanos.rules.vat import Status

LONGEST = {"name": 200, "address": 500, "tax_number": 40}


@dataclass(frozen=True)
class Statement:
    """Name and address as they stand on paper, the number the tax office gave, and how supplies are taxed."""

    name: str
    address: str
    tax_number: str
    vat: str


def state_trader(actor: Actor, said: Statement) -> None:
    """Keep it for the receipts to come; those there are stay as they are. Raises Invalid by field."""
    require(actor, Trade.deal)
    if actor.organisation_id is None:
        raise NotFound
    clean = {name: _clean(name, getattr(said, name)) for name in LONGEST}
    found = _faults(clean, said.vat)
    if found:
        raise Invalid(fields=found)
    now = clock.now()
    with transaction() as session:
        row = session.get(Trader, actor.organisation_id, with_for_update=True, populate_existing=True)
        before = {"vat": row.vat} if row else None
        values = {**clean, "vat": said.vat, "stated_by": actor.person_id, "stated_at": now}
        if row is None:
            session.add(Trader(organisation_id=actor.organisation_id, receipts=0, **values))
        else:
            for name, value in values.items():
                setattr(row, name, value)
        session.flush()
        record(
            TraderStated(said.vat), actor=actor, organisation_id=actor.organisation_id,
            subject=("accounts.organisation", actor.organisation_id), before=before, after={"vat": said.vat},
        )  # fmt: skip


def _clean(name: str, text: str) -> str:
    plain = text.replace("\0", "")
    if name != "address":
        return " ".join(plain.split())
    return "\n".join(line.strip() for line in plain.splitlines() if line.strip())


def _faults(clean: dict[str, str], vat: str) -> dict[str, str]:
    found = {
        name: _("Höchstens %(most)d Zeichen.", most=most)
        for name, most in LONGEST.items()
        if len(clean[name]) > most
    }
    for name in ("name", "address"):
        if not clean[name]:
            found[name] = _("Das fehlt noch.")
    if vat not in set(Status):
        found["vat"] = _("Wählen Sie etwas aus.")
    return found


def trader_of(actor: Actor) -> Statement | None:
    """What the actor's organisation has stated."""
    row = db.session.get(Trader, actor.organisation_id) if actor.organisation_id else None
    return Statement(row.name, row.address, row.tax_number, row.vat) if row else None
