"""What learning platforms open: the start of a launch, its arrival, the nano in their frame, and the choice of one.

No page here sets or reads a cookie. Who comes is told by signatures first and by the sealed key in the address afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from secrets import token_urlsafe
from typing import Any
from uuid import UUID

from flask import Response, jsonify, make_response, redirect, render_template, request, url_for

from app.kit import clock, limits, observe
from app.kit.authz import open_to_all
from app.kit.config import settings
from app.kit.errors import Malformed, NotFound, TooMany
from app.kit.forms import csrf
from app.kit.secrets import unseal
from app.nanos.gateways.lti import sign
from app.nanos.queries.file import FileView, bytes_to_look, files_and_use
from app.nanos.queries.lti import Guest, frames_of, list_choices, open_platform
from app.nanos.queries.use import Piece, piece_and_nano, plays_of
from app.nanos.rules.content import SHOWN
from app.nanos.rules.insight import Counted
from app.nanos.rules.lti import LtiFault, chosen, content_item, origin_of
from app.nanos.rules.player import ALONE, APART
from app.nanos.rules.use import reachable
from app.nanos.services import insight
from app.nanos.services import lti_launch as services
from app.nanos.services import use as uses
from app.nanos.services.address import make_key
from app.nanos.views import nanos
from app.nanos.views.apart import content_origin
from app.nanos.views.content import send_bytes
from app.nanos.views.packages import frame_of
from app.nanos.views.use import package_part, tell
from app.nanos.wording_lti import fault_words

WHY = "people of a learning platform have no account; the platform's signature, then a sealed key, says who they are"
MOST, WINDOW = 600, 60
"""So many launches a minute from one address: a school is one."""
_LAUNCHES = observe.counter(
    "kontor_nano_lti_launches_total", "Launches from learning platforms by what came of them.", ("outcome",)
)


def _framed(
    page: str, frames: str, *, status: int = 200, packages: str = "", forms: str = "'self'"
) -> Response:
    """A page in a frame of these origins, and of no others."""
    response = make_response(page, status)
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; "
        f"connect-src 'self'; frame-src {packages or chr(39) + 'none' + chr(39)}; form-action {forms}; "
        f"frame-ancestors {frames}; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def _refused(code: str, frames: str) -> Response:
    _LAUNCHES.labels(code).inc()
    return _framed(render_template("nanos/lti/refused.html", why=fault_words(code)), frames, status=400)


def answering(view: Callable[..., Response]) -> Callable[..., Response]:
    """What is refused is said in the platform's frame; who is not known is not there."""

    @wraps(view)
    def answer(**given: Any) -> Response:
        try:
            return view(**given)
        except LtiFault as fault:
            known = "platform_id" in given
            return _refused(fault.code, frames_of(open_platform(given["platform_id"])) if known else "*")

    return answer


def _slowly(platform_id: UUID) -> None:
    if not limits.take(f"nanos.lti:{platform_id}:{request.remote_addr}", MOST, WINDOW).allowed:
        raise TooMany


@nanos.route("/lti/<uuid:platform_id>/login", methods=["GET", "POST"])
@csrf.exempt
@open_to_all(WHY)
@answering
def lti_login(platform_id: UUID) -> Response:
    """A platform begins: its browser is sent back to it with a state of ours. Nothing is written."""
    _slowly(platform_id)
    return _away(services.begin(platform_id, request.values.to_dict()))


def _away(url: str) -> Response:
    response = make_response(redirect(url, 303))
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@nanos.post("/lti/<uuid:platform_id>/launch")
@csrf.exempt
@open_to_all(WHY)
@answering
def lti_launch(platform_id: UUID) -> Response:
    """The platform's signed message."""
    _slowly(platform_id)
    if "id_token" not in request.form:
        raise LtiFault("denied" if "error" in request.form else "claims")
    made = services.arrive(platform_id, request.form.get("state", ""), request.form["id_token"])
    _LAUNCHES.labels("chosen" if made.chooses else "played").inc()
    if made.chooses:
        return _choice(made.key, "")
    return _away(url_for("nanos.lti_play", key=made.key))


def _choice(key: str, words: str, status: int = 200) -> Response:
    found = services.open_choice(key)
    rows = list_choices(found.platform.organisation_id, words)
    page = render_template("nanos/lti/choose.html", key=key, rows=rows, words=words, missing=status == 422)
    return _framed(page, frames_of(found.platform), status=status)


