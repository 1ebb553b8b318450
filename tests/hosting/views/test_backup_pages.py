"""Pages of backups: make one, see what is known of it, take it home, bring it back; members look, strangers find nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from app.core.models import Event
from app.hosting.gateways.archive import FolderStore, StoreFull
from app.hosting.gateways.fake import FakeNode
from app.hosting.models import Archive, BackupPlan, Server
from app.hosting.services import files
from app.hosting.services import server as services
from app.hosting.services.place import use_archive
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.conftest import plug_in
from tests.hosting.money import give_credit
from tests.people import People, sign_in

pytestmark = pytest.mark.slow


@pytest.fixture
def node(app: Flask, tmp_path: Path, frozen: object) -> FakeNode:
    found = FakeNode()
    plug_in(app, found)
    use_archive(app, FolderStore(tmp_path / "archive"))
    return found


@pytest.fixture
def server_id(people: People, node: FakeNode, settle: Callable[[], None]) -> UUID:
    """A server that runs, with a world."""
    give_credit(people, 100)
    found = services.create_server(
        people.alice.actor, name="Bauwelt Nord", template="flying-squid", deploy=True
    )
    settle()
    node.worlds.of(found).append("the old house")
    return found


@pytest.fixture
def base(server_id: UUID) -> str:
    return f"/hosting/servers/{server_id}/backups"


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def words(answer: TestResponse | str) -> str:
    """What is read, without tags."""
    text = answer if isinstance(answer, str) else answer.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def newest(server_id: UUID) -> Archive:
    db.session.rollback()
    return db.session.scalars(
        select(Archive)
        .where(Archive.server_id == server_id, Archive.purpose == "backup")
        .order_by(Archive.id.desc())
    ).first()  # type: ignore[return-value]


def made(client: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID) -> str:
    assert client.post(base).status_code == 303
    settle()
    return f"{base}/{newest(server_id).id}"


def test_from_the_empty_page_by_one_button_to_a_verified_backup(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID
) -> None:
    page = alice.get(base)
    assert "Noch kein Backup." in page.text
    assert "Jetzt sichern" in page.text
    assert "nur von Hand" in words(page)
    assert alice.post(base).location == base
    during = words(alice.get(base))
    assert "Ein Backup entsteht" in during
    assert "Wartet" in during
    settle()
    page = alice.get(base)
    assert "Geprüft" in words(page)
    assert "von Hand" in words(page)
    assert "jeder Hash verglichen" in words(page)
    assert "Ein Backup entsteht" not in page.text
    topic = dom_id("hosting-server", server_id, "backups")
    live_part = words(alice.get("/_live/parts", query_string={"topic": topic}))
    assert live_part.strip() in words(page), "the live part is the page's own"
    assert "Wiederherstellen …" in live_part
    assert f'href="{base}/{newest(server_id).id}/restore"' in page.text, "from the list in one click"
    one = alice.get(f"{base}/{newest(server_id).id}")
    assert newest(server_id).sha256 in one.text  # type: ignore[operator]
    assert "Wiederherstellen" in one.text


def test_a_draft_has_no_world_to_worry_about(alice: FlaskClient, people: People, node: FakeNode) -> None:
    draft = services.create_server(people.alice.actor, name="Entwurf", template="flying-squid")
    page = words(alice.get(f"/hosting/servers/{draft}/backups"))
    assert "Es gibt noch keine Welt." in page
    assert "Sobald der Server eingerichtet ist" in page
    assert "Jetzt sichern" not in page


def test_it_is_taken_home_as_it_is_stored(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID, tmp_path: Path
) -> None:
    one = made(alice, base, settle, server_id)
    answer = alice.get(f"{one}/download")
    assert answer.status_code == 200
    assert answer.data == (tmp_path / "archive" / newest(server_id).key).read_bytes()
    assert "Bauwelt Nord 2026-11-21" in answer.headers["Content-Disposition"]
    (tmp_path / "archive" / newest(server_id).key).unlink()
    assert alice.get(f"{one}/download").status_code == 409


def test_downloads_leave_threads_for_pages(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID, tmp_path: Path
) -> None:
    one = made(alice, base, settle, server_id)
    busy = [alice.get(f"{one}/download", buffered=False) for _ in range(files.AT_ONCE)]
    told = len(db.session.scalars(select(Event).where(Event.name == "hosting.backup.downloaded")).all())
    assert alice.get(f"{one}/download").status_code == 429
    assert (
        len(db.session.scalars(select(Event).where(Event.name == "hosting.backup.downloaded")).all()) == told
    )
    for answer in busy:
        answer.close()
    assert alice.head(f"{one}/download").status_code == 200
    (tmp_path / "archive" / newest(server_id).key).unlink()
    assert [alice.get(f"{one}/download").status_code for _ in range(3)] == [409] * 3, (
        "each gave its place back"
    )


def test_a_world_in_the_archive_is_to_be_fetched_first(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID
) -> None:
    one = made(alice, base, settle, server_id)
    with transaction():
        db.session.execute(update(Server).where(Server.id == server_id).values(state="archived", world=None))
    assert "Erst aus dem Archiv holen" in alice.get(f"{one}/restore").text


def test_the_dialog_says_what_happens_and_the_world_comes_back(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID, node: FakeNode, people: People
) -> None:
    one = made(alice, base, settle, server_id)
    assert "Erst stoppen" in alice.get(f"{one}/restore").text
    assert alice.post(f"{one}/restore").status_code == 409
    services.stop_server(people.alice.actor, server_id)
    settle()
    node.worlds.of(server_id).append("ruins")
    dialog = words(alice.get(f"{one}/restore"))
    assert "Erst wenn es vollständig ist, ersetzt es die jetzige Welt" in dialog
    assert "Die jetzige Welt vorher sichern" in dialog
    assert alice.post(f"{one}/restore", data={"save_first": "1"}).location == base
    assert "wird wiederhergestellt" in words(alice.get(base))
    settle()
    clock.advance(5)
    settle()
    page = words(alice.get(base))
    assert "Die Welt ist jetzt die aus dem Backup" in page
    assert "vor dem Wiederherstellen" in page
    world = db.session.get_one(Server, server_id, populate_existing=True).world
    assert "ruins" not in list(node.worlds.of(server_id, world or ""))


def test_a_new_server_from_it(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID, node: FakeNode
) -> None:
    one = made(alice, base, settle, server_id)
    form = alice.get(f"{one}/new-server")
    assert "Bauwelt Nord (Kopie)" in form.text
    assert alice.post(f"{one}/new-server", data={"name": "Bauwelt Nord"}).status_code == 422
    answer = alice.post(f"{one}/new-server", data={"name": "Zweite Welt", "once": "x"})
    assert answer.status_code == 303
    settle()
    assert "Jetzt den Server einrichten" in alice.get(answer.location).text


def test_what_happens_by_itself_is_set_up_in_one_form(alice: FlaskClient, base: str, server_id: UUID) -> None:
    form = alice.get(f"{base}/settings")
    assert 'value="03:00"' in form.text
    wrong = {"daily": "y", "at": "", "zone": "Europe/Berlin", "keep_count": "0", "keep_days": "x"}
    answer = alice.post(f"{base}/settings", data=wrong)
    assert answer.status_code == 422
    assert "1 bis 100 Backups." in answer.text
    right = {"daily": "y", "at": "03:00", "zone": "Europe/Berlin", "keep_count": "5", "keep_days": "14"}
    assert alice.post(f"{base}/settings", data=right).location == base
    page = words(alice.get(base))
    assert "So., 22. Nov. 2026, 03:00" in page
    assert "5 Backups, 14 Tage" in page
    db.session.rollback()
    assert db.session.get_one(BackupPlan, server_id).daily


def test_keeping_and_deleting(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID
) -> None:
    one = made(alice, base, settle, server_id)
    alice.post(f"{one}/keep", data={"on": "1"})
    assert "Bleibt" in words(alice.get(base))
    assert "das letzte gute Backup" in alice.get(f"{one}/delete").text
    assert alice.post(f"{one}/delete").location == base
    assert "Noch kein Backup." in alice.get(base).text
    assert alice.get(one).status_code == 404


def test_a_failed_one_says_why(
    alice: FlaskClient,
    base: str,
    settle: Callable[[], None],
    server_id: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise StoreFull("no space")

    monkeypatch.setattr(FolderStore, "put", full)
    one = made(alice, base, settle, server_id)
    page = words(alice.get(base))
    assert "Fehlgeschlagen" in page
    assert "Im Archiv ist kein Platz mehr." in page
    assert "Wiederherstellen" not in alice.get(one).text
    assert "Ein Backup von" in words(alice.get("/mitteilungen"))


PATHS = ("", "/settings", "/{id}", "/{id}/download", "/{id}/delete", "/{id}/restore", "/{id}/new-server")


def test_members_look_and_strangers_find_nothing(
    app: Flask, people: People, client: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID
) -> None:
    one = made(sign_in(app.test_client(), people.alice), base, settle, server_id)
    backup_id = one.rpartition("/")[2]
    bob, cleo = sign_in(app.test_client(), people.bob), sign_in(client, people.cleo)
    allowed = {"", "/{id}"}
    for path in PATHS:
        address = base + path.format(id=backup_id)
        assert bob.get(address).status_code == (200 if path in allowed else 403), path
        assert cleo.get(address).status_code == 404, path
    for path in ("", "/{id}/keep", "/{id}/delete", "/{id}/restore", "/{id}/new-server"):
        assert bob.post(base + path.format(id=backup_id)).status_code == 403, path
        assert cleo.post(base + path.format(id=backup_id)).status_code == 404, path
    page = bob.get(base).text + bob.get(one).text
    for button in ("Jetzt sichern", "Wiederherstellen", "Löschen …", "Herunterladen", "Automatik einstellen"):
        assert button not in page


def test_a_backup_of_another_server_is_not_there(
    alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID, people: People
) -> None:
    one = made(alice, base, settle, server_id)
    other = services.create_server(people.alice.actor, name="Andere", template="flying-squid")
    wrong = one.replace(str(server_id), str(other))
    for path in ("", "/download", "/delete", "/restore", "/new-server"):
        assert alice.get(wrong + path).status_code == 404
        assert alice.get(f"{base}/{uuid4()}{path}").status_code == 404


def test_eight_statements(alice: FlaskClient, base: str, settle: Callable[[], None], server_id: UUID) -> None:
    one = made(alice, base, settle, server_id)
    for _ in range(3):
        made(alice, base, settle, server_id)
    alice.post(base)
    for address in (base, one):
        assert alice.get(address).status_code == 200
        with counted() as seen:
            assert alice.get(address).status_code == 200
        assert len(seen) <= MOST, "\n".join(seen)
