"""What everybody may read of nanos without signing in: a page each, a sitemap, and OAI-PMH for harvesters."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import urlsplit
from uuid import UUID

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from app.kit import clock, limits
from app.kit.authz import open_to_all
from app.kit.config import settings
from app.kit.errors import TooMany
from app.kit.forms import csrf
from app.nanos.catalog import vocabularies
from app.nanos.queries.listing import (
    Described,
    addresses,
    earliest,
    find_described,
    get_described,
    harvest,
)
from app.nanos.rules import amb, oai, oai_xml
from app.nanos.rules.oai import Asked, OaiFault
from app.nanos.views import nanos
from app.nanos.views.amb_record import absolute, record_of
from app.nanos.views.show import record_response

ASKS, SECONDS = 120, 60
"""Requests of one address to the harvesters' door in so many seconds."""
_WHY = "its provider made the description public"


def _record(one: Described) -> amb.Record:
    return record_of(
        one.id, one.details, one.provider, one.published_at or one.changed_at, one.changed_at,
        url=absolute("nanos.open_nano", nano_id=one.id),
    )  # fmt: skip


@nanos.get("/open/<uuid:nano_id>")
@open_to_all(_WHY)
def open_nano(nano_id: UUID) -> ResponseReturnValue:
    """What it is about; the content is for those who are signed in."""
    nano = get_described(nano_id)
    return render_template("nanos/open.html", nano=nano, url=absolute("nanos.open_nano", nano_id=nano.id))


@nanos.get("/open/<uuid:nano_id>/amb.json")
@open_to_all(_WHY)
def open_amb(nano_id: UUID) -> ResponseReturnValue:
    """The same for machines, after AMB."""
    return record_response(_record(get_described(nano_id)))


def _xml(made: bytes | str) -> Response:
    return Response(made, content_type="text/xml; charset=utf-8")


@nanos.get("/open/sitemap.xml")
@open_to_all(_WHY)
def open_sitemap() -> ResponseReturnValue:
    """All such pages."""
    _limit()
    return _xml(
        oai_xml.sitemap((absolute("nanos.open_nano", nano_id=key), changed) for key, changed in addresses())
    )


def _limit() -> None:
    allowance = limits.take(f"nanos-open:{request.remote_addr}", ASKS, SECONDS)
    if not allowance.allowed:
        raise TooMany(retry_after=allowance.retry_after)


@nanos.get("/oai/amb.xsd")
@open_to_all("a schema, the same for all")
def oai_schema() -> ResponseReturnValue:
    """How the format `amb` looks."""
    return _xml(oai_xml.SCHEMA)


@nanos.route("/oai", methods=["GET", "POST"])
@csrf.exempt
@open_to_all(_WHY)
def harvested() -> ResponseReturnValue:
    """OAI-PMH 2.0, by GET and by POST as the protocol wants both. It changes nothing, so it needs no token."""
    _limit()
    sent = request.form if request.method == "POST" else request.args
    given = [(name, value) for name, values in sent.lists() for value in values]
    url, now = absolute("nanos.harvested"), clock.now()
    try:
        asked = oai.read(given, vocabularies()["subjects"])
        return _xml(_answer(asked, oai_xml.Envelope(url, now, dict(given))))
    except OaiFault as error:
        told = {} if error.code in ("badVerb", "badArgument") else dict(given)
        return _xml(oai_xml.fault(oai_xml.Envelope(url, now, told), error))


def _answer(asked: Asked, envelope: oai_xml.Envelope) -> bytes:
    if asked.verb == "Identify":
        mail = parseaddr(settings().mail_from)[1]
        return oai_xml.identify(
            envelope, name=settings().name, mail=mail, earliest=earliest() or envelope.now
        )
    if asked.verb == "ListSets":
        return oai_xml.sets(envelope, [(key, term.de) for key, term in vocabularies()["subjects"].items()])
    if asked.verb == "ListMetadataFormats":
        if asked.identifier:
            _known(asked.identifier)
        return oai_xml.formats(envelope, absolute("nanos.oai_schema"))
    if asked.verb == "GetRecord":
        entry = _entry(_known(asked.identifier))
        return oai_xml.records(envelope, asked.verb, asked.prefix, [entry])
    return _list(asked, envelope)


def _host() -> str:
    return urlsplit(settings().public_url).hostname or "localhost"


def _known(identifier: str) -> Described:
    key = oai.key_of(_host(), identifier)
    found = find_described(key) if key else None
    if found is None:
        raise OaiFault("idDoesNotExist", "There is no such record.")
    return found


def _entry(one: Described) -> oai_xml.Entry:
    name = oai.identifier(_host(), one.id)
    if one.gone:
        return oai_xml.Entry(name, one.changed_at, one.subject)
    words = (vocabularies()["subjects"][one.subject].de,)
    return oai_xml.Entry(name, one.changed_at, one.subject, amb.document(_record(one)), words)


def _list(asked: Asked, envelope: oai_xml.Envelope) -> bytes:
    found, more = harvest(asked.first, asked.until, asked.subject, asked.after, oai.PAGE)
    if not found:
        if asked.after is not None:
            raise OaiFault("badResumptionToken", "Nothing follows.")
        raise OaiFault("noRecordsMatch", "Nothing changed then.")
    token = oai.token(asked, more, asked.sent + len(found)) if more else ("" if asked.after else None)
    return oai_xml.records(
        envelope, asked.verb, asked.prefix, [_entry(one) for one in found], token=token, sent=asked.sent
    )
