"""Learning with a nano: the page on which it plays, what its script tells, and the list of what somebody has learned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, flash, json, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit import htmx, limits
from app.kit.authz import Actor, allows, current_actor
from app.kit.config import settings
from app.kit.errors import Malformed, NotFound, TooMany
from app.kit.web import content_security_policy, live_url
from app.nanos.policies import P
from app.nanos.queries.file import FileView, files_and_use, files_of
from app.nanos.queries.nano import NanoView, get_nano
from app.nanos.queries.package import package_of
from app.nanos.queries.use import (
    Piece,
    all_learned,
    all_told,
    list_learned,
    piece_and_nano,
    piece_of,
    plays_of,
    progress_of,
    sum_learned,
)
from app.nanos.rules.h5p import EDITION as H5P
from app.nanos.rules.h5p_said import outcome, read_data, read_statements
from app.nanos.rules.insight import Counted
from app.nanos.rules.player import ALONE, APART
from app.nanos.rules.scorm import Package, PackageFault, Part
from app.nanos.rules.scorm_state import meaning, read_state
from app.nanos.rules.use import PLAYED, Beat, is_number, reachable, read_spans
from app.nanos.rules.xapi import Learning, statements, told_statement
from app.nanos.services import use as uses
from app.nanos.services.address import learner_number, make_key
from app.nanos.views import nanos
from app.nanos.views.amb_record import absolute
from app.nanos.views.apart import content_origin
from app.nanos.views.counting import count_act
from app.nanos.views.packages import frame_of
from app.nanos.wording import package_words

MOST_TOLD, SECONDS = 120, 60
"""What one person's pages may tell: films do it every five seconds, packages when something happens, at most every second."""


@nanos.get("/<uuid:nano_id>/learn")
@allows(P.nano_read)
def learn(nano_id: UUID) -> ResponseReturnValue:
    """Leads to the first piece that is not done."""
    actor = current_actor()
    nano = get_nano(actor, nano_id)
    mine = _mine(nano, files_of(nano.revision_id))
    if not mine:
        raise NotFound
    known = progress_of(actor.person_id, nano_id)
    wanted = next((one for one in mine if one.sha256 not in known or not known[one.sha256].done), mine[0])
    return redirect(url_for("nanos.learn_piece", nano_id=nano_id, file_id=wanted.id))


def _mine(nano: NanoView, files: list[FileView]) -> list[FileView]:
    return [one for one in files if reachable(one.kind, looks=nano.looks, takes=nano.takes)]


