"""API v1: servers, templates, costs."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from app.billing import api as billing
from app.billing.api import By, Cost, Key
from app.hosting.catalog import templates
from app.hosting.policies import P
from app.hosting.queries.server import ServerFilter, find_server, list_servers, server_detail
from app.hosting.rules.server import State
from app.hosting.services import charge
from app.hosting.services import server as services
from app.hosting.views.api_shapes import (
    Accepted,
    ApiCosts,
    ApiServer,
    ApiServerDetail,
    ApiTemplate,
    Command,
    CostLine,
    CostsQuery,
    NewServer,
    ServerChange,
    ServerPage,
    ServerQuery,
    TemplateList,
    detail_of,
)
from app.kit import clock
from app.kit.config import settings
from app.kit.errors import Invalid, NotFound
from app.kit.i18n import choose_locale
from app.kit.money import ZERO
from app.kit.rest import Call, blueprint, next_link, operation
from app.kit.rest_types import euros

bp = blueprint("hosting")
SERVERS, COSTS = "Servers", "Costs"
LONGEST_WINDOW = timedelta(days=400)


def _shown(server_id: UUID) -> ApiServerDetail:
    """The server as it is now: the caller has just been allowed to change it."""
    row = server_detail(server_id)
    if row is None:
        raise NotFound
    return detail_of(row)


@operation(
    bp, "GET", "/servers", tag=SERVERS, summary="List servers", permission=P.server_read,
    query=ServerQuery, answer=ServerPage,
)  # fmt: skip
def api_list_servers(call: Call) -> tuple[ServerPage, dict[str, str]]:
    wanted = ServerFilter(
        text=call.query.search or "",
        state=call.query.state,
        template=call.query.template or "",
        sort="created",
    )
    page = list_servers(call.actor, wanted, cursor=call.query.cursor, limit=call.query.limit)
    shown = ServerPage(data=[ApiServer.of(row) for row in page.rows], next_cursor=page.next_cursor)
    return shown, next_link(page.next_cursor)


@operation(
    bp, "POST", "/servers", tag=SERVERS, summary="Create a server", permission=P.server_create,
    body=NewServer, answer=ApiServerDetail, status=201,
    description="A draft, or with `start` installed and started at once.",
)  # fmt: skip
def api_create_server(call: Call) -> tuple[ApiServerDetail, dict[str, str]]:
    new: NewServer = call.body
    server_id = services.create_server(
        call.actor, name=new.name, template=new.template, memory_mb=new.memory_mb, settings=new.settings,
        accept_eula=new.accept_eula, deploy=new.start, once=call.once,
    )  # fmt: skip
    return _shown(server_id), {"Location": url_for("hosting_api.api_get_server", server_id=server_id)}


@operation(
    bp, "GET", "/servers/{server_id}", tag=SERVERS, summary="Show a server", permission=P.server_read,
    answer=ApiServerDetail,
)  # fmt: skip
def api_get_server(call: Call, server_id: UUID) -> ApiServerDetail:
    return detail_of(find_server(call.actor, server_id))


@operation(
    bp, "PATCH", "/servers/{server_id}", tag=SERVERS, summary="Rename, resize or set up a server",
    permission=P.server_settings, body=ServerChange, answer=ApiServerDetail,
)  # fmt: skip
def api_change_server(call: Call, server_id: UUID) -> ApiServerDetail:
    new: ServerChange = call.body
    services.change_server(
        call.actor, server_id, name=new.name, memory_mb=new.memory_mb, settings=new.settings,
        wake_by_join=new.wake_by_join, wake_names=new.wake_names,
        idle_minutes=new.idle_minutes if "idle_minutes" in new.model_fields_set else services.Keep.KEEP,
        web_map=new.web_map if "web_map" in new.model_fields_set else services.Keep.KEEP,
    )  # fmt: skip
    return _shown(server_id)


@operation(
    bp, "DELETE", "/servers/{server_id}", tag=SERVERS, summary="Delete a server with its world",
    permission=P.server_delete, answer=ApiServerDetail, status=202,
    description="It is stopped with save first. This cannot be taken back.",
)  # fmt: skip
def api_delete_server(call: Call, server_id: UUID) -> ApiServerDetail:
    services.delete_server(call.actor, server_id)
    return _shown(server_id)


@operation(
    bp, "POST", "/servers/{server_id}/start", tag=SERVERS, summary="Start a server", permission=P.server_power,
    answer=ApiServerDetail, status=202, description="A draft is installed first.",
)  # fmt: skip
def api_start_server(call: Call, server_id: UUID) -> ApiServerDetail:
    row = server_detail(server_id)
    if row is not None and row.organisation_id == call.actor.organisation_id and row.state is State.DRAFT:
        services.deploy(call.actor, server_id)
    else:
        services.start_server(call.actor, server_id)
    return _shown(server_id)


@operation(
    bp, "POST", "/servers/{server_id}/stop", tag=SERVERS, summary="Stop a server with save",
    permission=P.server_power, answer=ApiServerDetail, status=202,
)  # fmt: skip
def api_stop_server(call: Call, server_id: UUID) -> ApiServerDetail:
    services.stop_server(call.actor, server_id)
    return _shown(server_id)


@operation(
    bp, "POST", "/servers/{server_id}/restart", tag=SERVERS, summary="Stop with save and start again",
    permission=P.server_power, answer=ApiServerDetail, status=202,
)  # fmt: skip
def api_restart_server(call: Call, server_id: UUID) -> ApiServerDetail:
    services.restart_server(call.actor, server_id)
    return _shown(server_id)


@operation(
    bp, "POST", "/servers/{server_id}/command", tag=SERVERS, summary="Type a line into the game's console",
    permission=P.server_command, body=Command, answer=Accepted, status=202,
)  # fmt: skip
def api_send_command(call: Call, server_id: UUID) -> Accepted:
    return Accepted(job=services.send_command(call.actor, server_id, call.body.line))


@operation(
    bp, "GET", "/templates", tag="Templates", summary="List what servers can be made from",
    permission=P.server_read, answer=TemplateList,
)  # fmt: skip
def api_list_templates(call: Call) -> TemplateList:
    locale = choose_locale()
    return TemplateList(data=[ApiTemplate.of(template, locale) for template in templates().values()])


@operation(
    bp, "GET", "/costs", tag=COSTS, summary="Costs of the organisation", permission=P.costs_read,
    query=CostsQuery, answer=ApiCosts,
)  # fmt: skip
def api_costs(call: Call) -> ApiCosts:
    return _costs(call, None)


@operation(
    bp, "GET", "/servers/{server_id}/costs", tag=COSTS, summary="Costs of one server", permission=P.costs_read,
    query=CostsQuery, answer=ApiCosts,
)  # fmt: skip
def api_server_costs(call: Call, server_id: UUID) -> ApiCosts:
    row = server_detail(server_id)
    if row is None or row.organisation_id != call.actor.organisation_id:
        raise NotFound
    return _costs(call, charge.subject(server_id))


def _window(query: CostsQuery) -> tuple[datetime, datetime]:
    begin, end = billing.month_bounds(clock.now(), settings().billing_zone)
    since, until = query.since or begin, query.until or end
    if not timedelta(0) < until - since <= LONGEST_WINDOW:
        raise Invalid(fields={"until": _("Muss nach since liegen, höchstens 400 Tage.")})
    return since, until


def _costs(call: Call, subject: tuple[str, UUID] | None) -> ApiCosts:
    since, until = _window(call.query)
    assert call.actor.organisation_id is not None
    grouped = billing.costs(
        call.actor.organisation_id, since, until, (By.DAY, By.METER, By.SUBJECT), subject=subject
    )
    meters: dict[Key, Cost] = {}
    days: dict[Key, Cost] = {}
    servers: dict[Key, Cost] = {}
    total = ZERO
    for key, cost in grouped.items():
        total += cost.total
        for groups, part in (
            (meters, Key(meter=key.meter)), (days, Key(day=key.day)), (servers, Key(subject=key.subject)),
        ):  # fmt: skip
            groups[part] = groups.get(part, Cost()) + cost
    return ApiCosts(
        since=since, until=until, total=euros(total), by_meter=_lines(meters), by_day=_lines(days),
        by_server=_lines(servers),
    )  # fmt: skip


def _lines(groups: dict[Key, Cost]) -> list[CostLine]:
    lines = [
        CostLine(
            day=key.day, meter=key.meter, server=key.subject[1] if key.subject else None, seconds=cost.seconds,
            booked=euros(cost.booked), unbooked=euros(cost.unbooked), total=euros(cost.total),
        )
        for key, cost in groups.items()
    ]  # fmt: skip
    return sorted(lines, key=lambda line: (str(line.day), str(line.meter), str(line.server)))
