"""What operators do with credits: floors, and taking postings back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.api import get_organisation
from app.core.api import record
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.nanos.events_barter import CreditFloorSet, CreditReversed
from app.nanos.models import CreditAccount, CreditEntry, CreditTransfer
from app.nanos.policies import Trade
from app.nanos.services.ledger import account_of, post

ORGANISATION = "accounts.organisation"
DEEPEST = 1_000_000
LONGEST_REASON, SHORTEST_REASON = 1000, 10


def set_floor(actor: Actor, organisation_id: UUID, lowest: int | None) -> None:
    """How low this organisation may go; None: as low as is usual. What is below already stays, and spends no more.

    Raises Invalid at "lowest", NotFound.
    """
    require(actor, Trade.credit)
    if lowest is not None and not -DEEPEST <= lowest <= 0:
        raise Invalid(
            fields={"lowest": _("Eine ganze Zahl von −1.000.000 bis 0, oder leer für die übliche Grenze.")}
        )
    if get_organisation(organisation_id) is None:
        raise NotFound
    with transaction():
        account = lock(CreditAccount, account_of(organisation_id))
        before = account.lowest
        if before == lowest:
            return
        account.lowest = lowest
        db.session.flush()
        record(
            CreditFloorSet(lowest), actor=actor, organisation_id=organisation_id, subject=(ORGANISATION, organisation_id),
            before={"lowest": before}, after={"lowest": lowest},
        )  # fmt: skip


def reverse(actor: Actor, transfer_id: UUID, reason: str) -> None:
    """Take back what a completed exchange paid out, by a new posting the other way round.

    Without a reason only as far as nobody goes below their floor by it. Raises Invalid at "reason", Conflict when it was taken
    back before, NotFound for what is no payment.
    """
    require(actor, Trade.credit)
    said = " ".join(reason.replace("\0", "").split())
    if said and not SHORTEST_REASON <= len(said) <= LONGEST_REASON:
        raise Invalid(fields={"reason": _("Schreiben Sie den Grund in 10 bis 1.000 Zeichen.")})
    with transaction():
        transfer = lock(CreditTransfer, transfer_id)
        if transfer.kind != "release":
            raise NotFound
        if db.session.scalar(select(CreditTransfer.id).where(CreditTransfer.reverses_id == transfer_id)):
            raise Conflict(_("Diese Buchung ist schon zurückgenommen."))
        legs = _reversed_legs(transfer)
        try:
            below = post(
                f"reversal:{transfer_id}", "reversal", {one: amount for one, (amount, _owner) in legs.items()},
                actor=actor, barter_id=transfer.barter_id, reverses_id=transfer_id, reason=said or None, below=bool(said),
            )  # fmt: skip
        except Conflict:
            words = _("Damit fiele jemand unter seine Untergrenze. Das geht nur mit einem Grund.")
            raise Invalid(fields={"reason": words}) from None
        for amount, owner in legs.values():
            record(
                CreditReversed(amount, below),
                actor=actor,
                organisation_id=owner,
                subject=(ORGANISATION, owner),
            )


def _reversed_legs(transfer: CreditTransfer) -> dict[UUID, tuple[int, UUID]]:
    """Account, amount and organisation: from who received back to who had given. Raises Conflict where that is not one each."""
    held = select(CreditTransfer.id).where(
        CreditTransfer.barter_id == transfer.barter_id, CreditTransfer.kind == "hold"
    )
    wanted = (
        select(CreditEntry.account_id, CreditEntry.amount, CreditAccount.organisation_id)
        .join(CreditAccount, CreditAccount.id == CreditEntry.account_id)
        .where(CreditAccount.organisation_id.is_not(None))
    )
    received: list[Any] = list(db.session.execute(wanted.where(CreditEntry.transfer_id == transfer.id)))
    givers: list[Any] = list(db.session.execute(wanted.where(CreditEntry.transfer_id.in_(held))))
    for account_id, amount, owner in received:
        giver = next((one for one in givers if one[0] != account_id), None)
        if giver is not None and len(received) == 1:  # only one side gives credits
            return {account_id: (-amount, owner), giver[0]: (amount, giver[2])}
    raise Conflict(_("Diese Buchung lässt sich nicht zurücknehmen."))
