"""Small honest files of every kind, and nanos in every state, made by the services."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from functools import cache
from uuid import UUID

from weasyprint import HTML

from app.kit.authz import Actor
from app.nanos.rules.details import Details
from app.nanos.services.file import take_file
from app.nanos.services.nano import create_nano
from app.nanos.services.publishing import publish, submit
from tests.people import People

DETAILS = Details(
    title="Brandschutzhelfer in zehn Minuten", description="Was zu tun ist, wenn es brennt.",
    outcome="Sie können einen Feuerlöscher richtig einsetzen", subject="safety", type="video", level="start", minutes=10,
    language="de", licence="barter", terms="Ein Nano zu Datenschutz", region="03101", audience=("employees",),
)  # fmt: skip
OPEN = replace(DETAILS, licence="cc-by", terms="")


@cache
def pdf(text: str = "Fluchtwege frei halten") -> bytes:
    made: bytes = HTML(string=f"<html lang=de><title>x</title><h1>{text}</h1>").write_pdf()
    return made


def mp4() -> bytes:
    """A head that says MP4, and some bytes."""
    return struct.pack(">L", 24) + b"ftypisom" + struct.pack(">L", 512) + b"isommp42" + bytes(4000)


def archive(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in members.items():
            box.writestr(name, data)
    return made.getvalue()


_X = b'{"machineName": "H5P.X", "majorVersion": 1, "minorVersion": 0, "runnable": 1}'
H5P = {
    "h5p.json": b'{"mainLibrary": "H5P.X", "preloadedDependencies": [' + _X + b"]}",
    "content/content.json": b"{}", "H5P.X-1.0/library.json": _X,
}  # fmt: skip
SCORM = {"imsmanifest.xml": b"<manifest/>", "index.html": b"<p>x</p>"}
PPTX = {"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}
ODP = {"mimetype": b"application/vnd.oasis.opendocument.presentation", "content.xml": b"<x/>"}


def put(actor: Actor, nano_id: UUID, data: bytes, name: str = "datei.pdf") -> UUID:
    """Add a file to a draft."""
    return take_file(actor, nano_id, name, io.BytesIO(data), len(data))


def drafted(actor: Actor, details: Details = DETAILS, data: bytes | None = None) -> UUID:
    """Everything is there; nobody was asked yet."""
    nano_id = create_nano(actor, details)
    put(actor, nano_id, pdf() if data is None else data)
    return nano_id


def published(people: People, details: Details = DETAILS, actor: Actor | None = None) -> UUID:
    """Read by Olga and public."""
    who = actor or people.alice.actor
    nano_id = drafted(who, details)
    submit(who, nano_id)
    publish(people.olga.actor, nano_id, 1)
    return nano_id
