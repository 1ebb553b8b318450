"""Packages for other platforms: complete by their manifest, for those who may take the content, the same content inside."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from app.core.models import File
from app.kit.db import db
from app.nanos.demo.files import film
from app.nanos.models import NanoFile
from app.nanos.rules.content import Kind
from app.nanos.rules.package import Content, Course, Form, manifest
from app.nanos.rules.scorm import read_manifest
from app.nanos.services import export
from app.nanos.services.file import add_link
from app.nanos.services.nano import create_nano
from app.nanos.services.publishing import publish, submit
from tests.nanos import rig
from tests.people import People, sign_in

MOODLE_VERSIONS = {"scorm12": "1.2", "scorm2004": "2004 4th Edition"}


def course(title: str = "Brandschutz & <Löschen>") -> Course:
    contents = [
        Content(Kind.MP4, "Film", "content/1.mp4", "video/mp4"),
        Content(Kind.LINK, "x", "https://x.example", ""),
    ]
    return Course("ab12", "https://k.example/nanos/1", title, "", "de", 4, "VHS", "CC BY 4.0", contents)


def mixed(people: People) -> str:
    alice = people.alice.actor
    nano_id = create_nano(alice, replace(rig.OPEN, title="Über <b>Öl</b> & Feuer"))
    rig.put(alice, nano_id, film(("Eins", "Zwei")), "../film.webm")
    rig.put(alice, nano_id, rig.pdf())
    add_link(alice, nano_id, "https://example.org/?a=1&b=2")
    submit(alice, nano_id)
    publish(people.olga.actor, nano_id, 1)
    return str(nano_id)


@pytest.mark.parametrize("form", [Form.SCORM_12, Form.SCORM_2004])
def test_the_manifest_says_what_moodle_reads(form: Form) -> None:
    name, data = manifest(course(), form)
    root = etree.fromstring(data)
    assert name == "imsmanifest.xml"
    (version,) = root.xpath("//*[local-name()='schemaversion']/text()")
    assert version == MOODLE_VERSIONS[form]
    (holder,) = root.xpath("//*[local-name()='organizations']")
    (organisation,) = root.xpath("//*[local-name()='organization']")
    assert holder.get("default") == organisation.get("identifier")
    (item,), (resource,) = root.xpath("//*[local-name()='item']"), root.xpath("//*[local-name()='resource']")
    assert item.get("identifierref") == resource.get("identifier") and resource.get("type") == "webcontent"
    kind = (
        "{http://www.adlnet.org/xsd/adlcp_v1p3}scormType"
        if form is Form.SCORM_2004
        else ("{http://www.adlnet.org/xsd/adlcp_rootv1p2}scormtype")
    )
    assert resource.get(kind) == "sco"
    assert {one.get("href") for one in root.xpath("//*[local-name()='file']")} == set(course().files)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=60))
def test_our_reader_reads_what_our_writer_writes(title: str) -> None:
    for form, edition in ((Form.SCORM_12, "1.2"), (Form.SCORM_2004, "2004")):
        found = read_manifest(manifest(course(title), form)[1], course().files)
        assert found.edition == edition and [part.path for part in found.parts] == ["index.html"]
        assert found.title == " ".join(title.split())


def test_cmi5_names_its_unit() -> None:
    name, data = manifest(course(), Form.CMI5)
    root = etree.fromstring(data)
    q = "{https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd}"
    assert (name, root.tag) == ("cmi5.xml", f"{q}courseStructure")
    (unit,) = root.findall(f"{q}au")
    assert unit.get("moveOn") == "Completed" and unit.findtext(f"{q}url") == "index.html"
    assert [one.tag for one in root.find(f"{q}course")] == [f"{q}title", f"{q}description"]  # type: ignore[union-attr]


@pytest.mark.parametrize("form", list(Form))
def test_a_package_is_whole(client: FlaskClient, people: People, form: Form) -> None:
    nano_id = mixed(people)
    sign_in(client, people.cleo)
    assert "SCORM 2004" in client.get(f"/nanos/{nano_id}/export").text
    answer = client.get(f"/nanos/{nano_id}/export/{form}.zip")
    assert answer.headers["Content-Disposition"].endswith(f"-{form}.zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as box:
        assert box.testzip() is None
        names = box.namelist()
        assert box.read("content/1.webm") == film(("Eins", "Zwei")) and box.read("content/2.pdf") == rig.pdf()
        page = box.read("index.html").decode()
        assert (
            "&lt;b&gt;Öl" in page
            and "<b>Öl" not in page
            and 'href="https://example.org/?a=1&amp;b=2"' in page
        )
        assert "<script>" not in page and "onclick" not in page
        if form is not Form.CMI5:
            listed = etree.fromstring(box.read("imsmanifest.xml")).xpath("//*[local-name()='file']/@href")
            assert sorted([*listed, "imsmanifest.xml"]) == sorted(names)


def test_who_may_not_take_gets_no_package(client: FlaskClient, people: People) -> None:
    nano_id = rig.published(people, replace(rig.DETAILS, preview=True))
    sign_in(client, people.cleo)
    assert client.get(f"/nanos/{nano_id}").status_code == 200
    for path in ("export", "export/scorm12.zip"):
        assert client.get(f"/nanos/{nano_id}/{path}").status_code == 404
    assert client.post(f"/nanos/{nano_id}/export", data={"form": "scorm12"}).status_code == 404
    sign_in(client, people.alice)
    assert client.get(f"/nanos/{nano_id}/export/scorm12.zip").status_code == 200
    assert client.get(f"/nanos/{nano_id}/export/zip.zip").status_code == 404
    assert client.post(f"/nanos/{nano_id}/export", data={"form": "exe"}).status_code == 400


def test_large_ones_are_made_by_a_job_for_who_asked(
    db_app: Flask, db_people: People, run_jobs: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    nano_id = mixed(db_people)
    monkeypatch.setattr(export, "AT_ONCE", 10)
    client = sign_in(db_app.test_client(), db_people.cleo)
    assert client.get(f"/nanos/{nano_id}/export/scorm12.zip").status_code == 404
    for _ in range(2):
        assert "/auftrag/" in client.post(f"/nanos/{nano_id}/export", data={"form": "scorm12"}).location
    run_jobs()
    (file,) = db.session.query(File).filter_by(kind=export.KIND)
    assert file.person_id == db_people.cleo.id and file.expires_at is not None
    got = client.get(f"/dateien/{file.id}")
    with zipfile.ZipFile(io.BytesIO(got.data)) as box:
        assert "imsmanifest.xml" in box.namelist()
    assert sign_in(db_app.test_client(), db_people.alice).get(f"/dateien/{file.id}").status_code == 404


def test_packages_are_not_packed_again(client: FlaskClient, people: People) -> None:
    alice = people.alice.actor
    nano_id = rig.drafted(alice, rig.OPEN, rig.archive(rig.SCORM))
    submit(alice, nano_id)
    publish(people.olga.actor, nano_id, 1)
    sign_in(client, people.cleo)
    assert "Das ist schon ein Paket" in client.get(f"/nanos/{nano_id}/export").text
    assert client.get(f"/nanos/{nano_id}/export/scorm12.zip").status_code == 404
    assert db.session.query(NanoFile).count() == 1