@nanos.post("/lti/choose")
@csrf.exempt
@open_to_all(WHY)
@answering
def lti_choose() -> Response:
    """Somebody looks for a nano for their course, or has found one."""
    key, wanted = request.form.get("key", ""), request.form.get("nano", "")
    words = request.form.get("q", "").strip()[:100]
    found = services.open_choice(key)
    if "look" in request.form:
        return _choice(key, words)
    nano = next(
        (one for one in list_choices(found.platform.organisation_id, words) if str(one.id) == wanted), None
    )
    if nano is None:
        return _choice(key, words, 422)
    item = content_item(f"{settings().public_url}/nanos/{nano.id}", nano.title, nano.outcome, str(nano.id))
    platform, now = found.platform, int(clock.now().timestamp())
    said = chosen(
        platform.issuer, platform.client_id, found.deployment, found.data, now, token_urlsafe(24), item
    )
    token = sign(unseal(platform.private), said)
    page = render_template("nanos/lti/chosen.html", url=found.return_url, token=token, title=nano.title)
    return _framed(page, frames_of(platform), forms=origin_of(found.return_url))


@nanos.get("/lti/play/<key>")
@open_to_all(WHY)
@answering
def lti_play(key: str) -> Response:
    """Leads to the first piece that is not done."""
    guest = services.open_play(key)
    files, _use = _pieces(guest)
    if not files:
        raise LtiFault("empty")
    known = {
        sha: one for (sha, part), one in plays_of(guest.actor.person_id, _nano(guest)).items() if not part
    }
    wanted = next((one for one in files if one.sha256 not in known or not known[one.sha256].done), files[0])
    return _away(url_for("nanos.lti_piece", key=key, file_id=wanted.id))


def _nano(guest: Guest) -> UUID:
    assert guest.actor.granted_on is not None
    return guest.actor.granted_on


def _pieces(guest: Guest) -> tuple[list[FileView], Any]:
    files, use = files_and_use(guest.actor, _nano(guest), guest.revision_id)
    return [one for one in files if reachable(one.kind, looks=True, takes=True)], use


@nanos.get("/lti/play/<key>/<uuid:file_id>")
@open_to_all(WHY)
@answering
def lti_piece(key: str, file_id: UUID) -> Response:
    """One piece in the platform's frame."""
    guest = services.open_play(key)
    piece, _found = piece_and_nano(guest.actor, _nano(guest), file_id)
    files, use = _pieces(guest)
    plays = plays_of(guest.actor.person_id, piece.nano_id)
    package, fault, part = package_part(piece, request.args.get("part"))
    origin = content_origin(piece.sha256)
    frame = (
        frame_of(make_key(guest.actor, piece, part.key, guest.launch_id), piece.sha256, part) if part else ""
    )
    page = render_template(
        "nanos/lti/play.html", guest=guest, key=key, piece=piece, files=files, package=package, part=part, fault=fault,
        frame=frame, origin=origin, sandbox=APART if origin else ALONE, use=use,
        known={sha: one for (sha, name), one in plays.items() if not name},
        parts={name: one.progress for (sha, name), one in plays.items() if sha == piece.sha256},
    )  # fmt: skip
    packages = f"{origin or request.host_url.rstrip('/')}{url_for('nanos.index')}/content/" if frame else ""
    return _framed(page, guest.frames, packages=packages)


@nanos.post("/lti/play/<key>/<uuid:file_id>")
@csrf.exempt
@open_to_all(WHY)
@answering
def lti_tell(key: str, file_id: UUID) -> Response:
    """What the page's script says."""
    guest = services.open_play(key)
    given: Any = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Malformed
    said = tell(guest.actor, _nano(guest), file_id, given)
    if isinstance(said, Piece):
        insight.seen(guest.actor, Counted.played, said.nano_id, said.organisation_id)
        return jsonify({})
    return jsonify(progress=said.progress, whole=said.whole, done=said.done)


@nanos.post("/lti/play/<key>/<uuid:file_id>/finish")
@csrf.exempt
@open_to_all(WHY)
@answering
def lti_finish(key: str, file_id: UUID) -> Response:
    """The person says they are through with it."""
    guest = services.open_play(key)
    told = uses.finish(guest.actor, _nano(guest), file_id)
    to = (
        url_for("nanos.lti_piece", key=key, file_id=file_id)
        if told.done
        else url_for("nanos.lti_play", key=key)
    )
    return _away(to)


@nanos.get("/lti/play/<key>/<uuid:file_id>/view")
@open_to_all(WHY)
@answering
def lti_view(key: str, file_id: UUID) -> Response:
    """The content itself, of kinds that browsers show."""
    guest = services.open_play(key)
    found = bytes_to_look(guest.actor, _nano(guest), file_id)
    if found.kind not in SHOWN:
        raise NotFound
    return send_bytes(found, inline=True)
