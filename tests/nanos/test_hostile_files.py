"""Files somebody means harm with: refused with a reason at the field, and nothing of them stays."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.models import File
from app.core.services.file import store
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import Invalid, Unavailable
from app.nanos.gateways.fake_scanner import EICAR, fake_clamav
from app.nanos.models import NanoFile
from app.nanos.services.nano import create_nano
from tests.nanos import rig
from tests.people import People, sign_in


def packed(change: Callable[[zipfile.ZipFile], object], members: dict[str, bytes] = rig.SCORM) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as box:
        for name, data in members.items():
            box.writestr(name, data)
        change(box)
    return made.getvalue()


def link() -> bytes:
    info = zipfile.ZipInfo("secret")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return packed(lambda box: box.writestr(info, "/etc/passwd"))


def lying() -> bytes:
    """Its list says 10 bytes where there are a million."""
    data = bytearray(packed(lambda box: box.writestr("big.bin", bytes(1_000_000))))
    at = data.rindex(b"big.bin") - 46
    struct.pack_into("<L", data, at + 24, 10)
    return bytes(data)


def locked() -> bytes:
    data = bytearray(rig.archive(rig.SCORM))
    for at in (data.index(b"PK\x03\x04") + 6, data.index(b"PK\x01\x02") + 8):
        data[at] |= 1
    return bytes(data)


def damaged() -> bytes:
    data = bytearray(packed(lambda box: box.writestr("text.bin", bytes(range(256)) * 200)))
    data[data.index(b"text.bin") + 30] ^= 0xFF
    return bytes(data)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "nothing at all": lambda: b"",
    "a web page called pdf": lambda: b"<!doctype html><script>alert(1)</script>",
    "a drawing with a script": lambda: b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "a program called mp4": lambda: b"MZ\x90\x00" + bytes(500),
    "a shell script": lambda: b"#!/bin/sh\nrm -rf /\n",
    "a picture with a web page behind it": lambda: b"GIF89a" + b"<script>alert(1)</script>",
    "a PDF that never ends": lambda: b"%PDF-1.7\n" + bytes(5000),
    "a PDF that is an archive, too": lambda: rig.pdf() + rig.archive({"a.class": b"x"}),
    "an archive behind a web page": lambda: b"<html>" + rig.archive(rig.SCORM),
    "an archive of nothing we know": lambda: rig.archive({"readme.txt": b"x"}),
    "a name that climbs out": lambda: packed(lambda box: box.writestr("../../etc/cron.d/x", b"x")),
    "an absolute name": lambda: packed(lambda box: box.writestr("/etc/passwd", b"x")),
    "a name with backslashes": lambda: packed(lambda box: box.writestr("..\\..\\x", b"x")),
    "a symbolic link": link,
    "a bomb": lambda: packed(lambda box: box.writestr("zeros", bytes(60_000_000))),
    "a bomb that lies about its size": lying,
    "an archive in the archive": lambda: packed(lambda box: box.writestr("inner.zip", rig.archive(rig.SCORM))),
    "a program in the package": lambda: packed(lambda box: box.writestr("start.exe", b"MZ")),
    "twice the same name": lambda: packed(lambda box: box.writestr("INDEX.html", b"<p>other</p>")),
    "ten thousand files": lambda: rig.archive({**rig.SCORM, **{f"f{n}": b"" for n in range(10_000)}}),
    "slides with macros": lambda: rig.archive({**rig.PPTX, "ppt/vbaProject.bin": b"x"}),
    "a password": locked,
    "damaged inside": damaged,
    "half an archive": lambda: rig.archive(rig.SCORM)[:-30],
    "an end without an archive": lambda: b"PK\x03\x04" + bytes(100) + b"PK\x05\x06" + b"\xff" * 18,
}  # fmt: skip


def empty_store() -> None:
    """Other tests leave their bytes."""
    for key, _at in list(store().keys()):
        store().delete(key)


def nothing_stays() -> None:
    assert db.session.query(NanoFile).count() == db.session.query(File).count() == 0
    assert list(store().keys()) == []


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", HOSTILE)
def test_it_is_refused_at_the_field_and_nothing_stays(app: Flask, people: People, what: str) -> None:
    empty_store()
    actor = people.alice.actor
    nano_id = create_nano(actor, rig.DETAILS)
    with pytest.raises(Invalid) as refused:
        rig.put(actor, nano_id, HOSTILE[what]())
    assert refused.value.fields["file"]
    nothing_stays()


@pytest.mark.parametrize(
    ("data", "kind"),
    [(rig.pdf(), "pdf"), (rig.mp4(), "mp4"), (rig.archive(rig.H5P), "h5p"), (rig.archive(rig.SCORM), "scorm"),
     (rig.archive(rig.PPTX), "pptx"), (rig.archive(rig.ODP), "odp")],
    ids=["pdf", "mp4", "h5p", "scorm", "pptx", "odp"],
)  # fmt: skip
def test_honest_files_are_kept_as_what_they_are(app: Flask, people: People, data: bytes, kind: str) -> None:
    actor = people.alice.actor
    nano_id = create_nano(actor, rig.DETAILS)
    rig.put(actor, nano_id, data, "../../böse\u202egnp.exe")
    row = db.session.query(NanoFile).one()
    assert row.kind == kind and row.name.endswith("." + {"scorm": "zip"}.get(kind, kind))
    assert "exe" not in row.name and "/" not in row.name


def test_what_is_no_video_or_pdf_is_never_shown_by_a_browser(client: FlaskClient, people: People) -> None:
    nano_id = rig.drafted(people.alice.actor, rig.OPEN, rig.archive(rig.SCORM))
    sign_in(client, people.alice)
    path = f"/nanos/{nano_id}/files/{db.session.query(NanoFile).one().id}"
    assert client.get(f"{path}/view").status_code == 404
    answer = client.get(path)
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


def test_a_form_of_another_site_and_a_file_that_is_too_large(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty_store()
    nano_id = create_nano(people.alice.actor, rig.DETAILS)
    client = sign_in(app.test_client(), people.alice)
    monkeypatch.setattr(settings(), "nano_upload_mb", 1)
    data = {"title": "Neu", "version": "1", "file": (io.BytesIO(rig.pdf() + bytes(3 << 20)), "x.pdf")}
    answer = client.post(f"/nanos/{nano_id}/content", data=data)
    assert answer.status_code == 422 and "höchstens 1 MB" in answer.text
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    data = {"title": "Neu", "version": "1", "file": (io.BytesIO(rig.pdf()), "x.pdf")}
    assert client.post(f"/nanos/{nano_id}/content", data=data).status_code == 400
    assert client.post(f"/nanos/{nano_id}/uploads", json={"name": "x", "size": 5}).status_code == 400
    nothing_stays()


def test_the_scanner_is_asked_and_nothing_is_taken_without_it(
    app: Flask, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = people.alice.actor
    nano_id = create_nano(actor, rig.DETAILS)
    with fake_clamav(most_bytes=300_000) as daemon:
        monkeypatch.setattr(settings(), "clamav_url", daemon.url)
        with pytest.raises(Invalid) as found:
            rig.put(actor, nano_id, rig.pdf() + b"%" + EICAR + b"\n%%EOF\n")
        assert "Virenscanner" in found.value.fields["file"]
        rig.put(actor, nano_id, rig.pdf())
        assert daemon.seen[-1] == len(rig.pdf())
        with pytest.raises(Unavailable):
            rig.put(actor, nano_id, rig.mp4() + bytes(400_000))
    with pytest.raises(Unavailable):
        rig.put(actor, nano_id, rig.mp4())
    assert db.session.query(NanoFile).count() == 1
