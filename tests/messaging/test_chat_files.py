"""Files in conversations, on both databases: what is taken, who may fetch it, that it goes with its message."""

from __future__ import annotations

import io
import struct
from uuid import UUID, uuid4

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from app.core.models.file import File
from app.kit import config
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, Unavailable
from app.messaging.models import Attachment
from app.messaging.queries.message import lines_before
from app.messaging.queries.room import access
from app.messaging.rules.attachment import HEAD, MOST_BYTES, MOST_FILES, picture_size, take
from app.messaging.services import chat_personal
from app.messaging.services.message import Sent, delete, edit, send
from app.messaging.services.room import open_direct
from app.nanos.gateways.fake_scanner import EICAR, fake_clamav
from tests.people import People, sign_in


def png(width: int = 40, height: int = 30) -> bytes:
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">L", 13) + b"IHDR" + struct.pack(">LL", width, height) + bytes(20)
    )


def jpeg(width: int = 40, height: int = 30) -> bytes:
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff\xc0" + frame + b"\xff\xd9"


PDF = b"%PDF-1.7\n%%EOF"


def sent(people: People, room_id: UUID, *files: tuple[str, bytes], text: str = "", client: str = "") -> Sent:
    streams = [(name, io.BytesIO(data)) for name, data in files]
    return send(people.alice.actor, room_id, text=text, client_id=client or uuid4().hex, files=streams)


@pytest.fixture
def room_id(db_people: People) -> UUID:
    return open_direct(db_people.alice.actor, db_people.bob.id)


@pytest.mark.parametrize(
    ("name", "data", "mime", "kept"),
    [
        ("bild.png", png(), "image/png", "bild.png"), ("foto.jpeg", jpeg(), "image/jpeg", "foto.jpeg"),
        ("rechnung.exe", png(), "image/png", "rechnung.exe.png"), ("a.pdf", PDF, "application/pdf", "a.pdf"),
        ("notiz.txt", "Grüße".encode(), "text/plain", "notiz.txt"), ("../../etc/x.txt", b"x", "text/plain", "x.txt"),
        ("rechnung\u202efdp.txt", b"x", "text/plain", "rechnungfdp.txt"),
    ],
)  # fmt: skip
def test_a_file_is_what_its_bytes_are(name: str, data: bytes, mime: str, kept: str) -> None:
    taken = take(name, data)
    assert taken is not None and (taken.mime, taken.name) == (mime, kept)
    assert taken.shown is mime.startswith("image/")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"), ("x.html", b"<html>"),
        ("x.txt", b"<!DOCTYPE html><script>"), ("x.txt", b"MZ\0\0"), ("x.exe", b"MZ\x90"), ("x.zip", b"PK\x03\x04abc"),
        ("x.png", b"no picture"), ("x.txt", "\ufeff <svg onload=1>".encode()), ("x.txt", b"\xff\xfe\x00x"),
    ],
)  # fmt: skip
def test_what_could_run_is_not_taken(name: str, data: bytes) -> None:
    assert take(name, data) is None


def test_a_picture_that_would_fill_a_phone_is_not_shown() -> None:
    taken = take("x.png", png(60_000, 60_000))
    assert taken is not None and not taken.shown


@given(st.text(max_size=40), st.binary(max_size=200))
def test_nothing_upsets_the_look_at_a_file(name: str, data: bytes) -> None:
    for head in (
        data,
        b"\x89PNG\r\n\x1a\n" + data,
        b"\xff\xd8\xff" + data,
        b"RIFF1234WEBP" + data,
        b"GIF89a" + data,
    ):
        taken = take(name, head[:HEAD])
        if taken is not None:
            assert "/" not in taken.name and "\0" not in taken.name and 0 < len(taken.name) <= 130
            assert (
                picture_size(taken.mime, head) >= (0, 0)
                if taken.mime.startswith("image/")
                else not taken.shown
            )


def test_files_come_with_their_message_and_may_stand_alone(db_people: People, room_id: UUID) -> None:
    line = sent(db_people, room_id, ("a.png", png()), ("b.pdf", PDF)).line
    assert [one.name for one in line.files] == ["a.png", "b.pdf"] and line.text == ""
    shown, _ = lines_before(access(db_people.bob.actor, room_id))
    assert shown[-1].files == line.files
    assert shown[-1].as_json()["files"][0] == {
        "id": str(line.files[0].id), "name": "a.png", "size": len(png()), "width": 40, "height": 30,
    }  # fmt: skip


