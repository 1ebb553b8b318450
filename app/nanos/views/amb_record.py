"""Nanos as records of AMB: what `amb.document` needs, with addresses of this platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request, url_for

from app.kit.config import settings
from app.nanos.catalog import official, term
from app.nanos.queries.file import FileView
from app.nanos.rules import amb
from app.nanos.rules.amb_check import is_web
from app.nanos.rules.content import FORMS, Kind
from app.nanos.rules.details import Details

FIELDS = {
    "about": ("subjects", lambda said: (said.subject,)),
    "learningResourceType": ("types", lambda said: (said.type,)),
    "educationalLevel": ("levels", lambda said: (said.level,)),
    "audience": ("audiences", lambda said: said.audience),
}
"""Field of AMB: our vocabulary for it, and what is chosen of that."""


def absolute(endpoint: str, **values: Any) -> str:
    """An address under the name people type."""
    return settings().public_url + url_for(endpoint, **values)


def record_of(
    nano_id: UUID, said: Details, provider: str, published: datetime, changed: datetime, *, url: str,
    files: Sequence[FileView] = (),
) -> amb.Record:  # fmt: skip
    """`url` is the page about it. Of `files` only those of an open licence are told of."""
    licence = term("licences", said.licence)
    public = licence is not None and licence.open
    return amb.Record(
        url=url, title=said.title, description=said.description, language=said.language, provider=provider,
        minutes=said.minutes or 1, published=published.date().isoformat(), modified=changed.date().isoformat(),
        concepts={name: _concepts(of, chosen(said)) for name, (of, chosen) in FIELDS.items()},
        licence=licence.uri if licence is not None and public else "",
        encodings=_encodings(nano_id, files) if public else [],
        platform=settings().name, platform_url=settings().public_url + request.script_root + "/",
    )  # fmt: skip


def _concepts(vocabulary: str, chosen: Sequence[str]) -> list[amb.Concept]:
    found = [term(vocabulary, slug) for slug in chosen]
    return [amb.Concept(one.uri, official()[one.uri]) for one in found if one is not None and one.uri]


def _encodings(nano_id: UUID, files: Sequence[FileView]) -> list[amb.Encoding]:
    made = [_encoding(nano_id, one) for one in files]
    return [one for one in made if is_web(one.url)]


def _encoding(nano_id: UUID, file: FileView) -> amb.Encoding:
    if file.kind is Kind.LINK:
        return amb.Encoding(file.url, FORMS[Kind.LINK].mime, None)
    url = absolute("nanos.take_bytes", nano_id=nano_id, file_id=file.id)
    return amb.Encoding(url, FORMS[file.kind].mime, file.size)
