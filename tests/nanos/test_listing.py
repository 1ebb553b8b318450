"""Descriptions without signing in, and the harvesters' door, taken by a foreign harvester."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from sickle import Sickle
from sickle.oaiexceptions import IdDoesNotExist, NoRecordsMatch
from sqlalchemy import event
from werkzeug.serving import make_server

from app.kit import limits
from app.kit.db import db, transaction
from app.nanos.models import Listing, Nano, Revision
from app.nanos.rules.amb_check import faults
from app.nanos.rules.oai import ARGUMENTS, FORMATS, PAGE, Asked, OaiFault, read, token
from app.nanos.services.ending import bring_back, remove, retire
from app.nanos.services.nano import save_draft
from app.nanos.services.publishing import publish, submit
from app.nanos.services.revision import begin_revision
from tests.nanos import rig
from tests.people import People, sign_in

LISTED = replace(rig.OPEN, listed=True)
NS = {"o": "http://www.openarchives.org/OAI/2.0/", "dc": "http://purl.org/dc/elements/1.1/"}
CODES = {
    "badVerb": ["", "verb=Nothing", "verb=Identify&verb=Identify", "verb=identify"],
    "badArgument": [
        "verb=Identify&set=it", "verb=ListRecords", "verb=GetRecord&metadataPrefix=oai_dc", "verb=GetRecord&identifier=x",
        "verb=ListRecords&metadataPrefix=oai_dc&from=yesterday", "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-30",
        "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-03&until=2026-02-02",
        "verb=ListRecords&metadataPrefix=oai_dc&from=2026-02-03&until=2026-02-04T00:00:00Z",
        "verb=ListRecords&metadataPrefix=oai_dc&metadataPrefix=amb", "verb=ListRecords&metadataPrefix=amb&resumptionToken=x",
    ],
    "cannotDisseminateFormat": ["verb=ListRecords&metadataPrefix=marc", "verb=GetRecord&metadataPrefix=marc&identifier=x"],
    "idDoesNotExist": [
        "verb=GetRecord&metadataPrefix=amb&identifier=x", "verb=ListMetadataFormats&identifier=oai:x:1",
        f"verb=GetRecord&metadataPrefix=amb&identifier=oai:localhost:{UUID(int=1)}",
    ],
    "noRecordsMatch": [
        "verb=ListRecords&metadataPrefix=oai_dc&until=2001-01-01", "verb=ListIdentifiers&metadataPrefix=amb&set=nothing",
    ],
    "badResumptionToken": [
        "verb=ListRecords&resumptionToken=x", "verb=ListSets&resumptionToken=x", "verb=ListRecords&resumptionToken=",
        "verb=ListRecords&resumptionToken=" + "W1tbW1tb" * 60,
    ],
}  # fmt: skip


@pytest.fixture(autouse=True)
def room(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit has a test of its own."""
    monkeypatch.setattr("app.nanos.views.listing.ASKS", 10_000)


def _ask(client: FlaskClient, query: str) -> Any:
    answer = client.get(f"/nanos/oai?{query}")
    assert answer.status_code == 200 and answer.content_type == "text/xml; charset=utf-8"
    return etree.fromstring(answer.data)


def _texts(root: Any, path: str) -> list[str]:
    return [one if isinstance(one, str) else one.text for one in root.xpath(path, namespaces=NS)]


@pytest.mark.parametrize(("code", "query"), [(code, one) for code, some in CODES.items() for one in some])
def test_each_error_of_the_protocol(client: FlaskClient, people: People, code: str, query: str) -> None:
    rig.published(people, LISTED)
    root = _ask(client, query)
    assert _texts(root, "o:error/@code") == [code]
    sent = dict(root.find("o:request", NS).attrib)
    assert not sent if code in ("badVerb", "badArgument") else sent["verb"] in query


def test_only_what_was_made_public_is_read_without_signing_in(db_app: Flask, db_people: People) -> None:
    client, people = db_app.test_client(), db_people
    quiet, traded = rig.published(people, rig.OPEN), rig.published(people, replace(rig.DETAILS, listed=True))
    draft, shown = rig.drafted(people.alice.actor, LISTED), rig.published(people, LISTED)
    for nano_id in (quiet, traded, draft, uuid4()):
        assert client.get(f"/nanos/open/{nano_id}").status_code == 404
        assert client.get(f"/nanos/open/{nano_id}/amb.json").status_code == 404
    page = client.get(f"/nanos/open/{shown}")
    assert page.status_code == 200 and LISTED.outcome in page.text and "noindex" not in page.text
    assert "datei.pdf" not in page.text and "/files/" not in page.text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    made = client.get(f"/nanos/open/{shown}/amb.json").get_json(force=True)
    assert faults(made) == [] and "encoding" not in made and made["id"].endswith(f"/nanos/open/{shown}")
    assert made["conditionsOfAccess"]["id"].endswith("/login")
    urls = _texts(etree.fromstring(client.get("/nanos/open/sitemap.xml").data), "//*[local-name()='loc']")
    assert urls == [made["id"]]
    assert client.get(f"/nanos/{shown}").status_code in (302, 303)