def test_the_same_files_again_are_the_same_message_and_others_are_not(
    db_people: People, room_id: UUID
) -> None:
    first = sent(db_people, room_id, ("a.pdf", PDF), client="form-0001")
    again = sent(db_people, room_id, ("a.pdf", PDF), client="form-0001")
    assert again.line.id == first.line.id and not again.fresh and again.line.files == first.line.files
    with pytest.raises(Conflict):
        sent(db_people, room_id, ("a.png", png()), client="form-0001")
    assert db.session.scalar(select(func.count()).select_from(File)) == 1


def test_too_many_too_large_and_empty_ones_are_refused_whole(db_people: People, room_id: UUID) -> None:
    many = [("a.pdf", PDF)] * (MOST_FILES + 1)
    for files in (many, [("a.pdf", PDF + bytes(MOST_BYTES))], [("a.pdf", PDF), ("b.txt", b"")]):
        with pytest.raises(Invalid) as fault:
            sent(db_people, room_id, *files, text="Hallo")
        assert "files" in fault.value.fields
    assert access(db_people.alice.actor, room_id).last_seq == 0
    assert db.session.scalar(select(func.count()).select_from(File)) == 0


def test_a_virus_and_a_scanner_that_is_away_keep_a_file_out(
    db_people: People, room_id: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_clamav() as clamav:
        monkeypatch.setattr(config.settings(), "clamav_url", clamav.url)
        with pytest.raises(Invalid):
            sent(db_people, room_id, ("a.pdf", b"%PDF-1.7\n" + EICAR))
        assert sent(db_people, room_id, ("a.pdf", PDF)).fresh
    with pytest.raises(Unavailable):
        sent(db_people, room_id, ("a.pdf", PDF))


def test_a_deleted_message_takes_its_files_along(db_people: People, room_id: UUID) -> None:
    line = sent(db_people, room_id, ("a.pdf", PDF), text="Hier").line
    assert edit(db_people.alice.actor, room_id, line.id, text="").files == line.files, (
        "files alone are enough"
    )
    assert delete(db_people.alice.actor, room_id, line.id).files == ()
    assert db.session.scalar(select(func.count()).select_from(File)) == 0
    assert db.session.scalar(select(func.count()).select_from(Attachment)) == 0


def test_an_erased_person_leaves_no_files_and_an_export_names_them(db_people: People, room_id: UUID) -> None:
    sent(db_people, room_id, ("a.pdf", PDF))
    assert [one["name"] for one in chat_personal.export_chat(db_people.alice.id)["files"]] == ["a.pdf"]
    with transaction():
        chat_personal.erase_chat(db_people.alice.id)
    assert db.session.scalar(select(func.count()).select_from(File)) == 0


def test_only_the_room_gives_its_files_out(app: Flask, people: People) -> None:
    room = open_direct(people.alice.actor, people.bob.id)
    line = sent(people, room, ("bild.png", png()), ("a.pdf", PDF)).line
    picture, document = (f"/nachrichten/{room}/{line.id}/datei/{one.id}" for one in line.files)
    bob = sign_in(app.test_client(), people.bob)
    answer = bob.get(document)
    assert answer.data == PDF and answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert bob.get(f"{picture}/bild").mimetype == "image/png"
    assert bob.get(f"{document}/bild").status_code == 404, "a document is never shown inside our pages"
    for stranger in (people.dora, people.cleo, people.olga):
        client = sign_in(app.test_client(), stranger)
        assert client.get(document).status_code == client.get(f"{picture}/bild").status_code == 404
        assert client.get(f"/dateien/{line.files[1].file_id}").status_code in (403, 404)
    assert bob.get(f"/dateien/{line.files[1].file_id}").status_code == 403, "never by its number alone"
    page = bob.get(f"/nachrichten/{room}").text
    assert f"{picture}/bild" in page and f"{document}/bild" not in page


def test_without_a_script_files_go_by_the_plain_form(app: Flask, people: People) -> None:
    room = open_direct(people.alice.actor, people.bob.id)
    alice = sign_in(app.test_client(), people.alice)
    form = {"text": "", "client": uuid4().hex, "files": [(io.BytesIO(PDF), "a.pdf")]}
    assert alice.post(f"/nachrichten/{room}", data=form, content_type="multipart/form-data").status_code in (
        302,
        303,
    )
    assert "a.pdf" in alice.get(f"/nachrichten/{room}").text
    form = {"text": "", "client": uuid4().hex, "files": [(io.BytesIO(b"<svg>"), "a.svg")]}
    refused = alice.post(f"/nachrichten/{room}", data=form, content_type="multipart/form-data")
    assert refused.status_code == 422 and "nehmen wir nicht an" in refused.text
