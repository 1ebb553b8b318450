"""H5P: taken only with everything it needs, played on a page that holds nothing of ours, believed within bounds."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from app.kit import assets, clock
from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid
from app.kit.i18n import speaking
from app.nanos.models import Experience, NanoFile, Play, Use
from app.nanos.rules.h5p import Course, read_course
from app.nanos.rules.h5p_said import again, outcome, read_data, read_statements
from app.nanos.rules.scorm import PackageFault
from app.nanos.services import experience
from app.nanos.services import use as uses
from app.nanos.services.nano import create_nano
from app.nanos.services.personal import erase_nanos, export_nanos
from app.nanos.services.publishing import publish, submit
from app.nanos.views import use as view
from tests.architecture.test_page_queries import counted
from tests.nanos import h5p, rig
from tests.nanos.test_licence import licensed
from tests.nanos.test_packages import frame, public
from tests.people import People, make_people, sign_in


def read(files: dict[str, bytes]) -> Course:
    def one(name: str, most: int) -> bytes:
        if name not in files:
            raise PackageFault("missing", name)
        assert len(files[name]) <= most
        return files[name]

    return read_course(one, frozenset(files))


def fault(files: dict[str, bytes]) -> tuple[str, str]:
    with pytest.raises(PackageFault) as found:
        read(files)
    return found.value.code, found.value.what


def test_what_something_stands_on_is_loaded_first() -> None:
    found = read(h5p.members())
    assert found.library == "H5P.KontorProbe 1.0" and found.title == "Eine Probe"
    assert found.scripts == ("H5P.KontorShade/shade.js", "H5P.KontorProbe-1.0/dist/probe one.js")
    assert found.styles == ("H5P.KontorProbe-1.0/probe.css",)
    assert dict(found.folders) == {"H5P.KontorShade-1.0": "H5P.KontorShade"}


def test_every_missing_library_is_named_however_deep() -> None:
    files = h5p.members()
    files["H5P.KontorShade/library.json"] = h5p.library(
        "H5P.KontorShade", needs=(h5p.wants("H5P.Deep", 2, 7), h5p.wants("H5P.Also"))
    )
    assert fault(files) == ("libraries", "H5P.Deep 2.7, H5P.Also 1.0")
    del files["H5P.KontorShade/library.json"]
    assert fault(files) == ("libraries", "H5P.KontorShade 1.0")


def test_another_version_is_another_library() -> None:
    files = h5p.members()
    files["H5P.KontorShade/library.json"] = files["H5P.KontorShade/library.json"].replace(
        b'"minorVersion": 0', b'"minorVersion": 1'
    )
    assert fault(files) == ("libraries", "H5P.KontorShade 1.0")


def test_libraries_that_need_each_other_end() -> None:
    files = h5p.members()
    files["H5P.KontorShade/library.json"] = h5p.library(
        "H5P.KontorShade", js=("shade.js",), needs=(h5p.wants(h5p.PROBE),)
    )
    assert len(read(files).scripts) == 2


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [("h5p.json", b"[]", "unreadable"), ("h5p.json", b"[" * 100_000, "unreadable"), ("h5p.json", b"\xff", "unreadable"),
     ("h5p.json", b'{"mainLibrary": "H5P.X"}', "libraries"), ("h5p.json", b"{}", "libraries"),
     ("h5p.json", b'{"preloadedDependencies": [{"machineName": "../..", "majorVersion": 1, "minorVersion": 0}]}', "unreadable"),
     ("h5p.json", b'{"preloadedDependencies": {}, "mainLibrary": 7}', "libraries"),
     ("h5p.json", b'{"preloadedDependencies": [{"machineName": "A", "majorVersion": true, "minorVersion": 0}]}', "unreadable"),
     ("content/content.json", b"nothing", "unreadable"), ("H5P.KontorProbe-1.0/library.json", b"7", "unreadable"),
     ("H5P.KontorProbe-1.0/library.json", h5p.library(h5p.PROBE), "empty"),
     ("H5P.KontorProbe-1.0/library.json", h5p.library(h5p.PROBE, runnable=1, js=("away.js",)), "missing"),
     ("H5P.KontorProbe-1.0/library.json", h5p.library(h5p.PROBE, runnable=1, js=("../../h5p.json",)), "missing"),
     ("H5P.KontorProbe-1.0/library.json", h5p.library(h5p.PROBE, runnable=1, js=("https://evil.example/x.js",)), "missing"),
     ("H5P.KontorProbe-1.0/library.json", h5p.library(h5p.PROBE, runnable=1, preloadedJs=["x"]), "unreadable")],
)  # fmt: skip
def test_a_definition_that_is_none_is_refused(name: str, data: bytes, code: str) -> None:
    assert fault({**h5p.members(), name: data})[0] == code


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.just("machineName"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["mainLibrary", "preloadedDependencies", "machineName", "majorVersion", "preloadedJs", "path"]), inner),
))  # fmt: skip
def test_whatever_a_definition_is_it_is_read_or_refused(value: Any) -> None:
    for name in ("h5p.json", "H5P.KontorProbe-1.0/library.json"):
        with suppress(PackageFault):
            read({**h5p.members(), name: json.dumps(value).encode()})


def test_what_statements_mean() -> None:
    def of(*given: dict[str, Any]) -> tuple[bool, int | None]:
        found = outcome(read_statements(list(given)))
        return found.done, found.score

    assert of(h5p.said(score={"raw": 3, "min": 0, "max": 4, "scaled": 0.75}, completion=True)) == (True, 75)
    assert of(h5p.said("answered", score={"scaled": 0.5})) == (True, 50)
    assert of(h5p.said("answered", sub=h5p.SUB, score={"scaled": 1})) == (False, None), "a part of it"
    part = h5p.said("answered", completion=True)
    part["context"]["contextActivities"]["parent"] = [{"id": "x"}]
    assert of(part) == (False, None)
    assert of(h5p.said("failed", score={"raw": 1, "max": 4})) == (False, 25)
    assert of(h5p.said("completed", completion=False)) == (False, None)
    assert of(h5p.said("attempted"), h5p.said("progressed")) == (False, None)
    assert of(h5p.said(score={"raw": 0, "max": 0})) == (True, None), "nothing to reach"
    assert of(h5p.said(success=False, score={"raw": 0, "max": 4})) == (True, 0), "a poor result is one"


@given(st.lists(st.builds(
    h5p.said, st.sampled_from(["completed", "passed", "failed", "answered"]),
    score=st.fixed_dictionaries({}, optional={name: st.floats(-1e9, 1e9) for name in ("scaled", "raw", "min", "max")}),
), max_size=5))  # fmt: skip
def test_a_score_is_between_0_and_100(given: list[dict[str, Any]]) -> None:
    found = outcome(read_statements(given))
    assert found.score is None or 0 <= found.score <= 100
    assert found.done == (found.progress == 100)


@pytest.mark.parametrize("bad", [
    {}, [1], [{}], [h5p.said("interacted")], [{**h5p.said(), "verb": {"id": "javascript:x"}}], [{**h5p.said(), "id": "x"}],
    [{**h5p.said(), "id": 7}], [h5p.said(score={"raw": "1"})], [h5p.said(score={"raw": float("nan")})],
    [h5p.said(score={"scaled": True})], [h5p.said(success="yes")], [h5p.said(duration="P1Y")], [h5p.said(sub="../x")],
    [h5p.said(score=[1])], [h5p.said()] * 51, [{**h5p.said(), "context": []}], [{**h5p.said(), "object": None}],
])  # fmt: skip
def test_statements_no_runtime_says_are_refused(bad: object) -> None:
    with pytest.raises(ValueError):
        read_statements(bad)


@pytest.mark.parametrize(
    "bad", [[], {"x": "1"}, {"silent": "1"}, {"0/state": 1}, {"0/state": "\0"}, {"0/state": "x" * 300_000}, {"0/" + "a" * 70: ""},
            {f"0/a{n}": "" for n in range(201)}],
)  # fmt: skip
def test_data_no_runtime_keeps_is_refused(bad: object) -> None:
    with pytest.raises(ValueError):
        read_data(bad, silent=False)


def test_what_was_kept_comes_back_as_it_was() -> None:
    kept = read_data({"0/state": "{}", f"{h5p.SUB}/state": "[1]"}, silent=True)
    assert again(kept) == {"0": {"state": "{}"}, h5p.SUB: {"state": "[1]"}}


def test_who_uploads_is_told_what_is_missing(client: FlaskClient, people: People) -> None:
    files = h5p.members()
    del files["H5P.KontorShade/library.json"]
    nano_id = create_nano(people.alice.actor, rig.OPEN)
    sign_in(client, people.alice)
    data = {"title": "x", "then": "stay", "version": "1", "file": (io.BytesIO(rig.archive(files)), "a.h5p")}
    answer = client.post(f"/nanos/{nano_id}/content", data=data)
    assert answer.status_code == 422 and "In dieser H5P-Datei fehlt: H5P.KontorShade 1.0." in answer.text
    with speaking("en", "Europe/Berlin"), pytest.raises(Invalid) as found:
        rig.put(people.alice.actor, nano_id, rig.archive(files), "a.h5p")
    assert found.value.fields["file"].startswith("This H5P file lacks H5P.KontorShade 1.0.")
    assert db.session.query(NanoFile).count() == 0


def test_nothing_of_a_package_that_cannot_play_is_kept(people: People) -> None:
    nano_id = create_nano(people.alice.actor, rig.OPEN)
    for gone, words in (
        ("content/content.json", "content/content.json"),
        ("H5P.KontorProbe-1.0/probe.css", "probe.css"),
    ):
        files = {name: data for name, data in h5p.members().items() if name != gone}
        with pytest.raises(Invalid) as found:
            rig.put(people.alice.actor, nano_id, rig.archive(files), "a.h5p")
        assert words in str(found.value.fields["file"])


@pytest.fixture
def fetched(app: Flask) -> Iterator[None]:
    """Some of the runtime's files, as they lie after set-up, and one that belongs to something else."""
    vendor = assets.vendor_dir(settings().var_dir)
    manifest = {}
    for package, name in (
        ("h5p-standalone", "frame.bundle.js"), ("h5p-standalone", "h5p.css"), ("h5p-standalone", "h5p-core-30.woff2"),
        ("htmx.org", "htmx.min.js"),
    ):  # fmt: skip
        (vendor / package).mkdir(parents=True, exist_ok=True)
        (vendor / package / name).write_bytes(b"/* fetched */")
        manifest[name] = {"package": package, "path": f"{package}/{name}"}
    (vendor / assets.MANIFEST).write_text(json.dumps(manifest))
    yield
    shutil.rmtree(vendor)


