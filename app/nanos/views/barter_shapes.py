"""What exchanges look like in API v1: each side is told as "give" and "get", as it sees them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kit.money import Money
from app.kit.rest import Paged, Shape
from app.kit.rest_types import Euros, euros
from app.nanos.queries.barter import BarterRow, BarterView, RevisionView
from app.nanos.rules.barter import Side
from app.nanos.rules.terms import MOST_CREDITS, MOST_ITEMS, MOST_SEATS, Grant, Item, Part, Terms
from app.nanos.services.barter import LONGEST_TEXT, SHORTEST_TEXT
from app.nanos.views.api_shapes import VERSION

BarterState = Literal[
    "offered", "countered", "accepted", "delivered", "disputed", "completed", "withdrawn", "declined", "expired",
    "cancelled",
]  # fmt: skip
SideName = Literal["offerer", "partner"]
Value = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{1,6}\.[0-9]{9}$"),
    Field(description="The agreed value in euros with nine decimals; zero only for open content."),
]


class NewPart(Shape):
    """What one side gives, and what the other may do with it."""

    nanos: list[UUID] = Field([], max_length=MOST_ITEMS)
    credits: int = Field(0, ge=0, le=MOST_CREDITS)
    value: Value
    days: int | None = Field(
        365, ge=1, le=3650, description="Term of the licence: 30, 90, 180, 365, 730, 1095, null for good."
    )
    seats: int | None = Field(None, ge=1, le=MOST_SEATS)
    territory: str = Field("", max_length=20, description="A region; empty is everywhere.")
    adapts: bool = False
    passes_on: bool = False

    def part(self) -> Part:
        """As the rules want it."""
        euro, _dot, rest = self.value.partition(".")
        return Part(
            tuple(Item(one, 0, "") for one in self.nanos), self.credits, int(euro + rest),
            Grant(self.days, self.seats, self.territory, self.adapts, self.passes_on),
        )  # fmt: skip


class NewTerms(Shape):
    """What the token's organisation gives, and what it gets."""

    give: NewPart
    get: NewPart

    def terms(self, author: Side) -> Terms:
        """By side of the exchange."""
        give, get = self.give.part(), self.get.part()
        return Terms(give, get) if author is Side.OFFERER else Terms(get, give)


class NewExchange(NewTerms):
    """An offer for somebody's nano, which is among what one gets."""

    nano: UUID


class NewCounter(NewTerms):
    """Other terms for the exchange as it was read."""

    version: int = VERSION


class Step(Shape):
    """A step of the exchange as it was read."""

    version: int = VERSION


class Acceptance(Step):
    """The revision that was read, and no other."""

    revision: int = Field(ge=1, le=2**31 - 1)


class Complaint(Step):
    """What is wrong."""

    text: str = Field(min_length=SHORTEST_TEXT, max_length=LONGEST_TEXT)


class ApiItem(Shape):
    """A nano as it was called when the revision was written."""

    nano: UUID
    title: str
    revision: int
    open_licence: bool


class ApiPart(Shape):
    """What one side gives."""

    items: list[ApiItem]
    credits: int
    value: Euros
    days: int | None
    seats: int | None
    territory: str
    adapts: bool
    passes_on: bool

    @classmethod
    def of(cls, part: Part) -> ApiPart:
        grant = part.grant
        return cls(
            items=[
                ApiItem(nano=one.nano_id, title=one.title, revision=one.revision, open_licence=one.open)
                for one in part.items
            ],
            credits=part.credits, value=euros(Money(part.value)), days=grant.days, seats=grant.seats,
            territory=grant.territory, adapts=grant.adapts, passes_on=grant.passes_on,
        )  # fmt: skip


class ApiRevision(Shape):
    """Terms, written once."""

    number: int
    author: SideName
    written_at: datetime
    offerer_gives: ApiPart
    partner_gives: ApiPart

    @classmethod
    def of(cls, row: RevisionView) -> ApiRevision:
        return cls(
            number=row.number, author=row.author.value, written_at=row.written_at,
            offerer_gives=ApiPart.of(row.terms.offerer), partner_gives=ApiPart.of(row.terms.partner),
        )  # fmt: skip


class ApiExchange(Shape):
    """An exchange of two organisations with all its revisions."""

    id: UUID
    nano: UUID
    title: str
    state: BarterState
    version: int
    side: SideName | None = Field(description="The token's; null for who moderates it.")
    offerer: str
    partner: str
    room: UUID = Field(description="The conversation: /rooms/{room_id}.")
    acts: list[str] = Field(description="What the token may do now.")
    turn: bool = Field(description="The token's organisation is waited for.")
    due_at: datetime | None = Field(description="When time decides.")
    agreed: int | None = Field(description="The revision that counts.")
    pending: int | None = Field(description="An amendment that waits for an answer.")
    revisions: list[ApiRevision]
    created_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    delivered: list[SideName]
    confirmed: list[SideName]
    complaint: str
    reason: str = Field(description="Of a moderator's decision.")
    receipt_number: int | None

    @classmethod
    def of(cls, deal: BarterView) -> ApiExchange:
        return cls(
            id=deal.id, nano=deal.nano_id, title=deal.title, state=deal.state.value, version=deal.deal.version,
            side=deal.side.value if deal.side else None, offerer=deal.names[Side.OFFERER],
            partner=deal.names[Side.PARTNER], room=deal.room_id, acts=sorted(one.value for one in deal.acts),
            turn=deal.turn, due_at=deal.deal.due_at, agreed=deal.deal.agreed, pending=deal.deal.pending,
            revisions=[ApiRevision.of(one) for one in deal.revisions], created_at=deal.created_at,
            accepted_at=deal.accepted_at, ended_at=deal.ended_at,
            delivered=[side.value for side in Side if deal.delivered_at[side]],
            confirmed=[side.value for side in Side if deal.confirmed_at[side]], complaint=deal.complaint,
            reason=deal.reason, receipt_number=deal.receipt_number,
        )  # fmt: skip


class ApiExchangeRow(Shape):
    """A line of the list."""

    id: UUID
    title: str
    other: str
    state: BarterState
    turn: bool
    due_at: datetime | None
    changed_at: datetime

    @classmethod
    def of(cls, row: BarterRow) -> ApiExchangeRow:
        same = {name: getattr(row, name) for name in cls.model_fields if name != "state"}
        return cls(state=row.state.value, **same)


class ExchangeQuery(Paged):
    """Query of the list."""

    view: Literal["waiting", "open", "done"] = Field(
        "open", description="waiting: for the token's organisation."
    )


class ExchangePage(Shape):
    """Some exchanges, the one that changed last first."""

    data: list[ApiExchangeRow]
    counts: dict[str, int]
    next_cursor: str | None
