"""Backups of a server: what there is, making one, taking one home, bringing one back, and what happens by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import chain
from uuid import UUID

from flask import Response, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.hosting.gateways.archive import Missing, StoreFault, StoreUnavailable
from app.hosting.models import Archive
from app.hosting.policies import P
from app.hosting.queries.backup import backup_of, plan_of
from app.hosting.queries.server import find_server
from app.hosting.rules.files import disposition
from app.hosting.services import backup as services
from app.hosting.services import backup_plan, restore
from app.hosting.services.backup_link import open_link
from app.hosting.services.files import transfer
from app.hosting.services.place import archive_store
from app.hosting.views import hosting
from app.hosting.views.backup_form import NewServerForm, plan_form
from app.hosting.views.backup_words import context, words
from app.kit import htmx
from app.kit.authz import allows, current_actor, open_to_all
from app.kit.db import db
from app.kit.errors import Conflict, Invalid, Unavailable

BASE = "/servers/<uuid:server_id>/backups"
ONE = f"{BASE}/<uuid:backup_id>"


def _list_of(server_id: UUID) -> str:
    return url_for("hosting.server_backups", server_id=server_id)


@hosting.get(BASE)
@allows(P.backup_read)
def server_backups(server_id: UUID) -> ResponseReturnValue:
    """What there is, what comes next, what is going on."""
    found = find_server(current_actor(), server_id)
    return render_template("hosting/backup/list.html", **context(found))


@hosting.post(BASE)
@allows(P.backup_create)
def create_backup(server_id: UUID) -> ResponseReturnValue:
    """Make one now."""
    services.create_backup(current_actor(), server_id)
    flash(_("Die Welt wird gesichert. Wer gerade spielt, spielt weiter."), "ok")
    return htmx.go(_list_of(server_id))


@hosting.route(f"{BASE}/settings", methods=["GET", "POST"])
@allows(P.backup_settings)
def backup_settings(server_id: UUID) -> ResponseReturnValue:
    """Daily ones, and how much is kept."""
    actor = current_actor()
    found = find_server(actor, server_id)
    form = plan_form(plan_of(server_id), actor.timezone)
    status = 200
    if request.method == "POST":
        if form.validate_on_submit():
            try:
                backup_plan.change_plan(
                    actor, server_id, daily=form.daily.data, at=form.at.data, zone=form.zone.data,
                    keep_count=form.keep_count.data, keep_days=form.keep_days.data,
                )  # fmt: skip
            except Invalid as error:
                form.take_errors(error)
            else:
                flash(_("Gespeichert."), "ok")
                return htmx.go(_list_of(server_id))
        status = 422
    return render_template("hosting/backup/settings.html", server=found, form=form), status


@hosting.get(ONE)
@allows(P.backup_read)
def server_backup(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """Everything that is known of one."""
    found = find_server(current_actor(), server_id)
    return render_template(
        "hosting/backup/show.html", server=found, backup=backup_of(server_id, backup_id), words=words()
    )


@hosting.get(f"{ONE}/download")
@allows(P.backup_download)
def download_backup(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """The archive itself, as it is stored (docs/archive.md tells how to open it)."""
    actor = current_actor()
    found = find_server(actor, server_id)
    with contextlib.ExitStack() as held:
        held.enter_context(transfer())
        return _archive(found.name, services.note_download(actor, server_id, backup_id), held)


@hosting.get("/backups/fetch/<token>")
@open_to_all("the link is sealed, holds for minutes, and what its maker may do is checked anew")
def fetch_backup(token: str) -> ResponseReturnValue:
    """The same by a link from the API."""
    with contextlib.ExitStack() as held:
        held.enter_context(transfer())
        return _archive(*open_link(token), held)


def _archive(name: str, archive: Archive, held: contextlib.ExitStack) -> Response:
    key, size, made = archive.key, archive.size_bytes, archive.created_at
    db.session.rollback()
    response = Response(_stored(key), mimetype="application/zstd")
    response.call_on_close(held.pop_all().close)
    if size is not None:
        response.content_length = size
    response.headers["Content-Disposition"] = disposition(f"{name} {made:%Y-%m-%d %H%M}.tar.zst")
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _stored(key: str) -> Iterator[bytes]:
    """The bytes, once the store has begun to give them. Raises Unavailable, Conflict."""
    try:
        chunks = archive_store().get(key)
        return chain([next(chunks, b"")], chunks)
    except StoreUnavailable as error:
        raise Unavailable(_("Das Archiv antwortet gerade nicht.")) from error
    except (Missing, StoreFault) as error:
        raise Conflict(
            _("Das Archiv gibt dieses Backup nicht heraus. Bitte wende dich an den Betreiber.")
        ) from error


@hosting.post(f"{ONE}/keep")
@allows(P.backup_delete)
def keep_backup(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """Whether it stays until somebody deletes it."""
    on = request.form.get("on") == "1"
    services.keep_backup(current_actor(), server_id, backup_id, on=on)
    flash(_("Bleibt, bis du es löschst.") if on else _("Wird aufgeräumt wie die anderen."), "ok")
    return htmx.go(url_for("hosting.server_backup", server_id=server_id, backup_id=backup_id))


@hosting.route(f"{ONE}/delete", methods=["GET", "POST"])
@allows(P.backup_delete)
def delete_backup(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """Delete it, after a question."""
    actor = current_actor()
    found = find_server(actor, server_id)
    if request.method == "GET":
        shown = context(found)
        one = backup_of(server_id, backup_id)
        last = one.good and sum(other.good for other in shown["overview"].backups) == 1
        return render_template(
            "hosting/backup/delete.html", server=found, backup=one, last=last, words=words()
        )
    services.delete_backup(actor, server_id, backup_id)
    flash(_("Backup gelöscht."), "ok")
    return htmx.go(_list_of(server_id))


@hosting.route(f"{ONE}/restore", methods=["GET", "POST"])
@allows(P.backup_restore)
def restore_backup(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """Put its world in the place of the present one, after saying exactly what happens."""
    actor = current_actor()
    found = find_server(actor, server_id)
    one = backup_of(server_id, backup_id)
    if request.method == "GET":
        ready = found.state in restore.STILL and found.desired == "stopped" and found.world is not None
        return render_template("hosting/backup/restore.html", server=found, backup=one, ready=ready)
    restore.restore_backup(actor, server_id, backup_id, save_first=request.form.get("save_first") == "1")
    flash(_("Das Backup wird wiederhergestellt."), "ok")
    return htmx.go(_list_of(server_id))


@hosting.route(f"{ONE}/new-server", methods=["GET", "POST"])
@allows(P.server_create)
def restore_as_new(server_id: UUID, backup_id: UUID) -> ResponseReturnValue:
    """A new server that begins with its world."""
    actor = current_actor()
    found = find_server(actor, server_id)
    one = backup_of(server_id, backup_id)
    form, status = NewServerForm(), 200
    if request.method == "POST":
        if form.validate_on_submit():
            try:
                new = restore.restore_as_new(
                    actor, server_id, backup_id, name=form.name.data or "", once=form.once.data or None
                )
            except (Invalid, Conflict) as error:
                form.take_errors(error if isinstance(error, Invalid) else Invalid(error.message))
            else:
                flash(_("Der neue Server ist da, seine Welt kommt gerade aus dem Backup."), "ok")
                return htmx.go(_list_of(new))
        status = 422
    elif not form.name.data:
        form.name.data = _("%(name)s (Kopie)", name=found.name)[:60]
    return render_template("hosting/backup/new_server.html", server=found, backup=one, form=form), status