def test_what_ends_is_told_as_deleted_and_comes_back(db_app: Flask, db_people: People) -> None:
    client, people = db_app.test_client(), db_people
    one, two = rig.published(people, LISTED), rig.published(people, LISTED)
    retire(people.alice.actor, one)
    root = _ask(client, "verb=ListRecords&metadataPrefix=oai_dc")
    assert len(_texts(root, "//o:record")) == 2
    assert _texts(root, "//o:header[@status='deleted']/o:identifier") == [f"oai:localhost:{one}"]
    assert len(_texts(root, "//o:metadata")) == 1
    assert client.get(f"/nanos/open/{one}").status_code == 404
    gone = _ask(client, f"verb=GetRecord&metadataPrefix=amb&identifier=oai:localhost:{one}")
    assert _texts(gone, "//o:header/@status") == ["deleted"] and not _texts(gone, "//o:metadata")
    bring_back(people.alice.actor, one)
    assert not _texts(_ask(client, "verb=ListRecords&metadataPrefix=amb"), "//o:header[@status]")
    remove(people.alice.actor, two)
    assert len(_texts(_ask(client, "verb=ListIdentifiers&metadataPrefix=amb"), "//o:header[@status]")) == 1


@pytest.mark.parametrize("bar", ["hidden", "blocked"])
def test_what_moderators_bar_is_not_described(client: FlaskClient, people: People, bar: str) -> None:
    nano_id = rig.published(people, LISTED)
    with transaction() as session:
        session.get(Nano, nano_id).bar = bar
    assert client.get(f"/nanos/open/{nano_id}").status_code == 404
    root = _ask(client, "verb=ListRecords&metadataPrefix=amb")
    assert (
        _texts(root, "//o:header/@status") == ["deleted"]
        and LISTED.title not in etree.tostring(root).decode()
    )


def test_taking_it_back_with_a_new_revision(client: FlaskClient, people: People, frozen: datetime) -> None:
    nano_id, alice = rig.published(people, LISTED), people.alice.actor
    before = db.session.get(Listing, nano_id).changed_at
    begin_revision(alice, nano_id)
    assert client.get(f"/nanos/open/{nano_id}").status_code == 200
    save_draft(alice, nano_id, 1, replace(LISTED, listed=False))
    submit(alice, nano_id)
    publish(people.olga.actor, nano_id, 2)
    db.session.expire_all()
    row = db.session.get(Listing, nano_id)
    assert row.gone and row.changed_at >= before
    assert client.get(f"/nanos/open/{nano_id}").status_code == 404


def test_words_of_people_are_never_markup(client: FlaskClient, people: People) -> None:
    evil = "]]></dc><script>x</script> & \ufffe \u202e"
    nano_id = rig.published(people, replace(LISTED, title=evil, description=evil))
    for prefix in FORMATS:
        root = _ask(client, f"verb=GetRecord&metadataPrefix={prefix}&identifier=oai:localhost:{nano_id}")
        assert not _texts(root, "//*[local-name()='script']")
        if prefix == "amb":
            made = json.loads(root.xpath("//*[local-name()='json']")[0].text)
            assert faults(made) == [] and made["name"].startswith("]]></dc><script>")
        else:
            assert _texts(root, "//dc:title")[0].startswith("]]></dc><script>")
    assert "<script>x" not in client.get(f"/nanos/open/{nano_id}").text