def test_the_page_holds_nothing_of_ours(client: FlaskClient, people: People, fetched: None) -> None:
    nano_id, file_id = public(people, h5p.package(title="<b>\"'&"))
    sign_in(client, people.cleo)
    url, sandbox, ours = frame(client, nano_id, file_id)
    assert "allow-same-origin" not in sandbox and "unsafe" not in ours
    stranger = client.application.test_client()
    answer = stranger.get(url)
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    rules = answer.headers["Content-Security-Policy"]
    assert (
        "sandbox allow-scripts" in rules
        and "default-src 'none'" in rules
        and "allow-same-origin" not in rules
    )
    assert "</script><b>Ü" not in answer.text and "<title>&lt;b&gt;" in answer.text
    assert (
        answer.text.index("h5p.js")
        < answer.text.index("frame.bundle.js")
        < answer.text.index("KontorShade/shade.js")
    )
    assert people.cleo.name not in answer.text and str(people.cleo.id) not in answer.text
    for path, kind in (
        ("-/h5p/frame.bundle.js", "text/javascript"), ("-/h5p/styles/h5p.css", "text/css"),
        ("-/h5p/fonts/h5p-core-30.woff2", "font/woff2"), ("-/h5p.js", "text/javascript"),
        ("p/H5P.KontorProbe-1.0/dist/probe%20one.js", "text/javascript"), ("p/content/images/a.svg", "image/svg+xml"),
    ):  # fmt: skip
        found = stranger.get(url + path)
        assert (found.status_code, found.mimetype, found.headers["Access-Control-Allow-Origin"]) == (
            200,
            kind,
            "*",
        )
    for path in (
        "-/h5p/LICENSE",
        "-/h5p/../../x",
        "-/h5p/htmx.min.js",
        "-/h5p/",
        "p/",
        "p/h5p",
        "-/x/frame.bundle.js",
    ):
        assert stranger.get(url + path).status_code == 404, path


