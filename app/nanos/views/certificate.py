"""Certificates: the holder's own pages, what everybody may check, and the issuer's documents for machines."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField

from app.kit import htmx, limits
from app.kit.authz import allows, current_actor, open_to_all
from app.kit.errors import NotFound, TooMany
from app.kit.forms import Form
from app.kit.links import public_link
from app.nanos.gateways.signing import public_jwk
from app.nanos.policies import P
from app.nanos.queries import certificate as queries
from app.nanos.rules.credential import Shows, did_document
from app.nanos.services import badge_key as keys
from app.nanos.services import certificate as services
from app.nanos.services import certificate_paper as papers
from app.nanos.views import nanos
from app.nanos.wording_learning import SHOWS

LOOKS, WINDOW = 60, 60
"""So many look-ups of numbers a minute from one address."""


class ShowsForm(Form):
    """What the public page tells of the name."""

    shows = RadioField(_l("Was andere von Ihrem Namen sehen"), validate_choice=False, choices=[])


@nanos.get("/certificates")
@allows(P.nano_read)
def certificates() -> ResponseReturnValue:
    """The person's own."""
    page = queries.list_own(current_actor(), request.args.get("cursor"))
    return render_template("nanos/certificate/index.html", page=page)


@nanos.get("/certificates/<uuid:certificate_id>")
@allows(P.nano_read)
def certificate(certificate_id: UUID) -> ResponseReturnValue:
    """One of them, with what can be done with it."""
    one = queries.get_own(current_actor(), certificate_id)
    form = ShowsForm(formdata=None, data={"shows": one.shows})
    form.shows.choices = [(name, str(words[0])) for name, words in SHOWS.items()]
    hints = {name: str(words[1]) for name, words in SHOWS.items()}
    return render_template("nanos/certificate/show.html", one=one, form=form, hints=hints)


@nanos.post("/certificates/<uuid:certificate_id>/shows")
@allows(P.nano_read)
def show_certificate_as(certificate_id: UUID) -> ResponseReturnValue:
    """How much of the name others see."""
    chosen = request.form.get("shows", "")
    services.show_as(
        current_actor(), certificate_id, chosen if chosen in set(Shows) else Shows.INITIALS.value
    )
    flash(_("Gespeichert."), "ok")
    return htmx.go(url_for("nanos.certificate", certificate_id=certificate_id))


@nanos.post("/certificates/<uuid:certificate_id>/paper")
@allows(P.nano_read)
def order_certificate(certificate_id: UUID) -> ResponseReturnValue:
    """Have the PDF drawn, where it is not there."""
    job_id = services.order_paper(current_actor(), certificate_id)
    back = url_for("nanos.certificate", certificate_id=certificate_id)
    return htmx.go(url_for("jobs.show", job_id=job_id, back=back))


@nanos.get("/certificates/<uuid:certificate_id>/badge.jwt")
@allows(P.nano_read)
def certificate_badge(certificate_id: UUID) -> ResponseReturnValue:
    """The Open Badge, to take along."""
    response = Response(papers.badge(current_actor(), certificate_id), mimetype="application/vc+jwt")
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"open-badge-{certificate_id.hex[-8:]}.jwt"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@nanos.get("/certificates/<uuid:certificate_id>/revoke")
@allows(P.nano_read)
def ask_revoke_certificate(certificate_id: UUID) -> ResponseReturnValue:
    """Asks first: there is no way back."""
    one = queries.get_own(current_actor(), certificate_id)
    return render_template("nanos/certificate/revoke.html", one=one)


@nanos.post("/certificates/<uuid:certificate_id>/revoke")
@allows(P.nano_read)
def revoke_certificate(certificate_id: UUID) -> ResponseReturnValue:
    """For ever."""
    services.revoke_own(current_actor(), certificate_id)
    flash(_("Das Zertifikat ist widerrufen."), "ok")
    return htmx.go(url_for("nanos.certificate", certificate_id=certificate_id))


def _slowly() -> None:
    allowance = limits.take(f"nanos.verify:{request.remote_addr}", LOOKS, WINDOW)
    if not allowance.allowed:
        raise TooMany


