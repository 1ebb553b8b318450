"""Two organisations that exchange: Südwind (Cleo) offers, Nordlicht (Alice) is asked; Olga moderates."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from app.kit.authz import Actor
from app.kit.money import NANOS
from app.nanos.queries.barter import BarterView, get_barter
from app.nanos.rules.barter import Act, Side
from app.nanos.rules.terms import Grant, Item, Part, Terms
from app.nanos.services import barter as service
from app.nanos.services.trader import Statement, state_trader
from tests.nanos import rig
from tests.people import People

ADDRESS = "Musterweg 1\n38100 Braunschweig"


@dataclass
class Market:
    """Who trades, and a nano of each."""

    people: People
    theirs: UUID
    """Of Nordlicht: what is wanted."""
    ours: UUID
    """Of Südwind, who offers."""

    @property
    def cleo(self) -> Actor:
        return self.people.cleo.actor

    @property
    def alice(self) -> Actor:
        return self.people.alice.actor

    @property
    def olga(self) -> Actor:
        return self.people.olga.actor

    def actor(self, side: Side) -> Actor:
        return self.cleo if side is Side.OFFERER else self.alice

    def terms(
        self,
        *,
        credits: int = 0,
        back: int = 0,
        days: int | None = 90,
        ours: bool = True,
        theirs: bool = True,
    ) -> Terms:
        """Nano for nano at 120 and 100 euros; `credits` Cleo gives, `back` Alice."""
        mine = (Item(self.ours, 0, ""),) if ours else ()
        wanted = (Item(self.theirs, 0, ""),) if theirs else ()
        return Terms(
            Part(mine, credits, 120 * NANOS, Grant(days=days)),
            Part(wanted, back, 100 * NANOS, Grant(days=days, seats=5)),
        )

    def offer(self, terms: Terms | None = None) -> UUID:
        return service.offer(self.cleo, self.theirs, terms or self.terms(), once=str(uuid4()))

    def see(self, barter_id: UUID, side: Side = Side.OFFERER) -> BarterView:
        return get_barter(self.actor(side), barter_id)

    def do(
        self, side: Side | None, barter_id: UUID, act: Act, *, terms: Terms | None = None, text: str = ""
    ) -> None:
        """The act on what is there now."""
        who = self.olga if side is None else self.actor(side)
        deal = get_barter(who, barter_id).deal
        service.act(who, barter_id, deal.version, act, revision=deal.latest, terms=terms, text=text)

    def accepted(self, terms: Terms | None = None) -> UUID:
        made = self.offer(terms)
        self.do(Side.PARTNER, made, Act.ACCEPT)
        return made

    def completed(self, terms: Terms | None = None) -> UUID:
        made = self.accepted(terms)
        for act in (Act.DELIVER, Act.CONFIRM):
            for side in Side:
                if act in self.see(made, side).acts:
                    self.do(side, made, act)
        return made


def market(people: People) -> Market:
    """Both have published one, and stated what stands on their receipts."""
    cleo = people.cleo.actor
    state_trader(cleo, Statement("Südwind GmbH", ADDRESS, "14/123/45678", "regular"))
    state_trader(people.alice.actor, Statement("Nordlicht e. V.", ADDRESS, "", "exempt22"))
    other = replace(rig.DETAILS, title="Datenschutz in fünf Minuten", outcome="Sie kennen die Grundsätze")
    return Market(people, rig.published(people), rig.published(people, other, cleo))
