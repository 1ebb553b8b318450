"""The client of Modrinth against a strict one: who asks, how often, what is believed, and what when nobody answers."""

from __future__ import annotations

import io
import os

import pytest
import redis
from flask import Flask

from app.hosting.gateways.modrinth import Kept, Modrinth, ModrinthFault, RedisKept
from app.hosting.gateways.modrinth.client import agent
from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.gateways.modrinth.guard import jar_path
from app.hosting.gateways.modrinth.kept import NoKept, Old
from app.hosting.gateways.modrinth.line import Patience
from app.hosting.rules.plugin import Release, Target
from app.kit import cache, clock
from tests.services.modrinth import modrinth as modrinth
from tests.services.redis import RedisServer

PAPER = Target(("paper", "spigot", "bukkit"), "1.20.6")
SHORT = Patience(0.5, 0.4, 1.0)


class Book(NoKept):
    """A book of answers in memory."""

    def __init__(self) -> None:
        self.answers: dict[str, Old] = {}
        self.until = 0.0

    def get(self, key: str) -> Old | None:
        return self.answers.get(key)

    def put(self, key: str, old: Old) -> None:
        self.answers[key] = old

    def pause(self) -> float:
        return self.until

    def set_pause(self, until: float, seconds: float) -> None:
        self.until = until


def client(fake: FakeModrinth, kept: Kept | None = None) -> Modrinth:
    return Modrinth(
        fake.api, contact="https://kontor.example", kept=kept, cdn=fake.url, patience=SHORT, download=SHORT,
        sleep=lambda _: None,
    )  # fmt: skip


def fault(call: object, *args: object) -> ModrinthFault:
    with pytest.raises(ModrinthFault) as caught:
        call(*args)  # type: ignore[operator]
    return caught.value


@pytest.fixture
def book() -> Book:
    return Book()


@pytest.fixture
def luck(modrinth: FakeModrinth) -> str:
    project = modrinth.project("luckperms", "LuckPerms")
    modrinth.version(project, "5.4.1", loaders=("bukkit",), published="2026-01-01T00:00:00Z")
    modrinth.version(project, "5.4.2", loaders=("bukkit",), published="2026-02-01T00:00:00Z")
    modrinth.version(project, "5.4.2", loaders=("fabric",), published="2026-02-01T00:00:00Z")
    return project


def newest(fake: FakeModrinth, project: str) -> Release:
    return client(fake).releases(project, PAPER).value[0]


def test_search_asks_for_this_game_and_for_servers(modrinth: FakeModrinth, luck: str) -> None:
    other = modrinth.project("sodium", server_side="unsupported")
    modrinth.version(other, "1", loaders=("paper",))
    found = client(modrinth).search("luck", PAPER).value
    assert [hit.slug for hit in found.hits] == ["luckperms"] and found.total_hits == 1
    assert client(modrinth).search("", Target(("paper",), "1.8.8")).value.hits == ()
    assert modrinth.refused == []


def test_nobody_asks_without_a_name_and_a_contact(modrinth: FakeModrinth, luck: str) -> None:
    nameless = client(modrinth)
    nameless._headers["User-Agent"] = "Python-urllib/3.11"
    assert fault(nameless.project, luck).code == "refused"
    assert agent("me (x)\r\nX-Evil: 1") == "kontor/hosting/1 (me xX-Evil: 1)"


def test_releases_are_those_for_the_game_newest_first(modrinth: FakeModrinth, luck: str) -> None:
    assert [one.number for one in client(modrinth).releases(luck, PAPER).value] == ["5.4.2", "5.4.1"]
    assert client(modrinth).releases("luckperms", Target(("fabric",), "1.20.6")).value[0].loaders == (
        "fabric",
    )


def test_hashes_find_releases_and_updates(modrinth: FakeModrinth, luck: str) -> None:
    new, old = client(modrinth).releases(luck, PAPER).value
    known = client(modrinth).by_hashes([old.sha512, "0" * 128])
    assert {sha: one.id for sha, one in known.items()} == {old.sha512: old.id}
    assert client(modrinth).updates([old.sha512, "1" * 128], PAPER, ["release"])[old.sha512].id == new.id
    assert [body["algorithm"] for body in modrinth.bodies] == ["sha512", "sha512"]


