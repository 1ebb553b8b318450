"""The organisation's servers: list, search, filter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.billing import api as billing
from app.billing.api import P as BillingP
from app.hosting.catalog import templates
from app.hosting.policies import P
from app.hosting.queries.first_steps import first_steps
from app.hosting.queries.names import template_name
from app.hosting.queries.rest import count_servers, count_servers_named
from app.hosting.queries.seat import may_on, seats_of
from app.hosting.queries.server import (
    GROUPS,
    ServerBrief,
    ServerFilter,
    list_servers_as,
)
from app.hosting.rules.bulk import MOST, Action
from app.hosting.rules.offer import Button
from app.hosting.rules.server import State
from app.hosting.services.bulk import NEEDS
from app.hosting.views import hosting
from app.hosting.views.bulk_words import button_words
from app.hosting.views.forms import size_word
from app.hosting.views.words import GROUP_WORDS, state_tone, state_word
from app.kit import clock
from app.kit.authz import GUEST, Actor, allows, current_actor, may, may_everywhere
from app.kit.config import settings
from app.kit.dom import dom_id
from app.kit.formats import NONE, money
from app.kit.i18n import choose_locale
from app.kit.money import Money
from app.kit.paging import Page

PAGE = 25  # a screen or two; on a phone each row is a card, and search is quicker than scrolling
FEW = 3  # beyond so many servers nobody needs the checklist


class Line(NamedTuple):
    """A server as its row says it. Worked out here and not in the template: a list has hundreds of cells."""

    id: UUID
    url: str
    name: str
    about: str
    live: str
    """Id of the state's tag, which is kept fresh."""
    word: str
    tone: str
    players: str
    memory: str
    cost: str
    button: str
    """start, stop or nothing: the one thing one wants to do with it from the list."""
    button_says: str
    """The button's whole name, for who does not see the row around it."""
    pick_says: str
    """The box's."""


class Spending(NamedTuple):
    """What the organisation's servers cost, for those who may know."""

    spent: dict[UUID, Money]
    """This month, by server."""
    month: Money
    wallet: billing.WalletState


class Selection(NamedTuple):
    """What can be done with those that are ticked."""

    actions: list[tuple[str, str, str]]
    matching: int
    """How many servers the search finds, on all pages."""
    most: int


@hosting.get("/")
@allows(P.server_list)
def home() -> ResponseReturnValue:
    """The module's first page."""
    return redirect(url_for("hosting.servers"))


@hosting.get("/servers")
@allows(P.server_list)
def servers() -> ResponseReturnValue:
    """All servers with state, players and cost; an empty organisation is shown how to begin."""
    actor = current_actor()
    assert actor.organisation_id is not None
    wanted = ServerFilter(
        text=request.args.get("q", "")[:60],
        group=request.args.get("state", "") if request.args.get("state", "") in GROUPS else "",
        sort=request.args.get("sort", "name"),
    )
    if wanted.text.strip():
        counts, found = count_servers_named(actor, wanted.text)
    else:
        counts = found = count_servers(actor)
    page = list_servers_as(ServerBrief, actor, wanted, request.args.get("cursor"), PAGE)
    spending = _spending(actor.organisation_id) if may(actor, BillingP.WALLET_SEE) else None
    return render_template(
        "hosting/server/index.html",
        page=page,
        wanted=wanted,
        counts=counts,
        total=sum(counts.values()),
        tabs=_tabs(counts),
        lines=_lines(actor, page.rows, spending.spent if spending else {}),
        bulk=_selection(actor, wanted, page, found),
        money=spending,
        templates=templates(),
        guest=actor.role == GUEST,
        checklist=_checklist(actor.organisation_id, spending.wallet)
        if spending and sum(counts.values()) <= FEW
        else None,
    )