def test_who_completes_it_has_completed_the_nano(db_app: Flask, db_people: People, frozen: object) -> None:
    nano_id, file_id = public(db_people, h5p.package())
    client = sign_in(db_app.test_client(), db_people.cleo)
    url = f"/nanos/{nano_id}/learn/{file_id}"
    assert client.post(url, json=h5p.told(h5p.said())).status_code == 409, "nobody has begun"
    client.post(url, json={"begin": True, "part": "h5p"})
    clock.advance(seconds=30)
    half = h5p.told(
        h5p.said("answered", sub=h5p.SUB, score={"raw": 1, "max": 2}), state={"0/state": '{"at": 2}'}
    )
    assert client.post(url, json=half).json == {"progress": 0, "whole": 0, "done": False}
    page, _, _ = frame(client, nano_id, file_id)
    assert '"contentUserData": {"0": {"state": "{\\"at\\": 2}"}}' in client.get(page).text
    whole = h5p.told(
        h5p.said(number=2, score={"raw": 3, "max": 4}, completion=True, success=True, duration="PT20S")
    )
    for _ in range(2):  # an answer that got lost: told twice, kept once
        assert client.post(url, json=whole).json == {"progress": 100, "whole": 100, "done": True}
    use = db.session.query(Use).one()
    assert (use.score, use.seconds, use.completed_at is not None) == (75, 5, True)
    kept = db.session.query(Experience).order_by(Experience.said_id).all()
    assert [(one.verb, one.sub, one.score, one.seconds) for one in kept] == [
        ("answered", h5p.SUB, 50, None),
        ("completed", "", 75, 20),
    ]
    poor = h5p.told(h5p.said("failed", number=3, score={"raw": 0, "max": 4}))
    assert client.post(url, json=poor).json == {"progress": 100, "whole": 100, "done": True}
    assert db.session.query(Use).populate_existing().one().score == 75
    with pytest.raises(Conflict):
        uses.finish(db_people.cleo.actor, nano_id, file_id)
    taken = client.get("/nanos/learned.json").json
    assert [one["verb"]["display"]["en"] for one in taken] == [
        "initialized",
        "completed",
        "answered",
        "completed",
        "failed",
    ]
    assert taken[2]["result"]["score"] == {"scaled": 0.5} and taken[2]["object"]["id"].endswith(f".{h5p.SUB}")
    assert taken == client.get("/nanos/learned.json").json, "the same numbers each time"