def test_many_hashes_are_few_requests(modrinth: FakeModrinth) -> None:
    client(modrinth).updates([f"{n:0128x}" for n in range(501)], PAPER, ["release"])
    assert [len(body["hashes"]) for body in modrinth.bodies] == [500, 1]


def test_an_answer_is_fresh_for_minutes_and_then_asked_for_with_its_mark(
    modrinth: FakeModrinth, luck: str, book: Book, frozen: object
) -> None:
    asking = client(modrinth, book)
    for _ in range(3):
        asking.project(luck)
    assert len(modrinth.asked) == 1
    clock.advance(700)
    assert asking.project(luck).value.title == "LuckPerms"
    assert len(modrinth.asked) == 2
    modrinth.projects[luck]["title"] = "New"
    clock.advance(700)
    assert asking.project(luck).value.title == "New"


def test_without_an_answer_the_last_known_one_is_given_with_its_age(
    modrinth: FakeModrinth, luck: str, book: Book, frozen: object
) -> None:
    asking = client(modrinth, book)
    asking.project(luck)
    clock.advance(3600)
    modrinth.fail("500", "500")
    found = asking.project(luck)
    assert found.value.title == "LuckPerms" and found.old_since == frozen
    assert fault(asking.project, "never-asked").code == "away"
    assert len(modrinth.asked) == 3, "for a while nobody asks again"
    clock.advance(30)
    assert asking.project(luck).old_since is None


@pytest.mark.parametrize("plan", ["500", "502", "hang", "cut"])
def test_one_failure_is_tried_again(modrinth: FakeModrinth, luck: str, plan: str) -> None:
    modrinth.fail(plan)
    assert client(modrinth).project(luck).value.id == luck


@pytest.mark.parametrize(
    ("plan", "code"), [("html", "broken"), ("302", "foreign"), ("400", "refused"), ("401", "refused"), ("404", "not-there")]
)  # fmt: skip
def test_what_cannot_get_better_is_asked_once(
    modrinth: FakeModrinth, luck: str, plan: str, code: str
) -> None:
    modrinth.fail(plan)
    assert fault(client(modrinth).project, luck).code == code
    assert len(modrinth.asked) == 1


def test_nobody_there(book: Book) -> None:
    away = Modrinth("http://127.0.0.1:9/v2", contact="x", kept=book, patience=SHORT, sleep=lambda _: None)
    assert fault(away.project, "x").code == "away"


def test_their_limit_is_kept(modrinth: FakeModrinth, luck: str, book: Book, frozen: object) -> None:
    modrinth.left = 0
    asking = client(modrinth, book)
    first = fault(asking.project, luck)
    assert (first.code, first.wait) == ("limited", 37.0)
    modrinth.left = 300
    assert fault(asking.project, luck).code == "limited" and len(modrinth.asked) == 1
    clock.advance(38)
    assert asking.project(luck).value.id == luck


def test_the_last_requests_are_left_to_others(
    modrinth: FakeModrinth, luck: str, book: Book, frozen: object
) -> None:
    modrinth.left = 2
    asking = client(modrinth, book)
    asking.project(luck)
    assert fault(asking.project, "other").code == "limited" and modrinth.left == 1


def test_an_api_that_is_over_is_told_apart(modrinth: FakeModrinth, luck: str) -> None:
    modrinth.gone = True
    assert fault(client(modrinth).project, luck).code == "api-gone"


@pytest.mark.parametrize(
    "wrong",
    [
        {"project_id": "../../etc"}, {"files": "x"}, {"date_published": "yesterday"}, {"loaders": None},
        {"files": [{"hashes": {"sha512": "short"}, "url": "u", "filename": "a.jar", "size": 1}]},
        {"files": [{"hashes": {"sha512": "0" * 128}, "url": "u", "filename": "a.jar", "size": -1}]},
    ],
)  # fmt: skip
def test_an_answer_of_another_shape_is_not_believed(
    modrinth: FakeModrinth, luck: str, wrong: dict[str, object]
) -> None:
    version = next(iter(modrinth.versions.values()))
    version.update(wrong)
    version["project_id"] = version["project_id"] if "project_id" in wrong else luck
    assert fault(lambda: client(modrinth).release(version["id"]).value).code == "broken"


def test_a_release_without_a_jar_is_none(modrinth: FakeModrinth, luck: str) -> None:
    version = next(iter(modrinth.versions.values()))
    version["files"] = [{**version["files"][0], "filename": "pack.zip"}]
    assert client(modrinth).release(version["id"]).value is None