def _spending(organisation_id: UUID) -> Spending:
    begin, _end = billing.month_bounds(clock.now(), settings().billing_zone)
    costs = billing.costs_of_many(organisation_id, begin, clock.now() + timedelta(seconds=1))
    spent = {server_id: cost.total for server_id, cost in costs.items()}
    return Spending(spent, sum(spent.values(), Money(0)), billing.wallet(organisation_id))


def _lines(actor: Actor, rows: Iterable[ServerBrief], spent: Mapping[UUID, Money]) -> list[Line]:
    held = seats_of(actor)
    here, locale = url_for("hosting.servers"), choose_locale()
    names = {slug: template_name(slug, locale) for slug in {row.template for row in rows}}
    words = {shown: state_word(*shown) for shown in {(row.state, row.asleep) for row in rows}}
    pick = _("%(name)s auswählen")
    says = {"start": _("%(name)s starten"), "stop": _("%(name)s stoppen"), "": ""}

    def line(row: ServerBrief) -> Line:
        switches = may_on(actor, P.server_power, held, row.id)
        button = _button(row.buttons, may_everywhere(actor, P.server_create)) if switches else ""
        return Line(
            id=row.id,
            url=f"{here}/{row.id}",
            name=row.name,
            about=f"{names[row.template]} {row.game_version}" + (f" · {row.address}" if row.port else ""),
            live=dom_id("hosting-server", row.id, "row"),
            word=words[row.state, row.asleep],
            tone=state_tone(row.state),
            players=_players(row),
            memory=size_word(row.memory_mb),
            cost=money(spent.get(row.id, 0)),
            button=button,
            button_says=says[button] % {"name": row.name},
            pick_says=pick % {"name": row.name},
        )

    return [line(row) for row in rows]


def _selection(
    actor: Actor, wanted: ServerFilter, page: Page[ServerBrief], found: Mapping[str, int]
) -> Selection | None:
    """None for who may do nothing with servers, and where there is none to tick. `found`: by state, as searched for."""
    actions = [one for one in button_words() if may(actor, NEEDS[Action(one[0])])]
    if not actions or not page.rows:
        return None
    matching = sum(found.get(state, 0) for state in GROUPS.get(wanted.group, tuple(found)))
    return Selection(actions, matching, MOST)


def _players(row: ServerBrief) -> str:
    if row.state is not State.RUNNING or row.players_online is None:
        return NONE
    return f"{row.players_online} / {row.players_max}" if row.players_max else str(row.players_online)


def _button(offered: tuple[Button, ...], deploys: bool) -> str:
    if Button.START in offered or (Button.DEPLOY in offered and deploys):
        return "start"
    return "stop" if Button.STOP in offered else ""


def _checklist(
    organisation_id: UUID, wallet: billing.WalletState
) -> list[tuple[str, bool, str | None, str]] | None:
    """The way to the first game, from real acts; None when all is done."""
    steps = first_steps(organisation_id)
    there = url_for("hosting.server", server_id=steps.server_id) if steps.server_id else None
    credit = wallet.balance.nanos > 0 or steps.played
    items = [
        (_("Guthaben aufladen"), credit, url_for("wallet.show"), _("Aufladen")),
        (
            _("Server aus einer Vorlage anlegen"),
            steps.created,
            url_for("hosting.new_server"),
            _("Vorlage wählen"),
        ),
        (_("Server starten"), steps.played, there, _("Zum Server")),
        (_("Adresse im Spiel eingeben und beitreten"), steps.joined, there, _("Adresse zeigen")),
    ]
    return None if all(item[1] for item in items) else items


def _tabs(counts: dict[str, int]) -> list[tuple[str, str, str, int]]:
    """Filter tabs with how many servers each holds: (key, word, address, count)."""
    numbers = {"": sum(counts.values())}
    numbers.update({key: sum(counts.get(state, 0) for state in states) for key, states in GROUPS.items()})
    here = url_for("hosting.servers")
    return [
        (key, str(GROUP_WORDS[key]), f"{here}?state={key}" if key else here, number)
        for key, number in numbers.items()
    ]
