"""Packages of strangers: read without harm, handed out to nobody but by a key, kept apart from our pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.kit import clock
from app.kit.config import settings
from app.kit.db import db
from app.kit.errors import Conflict, NotFound
from app.kit.secrets import seal
from app.nanos.models import NanoFile, Use
from app.nanos.queries.use import piece_of
from app.nanos.rules.player import policy, type_of
from app.nanos.rules.scorm import PackageFault, read_manifest
from app.nanos.rules.scorm_state import again, meaning, read_state
from app.nanos.services import use as uses
from app.nanos.services.address import make_key, open_key
from app.nanos.services.ending import remove
from app.nanos.services.nano import create_nano
from app.nanos.services.publishing import publish, submit
from tests.nanos import packages, rig
from tests.people import People, sign_in

NAMES = {"a.html", "b/c d.html", "x.html"}


def public(people: People, data: bytes) -> tuple[UUID, UUID]:
    nano_id = create_nano(people.alice.actor, rig.OPEN)
    file_id = rig.put(people.alice.actor, nano_id, data, "kurs.zip")
    submit(people.alice.actor, nano_id)
    publish(people.olga.actor, nano_id, 1)
    return nano_id, file_id


def test_parts_in_their_order_with_base_and_parameters() -> None:
    data = packages.manifest({"Eins": "a.html?m=1", "Zwei": "b/c%20d.html"}, "2004")
    data = data.replace(b"<resources>", b'<resources xml:base="./">').replace(
        b'identifierref="r0"', b'identifierref="r0" parameters="?q=2"'
    )
    found = read_manifest(data, NAMES)
    assert found.edition == "2004" and found.title == "Ein Kurs"
    assert [(one.title, one.path, one.query) for one in found.parts] == [
        ("Eins", "a.html", "m=1&q=2"),
        ("Zwei", "b/c d.html", ""),
    ]


@pytest.mark.parametrize(
    ("version", "edition"),
    [("1.2", "1.2"), ("1.3", "2004"), ("CAM 1.3", "2004"), ("2004 3rd Edition", "2004"),
     ("2004 4th Edition", "2004"), ("", "1.2"), ("9", "1.2")],
)  # fmt: skip
def test_the_edition_is_read_as_moodle_does(version: str, edition: str) -> None:
    data = packages.manifest({"x": "a.html"}).replace(b">1.2</schemav", f">{version}</schemav".encode())
    assert read_manifest(data, NAMES).edition == edition


@pytest.mark.parametrize(
    "href",
    ["../a.html", "/../../a.html", "b/../../a.html", "missing.html", "a\\b.html", "%2e%2e/%2e%2e/etc/passwd"],
)
def test_a_part_that_is_not_in_the_archive_is_named(href: str) -> None:
    with pytest.raises(PackageFault) as fault:
        read_manifest(packages.manifest({"x": href}), {"a.htm"})
    assert fault.value.code == "missing"


@pytest.mark.parametrize(
    "href", ["https://evil.example/x.html", "//evil.example/x", "javascript:alert(1)", ""]
)
def test_what_lies_elsewhere_is_no_part(href: str) -> None:
    with pytest.raises(PackageFault) as fault:
        read_manifest(packages.manifest({"x": href}), NAMES)
    assert fault.value.code in ("empty", "missing")


@pytest.mark.parametrize("head", [
    b'<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><manifest>&b;</manifest>',
    b'<!DOCTYPE m SYSTEM "file:///etc/passwd"><manifest/>', b"<manifest", b"\x00\xff", b"<html/>",
])  # fmt: skip
def test_a_manifest_that_means_harm_is_not_read(head: bytes) -> None:
    with pytest.raises(PackageFault):
        read_manifest(head, NAMES)


ELEMENTS = [
    "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.score.scaled", "cmi.completion_status", "cmi.success_status",
    "cmi.progress_measure", "cmi.score.min", "cmi.score.max", "cmi.score.raw",
]  # fmt: skip
WORDS = ["passed", "failed", "completed", "incomplete", "1", "-1", "0.5", "100", "1e9"]
states = st.dictionaries(
    st.sampled_from(ELEMENTS), st.one_of(st.text(max_size=12), st.sampled_from(WORDS)), max_size=9
)


@given(states, st.sampled_from(["1.2", "2004"]), st.sampled_from(["", "80"]))
def test_whatever_a_package_says_means_something_between_0_and_100(
    state: dict[str, str], edition: str, mastery: str
) -> None:
    found = meaning(edition, state, mastery)
    assert 0 <= found.progress <= 100 and (found.score is None or 0 <= found.score <= 100)
    assert not found.done or found.progress == 100
    assert set(again(edition, state, 61, "abc", mastery)) >= set(state)


def test_what_elements_mean() -> None:
    assert meaning("1.2", {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "85"}).score == 85
    assert (
        meaning("1.2", {"cmi.core.lesson_status": "completed", "cmi.core.score.raw": "50"}, "80").done
        is False
    )
    assert meaning("1.2", {"cmi.core.lesson_status": "failed"}).done is False
    assert (
        meaning("2004", {"cmi.completion_status": "completed", "cmi.success_status": "failed"}).done is False
    )
    assert meaning("2004", {"cmi.progress_measure": "0.4"}).progress == 40
    assert meaning("2004", {"cmi.score.raw": "5", "cmi.score.min": "0", "cmi.score.max": "10"}).score == 50
    assert again("1.2", {"cmi.core.exit": "x", "cmi.suspend_data": "s"}, 3661, "n") == {
        "cmi.suspend_data": "s", "cmi.core.entry": "resume", "cmi.core.student_id": "n", "cmi.core.credit": "credit",
        "cmi.core.lesson_mode": "normal", "cmi.core.total_time": "01:01:01",
    }  # fmt: skip


@pytest.mark.parametrize(
    "bad", [[], {"x": "y"}, {"cmi.a": 1}, {"cmi.a": "\0"}, {"cmi.a": "x" * 300_000}, {"cmi." + "a" * 200: ""}]
)
def test_a_state_that_no_runtime_says_is_refused(bad: object) -> None:
    with pytest.raises(ValueError):
        read_state(bad)


def test_types_are_ours_and_unknown_ones_are_never_run() -> None:
    assert type_of("a/B.HTML") == "text/html" and type_of("x.JS") == "text/javascript"
    for name in ("x", "x.exe", "x.php", "html", "x.html.bak"):
        assert type_of(name) == "application/octet-stream"
    assert "sandbox" in policy(
        "https://a/b/", app="https://a", apart=False
    ) and "allow-same-origin" not in policy("https://a/b/", app="https://a", apart=False)


def test_a_key_is_for_one_person_one_piece_and_some_hours(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    nano_id, file_id = public(db_people, packages.lesson())
    other_id, other_file = public(db_people, packages.lesson("2004"))
    cleo = db_people.cleo.actor
    key = make_key(cleo, piece_of(cleo, nano_id, file_id), "i0")
    found = open_key(key)
    assert (found.actor.person_id, found.piece.file_id, found.part) == (cleo.person_id, file_id, "i0")
    assert other_file != found.piece.file_id and other_id != found.piece.nano_id
    for forged in (
        key[:-4] + "AAAA",
        key[:20],
        "x",
        seal("[]"),
        seal('["other", 1]'),
        seal(f'["nanos.content", "{cleo.person_id}"]'),
    ):
        with pytest.raises(NotFound):
            open_key(forged)
    clock.advance(hours=4)
    with pytest.raises(NotFound):
        open_key(key)
    key = make_key(cleo, piece_of(cleo, nano_id, file_id), "i0")
    remove(db_people.alice.actor, nano_id)
    with pytest.raises(NotFound):
        open_key(key)


def frame(client: FlaskClient, nano_id: UUID, file_id: UUID) -> tuple[str, str, str]:
    """Path of the frame, its sandbox, and the policy of our page."""
    answer = client.get(f"/nanos/{nano_id}/learn/{file_id}")
    found = re.search(r'data-src="([^"]+)" sandbox="([^"]+)"', answer.text)
    assert found is not None, answer.text
    return found[1], found[2], answer.headers["Content-Security-Policy"]


def test_without_an_origin_packages_are_nobody(client: FlaskClient, people: People) -> None:
    nano_id, file_id = public(people, packages.lesson())
    sign_in(client, people.cleo)
    url, sandbox, ours = frame(client, nano_id, file_id)
    assert "allow-same-origin" not in sandbox and "unsafe" not in ours
    assert ours.endswith("; frame-src http://localhost/nanos/content/")
    stranger = client.application.test_client()  # no cookie at all
    answer = stranger.get(url)
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    assert "Set-Cookie" not in answer.headers and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox allow-scripts" in answer.headers["Content-Security-Policy"]
    assert "allow-same-origin" not in answer.headers["Content-Security-Policy"]
    assert answer.text.index("kontor-package") < answer.text.index("function find"), (
        "the runtime is there first"
    )
    assert people.cleo.name not in answer.text and str(people.cleo.id) not in answer.text
    base = url.partition("/p/")[0]
    assert stranger.get(f"{base}/p/start/css/a.css").mimetype == "text/css"
    assert b"kontor" not in stranger.get(f"{base}/p/unlisted.js").data
    assert stranger.get(f"{base}/-/host.js").mimetype == "text/javascript"
    for path in (
        "p/../imsmanifest.xml",
        "p/%2e%2e/%2e%2e/etc/passwd",
        "p/nothing.html",
        "p/start",
        "p/start/",
        "-/app.js",
        "-/../x",
        "",
    ):
        assert stranger.get(f"{base}/{path}").status_code == 404, path
    part = stranger.get(f"{base}/p/start/css/a.css", headers={"Range": "bytes=0-5"})
    assert (part.status_code, part.data) == (206, b"button")


@pytest.fixture
def apart(app: Flask) -> Iterator[str]:
    settings().content_url = "http://*.inhalt.example"
    yield "inhalt.example"
    settings().content_url = ""


def test_with_an_origin_each_host_answers_only_what_is_its_own(
    client: FlaskClient, people: People, apart: str
) -> None:
    nano_id, file_id = public(people, packages.lesson())
    other_id, other_file = public(people, packages.lesson("2004"))
    sign_in(client, people.cleo)
    url, sandbox, ours = frame(client, nano_id, file_id)
    other, _, _ = frame(client, other_id, other_file)
    assert "allow-same-origin" in sandbox
    host, path = re.fullmatch(r"http://([^/]+)(/.*)", url).groups()  # type: ignore[union-attr]
    foreign = other.split("/")[2]
    assert (
        host.endswith(".inhalt.example")
        and host != foreign
        and f"frame-src http://{host}/nanos/content/" in ours
    )
    stranger = client.application.test_client()
    assert stranger.get(path, base_url=f"http://{host}").status_code == 200
    assert stranger.get(f"{path}p/start/css/a.css", base_url=f"http://{host}").status_code == 200
    for wrong in (
        "http://localhost",
        "http://inhalt.example",
        f"http://{foreign}",
        "http://nabc.inhalt.example",
    ):
        assert stranger.get(path, base_url=wrong).status_code == 404, wrong
        assert stranger.get(f"{path}p/start/css/a.css", base_url=wrong).status_code == 404, wrong
    for ours in ("/nanos", "/", "/anmelden", "/static/css/base.css"):
        assert client.get(ours, base_url=f"http://{host}").status_code == 404, ours


def test_a_package_keeps_its_state_and_completes(db_app: Flask, db_people: People, frozen: object) -> None:
    data = rig.archive(
        {
            "imsmanifest.xml": packages.manifest({"Eins": "a.html", "Zwei": "b.html"}),
            "a.html": b"a",
            "b.html": b"b",
        }
    )
    nano_id, file_id = public(db_people, data)
    client = sign_in(db_app.test_client(), db_people.cleo)
    url = f"/nanos/{nano_id}/learn/{file_id}"
    one = {
        "part": "i0",
        "state": {"cmi.core.lesson_status": "passed", "cmi.core.score.raw": "70"},
        "seconds": 9999,
    }
    assert client.post(url, json=one).status_code == 409, "nobody has begun"
    client.post(url, json={"begin": True, "part": "i0"})
    clock.advance(seconds=30)
    assert client.post(url, json=one).json == {"progress": 50, "whole": 50, "done": False}
    client.post(url, json={"begin": True, "part": "i1"})
    two = {
        "part": "i1",
        "state": {"cmi.core.lesson_status": "completed", "cmi.suspend_data": "<\u00fc>"},
        "seconds": 0,
    }
    assert client.post(url, json=two).json == {"progress": 100, "whole": 100, "done": True}
    use = db.session.query(Use).one()
    assert (use.score, use.seconds) == (70, 30)
    lower = {**one, "state": {"cmi.core.lesson_status": "failed", "cmi.core.score.raw": "10"}}
    assert client.post(url, json=lower).json == {"progress": 100, "whole": 100, "done": True}
    assert db.session.query(Use).populate_existing().one().score == 70
    page, _, _ = frame(client, nano_id, file_id)
    assert "cmi.core.score.raw" in client.get(page).text
    with pytest.raises(Conflict):
        uses.finish(db_people.cleo.actor, nano_id, file_id)


def test_a_package_with_nothing_to_play_says_so(client: FlaskClient, people: People) -> None:
    sign_in(client, people.cleo)
    for data, words in (
        (rig.archive(rig.SCORM), "steht nichts"),
        (rig.archive({"imsmanifest.xml": packages.manifest({"x": "weg.html"}), "a.html": b""}), "weg.html"),
        (rig.archive({"imsmanifest.xml": b"<broken", "a.html": b""}), "lässt sich nicht lesen"),
    ):
        nano_id, file_id = public(people, data)
        page = client.get(f"/nanos/{nano_id}/learn/{file_id}")
        assert page.status_code == 200 and words in page.text and "<iframe" not in page.text


def test_ten_statements_a_package_at_most(client: FlaskClient, people: People) -> None:
    from tests.architecture.test_page_queries import counted

    nano_id, file_id = public(people, packages.lesson())
    sign_in(client, people.cleo)
    url, _, _ = frame(client, nano_id, file_id)
    for path, most in (
        (f"/nanos/{nano_id}/learn/{file_id}", 8),
        ("/nanos/learned", 8),
        (url, 8),
        (url.replace("seite%20eins.html", "css/a.css"), 5),
    ):
        with counted() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= most, "\n".join(seen)
    assert db.session.query(NanoFile).count() == 1
