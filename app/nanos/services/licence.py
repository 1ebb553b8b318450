"""How many licences of a nano its provider gives at the same time."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _

from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Invalid
from app.nanos.events_barter import LicenceLimitSet
from app.nanos.models import LicenceLimit
from app.nanos.policies import Trade
from app.nanos.services.nano import note, own

HIGHEST = 100_000


def set_limit(actor: Actor, nano_id: UUID, most: int | None) -> None:
    """None: any number. What is given already stays, also when it is more. Raises Invalid at "most", NotFound."""
    require(actor, Trade.deal)
    if most is not None and not 1 <= most <= HIGHEST:
        raise Invalid(fields={"most": _("Eine ganze Zahl von 1 bis 100.000, oder leer.")})
    with transaction() as session:
        nano = own(actor, nano_id)  # locked: an acceptance that counts waits for this
        row = session.get(LicenceLimit, nano_id, populate_existing=True)
        before = row.most if row else None
        if before == most:
            return
        if row is None:
            session.add(LicenceLimit(nano_id=nano_id, most=most))
        elif most is None:
            session.delete(row)
        else:
            row.most = most
        db.session.flush()
        note(actor, nano, LicenceLimitSet(most), before={"most": before}, after={"most": most})
