"""Learning in a browser: films and packages count, packages of strangers reach nothing of ours, exports complete elsewhere."""

from __future__ import annotations

import http.server
import io
import json
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as BrowserPage

from app.kit import assets
from app.kit.config import ROOT
from app.kit.db import db
from app.nanos.demo.files import film
from app.nanos.models import Experience, Play, Use
from app.nanos.rules.package import Form
from app.nanos.services import export
from app.nanos.services.nano import create_nano
from app.nanos.services.publishing import publish, submit
from tests.browser.site import Site
from tests.nanos import h5p, packages, rig

pytestmark = pytest.mark.browser


def public(site: Site, data: bytes, title: str, name: str = "kurs.zip") -> tuple[UUID, UUID]:
    with site.app.app_context():
        alice, olga = site.people.alice.actor, site.people.olga.actor
        nano_id = create_nano(alice, replace(rig.OPEN, title=title))
        file_id = rig.put(alice, nano_id, data, name)
        submit(alice, nano_id)
        publish(olga, nano_id, 1)
        return nano_id, file_id


@contextmanager
def origin(site: Site, apart: bool) -> Iterator[None]:
    """With or without an origin for content. `*.localhost` leads every browser to this machine."""
    found = site.app.extensions["kontor-settings"]
    found.content_url = f"http://*.localhost:{urlsplit(site.url).port}" if apart else ""
    try:
        yield
    finally:
        found.content_url = ""


def use_of(site: Site, nano_id: UUID) -> Use:
    with site.app.app_context():
        return db.session.query(Use).filter_by(nano_id=nano_id, person_id=site.people.cleo.id).one()


@pytest.mark.parametrize("edition", ["1.2", "2004"])
@pytest.mark.parametrize("apart", [True, False], ids=["own origin", "no origin"])
def test_a_package_plays_resumes_and_completes(
    site: Site, open_as: Callable[..., BrowserPage], apart: bool, edition: str
) -> None:
    nano_id, file_id = public(site, packages.lesson(edition), f"Kurs {edition} {apart}")
    with origin(site, apart):
        page = open_as("cleo")
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        url = f"{site.url}/nanos/{nano_id}/learn/{file_id}"

        def lesson() -> Any:
            frame = page.frame_locator(".nanos-frame")
            return frame.frame_locator("#package") if apart else frame

        page.goto(url)
        expect(lesson().locator("#said")).to_have_text("at start ab-initio")
        expect(lesson().locator("#half")).to_have_css("color", "rgb(1, 2, 3)")
        with page.expect_response(
            lambda got: got.request.method == "POST" and "state" in (got.request.post_data or "")
        ):
            lesson().locator("#half").click()
        page.goto(url)
        expect(lesson().locator("#said")).to_have_text("at page 2 resume")
        lesson().locator("#all").click()
        expect(page.locator("[data-play-state]")).to_be_visible()
        assert not faults, faults
    use = use_of(site, nano_id)
    assert (use.progress, use.score, use.completed_at is not None) == (100, 85, True)


@pytest.mark.parametrize("apart", [True, False], ids=["own origin", "no origin"])
def test_an_h5p_package_plays_resumes_and_completes(
    site: Site, open_as: Callable[..., BrowserPage], apart: bool
) -> None:
    nano_id, file_id = public(site, h5p.package(), f"Übung {apart}", "probe.h5p")
    with origin(site, apart):
        page = open_as("cleo")
        faults: list[str] = []
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("response", lambda got: faults.append(got.url) if got.status >= 400 else None)
        url = f"{site.url}/nanos/{nano_id}/learn/{file_id}"
        exercise = page.frame_locator(".nanos-frame")
        page.goto(url)
        expect(exercise.locator("#said")).to_have_text("</script><b>Ü at 0")
        expect(exercise.locator("#half")).to_have_css("color", "rgb(1, 2, 3)")
        assert exercise.locator("#pic").evaluate("one => one.decode().then(() => one.naturalWidth)") == 4
        with page.expect_response(
            lambda got: got.request.method == "POST" and "answered" in (got.request.post_data or "")
        ) as sent:
            exercise.locator("#half").click()
        assert sent.value.ok and "a secret answer" not in (sent.value.request.post_data or "")
        page.goto(url)
        expect(exercise.locator("#said")).to_have_text("</script><b>Ü at 2")
        exercise.locator("#all").click()
        expect(page.locator("[data-play-state]")).to_be_visible()
        expect(page.locator("[data-play-tick]")).to_be_hidden()
        assert not faults, faults
    use = use_of(site, nano_id)
    assert (use.progress, use.score, use.completed_at is not None) == (100, 75, True)
    with site.app.app_context():
        kept = db.session.query(Experience).filter_by(nano_id=nano_id).order_by(Experience.id).all()
        told = [(one.verb, one.sub, one.score) for one in kept if one.verb != "attempted"]
        assert told == [("answered", h5p.SUB, 50), ("completed", "", 75)]


