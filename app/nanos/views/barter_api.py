"""API v1: exchanges. Each step names the version that was read; of two who act on it, the second is told (409)."""

from __future__ import annotations

from uuid import UUID

from flask import url_for

from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id
from app.kit.rest import Call, next_link, operation
from app.nanos.policies import Trade
from app.nanos.queries.barter import count_views, get_barter, list_barters
from app.nanos.rules.barter import Act, Side
from app.nanos.rules.terms import Terms
from app.nanos.services import barter as service
from app.nanos.views.api import bp
from app.nanos.views.barter_shapes import (
    Acceptance,
    ApiExchange,
    ApiExchangeRow,
    Complaint,
    ExchangePage,
    ExchangeQuery,
    NewCounter,
    NewExchange,
    Step,
)

TAG = "Nanos: exchanges"
ONE = "/exchanges/{exchange_id}"


def _in_fields(error: Invalid) -> Invalid:
    """Faults of the terms at the fields of this API: give_items is give.nanos."""
    fields = {}
    for name, words in error.fields.items():
        side, _underscore, field = name.partition("_")
        named = f"{side}.{'nanos' if field == 'items' else field}"
        fields[named if side in ("give", "get") else name] = words
    return Invalid(error.message, fields)


def _shown(call: Call, exchange_id: UUID) -> ApiExchange:
    return ApiExchange.of(get_barter(call.actor, exchange_id))


def _act(
    call: Call, exchange_id: UUID, what: Act, *, revision: int | None = None, terms: Terms | None = None, text: str = ""
) -> ApiExchange:  # fmt: skip
    service.act(call.actor, exchange_id, call.body.version, what, revision=revision, terms=terms, text=text)
    return _shown(call, exchange_id)


@operation(
    bp, "GET", "/exchanges", tag=TAG, summary="List exchanges", permission=Trade.read, query=ExchangeQuery,
    answer=ExchangePage,
)  # fmt: skip
def api_list_exchanges(call: Call) -> tuple[ExchangePage, dict[str, str]]:
    page = list_barters(call.actor, call.query.view, cursor=call.query.cursor, limit=call.query.limit)
    shown = ExchangePage(
        data=[ApiExchangeRow.of(row) for row in page.rows], counts=count_views(call.actor), next_cursor=page.next_cursor
    )  # fmt: skip
    return shown, next_link(page.next_cursor)


@operation(
    bp, "POST", "/exchanges", tag=TAG, summary="Offer an exchange", permission=Trade.deal, body=NewExchange,
    answer=ApiExchange, status=201, errors=(404,),
    description="For somebody's published nano that is had in exchange. 409 before the organisation has said what stands on "
    "its receipts.",
)  # fmt: skip
def api_offer_exchange(call: Call) -> tuple[ApiExchange, dict[str, str]]:
    new: NewExchange = call.body
    try:
        made = service.offer(call.actor, new.nano, new.terms(Side.OFFERER), once=call.once or str(new_id()))
    except Invalid as error:
        raise _in_fields(error) from None
    here = url_for("nanos_api.api_get_exchange", exchange_id=made)
    return _shown(call, made), {"Location": here}


@operation(
    bp, "GET", ONE, tag=TAG, summary="Show an exchange", permission=Trade.read, answer=ApiExchange,
    description="With its revisions and what may be done now.",
)  # fmt: skip
def api_get_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _shown(call, exchange_id)


def _change(call: Call, exchange_id: UUID, what: Act) -> ApiExchange:
    new: NewCounter = call.body
    side = get_barter(call.actor, exchange_id).side
    if side is None:
        raise NotFound
    try:
        return _act(call, exchange_id, what, terms=new.terms(side))
    except Invalid as error:
        raise _in_fields(error) from None


@operation(
    bp, "POST", f"{ONE}/counter", tag=TAG, summary="Make a counter-offer", permission=Trade.deal, body=NewCounter,
    answer=ApiExchange,
)  # fmt: skip
def api_counter_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _change(call, exchange_id, Act.COUNTER)


@operation(
    bp, "POST", f"{ONE}/amend", tag=TAG, summary="Propose an amendment", permission=Trade.deal, body=NewCounter,
    answer=ApiExchange, description="Of what is agreed; it counts when the other side agrees.",
)  # fmt: skip
def api_amend_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _change(call, exchange_id, Act.PROPOSE)


@operation(
    bp, "POST", f"{ONE}/accept", tag=TAG, summary="Accept a revision", permission=Trade.deal, body=Acceptance,
    answer=ApiExchange,
)  # fmt: skip
def api_accept_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.ACCEPT, revision=call.body.revision)


@operation(
    bp, "POST", f"{ONE}/agree", tag=TAG, summary="Agree to an amendment", permission=Trade.deal, body=Acceptance,
    answer=ApiExchange,
)  # fmt: skip
def api_agree_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.AGREE, revision=call.body.revision)


@operation(
    bp, "POST", f"{ONE}/drop", tag=TAG, summary="Refuse or take back an amendment", permission=Trade.deal, body=Step,
    answer=ApiExchange,
)  # fmt: skip
def api_drop_amendment(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.DROP)


@operation(
    bp, "POST", f"{ONE}/decline", tag=TAG, summary="Decline an offer", permission=Trade.deal, body=Step,
    answer=ApiExchange,
)  # fmt: skip
def api_decline_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.DECLINE)


@operation(
    bp, "POST", f"{ONE}/withdraw", tag=TAG, summary="Take one's own offer back", permission=Trade.deal, body=Step,
    answer=ApiExchange,
)  # fmt: skip
def api_withdraw_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.WITHDRAW)


@operation(
    bp, "POST", f"{ONE}/deliver", tag=TAG, summary="Deliver", permission=Trade.deal, body=Step, answer=ApiExchange,
    description="The other side has access from now on.",
)  # fmt: skip
def api_deliver_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.DELIVER)


@operation(
    bp, "POST", f"{ONE}/confirm", tag=TAG, summary="Confirm what was received", permission=Trade.deal, body=Step,
    answer=ApiExchange,
)  # fmt: skip
def api_confirm_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.CONFIRM)


@operation(
    bp, "POST", f"{ONE}/dispute", tag=TAG, summary="Call a moderator", permission=Trade.deal, body=Complaint,
    answer=ApiExchange,
)  # fmt: skip
def api_dispute_exchange(call: Call, exchange_id: UUID) -> ApiExchange:
    return _act(call, exchange_id, Act.DISPUTE, text=call.body.text)
