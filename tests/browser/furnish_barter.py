"""Exchanges in every state, with a conversation, licences, credits and receipts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Flask

from app.messaging.api import say
from app.nanos.models import Barter, CreditTransfer
from app.nanos.rules.barter import Act, Side
from tests.nanos.trade import market
from tests.people import People

US, THEM = Side.OFFERER, Side.PARTNER


def barters(app: Flask, people: People, work_off: Callable[[Flask], None]) -> dict[str, Any]:
    """Ids by name. Cleo offers, Alice is asked."""
    trade = market(people)
    made: dict[str, UUID] = {"barter_wanted": trade.theirs, "barter_given": trade.ours}
    made["barter_offered"] = trade.offer()
    made["barter_countered"] = trade.offer(trade.terms(credits=20))
    trade.do(THEM, made["barter_countered"], Act.COUNTER, terms=trade.terms(credits=40, days=None))
    made["barter_accepted"] = trade.accepted()
    trade.do(US, made["barter_accepted"], Act.DELIVER)
    made["barter_amended"] = trade.accepted()
    trade.do(US, made["barter_amended"], Act.PROPOSE, terms=trade.terms(days=365))
    made["barter_disputed"] = trade.accepted()
    trade.do(
        THEM,
        made["barter_disputed"],
        Act.DISPUTE,
        text="Das PDF lässt sich nicht öffnen.\nZweimal nachgefragt.",
    )
    made["barter_done"] = trade.completed(trade.terms(credits=25, ours=False))
    made["barter_declined"] = trade.offer()
    trade.do(THEM, made["barter_declined"], Act.DECLINE)
    work_off(app)
    row = app.extensions["sqlalchemy"].session.get(Barter, made["barter_offered"])
    say(
        people.cleo.actor,
        row.room_id,
        "Guten Tag! Passt Ihnen ein Tausch für ein Vierteljahr?",
        client_id="trade-line-1",
    )
    say(
        people.alice.actor,
        row.room_id,
        "Grundsätzlich ja. Können wir über die Laufzeit sprechen?",
        client_id="trade-line-2",
    )
    payment = app.extensions["sqlalchemy"].session.query(CreditTransfer).filter_by(kind="release").one()
    return made | {"barter_payment": payment.id, "southwind": people.other_organisation_id}
