"""API v1: who may what with a server."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import url_for
from pydantic import Field, StringConstraints

from app.hosting.policies import P
from app.hosting.queries.seat import SeatView, seat_on, seats_on
from app.hosting.queries.server import find_server
from app.hosting.rules.seat import Area, SeatRole
from app.hosting.services import seat as services
from app.hosting.views.api import bp
from app.kit.rest import Call, Shape, operation

TAG = "Seats"
Address = Annotated[str, StringConstraints(min_length=3, max_length=254)]
Areas = Annotated[list[Area], Field(max_length=len(Area))]
_ROLE = "`member` watches and types, `admin` may everything but money, memory, deletion and seats, `custom` has `areas`."
_AREAS = "With `custom`; `watch` belongs to every seat, `files-read` to `files-write`."


class ApiSeat(Shape):
    """Somebody who is let in to a server beyond their role in the organisation."""

    id: UUID
    server: UUID
    person: UUID | None = Field(description="None until the invitation is accepted.")
    role: SeatRole = Field(description=_ROLE)
    areas: list[Area] = Field(description="All that are allowed, whatever the role.")
    created_at: datetime

    @classmethod
    def of(cls, view: SeatView) -> ApiSeat:
        return cls(
            id=view.id, server=view.server_id, person=view.person_id, role=SeatRole(view.role),
            areas=[area for area in Area if area in view.areas], created_at=view.created_at,
        )  # fmt: skip


class SeatList(Shape):
    """All seats of a server, in the order they were given."""

    data: list[ApiSeat]


class NewSeat(Shape):
    """Somebody to be let in."""

    email: Address = Field(
        examples=["lea@example.org"],
        description="Members of the organisation have the seat at once, others are asked by mail.",
    )
    role: SeatRole = Field(SeatRole.MEMBER, description=_ROLE)
    areas: Areas = Field([], description=_AREAS)


class SeatChange(Shape):
    """What they may from now on."""

    role: SeatRole = Field(description=_ROLE)
    areas: Areas = Field([], description=_AREAS)


@operation(
    bp, "GET", "/servers/{server_id}/seats", tag=TAG, summary="List who is let in to a server",
    permission=P.seat_read, answer=SeatList,
    description="Owners and admins of the organisation may everything without a seat, its members watch and type.",
)  # fmt: skip
def api_list_seats(call: Call, server_id: UUID) -> SeatList:
    found = find_server(call.actor, server_id)
    return SeatList(data=[ApiSeat.of(seat) for seat in seats_on(found.id)])


@operation(
    bp, "POST", "/servers/{server_id}/seats", tag=TAG, summary="Let somebody in to a server",
    permission=P.seat_write, body=NewSeat, answer=ApiSeat, status=201,
)  # fmt: skip
def api_create_seat(call: Call, server_id: UUID) -> tuple[ApiSeat, dict[str, str]]:
    new: NewSeat = call.body
    find_server(call.actor, server_id)
    seat_id = services.give_seat(
        call.actor, server_id, email=new.email, role=new.role, areas=new.areas, once=call.once
    )
    here = url_for("hosting_api.api_get_seat", server_id=server_id, seat_id=seat_id)
    return ApiSeat.of(seat_on(server_id, seat_id)), {"Location": here}


@operation(
    bp, "GET", "/servers/{server_id}/seats/{seat_id}", tag=TAG, summary="Show a seat",
    permission=P.seat_read, answer=ApiSeat,
)  # fmt: skip
def api_get_seat(call: Call, server_id: UUID, seat_id: UUID) -> ApiSeat:
    return ApiSeat.of(seat_on(find_server(call.actor, server_id).id, seat_id))


@operation(
    bp, "PATCH", "/servers/{server_id}/seats/{seat_id}", tag=TAG, summary="Change what somebody may",
    permission=P.seat_write, body=SeatChange, answer=ApiSeat,
)  # fmt: skip
def api_change_seat(call: Call, server_id: UUID, seat_id: UUID) -> ApiSeat:
    new: SeatChange = call.body
    services.change_seat(call.actor, server_id, seat_id, role=new.role, areas=new.areas)
    return ApiSeat.of(seat_on(server_id, seat_id))


@operation(
    bp, "DELETE", "/servers/{server_id}/seats/{seat_id}", tag=TAG, summary="Take a seat away, or an invitation back",
    permission=P.seat_write, description="A guest whose last seat it was does not belong to the organisation any more.",
)  # fmt: skip
def api_delete_seat(call: Call, server_id: UUID, seat_id: UUID) -> None:
    services.remove_seat(call.actor, server_id, seat_id)
