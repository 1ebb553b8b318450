"""Nanos as packages other platforms play. Small ones at once, large ones by a job; who may take the files may take these."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO, cast
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _

from app.accounts.api import find_actor_for_job
from app.core.api import keep_file, open_file, progress, upload_file
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.config import ROOT
from app.kit.db import transaction
from app.kit.errors import NotFound
from app.kit.formats import language
from app.kit.links import path_to, public_link
from app.nanos.catalog import term
from app.nanos.gateways.writer import Source, write_package
from app.nanos.policies import P
from app.nanos.queries.file import FileView, files_of, stored_ids
from app.nanos.queries.nano import NanoView, get_nano
from app.nanos.rules.content import FORMS, Kind
from app.nanos.rules.outcome import words_of
from app.nanos.rules.package import SCRIPT, START, STYLE, Content, Course, Form, Words, manifest, page
from app.nanos.rules.use import PLAYED
from app.nanos.services.nano import subject
from app.nanos.tasks import make_export

KIND = "nanos.export"
AT_ONCE = 32 * 1024**2
"""Bytes of content up to which one waits for it; above, a job makes it."""
KEPT = timedelta(days=2)
_IN_MEMORY = 4 << 20
_PLAYER = ROOT / "static" / "nanos" / "export"


@dataclass(frozen=True)
class Plan:
    """What would be in the package."""

    nano: NanoView
    files: tuple[FileView, ...]
    left_out: int
    """Pieces that are packages themselves: there is a file of them to take along already."""

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)

    @property
    def large(self) -> bool:
        return self.size > AT_ONCE


def plan(actor: Actor, nano_id: UUID) -> Plan:
    """Raises NotFound: who may not take the content is not offered it in another form, either."""
    require(actor, P.nano_read)
    nano = get_nano(actor, nano_id)
    if not nano.takes:
        raise NotFound
    files = files_of(nano.revision_id)
    packed = tuple(one for one in files if one.kind not in PLAYED)
    return Plan(nano, packed, len(files) - len(packed))


def file_name(made: Plan, form: Form) -> str:
    """Plain letters: platforms keep the name."""
    return f"{'-'.join(words_of(made.nano.details.title))[:60] or 'nano'}-{form.value}.zip"


def write(made: Plan, form: Form, said: Callable[[int], object] = lambda _done: None) -> BinaryIO:
    """The package, at its begin; the caller closes it. Raises NotFound where there is nothing to pack, Unavailable."""
    if not made.files:
        raise NotFound
    stored = stored_ids([one.id for one in made.files])
    course = _course(made)
    with force_locale("en" if made.nano.details.language == "en" else "de"):
        start = page(course, form, player_words()).encode()
    texts = [manifest(course, form), (START, start), *((name, _own(name)) for name in (SCRIPT, STYLE))]
    sources = [
        Source(content.href, one.size, partial(open_file, stored[one.id]))
        for one, content in zip(made.files, course.contents, strict=True)
        if one.kind is not Kind.LINK
    ]
    target = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - the caller closes
    try:
        write_package(cast(BinaryIO, target), texts, sources, said)
    except BaseException:
        target.close()
        raise
    target.seek(0)
    return cast(BinaryIO, target)


def player_words() -> Words:
    """In the language that is spoken."""
    return Words(
        done=_("Sie haben alles durchgearbeitet."), tick=_("Durchgearbeitet"), open=_("Öffnen"),
        watch=_("Zählt als durchgearbeitet, sobald Sie 90 %% gesehen haben.") % {},
        offline=_("Keine Lernplattform gefunden: Ihr Fortschritt wird nicht gemeldet."),
    )  # fmt: skip


def _own(name: str) -> bytes:
    return Path(_PLAYER, name).read_bytes()


def _course(made: Plan) -> Course:
    said, licence = made.nano.details, term("licences", made.nano.details.licence)
    return Course(
        key=made.nano.id.hex, url=public_link("nanos.show", nano_id=made.nano.id), title=said.title,
        description=said.description, language=said.language or "de", minutes=said.minutes or 1,
        provider=made.nano.provider, licence=licence.word(language()) if licence is not None and licence.open else "",
        contents=[_content(number, one) for number, one in enumerate(made.files, start=1)],
    )  # fmt: skip


def _content(number: int, one: FileView) -> Content:
    """Named by its number: people's file names are no addresses."""
    if one.kind is Kind.LINK:
        return Content(one.kind, one.name, one.url, FORMS[one.kind].mime)
    return Content(one.kind, one.name, f"content/{number}.{FORMS[one.kind].ending}", FORMS[one.kind].mime)


def order(actor: Actor, nano_id: UUID, form: Form) -> UUID:
    """Have a job make it. Returns the job; the same again while one is on its way. Raises NotFound."""
    plan(actor, nano_id)
    with transaction():
        return make_export.later(
            actor=actor, organisation_id=actor.organisation_id, subject=subject(nano_id),
            dedupe=f"nanos.export:{actor.person_id}:{nano_id}:{form.value}", nano_id=str(nano_id), form=form.value,
            person_id=str(actor.person_id), organisation=str(actor.organisation_id or ""),
        )  # fmt: skip


def make(person_id: UUID, organisation_id: UUID | None, nano_id: UUID, form: Form) -> dict[str, str]:
    """The job: whoever asked must still be allowed to. The file is theirs alone, for two days."""
    made = plan(find_actor_for_job(person_id, organisation_id), nano_id)

    def said(done: int) -> None:
        progress(done, _("Dateien werden gepackt"))

    with write(made, form, said) as package:
        stored = upload_file(package)
    with transaction():
        file_id = keep_file(
            stored, name=file_name(made, form), mime="application/zip", kind=KIND, person_id=person_id,
            expires_at=clock.now() + KEPT,
        )  # fmt: skip
    return {"next": path_to("files.download", file_id=file_id)}