def test_answers_are_kept_for_all_processes(
    app: Flask, redis_server: RedisServer, modrinth: FakeModrinth, luck: str, frozen: object
) -> None:
    store = cache.make_client(redis_server.url)
    store.flushdb()
    before = app.extensions.get("kontor-redis")
    app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": store}
    try:
        client(modrinth, RedisKept()).project(luck)
        assert client(modrinth, RedisKept()).project(luck).value.id == luck and len(modrinth.asked) == 1
        clock.advance(700)
        modrinth.fail("500", "500")
        assert client(modrinth, RedisKept()).project(luck).old_since == frozen
        assert RedisKept().pause() > clock.now().timestamp()
        store.set("kontor:modrinth:pause", "soon")
        assert RedisKept().pause() == 0.0
    finally:
        app.extensions["kontor-redis"] = before or {}


@pytest.mark.slow
def test_without_redis_nothing_is_kept(app: Flask, modrinth: FakeModrinth, luck: str) -> None:
    dead = redis.Redis(host="127.0.0.1", port=9, socket_connect_timeout=0.2)
    before = app.extensions.get("kontor-redis")
    app.extensions["kontor-redis"] = {"pid": os.getpid(), "client": dead}
    try:
        assert client(modrinth, RedisKept()).project(luck).value.id == luck
        assert RedisKept().pause() == 0.0
    finally:
        app.extensions["kontor-redis"] = before or {}


# --- jars ----------------------------------------------------------------------------------------------------


def test_a_jar_comes_whole_and_checked(modrinth: FakeModrinth, luck: str) -> None:
    release, into = newest(modrinth, luck), io.BytesIO()
    modrinth.fail("cut")
    client(modrinth).download(release, into, 10_000_000)
    assert into.getvalue() == modrinth.jar(release.id)


@pytest.mark.parametrize(
    ("plan", "code"),
    [("flip", "wrong-hash"), ("longer", "too-large"), ("html", "wrong-hash"), ("redirect", "foreign"), ("404", "not-there")],
)  # fmt: skip
def test_a_jar_that_is_another_is_refused(modrinth: FakeModrinth, luck: str, plan: str, code: str) -> None:
    release = newest(modrinth, luck)
    modrinth.asked.clear()
    modrinth.fail(plan)
    assert fault(client(modrinth).download, release, io.BytesIO(), 10_000_000).code == code
    assert len(modrinth.asked) == 1, "nothing is fetched from elsewhere"


def test_a_jar_that_is_too_large_is_not_even_asked_for(modrinth: FakeModrinth, luck: str) -> None:
    release = newest(modrinth, luck)
    modrinth.asked.clear()
    assert fault(client(modrinth).download, release, io.BytesIO(), 10).code == "too-large"
    unsaid = replace_size(release, 0)
    assert fault(client(modrinth).download, unsaid, io.BytesIO(), 10).code == "too-large"
    assert len(modrinth.asked) == 1


def replace_size(release: Release, size: int) -> Release:
    return release.model_copy(update={"size": size})


@pytest.mark.parametrize(
    "url",
    [
        "http://cdn.modrinth.com/data/a/b.jar",
        "https://cdn.modrinth.com.evil.example/data/a/b.jar",
        "https://evil.example/data/a/b.jar",
        "https://cdn.modrinth.com@evil.example/data/a/b.jar",
        "https://user:pass@cdn.modrinth.com/data/a/b.jar",
        "https://cdn.modrinth.com:8443/data/a/b.jar",
        "https://cdn.modrinth.com:x/data/a/b.jar",
        "https://cdn.modrinth.com\\@evil.example/data/a.jar",
        "https://cdn.modrinth.com/data/../admin",
        "https://cdn.modrinth.com/data/a.jar\r\nX: y",
        "https://cdn.modrinth.com/other/a.jar",
        "https://[::1]/data/a.jar", "https://169.254.169.254/data/a.jar", "file:///etc/passwd", "//cdn.modrinth.com/data/a", "",
    ],
)  # fmt: skip
def test_jars_come_from_one_address_only(url: str) -> None:
    assert fault(jar_path, url).code == "foreign"


def test_the_address_of_a_jar() -> None:
    assert (
        jar_path("https://cdn.modrinth.com/data/P/versions/V/a%20b+c.jar") == "/data/P/versions/V/a%20b+c.jar"
    )