def _many(nano_id: UUID, number: int) -> None:
    """Copies in the tables: publishing each would take minutes."""
    with transaction() as session:
        nano = session.get(Nano, nano_id)
        revision = session.query(Revision).filter_by(nano_id=nano_id).one()
        listing = session.get(Listing, nano_id)
        session.flush()
        for place in range(number):
            key, words = uuid4(), uuid4()
            plain = {c.key: getattr(nano, c.key) for c in Nano.__table__.columns}
            session.add(Nano(**{**plain, "id": key}))
            session.flush()
            plain = {c.key: getattr(revision, c.key) for c in Revision.__table__.columns}
            session.add(Revision(**{**plain, "id": words, "nano_id": key}))
            when = listing.changed_at + timedelta(seconds=place // 30)
            session.add(Listing(nano_id=key, revision_id=words, subject="it", gone=False, changed_at=when))


@pytest.fixture
def served(db_app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, db_app, threaded=False)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/nanos/oai"
    server.shutdown()
    thread.join()


def test_a_foreign_harvester_takes_everything(served: str, db_people: People) -> None:
    first = rig.published(db_people, LISTED)
    gone = rig.published(db_people, LISTED)
    retire(db_people.alice.actor, gone)
    _many(first, 2 * PAGE + 50)
    db.session.remove()
    harvester = Sickle(served)
    assert harvester.Identify().deletedRecord == "persistent"
    assert [one.metadataPrefix for one in harvester.ListMetadataFormats()] == list(FORMATS)
    assert {"it", "safety"} <= {one.setSpec for one in harvester.ListSets()}
    heads = [one.identifier for one in harvester.ListIdentifiers(metadataPrefix="oai_dc")]
    assert len(heads) == len(set(heads)) == 2 * PAGE + 52
    records = list(harvester.ListRecords(metadataPrefix="amb"))
    assert [one.header.identifier for one in records] == heads
    assert [one.header.identifier for one in records if one.deleted] == [f"oai:localhost:{gone}"]
    for one in records:
        if not one.deleted:
            assert faults(json.loads(one.xml.xpath("//*[local-name()='json']")[0].text)) == []
    assert len(list(harvester.ListRecords(metadataPrefix="oai_dc", ignore_deleted=True))) == 2 * PAGE + 51
    assert len(list(harvester.ListRecords(metadataPrefix="oai_dc", set="it"))) == 2 * PAGE + 50
    stamps = sorted({one.datestamp for one in harvester.ListIdentifiers(metadataPrefix="amb")})
    some = list(harvester.ListIdentifiers(metadataPrefix="amb", **{"from": stamps[2], "until": stamps[3]}))
    assert {one.datestamp for one in some} == set(stamps[2:4])
    one = harvester.GetRecord(metadataPrefix="oai_dc", identifier=f"oai:localhost:{first}")
    assert one.metadata["title"] == [LISTED.title] and one.metadata["language"] == ["de"]
    with pytest.raises(IdDoesNotExist):
        harvester.GetRecord(metadataPrefix="oai_dc", identifier="oai:localhost:x")
    with pytest.raises(NoRecordsMatch):
        harvester.ListRecords(metadataPrefix="amb", set="food")
    posted = Sickle(served, http_method="POST").ListSets()
    assert next(posted).setSpec


def test_few_statements_however_many_records(db_app: Flask, db_people: People) -> None:
    client = db_app.test_client()
    nano_id = rig.published(db_people, LISTED)
    _many(nano_id, PAGE + 10)
    counts: dict[str, int] = {}
    for path in (
        f"open/{nano_id}", f"open/{nano_id}/amb.json", "open/sitemap.xml", "oai?verb=Identify", "oai?verb=ListSets",
        "oai?verb=ListRecords&metadataPrefix=amb", f"oai?verb=GetRecord&metadataPrefix=amb&identifier=oai:localhost:{nano_id}",
    ):  # fmt: skip
        said: list[str] = []

        def note(_c: Any, _d: Any, statement: str, *_rest: Any, said: list[str] = said) -> None:
            said.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        try:
            assert client.get(f"/nanos/{path}").status_code == 200
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
        counts[path] = len(said)
    assert max(counts.values()) <= 8, counts


def test_too_many_requests(client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.nanos.views.listing.ASKS", 3)
    monkeypatch.setattr(limits, "take", lambda *_a, **_k: limits.Allowance(False, 3, 60, 0, 17, 60))
    answer = client.get("/nanos/oai?verb=Identify")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "17")


def test_the_provider_chooses_it_in_the_second_step(client: FlaskClient, people: People) -> None:
    sign_in(client, people.alice)
    nano_id = rig.drafted(people.alice.actor, rig.OPEN)
    page = client.get(f"/nanos/{nano_id}/details").text
    assert (
        'name="listed"' in page and not db.session.query(Revision.listed).filter_by(nano_id=nano_id).scalar()
    )
    form = {
        name: getattr(rig.OPEN, name)
        for name in (
            "outcome",
            "description",
            "subject",
            "type",
            "level",
            "language",
            "licence",
            "region",
            "terms",
        )
    }
    sent = {**form, "minutes": "10", "audience": ["employees"], "listed": "y", "version": "1"}
    assert client.post(f"/nanos/{nano_id}/details", data=sent).status_code in (302, 303)
    db.session.expire_all()
    assert db.session.query(Revision.listed).filter_by(nano_id=nano_id).scalar()
    sent |= {"licence": "barter", "terms": "Ein Nano", "version": "2"}
    client.post(f"/nanos/{nano_id}/details", data=sent)
    db.session.expire_all()
    assert not db.session.query(Revision.listed).filter_by(nano_id=nano_id).scalar()


TIMES = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(
    st.sampled_from(FORMATS),
    TIMES,
    TIMES,
    TIMES,
    st.sampled_from(["", "it"]),
    st.uuids(),
    st.integers(1, 10**8),
)
def test_a_token_is_read_as_what_it_was_made_of(
    prefix: str, first: datetime, until: datetime, last: datetime, subject: str, key: UUID, sent: int
) -> None:
    asked = Asked("ListRecords", prefix, "", first, until, subject)
    made = token(asked, (last, key), sent)
    again = read([("verb", "ListRecords"), ("resumptionToken", made)], {"it"})
    assert again == replace(asked, after=(last, key), sent=sent)


@given(
    st.lists(
        st.tuples(st.sampled_from([*ARGUMENTS["ListRecords"], "verb", "identifier"]), st.text(max_size=30)),
        max_size=5,
    )
)
def test_nothing_that_is_sent_breaks_it(given_: list[tuple[str, str]]) -> None:
    code = ""
    try:
        assert read([("verb", "ListRecords"), *given_], {"it"}).prefix in FORMATS
    except OaiFault as fault:
        code = fault.code
    assert code in ("", *CODES)