@nanos.get("/verify")
@open_to_all("whoever is shown a certificate may check it")
def verify() -> ResponseReturnValue:
    """Where a number is typed."""
    typed = request.args.get("number", "").strip()[:60]
    if not typed:
        return render_template("nanos/certificate/verify.html", typed="", one=None)
    _slowly()
    found = queries.find_by_number(typed)
    return _verified(typed, found)


@nanos.get("/verify/<number>")
@open_to_all("whoever is shown a certificate may check it")
def verify_number(number: str) -> ResponseReturnValue:
    """Whether it is real, and as much about it as its holder shows."""
    _slowly()
    return _verified(number[:60], queries.find_by_number(number))


def _verified(typed: str, found: queries.CertificateView | None) -> ResponseReturnValue:
    page = render_template("nanos/certificate/verify.html", typed=typed, one=found)
    return page, (200 if found else 404), {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@nanos.get("/badges/did.json")
@open_to_all("the issuer's public keys: whoever checks a badge needs them")
def issuer_document() -> ResponseReturnValue:
    """Who issues, after did:web."""
    did = queries.issuer().did
    return jsonify(did_document(did, [(one.name, public_jwk(one.public, one.name)) for one in _live()]))


@nanos.get("/badges/jwks.json")
@open_to_all("the issuer's public keys: whoever checks a badge needs them")
def issuer_keys() -> ResponseReturnValue:
    """The same keys as a JWK set."""
    did = queries.issuer().did
    return jsonify(keys=[public_jwk(one.public, f"{did}#{one.name}") for one in _live()])


def _live() -> list[keys.KeyView]:
    return [one for one in keys.list_keys() if one.state == "active"]


@nanos.get("/badges/issuer.json")
@open_to_all("who issues badges is no secret")
def issuer_profile() -> ResponseReturnValue:
    """The issuer as an Open Badges profile."""
    known = queries.issuer()
    return jsonify({
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"],
        "id": known.did, "type": ["Profile"], "name": known.name, "url": known.url,
        "jwks": public_link("nanos.issuer_keys"),
    })  # fmt: skip


@nanos.get("/badges/status/<uuid:key_id>/<page>")
@open_to_all("whether a badge is revoked: whoever checks one needs it")
def status_list(key_id: UUID, page: str) -> ResponseReturnValue:
    """A signed list of what is revoked."""
    if not (page.isascii() and page.isdigit() and len(page) < 7):
        raise NotFound
    response = Response(papers.revocations(key_id, int(page)), mimetype="application/vc+jwt")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@nanos.get("/badges/keys")
@allows(P.badge_keys)
def badge_keys() -> ResponseReturnValue:
    """The keys that sign."""
    return render_template("nanos/certificate/keys.html", rows=keys.list_keys(), issuer=queries.issuer())


@nanos.post("/badges/keys")
@allows(P.badge_keys)
def change_badge_key() -> ResponseReturnValue:
    """Another one signs from now on."""
    serial = keys.change_key(current_actor())
    flash(_("Ab jetzt unterschreibt Schlüssel %(serial)d.", serial=serial), "ok")
    return htmx.go(url_for("nanos.badge_keys"))


@nanos.get("/badges/keys/<uuid:key_id>/revoke")
@allows(P.badge_keys)
def ask_revoke_badge_key(key_id: UUID) -> ResponseReturnValue:
    """Asks first."""
    found = next((one for one in keys.list_keys() if one.id == key_id), None)
    if found is None:
        raise NotFound
    return render_template("nanos/certificate/revoke_key.html", one=found)


@nanos.post("/badges/keys/<uuid:key_id>/revoke")
@allows(P.badge_keys)
def revoke_badge_key(key_id: UUID) -> ResponseReturnValue:
    """What it signed verifies no more."""
    keys.revoke_key(current_actor(), key_id)
    flash(_("Der Schlüssel ist widerrufen."), "ok")
    return htmx.go(url_for("nanos.badge_keys"))
