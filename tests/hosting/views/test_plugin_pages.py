"""The pages about plugins: what an owner, a member and a stranger see, with Modrinth there and away."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.hosting.catalog import templates
from app.hosting.catalog.plugins import suggestions, suggestions_for
from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.services import plugin as services
from app.hosting.services import plugin_check, plugin_source
from app.hosting.services.plugin_backup import use_backups
from app.hosting.services.server import delete_server
from app.hosting.views.plugin import render_going_on
from app.kit import clock
from app.kit.ui import icon
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.conftest import Host
from tests.hosting.money import give_credit
from tests.hosting.plugin_rig import Rig, plugged
from tests.hosting.plugin_rig import toy as toy
from tests.people import People, sign_in
from tests.services.modrinth import modrinth as modrinth

pytestmark = pytest.mark.slow


@pytest.fixture
def rig(
    app: Flask, host: Host, people: People, modrinth: FakeModrinth, toy: None, frozen: object,
    run_jobs: Callable[..., list[str]],
) -> Iterator[Rig]:  # fmt: skip
    host.owner, host.organisation_id = people.alice.actor, people.organisation_id
    give_credit(people, 100)
    with plugged(app, modrinth) as stand_in:
        yield Rig(host, modrinth, stand_in)


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


def page(client: FlaskClient, rig: Rig, path: str = "", status: int = 200) -> str:
    answer = client.get(f"/hosting/servers/{rig.server_id}/plugins{path}")
    assert answer.status_code == status, answer.text
    return answer.text


def hidden(html: str) -> dict[str, str]:
    part = html[html.index('id="confirm"') :]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part))


def test_from_nothing_to_a_plugin(alice: FlaskClient, rig: Rig) -> None:
    assert "Noch keine Plugins installiert." in page(alice, rig)
    found = page(alice, rig, "/find")
    assert "Damit fangen die meisten an" in found and "EssentialsX" in found
    assert "<img" not in found.split("<main")[1].split("</main")[0]
    assert "LuckPerms" in page(alice, rig, "/find?q=luck")
    shown = page(alice, rig, "/project?project=essentialsx")
    assert "2.21" in shown and "ein weiteres" in shown
    listed = page(alice, rig, f"/install?project={rig.essentials}")
    assert "EssentialsX braucht das." in listed and "Vault 1.7 neu" in listed
    answer = alice.post(f"/hosting/servers/{rig.server_id}/plugins/install", data=hidden(listed))
    assert answer.status_code == 303
    assert "Plugins werden geändert" in page(alice, rig)
    clock.advance(5)
    rig.host.run_jobs()
    done = page(alice, rig)
    assert "Gebraucht von EssentialsX" in done and "Gilt nach dem nächsten Start" in done
    assert sorted(rig.lying()) == ["essentialsx-2.21.jar", "vault-1.7.jar"]


def test_one_organisation_does_not_use_up_what_modrinth_allows(
    alice: FlaskClient, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugin_source, "QUESTIONS", 3)
    for path in ("/find", f"/project?project={rig.luck}", f"/install?project={rig.luck}"):
        page(alice, rig, path)
    for path in ("/find", f"/project?project={rig.luck}", f"/install?project={rig.luck}"):
        page(alice, rig, path, status=429)
    assert alice.post(f"/hosting/servers/{rig.server_id}/plugins/check").status_code == 429
    assert "Noch keine Plugins installiert." in page(alice, rig)


def test_a_server_that_is_being_deleted_still_has_its_page(alice: FlaskClient, rig: Rig) -> None:
    delete_server(rig.host.owner, rig.server_id)
    assert "lässt sich gerade nicht lesen" in page(alice, rig)


def test_a_list_that_is_another_by_now_is_shown_again(alice: FlaskClient, rig: Rig) -> None:
    values = hidden(page(alice, rig, f"/install?project={rig.luck}"))
    rig.publish("luckperms", "5.5", 9)
    answer = alice.post(f"/hosting/servers/{rig.server_id}/plugins/install", data=values)
    assert answer.status_code == 409 and "Die Liste ist inzwischen eine andere" in answer.text
    assert "LuckPerms 5.5 neu" in answer.text
    again = alice.post(f"/hosting/servers/{rig.server_id}/plugins/install", data=hidden(answer.text))
    assert again.status_code == 303


def test_update_pin_remove_and_back(alice: FlaskClient, rig: Rig) -> None:
    rig.install("luckperms")
    rig.publish("luckperms", "5.4.2", 8)
    assert alice.post(f"/hosting/servers/{rig.server_id}/plugins/check").status_code == 303
    assert "Update: 5.4.2" in page(alice, rig)
    row = rig.rows()["luckperms"]
    listed = page(alice, rig, f"/update?plugin={row.id}")
    assert "LuckPerms 5.4.1 → 5.4.2" in listed and "Backup" in listed
    assert (
        alice.post(f"/hosting/servers/{rig.server_id}/plugins/update", data=hidden(listed)).status_code == 303
    )
    rig.host.run_jobs()
    change = rig.change().id
    undo = alice.get(f"/hosting/plugin-changes/{change}/undo").text
    assert "LuckPerms 5.4.2 → 5.4.1" in undo
    assert alice.post(f"/hosting/plugin-changes/{change}/undo", data=hidden(undo)).status_code == 303
    rig.host.run_jobs()
    assert "Festgehalten" in page(alice, rig)
    plugin = rig.rows()["luckperms"].id
    assert alice.post(f"/hosting/plugins/{plugin}/pin", data={"on": "0"}).status_code == 303
    assert "LuckPerms entfernen?" in alice.get(f"/hosting/plugins/{plugin}/remove").text
    assert alice.post(f"/hosting/plugins/{plugin}/remove").status_code == 303
    rig.host.run_jobs()
    assert rig.lying() == {} and "Zurücknehmen" in page(alice, rig)


def test_by_hand(alice: FlaskClient, rig: Rig) -> None:
    version = next(v for v, one in rig.fake.versions.items() if one["project_id"] == rig.luck)
    rig.folder.mkdir(parents=True)
    (rig.folder / "Perms.jar").write_bytes(rig.fake.jar(version))
    (rig.folder / "<b>.jar").write_bytes(b"own")
    html = page(alice, rig)
    assert "Von Hand abgelegt" in html and "&lt;b&gt;.jar" in html
    asked = alice.post(f"/hosting/servers/{rig.server_id}/plugins/recognise").text
    assert "LuckPerms 5.4.1" in asked and "unbekannt" in asked
    part = alice.post(
        f"/hosting/servers/{rig.server_id}/plugins/recognise", headers={"HX-Request": "true"}
    ).text
    assert "<html" not in part and 'id="plugins-by-hand"' in part and "LuckPerms 5.4.1" in part
    data = {"filename": "Perms.jar"}
    assert alice.post(f"/hosting/servers/{rig.server_id}/plugins/adopt", data=data).status_code == 303
    rig.host.run_jobs()
    assert "In Ordnung" in page(alice, rig)


def test_what_is_not_as_it_was_left(alice: FlaskClient, rig: Rig) -> None:
    rig.install("luckperms")
    (rig.folder / "luckperms-5.4.1.jar").write_bytes(b"another")
    assert "Von Hand geändert" in page(alice, rig)
    (rig.folder / "luckperms-5.4.1.jar").unlink()
    assert "Datei fehlt" in page(alice, rig)


def test_modrinth_away(alice: FlaskClient, rig: Rig) -> None:
    rig.install("luckperms")
    use_modrinth_dead(rig)
    assert "LuckPerms" in page(alice, rig)
    assert "Modrinth antwortet gerade nicht." in page(alice, rig, "/find?q=x")
    assert "EssentialsX" in page(alice, rig, "/find"), "suggestions are there"
    assert "Modrinth antwortet" in page(alice, rig, "/project?project=vault", 503)
    assert "Modrinth antwortet" in page(alice, rig, "/install?project=vault", 503)
    assert alice.post(f"/hosting/servers/{rig.server_id}/plugins/check").status_code == 503


def use_modrinth_dead(rig: Rig) -> None:
    rig.fake.fail(*["500"] * 100)


def test_a_project_nobody_knows(alice: FlaskClient, rig: Rig) -> None:
    assert "gibt es bei Modrinth nicht mehr" in page(alice, rig, "/project?project=gone", 409)
    assert page(alice, rig, "/project?project=../../x", 303) is not None


def test_what_does_not_fit_is_said_with_names(alice: FlaskClient, rig: Rig) -> None:
    rig.publish("vault", "9", 9, needs=({"project_id": rig.luck, "dependency_type": "incompatible"},))
    rig.install("luckperms")
    assert "Vault verträgt sich nicht mit LuckPerms." in page(alice, rig, "/install?project=vault")


def test_a_foreign_name_is_text(alice: FlaskClient, rig: Rig) -> None:
    rig.fake.projects[rig.luck]["title"] = "<script>alert(1)</script>"
    rig.fake.projects[rig.luck]["description"] = "<img src=x>"
    for path in ("/find?q=script", "/project?project=luckperms", "/install?project=luckperms"):
        html = page(alice, rig, path)
        assert "<script>alert" not in html and "<img src=x" not in html


def test_by_themselves(alice: FlaskClient, rig: Rig, app: Flask) -> None:
    rig.install("luckperms")
    assert (
        alice.post(f"/hosting/servers/{rig.server_id}/plugins/automatic", data={"on": "1"}).status_code == 303
    )
    assert "Nicht mehr von selbst" in page(alice, rig)
    services.set_automatic(rig.host.owner, rig.server_id, on=False)
    use_backups(app, None)
    assert "Ohne Backups gibt es keine Updates" in page(alice, rig)


def test_a_member_reads_and_a_stranger_sees_nothing(app: Flask, people: People, rig: Rig) -> None:
    rig.install("luckperms")
    plugin, change = rig.rows()["luckperms"].id, rig.change().id
    bob, cleo = sign_in(app.test_client(), people.bob), sign_in(app.test_client(), people.cleo)
    html = page(bob, rig)
    assert "LuckPerms" in html and "Entfernen" not in html and "Nach Updates sehen" not in html
    base = f"/hosting/servers/{rig.server_id}/plugins"
    for path in (base, f"{base}/find", f"{base}/project?project=vault", f"{base}/install?project=vault"):
        assert cleo.get(path).status_code == 404, path
    for path in (f"/hosting/plugins/{plugin}/remove", f"/hosting/plugin-changes/{change}/undo"):
        assert cleo.get(path).status_code == 404 and cleo.post(path).status_code == 404, path
        assert bob.get(path).status_code == 403 and bob.post(path).status_code == 403, path
    for path in (
        f"/hosting/plugins/{plugin}/pin",
        f"{base}/install",
        f"{base}/update",
        f"{base}/adopt",
        f"{base}/check",
    ):
        assert cleo.post(path, data={"on": "1", "project": "vault"}).status_code == 404, path
        assert bob.post(path).status_code == 403, path


def test_few_questions_to_the_database(alice: FlaskClient, rig: Rig) -> None:
    rig.install("essentialsx")
    rig.install("luckperms")
    clock.advance(700)
    plugin_check.check_server(rig.host.owner, rig.server_id)
    for path in ("", "/find", "/project?project=vault"):
        page(alice, rig, path)
        with counted() as seen:
            page(alice, rig, path)
        assert len(seen) <= MOST, path + "\n" + "\n".join(seen)


def test_a_game_that_takes_none(alice: FlaskClient, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    for path in ("", "/find", "/project?project=vault", "/install?project=vault"):
        assert "Dieses Spiel nimmt keine Plugins." in page(alice, rig, path)


def test_what_live_pages_are_told(alice: FlaskClient, rig: Rig, app: Flask) -> None:
    rig.order("luckperms")
    with app.test_request_context():
        assert "Plugins werden geändert" in render_going_on(rig.server_id)
    rig.host.run_jobs()
    with app.test_request_context():
        assert "Liste neu laden" in render_going_on(rig.server_id)


def test_every_icon_is_there(app: Flask) -> None:
    for one in suggestions():
        assert "<svg" in icon(one.icon)


def test_templates_say_what_they_take() -> None:
    taken = {slug: one.plugins.folder for slug, one in templates().items() if one.plugins}
    assert taken == {"paper-1-20": "plugins", "skyblock": "plugins", "fabric-mods": "mods"}
    for one in templates().values():
        if one.plugins:
            names = {found.name for found in suggestions_for(one.plugins.loaders)}
            assert {"LuckPerms", "WorldEdit", "Dynmap"} <= names