def test_an_h5p_package_without_an_end_is_ticked_off(site: Site, open_as: Callable[..., BrowserPage]) -> None:
    nano_id, file_id = public(site, h5p.package(most=0), "Ohne Aufgaben", "probe.h5p")
    with origin(site, True):
        page = open_as("cleo")
        page.goto(f"{site.url}/nanos/{nano_id}/learn/{file_id}")
        page.locator("[data-play-tick] button").click()
        expect(page.get_by_text("Geschafft")).to_be_visible()
    assert use_of(site, nano_id).completed_at is not None


HARM = """
const found = {};
async function attempt(name, act) { try { found[name] = String(await act()); } catch (error) { found[name] = "refused"; } }
(async () => {
  await attempt("cookie", () => document.cookie || "refused");
  await attempt("parent", () => window.top.document.title);
  await attempt("parentCookie", () => window.top.document.cookie);
  await attempt("storage", () => window.top.localStorage.length);
  await attempt("page", async () => (await (await fetch(OURS + "/nanos", { credentials: "include" })).text()).length);
  await attempt("post", async () => { const a = await fetch(OURS + "/nanos/new",
    { method: "POST", mode: "no-cors", credentials: "include", body: "title=x" }); return a.type; });
  await attempt("image", () => new Promise((ok, no) => {
    const i = new Image(); i.onload = () => ok("loaded"); i.onerror = no;
    i.src = OURS + "/static/img/icon.svg"; }));
  await attempt("elsewhere", async () => (await fetch(ELSE)).status);
  await attempt("script", () => new Promise((ok, no) => {
    const s = document.createElement("script"); s.onload = () => ok("loaded"); s.onerror = no;
    s.src = OURS + "/static/js/app.js"; document.head.append(s); }));
  await attempt("popup", () => { const w = window.open(OURS + "/nanos"); if (!w) throw 1; return "opened"; });
  if (window.top !== window) await attempt("top", () => { window.top.location = ELSE; return "asked"; });
  await attempt("frame", () => new Promise((ok) => { const f = document.createElement("iframe"); f.src = OURS + "/nanos";
    f.onload = () => { try { ok(f.contentDocument.title || "refused"); }
      catch { ok("refused"); } };
    document.body.append(f);
    setTimeout(() => ok("refused"), 1500); }));
  await attempt("lie", () => { window.top.postMessage({ kontor: "package", part: "other",
    state: { "cmi.core.lesson_status": "passed" },
    seconds: 1 }, "*"); return "refused"; });
  await attempt("worker", () => { navigator.serviceWorker.register("/sw.js"); return "asked"; });
  document.getElementById("out").textContent = JSON.stringify(found);
  document.title = "done";
})();
"""


def hostile(script: str, kind: str) -> bytes:
    """A package whose program does this: as the page of a SCORM package, or as the library of an H5P package."""
    if kind == "scorm":
        return packages.page(script)
    out = 'document.body.insertAdjacentHTML("beforeend", "<pre id=out></pre>");'
    return h5p.package(
        f'document.addEventListener("DOMContentLoaded", () => {{ {out}'
        + script.replace(
            "state: {", 'statements: [{ verb: { id: "http://adlnet.gov/expapi/verbs/completed" } }], state: {'
        )
        + "});"
    )


@pytest.mark.parametrize("kind", ["scorm", "h5p"])
@pytest.mark.parametrize("apart", [True, False], ids=["own origin", "no origin"])
def test_a_hostile_package_reaches_nothing_of_ours(
    site: Site, open_as: Callable[..., BrowserPage], apart: bool, kind: str
) -> None:
    script = HARM.replace("OURS", json.dumps(site.url)).replace("ELSE", '"https://evil.example/"')
    nano_id, file_id = public(site, hostile(script, kind), f"Böses Paket {kind} {apart}")
    with origin(site, apart):
        page = open_as("cleo")
        asked: list[str] = []
        page.context.on("request", lambda one: asked.append(one.url))
        url = f"{site.url}/nanos/{nano_id}/learn/{file_id}"
        page.goto(url)
        frame = page.frame_locator(".nanos-frame")
        inside = frame.frame_locator("#package") if apart and kind == "scorm" else frame
        expect(inside.locator("#out")).to_contain_text("worker", timeout=15000)
        found = json.loads(inside.locator("#out").inner_text())
        harmless = {"refused", "asked"}
        assert {name: said for name, said in found.items() if said not in harmless} == {}
        assert page.url == url, "our page is still there"
        assert not any("evil.example" in one for one in asked)
        assert len(page.context.pages) == 1
        cookies = {one["name"]: one["domain"] for one in page.context.cookies()}
        assert set(cookies.values()) == {"127.0.0.1"}, cookies
        # The same address opened by itself, outside of our page: still nobody, and not even the content host's business.
        address = page.locator(".nanos-frame").get_attribute("data-src") or ""
        alone = page.context.new_page()
        other = address.replace("/p/x.html", "/p/y.html") if not apart else f"{address}p/y.html"
        alone.goto(other if kind == "scorm" else address)
        expect(alone.locator("#out")).to_contain_text("worker", timeout=15000)
        found = json.loads(alone.locator("#out").inner_text())
        assert {found[name] for name in ("cookie", "page", "image", "script", "storage", "post")} <= {
            "refused",
            "0",
        }, found
        if not apart:
            assert alone.evaluate("window.origin") == "null"
    with site.app.app_context():
        rows = db.session.query(Play).filter_by(nano_id=nano_id, person_id=site.people.cleo.id).all()
        assert all(one.progress < 100 for one in rows)