def test_what_tells_no_end_is_ticked_off(db_app: Flask, db_people: People) -> None:
    nano_id, file_id = public(db_people, h5p.package(most=0))
    cleo = db_people.cleo.actor
    client = sign_in(db_app.test_client(), db_people.cleo)
    url = f"/nanos/{nano_id}/learn/{file_id}"
    client.post(url, json={"begin": True, "part": "h5p"})
    client.post(url, json=h5p.told(state={"0/state": "{}"}))
    with pytest.raises(Conflict):
        uses.finish(cleo, nano_id, file_id)
    client.post(url, json=h5p.told(silent=True))
    assert uses.finish(cleo, nano_id, file_id).done
    assert db.session.query(Use).one().completed_at is not None


def test_nonsense_is_refused_and_much_of_it_slowed(
    client: FlaskClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    nano_id, file_id = public(people, h5p.package())
    url = f"/nanos/{nano_id}/learn/{file_id}"
    assert client.post(url, json=h5p.told(h5p.said())).status_code in (302, 401), "nobody is signed in"
    sign_in(client, people.cleo)
    client.post(url, json={"begin": True, "part": "h5p"})
    for bad in (
        h5p.told(h5p.said("interacted")), h5p.told({}), h5p.told(state={"x": "y"}),
        h5p.told(seconds="x"), {**h5p.told(), "part": "i0"},
        {**h5p.told(), "statements": "x"}, {**h5p.told(), "state": {"cmi.core.lesson_status": "passed"}},
    ):  # fmt: skip
        assert client.post(url, json=bad).status_code == 400, bad
    assert db.session.query(Experience).count() == 0
    monkeypatch.setattr(view, "MOST_TOLD", 20)
    answers = [client.post(url, json=h5p.told()).status_code for _ in range(40)]
    assert 200 in answers and answers[-1] == 429


def test_no_more_is_written_down_than_there_is_room_for(
    people: People, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experience, "MOST", 3)
    nano_id, file_id = public(people, h5p.package())
    cleo = people.cleo.actor
    uses.begin(cleo, nano_id, file_id, "h5p")
    statements = read_statements(
        [h5p.said("answered", number=n, sub=h5p.SUB) for n in range(5)] + [h5p.said(number=9)]
    )
    told = uses.keep(cleo, nano_id, file_id, "h5p", ["h5p"], uses.Said({}, 100, True, None, 0, statements))
    assert told.done and db.session.query(Experience).count() == 3


@pytest.mark.postgres
def test_many_tabs_at_once_keep_each_statement_once(pg_app: Flask) -> None:
    people = make_people(pg_app)
    nano_id, file_id = public(people, h5p.package())
    cleo = people.cleo.actor
    uses.begin(cleo, nano_id, file_id, "h5p")
    statements = read_statements([h5p.said(number=n) for n in range(3)])
    db.session.remove()
    faults: list[BaseException] = []

    def tab() -> None:
        with pg_app.app_context():
            try:
                uses.keep(cleo, nano_id, file_id, "h5p", ["h5p"], uses.Said({}, 100, True, 80, 1, statements))
            except BaseException as error:
                faults.append(error)

    tabs = [threading.Thread(target=tab) for _ in range(6)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    assert not faults and db.session.query(Experience).count() == 3


def test_one_got_by_exchange_is_learnt_here(client: FlaskClient, people: People) -> None:
    nano_id = create_nano(people.alice.actor, rig.DETAILS)
    file_id = rig.put(people.alice.actor, nano_id, h5p.package(), "a.h5p")
    submit(people.alice.actor, nano_id)
    publish(people.olga.actor, nano_id, 1)
    sign_in(client, people.cleo)
    assert client.get(f"/nanos/{nano_id}/learn/{file_id}").status_code == 404
    licensed(nano_id, people.cleo.actor)
    url, _, _ = frame(client, nano_id, file_id)
    assert "KontorProbe" in client.application.test_client().get(url).text


def test_what_is_known_of_a_person_is_handed_out_and_forgotten(
    app: Flask, people: People, frozen: object
) -> None:
    nano_id, file_id = public(people, h5p.package())
    cleo = people.cleo.actor
    uses.begin(cleo, nano_id, file_id, "h5p")
    uses.keep(
        cleo, nano_id, file_id, "h5p", ["h5p"], uses.Said({}, 100, True, 80, 1, read_statements([h5p.said()]))
    )
    assert [one["verb"] for one in export_nanos(people.cleo.id)["statements"]] == ["completed"]
    clock.advance(days=729)
    assert experience.forget_old() == 0
    clock.advance(days=2)
    assert experience.forget_old() == 1
    uses.keep(
        cleo, nano_id, file_id, "h5p", ["h5p"], uses.Said({}, 100, True, 80, 1, read_statements([h5p.said()]))
    )
    with transaction():
        erase_nanos(people.cleo.id)
    assert db.session.query(Experience).count() == db.session.query(Play).count() == 0


def test_few_statements_a_page(client: FlaskClient, people: People, fetched: None) -> None:
    nano_id, file_id = public(people, h5p.package())
    sign_in(client, people.cleo)
    url, _, _ = frame(client, nano_id, file_id)
    for path, most in (
        (f"/nanos/{nano_id}/learn/{file_id}", 8),
        (url, 8),
        (f"{url}-/h5p/frame.bundle.js", 5),
    ):
        with counted() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= most, "\n".join(seen)