@nanos.get("/<uuid:nano_id>/learn/<uuid:file_id>")
@allows(P.nano_read)
def learn_piece(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """One piece, with all of them beside it."""
    actor = current_actor()
    piece, nano = piece_and_nano(actor, nano_id, file_id)
    each, use = files_and_use(actor, nano_id, nano.revision_id)
    files, plays = _mine(nano, each), plays_of(actor.person_id, nano_id)
    package, fault, part = package_part(piece, request.args.get("part"))
    frame = ""
    if part is not None:
        frame = frame_of(make_key(actor, piece, part.key), piece.sha256, part)
    page = render_template(
        "nanos/use/learn.html", nano=nano, details=nano.details, files=files, piece=piece, package=package, part=part,
        fault=fault, frame=frame, origin=content_origin(piece.sha256),
        known={sha: one for (sha, name), one in plays.items() if not name},
        file=next(one for one in files if one.id == file_id), sandbox=APART if content_origin(piece.sha256) else ALONE,
        parts={name: one.progress for (sha, name), one in plays.items() if sha == piece.sha256},
        use=use if piece.records else None,
    )  # fmt: skip
    response = make_response(page)
    if frame:
        allowed = content_origin(piece.sha256) or request.host_url.rstrip("/")
        own = content_security_policy(live_url())
        response.headers["Content-Security-Policy"] = (
            f"{own}; frame-src {allowed}{url_for('nanos.index')}/content/"
        )
    return response


def package_part(piece: Piece, wanted: str | None) -> tuple[Package | None, str, Part | None]:
    """What there is to play, or why there is nothing, and the part that is wanted."""
    if piece.kind not in PLAYED:
        return None, "", None
    try:
        package = package_of(piece)
    except PackageFault as fault:
        return None, package_words(fault.code, fault.what), None
    found = next((one for one in package.parts if one.key == wanted), package.parts[0])
    return package, "", found


@nanos.post("/<uuid:nano_id>/learn/<uuid:file_id>")
@allows(P.nano_read)
def tell_use(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """What the page's script says: it begins, a film ran on, a package wants something kept."""
    given: Any = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Malformed
    said = tell(current_actor(), nano_id, file_id, given)
    if isinstance(said, Piece):
        if said.records:
            count_act(Counted.played, nano_id, said.organisation_id)
        return jsonify({})
    return jsonify(progress=said.progress, whole=said.whole, done=said.done)


def tell(actor: Actor, nano_id: UUID, file_id: UUID, given: dict[str, Any]) -> Piece | uses.Told:
    """Keep what a player said: the piece where it was begun, else how it stands. Raises Malformed, NotFound,
    Conflict, TooMany."""
    allowance = limits.take(f"nanos-told:{actor.person_id}", MOST_TOLD, SECONDS)
    if not allowance.allowed:
        raise TooMany(retry_after=allowance.retry_after)
    try:
        if given.get("begin") is True:
            return uses.begin(actor, nano_id, file_id, _part_name(actor, nano_id, file_id, given))
        keep = _keep if "state" in given else _beat
        return keep(actor, nano_id, file_id, given)
    except ValueError:
        raise Malformed from None


def _part_name(actor: Actor, nano_id: UUID, file_id: UUID, given: dict[str, Any]) -> str:
    return _part(piece_of(actor, nano_id, file_id), given)[1].key if given.get("part") else ""


def _part(piece: Piece, given: dict[str, Any]) -> tuple[Package, Part]:
    """Raises ValueError for a part that is not there."""
    try:
        package = package_of(piece)
    except PackageFault as fault:
        raise ValueError("part") from fault
    found = next((one for one in package.parts if one.key == given.get("part")), None)
    if found is None:
        raise ValueError("part")
    return package, found


def _seconds(given: dict[str, Any]) -> float:
    if not is_number(given.get("seconds")):
        raise ValueError("seconds")
    return float(given["seconds"])


def _beat(actor: Actor, nano_id: UUID, file_id: UUID, given: dict[str, Any]) -> uses.Told:
    length = given.get("length")
    if length is not None and not is_number(length, 24 * 3600):
        raise ValueError("length")
    return uses.beat(actor, nano_id, file_id, Beat(_seconds(given), read_spans(given.get("spans")), length))


def _keep(actor: Actor, nano_id: UUID, file_id: UUID, given: dict[str, Any]) -> uses.Told:
    package, part = _part(piece_of(actor, nano_id, file_id), given)
    if package.edition == H5P:
        return uses.keep(actor, nano_id, file_id, part.key, [part.key], _exercise(given))
    state = read_state(given["state"])
    found = meaning(package.edition, state, part.mastery)
    said = uses.Said(state, found.progress, found.done, found.score, _seconds(given))
    return uses.keep(actor, nano_id, file_id, part.key, [one.key for one in package.parts], said)


def _exercise(given: dict[str, Any]) -> uses.Said:
    """What an H5P package says: the statements decide, the state is only kept."""
    statements = read_statements(given.get("statements", []))
    state = read_data(given["state"], silent=given.get("silent") is True)
    found = outcome(statements)
    return uses.Said(state, found.progress, found.done, found.score, _seconds(given), statements)


@nanos.post("/<uuid:nano_id>/learn/<uuid:file_id>/finish")
@allows(P.nano_read)
def finish_use(nano_id: UUID, file_id: UUID) -> ResponseReturnValue:
    """The person says they are through with it."""
    told = uses.finish(current_actor(), nano_id, file_id)
    flash(_("Geschafft: Sie haben dieses Nano durchgearbeitet.") if told.done else _("Vermerkt."), "ok")
    return htmx.go(url_for("nanos.learn" if not told.done else "nanos.show", nano_id=nano_id))


@nanos.get("/learned")
@allows(P.nano_read)
def learned() -> ResponseReturnValue:
    """What somebody has begun and finished."""
    actor, which = current_actor(), request.args.get("state", "")
    done = {"done": True, "open": False}.get(which)
    page = list_learned(actor, done=done, cursor=request.args.get("cursor"))
    return render_template(
        "nanos/use/learned.html", page=page, state=which if done is not None else "", sum=sum_learned(actor)
    )


@nanos.get("/learned.json")
@allows(P.nano_read)
def learned_statements() -> ResponseReturnValue:
    """The own learning as xAPI statements, to take along to another record."""
    actor = current_actor()
    number, told = learner_number(actor, "xapi"), all_told(actor)
    made: list[dict[str, Any]] = []
    for use, title, tongue in all_learned(actor):
        one = Learning(
            number, settings().public_url, absolute("nanos.show", nano_id=use.nano_id), title, tongue, use.progress,
            use.score, use.seconds, use.first_at, use.last_at, use.completed_at,
        )  # fmt: skip
        made += statements(one)
        made += [told_statement(one, said) for said in told.get(use.nano_id, [])]
    response = Response(json.dumps(made, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="xapi.json"'
    return response
