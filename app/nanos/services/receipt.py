"""Receipts: one for each side of a completed exchange, numbered without a gap for each organisation, printed by a job."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _

from app.accounts.api import organisation_names
from app.core.api import keep_file, upload_file
from app.kit import clock, live
from app.kit.authz import Actor
from app.kit.db import db, lock, transaction
from app.kit.errors import NotFound
from app.kit.i18n import speaking
from app.kit.ids import new_id
from app.nanos.models import Barter, Receipt, Trader
from app.nanos.queries.barter import DEAL, LIVE
from app.nanos.rules.barter import Side
from app.nanos.rules.terms import Terms, to_json
from app.nanos.services.delivery import organisation_of
from app.nanos.services.receipt_paper import draw
from app.nanos.tasks import print_receipt

FILE_KIND = "nanos.receipt"


def make_receipts(actor: Actor, row: Barter, terms: Terms) -> None:
    """Both, with what the sides state on this day. Joins the transaction that completes the exchange: a number is used once
    the exchange is completed, or not at all."""
    names = organisation_names([row.offerer_id, row.partner_id])
    traders = {one: _trader(one, names.get(one, "–")) for one in sorted((row.offerer_id, row.partner_id))}
    for side in Side:
        mine = traders[organisation_of(row, side)]
        mine.receipts += 1
        receipt = Receipt(
            id=new_id(), barter_id=row.id, organisation_id=mine.organisation_id, number=mine.receipts,
            data=_data(row, terms, side, mine, traders[organisation_of(row, side.other)]), created_at=clock.now(),
        )  # fmt: skip
        db.session.add(receipt)
        db.session.flush()
        print_receipt.later(
            actor=actor, subject=("nanos.barter", row.id), dedupe=f"nanos.receipt:{receipt.id}",
            receipt_id=str(receipt.id),
        )  # fmt: skip


def _trader(organisation_id: UUID, name: str) -> Trader:
    """Locked until the end, so that numbers have neither a gap nor a double."""
    try:
        return lock(Trader, organisation_id)
    except NotFound:  # its people are gone since they agreed: what is known is its name
        row = Trader(
            organisation_id=organisation_id, name=name, address="", tax_number="", vat="", stated_at=clock.now(), receipts=0
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        return row


def _person(trader: Trader) -> dict[str, str]:
    return {
        "name": trader.name, "address": trader.address, "tax_number": trader.tax_number, "vat": trader.vat
    }  # fmt: skip


def _data(row: Barter, terms: Terms, side: Side, mine: Trader, theirs: Trader) -> dict[str, Any]:
    said = to_json(terms)
    delivered = {one: getattr(row, f"{one}_delivered_at") for one in Side}
    return {
        "barter": str(row.id), "title": row.title, "revision": row.agreed, "we": _person(mine), "they": _person(theirs),
        "gave": said[side.value], "got": said[side.other.value],
        "accepted_at": row.accepted_at.isoformat() if row.accepted_at else None,
        "completed_at": clock.now().isoformat(),
        "gave_at": delivered[side].isoformat() if delivered[side] else None,
        "got_at": delivered[side.other].isoformat() if delivered[side.other] else None,
    }  # fmt: skip


def number_word(year: int, number: int) -> str:
    """As it stands on the paper. The year is for people; the count does not begin anew with it."""
    return f"TB-{year}-{number:05d}"


def print_paper(receipt_id: UUID) -> None:
    """Make the paper and archive it; a second call finds it there. Raises Unavailable where the machine makes no PDFs."""
    receipt = db.session.get(Receipt, receipt_id)
    if receipt is None or receipt.file_id is not None:
        return
    number = number_word(receipt.created_at.year, receipt.number)
    with speaking("de", "Europe/Berlin"):  # for a German tax office, whatever its readers speak
        paper = draw(number, receipt.data)
        name = f"{_('tauschbeleg')}-{number.lower()}.pdf"
    upload = upload_file(paper)
    with transaction():
        row = lock(Receipt, receipt_id)
        if row.file_id is not None:
            return  # printed meanwhile; these bytes are swept
        row.file_id = keep_file(
            upload, name=name, mime="application/pdf", kind=FILE_KIND, organisation_id=row.organisation_id
        )
        live.changed(LIVE, row.barter_id, DEAL)
