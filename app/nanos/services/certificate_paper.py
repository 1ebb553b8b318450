"""A certificate on paper, and as an Open Badge to take along."""

from __future__ import annotations

from uuid import UUID

import segno
from flask import render_template
from flask_babel import gettext as _

from app.accounts.api import get_person
from app.core.api import drop_upload, keep_file, upload_file
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import NotFound
from app.kit.i18n import speaking
from app.kit.links import path_to
from app.kit.pdf import render_pdf
from app.nanos.gateways.signing import sign
from app.nanos.models import Certificate
from app.nanos.policies import P
from app.nanos.queries.certificate import (
    CertificateView,
    facts_of,
    get_certificate,
    get_own,
    issuer,
    list_url,
    revoked_in,
)
from app.nanos.rules import credential
from app.nanos.services.badge_key import list_keys, signing_key

KIND = "nanos.certificate"


def make(certificate_id: UUID) -> dict[str, str]:
    """The job: draw it in the holder's language, for the holder alone. One that was revoked meanwhile is not drawn."""
    view = get_certificate(certificate_id)
    if view is None or not view.valid or view.person_id is None:
        return {}
    person = get_person(view.person_id)
    if person is None:
        return {}
    with speaking(person.locale, person.timezone):
        stored = upload_file(_draw(view, person.locale))
        name = f"{_('zertifikat')}-{view.number.lower()}.pdf"
    with transaction():
        row = lock(Certificate, certificate_id)
        if row.state != "valid" or row.file_id is not None:
            drop_upload(stored.key)
            return {"next": path_to("nanos.certificate", certificate_id=certificate_id)}
        row.file_id = keep_file(
            stored, name=name, mime="application/pdf", kind=KIND, person_id=view.person_id
        )
        file_id = row.file_id
        db.session.flush()
    return {"next": path_to("files.download", file_id=file_id)}


def _draw(view: CertificateView, language: str) -> bytes:
    title = _("Zertifikat")
    code = segno.make(view.url, error="m").svg_data_uri(scale=4, border=0, dark="#000", light="#fff")
    html = render_template("nanos/certificate/pdf.html", one=view, title=title, code=code)
    return render_pdf(html, title=f"{title} {view.number}", lang=language)


def badge(actor: Actor, certificate_id: UUID) -> str:
    """The credential, signed with the newest key. Raises NotFound: one that is revoked is given to nobody."""
    require(actor, P.nano_read)
    view = get_own(actor, certificate_id)
    person = get_person(actor.person_id) if actor.person_id else None
    if not view.valid or person is None:
        raise NotFound
    return _signed(credential.credential(issuer(), facts_of(view, person.email)))


def _signed(payload: dict[str, object]) -> str:
    name, private = signing_key()
    return sign(private, f"{payload['iss']}#{name}", payload)


def revocations(key_id: UUID, page: int) -> str:
    """A status list, signed. Raises NotFound for one that was never begun."""
    known = next((one for one in list_keys() if one.id == key_id), None)
    if known is None or page * credential.LIST_BITS > max(known.issued - 1, 0):
        raise NotFound
    listed = credential.status_list(issuer(), list_url(key_id, page), revoked_in(key_id, page), clock.now())
    return _signed(listed)
