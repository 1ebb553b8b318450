"""One action on many servers: the question with all names, the order, how far it is, and calling it off.

The list's form names servers or a search; the question is the answer to it, and its form names the servers it listed.
"""

from __future__ import annotations

from collections import Counter
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.errors import BulkRunning
from app.hosting.policies import P
from app.hosting.queries import bulk as queries
from app.hosting.queries.server import GROUPS, ServerFilter
from app.hosting.rules.bulk import LISTED, MOST, Action
from app.hosting.services import bulk as services
from app.hosting.views import bulk_words as words
from app.hosting.views import hosting
from app.hosting.wording import BULK_ACTIONS
from app.kit import htmx, live
from app.kit.authz import allows, current_actor, may, require
from app.kit.errors import Invalid, NotFound
from app.kit.ids import new_id


def _action() -> Action:
    """What the pressed button says. Raises NotFound for anything else, NotAllowed without the right to it."""
    try:
        action = Action(request.form.get("action", ""))
    except ValueError:
        raise NotFound from None
    require(current_actor(), services.NEEDS[action])
    return action


def _filter() -> ServerFilter:
    group = request.form.get("state", "")
    return ServerFilter(text=request.form.get("q", "")[:60], group=group if group in GROUPS else "")


def _list_url(wanted: ServerFilter) -> str:
    return url_for("hosting.servers", q=wanted.text or None, state=wanted.group or None)


@hosting.post("/bulk/question")
@allows(P.server_read)
def ask_bulk() -> ResponseReturnValue:
    """Which servers it is for and which not, before anything happens. Nothing is written."""
    action, actor, wanted = _action(), current_actor(), _filter()
    ids = request.form.getlist("server", type=UUID)
    if not request.form.get("all") and not ids:
        flash(_("Wähle zuerst Server aus."), "warn")
        return redirect(_list_url(wanted), 303)
    found = queries.chosen(actor, action, wanted if request.form.get("all") else ids)
    if not found:
        raise NotFound
    if len(found) > MOST:
        flash(_("Höchstens %(most)d Server auf einmal. Grenze die Suche ein.", most=MOST), "warn")
        return redirect(_list_url(wanted), 303)
    return _question(action, found, _list_url(wanted))


def _question(
    action: Action, found: list[queries.Chosen], back: str, *, wrong: bool = False
) -> ResponseReturnValue:
    those = [one for one in found if one.refusal is None]
    left_out = Counter(str(words.REASONS[one.refusal]) for one in found if one.refusal is not None)
    running = queries.running_bulk(current_actor().organisation_id)
    html = render_template(
        "hosting/bulk/question.html",
        action=action,
        those=those,
        listed=LISTED,
        left_out=left_out.most_common(),
        servers=" ".join(one.id.hex for one in those),
        title=words.question(action, len(those)),
        meaning=words.meaning(action, sum(one.memory_mb for one in those)),
        yes=words.answer(action, len(those)),
        once=new_id().hex,
        running=running,
        back=back,
        wrong=wrong,
    )
    return html, 422 if wrong else 409 if running else 200


@hosting.post("/bulk")
@allows(P.server_read)
def order_bulk() -> ResponseReturnValue:
    """Begin with the servers that were listed. Deleting wants their number or the word typed."""
    action, actor = _action(), current_actor()
    ids = _named(request.form.get("servers", ""))
    if not ids:
        raise NotFound
    typed = request.form.get("typed", "").strip().casefold()
    if action is Action.DELETE and typed not in (str(len(ids)), _("löschen").casefold()):
        found = queries.chosen(actor, action, ids)
        if not found:
            raise NotFound
        return _question(action, found, url_for("hosting.servers"), wrong=True)
    try:
        bulk_id = services.order_bulk(actor, action, ids, once=request.form.get("once") or None)
    except BulkRunning as error:
        flash(error.message, "warn")
        return htmx.go(url_for("hosting.bulk", bulk_id=error.bulk_id))
    except Invalid as error:
        flash(error.message, "warn")
        return htmx.go(url_for("hosting.servers"))
    return htmx.go(url_for("hosting.bulk", bulk_id=bulk_id))


def _named(text: str) -> list[UUID]:
    """The servers a question listed. What is no id is left out, as are those of others when they are looked up."""
    found = []
    for word in text.split()[: MOST + 1]:
        try:
            found.append(UUID(hex=word))
        except ValueError:
            continue
    return found


@hosting.get("/bulk")
@allows(P.server_read)
def bulks() -> ResponseReturnValue:
    """The latest ones."""
    rows = queries.latest_bulks(current_actor())
    return render_template("hosting/bulk/list.html", rows=rows, actions=BULK_ACTIONS, states=words.STATES)


@hosting.get("/bulk/<uuid:bulk_id>")
@allows(P.server_read)
def bulk(bulk_id: UUID) -> ResponseReturnValue:
    """How far it is and what became of each server."""
    actor = current_actor()
    found = queries.find_bulk(actor, bulk_id)
    return render_template(
        "hosting/bulk/show.html",
        bulk=found,
        word=BULK_ACTIONS[found.action][0],
        came_to=words.came_to,
        states=words.STATES,
        may_cancel=found.running and may(actor, services.NEEDS[found.action]),
    )


@hosting.post("/bulk/<uuid:bulk_id>/cancel")
@allows(P.server_read)
def cancel_bulk(bulk_id: UUID) -> ResponseReturnValue:
    """Leave the rest alone."""
    left = services.cancel_bulk(current_actor(), bulk_id)
    flash(_("Abgebrochen. %(left)d Server blieben, wie sie waren.", left=left), "ok")
    return htmx.go(url_for("hosting.bulk", bulk_id=bulk_id))


def _progress(bulk_id: UUID) -> str:
    return render_template(
        "hosting/bulk/_progress.html",
        bulk=queries.watched_bulk(bulk_id),
        came_to=words.came_to,
        states=words.STATES,
    )


live.fragment(prefix=services.LIVE, aspect="progress", authorise=queries.may_see_bulk, render=_progress)