def test_a_film_counts_while_it_plays(site: Site, open_as: Callable[..., BrowserPage]) -> None:
    nano_id, file_id = public(site, film(("Eins", "Zwei", "Drei")), "Ein kurzer Film", "film.webm")
    page = open_as("cleo")
    page.goto(f"{site.url}/nanos/{nano_id}/learn/{file_id}")
    page.evaluate("document.querySelector('video').currentTime = 7")
    page.wait_for_timeout(300)
    page.evaluate(
        "const v = document.querySelector('video'); v.currentTime = 0; v.muted = true; v.playbackRate = 1.5; v.play()"
    )
    expect(page.locator("[data-play-state]")).to_be_visible(timeout=60_000)
    use = use_of(site, nano_id)
    assert use.progress == 100 and 1 <= use.seconds <= 8


class Platform(http.server.SimpleHTTPRequestHandler):
    """Another learning platform: its runtime is npm's scorm-again, its frame our package."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@contextmanager
def platform(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Platform, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


def unpacked(site: Site, nano_id: UUID, form: Form, folder: Path) -> Path:
    with site.app.test_request_context("/"):
        plan = export.plan(site.people.cleo.actor, nano_id)
        with export.write(plan, form) as data, zipfile.ZipFile(io.BytesIO(data.read())) as box:
            box.extractall(folder / "package")
    vendor = assets.vendor_dir(ROOT / "var")
    for name in ("scorm12", "scorm2004"):
        (folder / f"{name}.js").write_bytes(
            (vendor / assets.read_manifest(vendor)[name]["path"]).read_bytes()
        )
    return folder


@pytest.mark.parametrize("form", [Form.SCORM_12, Form.SCORM_2004])
def test_an_export_completes_in_another_runtime(
    site: Site, browser: Browser, tmp_path: Path, form: Form
) -> None:
    nano_id, _ = public(site, film(("Eins", "Zwei")), f"Export {form}", "film.webm")
    new = form is Form.SCORM_2004
    (tmp_path / "host.html").write_text(
        f'<script src="{"scorm2004" if new else "scorm12"}.js"></script><script>'
        f"window.{'API_1484_11' if new else 'API'} = new {'Scorm2004API' if new else 'Scorm12API'}({{autocommit: false}});"
        "document.write('<iframe src=\"package/index.html\" width=900 height=700></iframe>')</script>"
    )
    with platform(unpacked(site, nano_id, form, tmp_path)) as url:
        page = browser.new_page()
        page.goto(f"{url}/host.html")
        frame = page.frame_locator("iframe")
        expect(frame.locator("#done")).to_be_hidden()
        api = "API_1484_11" if new else "API"
        status = "cmi.completion_status" if new else "cmi.core.lesson_status"
        read = f"{api}.{'GetValue' if new else 'LMSGetValue'}"
        assert page.evaluate(f"{read}('{status}')") == "incomplete"
        frame.locator("video").evaluate("v => { v.muted = true; v.playbackRate = 2; return v.play() }")
        expect(frame.locator("#done")).to_be_visible(timeout=60_000)
        assert page.evaluate(f"{read}('{status}')") == "completed"
        assert page.evaluate(f"{read}('cmi.suspend_data')")
        page.evaluate("document.querySelector('iframe').remove()")
        assert page.evaluate(f"{api}.isTerminated()") is True
        assert page.evaluate(
            f"{api}.renderCMIToJSONObject().cmi.{'session_time' if new else 'core.session_time'}"
        ) not in ("", "00:00:00")
        page.close()
