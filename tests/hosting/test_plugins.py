"""Plugins: installed, updated, removed, taken back. Whatever happens, the folder holds the old jar or the new one, whole."""

from __future__ import annotations

import os
from io import BytesIO
from typing import BinaryIO

import pytest
from sqlalchemy import select, update

from app.core.models import File, Job
from app.hosting.gateways.runtime import RuntimeUnavailable
from app.hosting.models import Archive, PluginCare, PluginJar, Server
from app.hosting.rules.plugin_step import Kind
from app.hosting.services import plugin as services
from app.hosting.services import plugin_adopt, plugin_check, plugin_jars, plugin_work
from app.hosting.services.backup_door import ServerBackups
from app.hosting.services.file_faults import FilesAway
from app.hosting.services.plugin_backup import Backed, use_backups
from app.hosting.services.plugin_source import ModrinthAway
from app.hosting.services.server import delete_server
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotAllowed, NotFound
from tests.hosting.conftest import current_app
from tests.hosting.plugin_rig import Rig
from tests.hosting.plugin_rig import rig as rig
from tests.hosting.plugin_rig import toy as toy
from tests.services.modrinth import modrinth as modrinth

pytestmark = pytest.mark.slow

# --- installed -----------------------------------------------------------------------------------------------


def test_a_plugin_comes_with_what_it_needs(rig: Rig) -> None:
    offer = services.offer_install(rig.host.owner, rig.server_id, "essentialsx")
    assert [(step.title, offer.by.get(step.project_id)) for step in offer.steps] == [
        ("EssentialsX", None), ("Vault", "EssentialsX"),
    ]  # fmt: skip
    rig.install("essentialsx")
    assert rig.lying() == {
        "essentialsx-2.21.jar": rig.fake.jar(rig.rows()["essentialsx"].now().id),
        "vault-1.7.jar": rig.fake.jar(rig.rows()["vault"].now().id),
    }
    assert rig.happened() == ["installed", "installed"]
    assert rig.rows()["vault"].dependency and not rig.rows()["essentialsx"].dependency
    assert rig.fake.refused == []


def test_the_jar_belongs_to_whom_the_folder_belongs(rig: Rig) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    rig.folder.parent.mkdir(parents=True, exist_ok=True)
    os.chown(rig.folder.parent, 12345, 12345)
    rig.install("luckperms")
    found = (rig.folder / "luckperms-5.4.1.jar").stat()
    assert (found.st_uid, rig.folder.stat().st_uid) == (12345, 12345)


@pytest.mark.parametrize(
    ("plan", "failure"),
    [("flip", "wrong-hash"), ("longer", "too-large"), ("redirect", "foreign"), ("404", "not-there")],
)
def test_a_jar_that_is_not_the_right_one_never_appears(rig: Rig, plan: str, failure: str) -> None:
    rig.order("luckperms")
    rig.fake.fail(plan)
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("failed", failure)
    assert rig.lying() == {} and rig.rows() == {} and rig.happened() == ["failed"]
    assert not list(rig.folder.glob("**/*")) if rig.folder.exists() else True


def test_a_kept_jar_that_rotted_never_appears(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked for what was checked when it came; it is compared once more before it gets a name."""
    rig.order("luckperms")
    monkeypatch.setattr(plugin_jars, "take", lambda *_: BytesIO(b"rotten"))
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("failed", "wrong-hash")
    assert rig.rows() == {} and not list(rig.folder.glob("**/*"))


def test_a_jar_from_elsewhere_is_not_fetched(rig: Rig) -> None:
    version = rig.publish("luckperms", "6", 9)
    rig.fake.versions[version]["files"][0]["url"] = "http://169.254.169.254/data/x.jar"
    rig.order("luckperms")
    rig.host.run_jobs()
    assert rig.change().failure == "foreign" and rig.lying() == {}


def test_modrinth_away_is_waited_for_and_then_given_up(rig: Rig) -> None:
    rig.order("luckperms")
    rig.fake.fail(*["500"] * 50)
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("working", "away")
    clock.advance(700)
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("failed", "away")
    rig.fake.plan.clear()
    rig.install("luckperms")


def test_modrinth_away_while_planning_changes_nothing(rig: Rig) -> None:
    rig.fake.fail(*["500"] * 4)
    with pytest.raises(ModrinthAway):
        services.offer_install(rig.host.owner, rig.server_id, "luckperms")


def test_a_required_plugin_without_a_release_that_fits_is_named(rig: Rig) -> None:
    rig.fake.versions[next(v for v, one in rig.fake.versions.items() if one["project_id"] == rig.vault)][
        "game_versions"
    ] = ["1.8"]
    offer = services.offer_install(rig.host.owner, rig.server_id, "essentialsx")
    assert offer.faults == ("EssentialsX braucht Vault, und davon gibt es keine passende Version.",)
    with pytest.raises(Conflict):
        services.order(rig.host.owner, rig.server_id, Kind.INSTALL, offer, offer.mark)


def test_what_does_not_go_together_is_refused(rig: Rig) -> None:
    rig.install("luckperms")
    rig.publish("vault", "2", 8, needs=({"project_id": rig.luck, "dependency_type": "incompatible"},))
    offer = services.offer_install(rig.host.owner, rig.server_id, "vault")
    assert offer.faults == ("Vault verträgt sich nicht mit LuckPerms.",)


def test_only_for_this_game_and_loader(rig: Rig) -> None:
    for version in rig.fake.versions.values():
        version["loaders"] = ["fabric"]
    with pytest.raises(Conflict, match="keine Version"):
        services.offer_install(rig.host.owner, rig.server_id, "luckperms")


def test_yes_holds_for_the_list_that_was_shown(rig: Rig) -> None:
    shown = services.offer_install(rig.host.owner, rig.server_id, "luckperms")
    rig.publish("luckperms", "5.5", 9)
    now = services.offer_install(rig.host.owner, rig.server_id, "luckperms")
    with pytest.raises(Conflict, match="Liste"):
        services.order(rig.host.owner, rig.server_id, Kind.INSTALL, now, shown.mark)
    rig.install("vault")
    with pytest.raises(Conflict, match="Inzwischen"):
        services.order(rig.host.owner, rig.server_id, Kind.INSTALL, now, now.mark)


def test_a_double_click_is_one_installation(rig: Rig) -> None:
    assert rig.order("luckperms", once="x") == rig.order("luckperms", once="x")
    with pytest.raises(Conflict, match="gerade schon"):
        rig.order("vault")
    rig.host.run_jobs()
    assert rig.happened() == ["installed"]


def test_something_of_that_name_is_never_overwritten(rig: Rig) -> None:
    rig.folder.mkdir(parents=True)
    (rig.folder / "luckperms-5.4.1.jar").write_bytes(b"mine")
    rig.order("luckperms")
    rig.host.run_jobs()
    assert rig.change().failure == "in-the-way" and rig.lying() == {"luckperms-5.4.1.jar": b"mine"}


def test_of_several_all_or_none(rig: Rig) -> None:
    rig.folder.mkdir(parents=True)
    (rig.folder / "vault-1.7.jar").mkdir()
    rig.order("essentialsx")
    rig.host.run_jobs()
    assert rig.change().state == "failed" and rig.rows() == {}
    assert not (rig.folder / "essentialsx-2.21.jar").exists()


@pytest.mark.parametrize("what", ["plugins", "plugins/luckperms-5.4.1.jar"])
def test_links_are_never_followed(rig: Rig, what: str, tmp_path: object) -> None:
    outside = rig.folder.parent.parent / "outside"
    outside.mkdir()
    (rig.folder.parent / what).parent.mkdir(parents=True, exist_ok=True)
    (rig.folder.parent / what).symlink_to(outside)
    rig.order("luckperms")
    rig.host.run_jobs()
    assert rig.change().failure == "in-the-way" and list(outside.iterdir()) == []


def test_two_jars_of_one_name_get_names_of_their_own(rig: Rig) -> None:
    for version in rig.fake.versions.values():
        version["files"][0]["filename"] = "plugin.jar"
    rig.install("essentialsx")
    assert sorted(rig.lying()) == ["plugin.jar", "vault.jar"]
    assert {row.filename for row in rig.rows().values()} == {"plugin.jar", "vault.jar"}


def test_files_away_for_a_moment_are_waited_for_in_those_words(rig: Rig) -> None:
    rig.order("luckperms")
    rig.host.node.fail_next("world_folder", RuntimeUnavailable("away"))
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("working", "no-files")
    clock.advance(6)
    rig.host.run_jobs()
    assert rig.change().state == "done"


def test_a_server_deleted_meanwhile_keeps_no_jar(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    real = plugin_jars.upload_file

    def slow(data: BinaryIO) -> object:
        delete_server(rig.host.owner, rig.server_id)
        return real(data)

    monkeypatch.setattr(plugin_jars, "upload_file", slow)
    rig.order("luckperms")
    rig.host.settle()
    assert db.session.scalars(select(PluginJar)).all() == []
    assert rig.host.row(rig.server_id).state == "deleted"
    failed = db.session.scalars(select(Job.state).where(Job.path == "jobs.hosting.plugin.change")).all()
    assert failed == ["done"]


# --- updated -------------------------------------------------------------------------------------------------


def updatable(rig: Rig) -> None:
    rig.install("luckperms")
    rig.publish("luckperms", "5.4.2", 8)
    assert plugin_check.check_server(rig.host.owner, rig.server_id) == 1


def test_an_update_after_a_verified_backup(rig: Rig) -> None:
    updatable(rig)
    rig.backups.says = Backed.MAKING
    rig.update()
    rig.host.run_jobs()
    assert list(rig.lying()) == ["luckperms-5.4.1.jar"] and rig.backups.ordered == [rig.server_id]
    rig.backups.says = Backed.VERIFIED
    clock.advance(6)
    rig.host.run_jobs()
    assert rig.lying() == {"luckperms-5.4.2.jar": rig.fake.jar(rig.rows()["luckperms"].now().id)}
    assert len(rig.backups.ordered) == 1
    assert rig.happened() == ["installed", "updated"] and rig.rows()["luckperms"].newer is None


def test_no_update_without_a_backup(rig: Rig) -> None:
    updatable(rig)
    rig.backups.says = Backed.FAILED
    rig.update()
    rig.host.run_jobs()
    assert rig.change().failure == "backup" and list(rig.lying()) == ["luckperms-5.4.1.jar"]
    use_backups(current_app, None)
    with pytest.raises(Conflict, match="Backup"):
        rig.update()


def test_another_version_is_an_update_too(rig: Rig) -> None:
    updatable(rig)
    rig.install("luckperms")
    assert rig.change().kind == "update" and rig.backups.ordered == [rig.server_id]
    old = next(v for v, one in rig.fake.versions.items() if one["version_number"] == "5.4.1")
    rig.install("luckperms", old)
    assert len(rig.backups.ordered) == 2 and list(rig.lying()) == ["luckperms-5.4.1.jar"]
    with pytest.raises(Conflict, match="schon installiert"):
        rig.order("luckperms", old)


def test_the_backup_before_is_a_real_one(rig: Rig) -> None:
    use_backups(current_app, ServerBackups())
    updatable(rig)
    rig.update()
    for _ in range(6):
        clock.advance(6)
        rig.host.run_jobs()
    change = rig.change()
    assert change.state == "done" and list(rig.lying()) == ["luckperms-5.4.2.jar"]
    archive = db.session.get_one(Archive, change.backup_id)
    assert (archive.purpose, archive.state) == ("backup", "verified")
    assert change.finished_at is not None and archive.finished_at is not None
    assert archive.finished_at <= change.finished_at


def test_updates_are_asked_for_in_one_question(rig: Rig) -> None:
    rig.install("essentialsx")
    other = rig.host.running("Zweite")
    rig.server_id, first = other, rig.server_id
    rig.install("luckperms")
    rig.server_id = first
    rig.fake.bodies.clear()
    assert plugin_check.check_all() == 0
    assert [len(body["hashes"]) for body in rig.fake.bodies] == [3]


def test_updates_come_by_themselves_only_where_wanted(rig: Rig) -> None:
    updatable(rig)
    plugin_check.check_all()
    rig.host.run_jobs()
    assert list(rig.lying()) == ["luckperms-5.4.1.jar"]
    services.set_automatic(rig.host.owner, rig.server_id, on=True)
    plugin_check.check_all()
    rig.host.run_jobs()
    assert list(rig.lying()) == ["luckperms-5.4.2.jar"] and rig.change().automatic
    assert rig.backups.ordered == [rig.server_id]


def test_what_is_pinned_stays(rig: Rig) -> None:
    updatable(rig)
    services.pin(rig.host.owner, rig.rows()["luckperms"].id, pinned=True)
    services.set_automatic(rig.host.owner, rig.server_id, on=True)
    plugin_check.check_all()
    rig.host.run_jobs()
    assert list(rig.lying()) == ["luckperms-5.4.1.jar"]
    with pytest.raises(Conflict, match="kein Update"):
        rig.update()


def test_an_update_that_breaks_another_is_left_out(rig: Rig) -> None:
    exact = next(v for v, one in rig.fake.versions.items() if one["project_id"] == rig.vault)
    needs = {"project_id": rig.vault, "version_id": exact, "dependency_type": "required"}
    rig.publish("essentialsx", "2.22", 3, needs=(needs,))
    rig.install("essentialsx")
    rig.install("luckperms")
    rig.publish("vault", "1.8", 8)
    rig.publish("luckperms", "5.5", 8)
    services.set_automatic(rig.host.owner, rig.server_id, on=True)
    assert plugin_check.check_all() == 2
    rig.host.run_jobs()
    assert sorted(rig.lying()) == ["essentialsx-2.22.jar", "luckperms-5.5.jar", "vault-1.7.jar"]
    with pytest.raises(Conflict, match="braucht genau"):
        rig.update()


def test_modrinth_away_at_the_daily_look(rig: Rig) -> None:
    updatable(rig)
    rig.fake.fail(*["503"] * 5)
    assert plugin_check.check_all() == 0
    db.session.rollback()
    care = db.session.get(PluginCare, rig.server_id)
    assert care is not None and care.failure == "away" and care.checked_at is not None
    assert rig.rows()["luckperms"].newer is not None, "what was known stays known"


# --- removed and taken back ----------------------------------------------------------------------------------


def test_removed_and_back_again(rig: Rig) -> None:
    rig.install("luckperms")
    before = rig.lying()
    services.remove(rig.host.owner, rig.rows()["luckperms"].id)
    rig.host.run_jobs()
    assert rig.lying() == {} and rig.rows() == {} and rig.happened() == ["installed", "removed"]
    services.undo(rig.host.owner, rig.change().id)
    rig.fake.fail(*["500"] * 9)  # nothing is asked
    rig.host.run_jobs()
    assert rig.lying() == before and rig.happened()[-1] == "restored"


def test_what_others_need_stays(rig: Rig) -> None:
    rig.install("essentialsx")
    with pytest.raises(Conflict, match="EssentialsX"):
        services.remove(rig.host.owner, rig.rows()["vault"].id)
    services.remove(rig.host.owner, rig.rows()["essentialsx"].id)
    rig.host.run_jobs()
    services.remove(rig.host.owner, rig.rows()["vault"].id)


def test_an_update_is_taken_back_and_does_not_come_again(rig: Rig) -> None:
    updatable(rig)
    before = rig.lying()
    rig.update()
    rig.host.run_jobs()
    updated = rig.change().id
    services.undo(rig.host.owner, updated)
    rig.host.run_jobs()
    assert rig.lying() == before and rig.rows()["luckperms"].pinned
    with pytest.raises(Conflict, match="nicht mehr"):
        services.undo(rig.host.owner, updated)


def test_a_jar_somebody_changed_comes_back_as_it_was(rig: Rig) -> None:
    updatable(rig)
    (rig.folder / "luckperms-5.4.1.jar").write_bytes(b"patched by hand")
    rig.update()
    rig.host.run_jobs()
    services.undo(rig.host.owner, rig.change().id)
    rig.host.run_jobs()
    assert rig.lying() == {"luckperms-5.4.1.jar": b"patched by hand"}


def test_jars_nobody_needs_are_dropped(rig: Rig) -> None:
    for day in range(1, 15):
        rig.publish("luckperms", f"6.{day}", 10 + day)
        rig.install("luckperms")
    jars = db.session.scalars(select(PluginJar)).all()
    assert len(jars) == 11 and len(db.session.scalars(select(File)).all()) == 11


def test_the_server_goes_with_its_plugins(rig: Rig) -> None:
    rig.install("essentialsx")
    delete_server(rig.host.owner, rig.server_id)
    rig.host.settle()
    assert rig.rows() == {} and db.session.scalars(select(PluginJar)).all() == []
    assert db.session.scalars(select(File)).all() == []


# --- by hand -------------------------------------------------------------------------------------------------


def test_a_jar_by_hand_is_recognised_and_adopted(rig: Rig) -> None:
    version = next(v for v, one in rig.fake.versions.items() if one["project_id"] == rig.luck)
    rig.folder.mkdir(parents=True)
    (rig.folder / "Perms.jar").write_bytes(rig.fake.jar(version))
    (rig.folder / "own.jar").write_bytes(b"own work")
    (rig.folder / "link.jar").symlink_to("/etc/passwd")
    known = plugin_adopt.recognise(rig.host.owner, rig.server_id)
    assert [(one.filename, one.title, one.doubled) for one in known] == [("Perms.jar", "LuckPerms", False)]
    plugin_adopt.adopt(rig.host.owner, rig.server_id, "Perms.jar")
    rig.host.run_jobs()
    assert rig.rows()["luckperms"].filename == "Perms.jar" and rig.happened() == ["adopted"]
    rig.publish("luckperms", "5.5", 9)
    plugin_check.check_server(rig.host.owner, rig.server_id)
    rig.update()
    rig.host.run_jobs()
    assert {"luckperms-5.5.jar", "own.jar"} == {
        one.name for one in rig.folder.iterdir() if not one.is_symlink()
    }
    with pytest.raises(Conflict, match="kennt Modrinth nicht"):
        plugin_adopt.adopt(rig.host.owner, rig.server_id, "own.jar")


def test_a_jar_of_an_older_world_is_adopted_again(rig: Rig) -> None:
    rig.install("luckperms")
    old = rig.lying()
    rig.publish("luckperms", "5.4.2", 8)
    rig.install("luckperms")
    for name in rig.lying():
        (rig.folder / name).unlink()
    for name, data in old.items():
        (rig.folder / name).write_bytes(data)
    assert [one.doubled for one in plugin_adopt.recognise(rig.host.owner, rig.server_id)] == [False]
    plugin_adopt.adopt(rig.host.owner, rig.server_id, "luckperms-5.4.1.jar")
    rig.host.run_jobs()
    assert rig.change().state == "done" and rig.rows()["luckperms"].now().number == "5.4.1"
    assert rig.lying() == old
    with pytest.raises(Conflict, match="kennt Modrinth nicht"):
        plugin_adopt.adopt(rig.host.owner, rig.server_id, "luckperms-5.4.1.jar")


def test_a_folder_that_is_a_link_is_not_looked_into(rig: Rig) -> None:
    rig.folder.parent.mkdir(parents=True, exist_ok=True)
    rig.folder.symlink_to("/tmp")
    with pytest.raises(Conflict, match="Verknüpfung"):
        plugin_adopt.recognise(rig.host.owner, rig.server_id)


# --- who and when --------------------------------------------------------------------------------------------


def test_strangers_and_members(rig: Rig) -> None:
    rig.install("luckperms")
    plugin_id, change_id = rig.rows()["luckperms"].id, rig.change().id
    calls = [
        lambda actor: services.offer_install(actor, rig.server_id, "vault"),
        lambda actor: services.remove(actor, plugin_id),
        lambda actor: services.pin(actor, plugin_id, pinned=True),
        lambda actor: services.undo(actor, change_id),
        lambda actor: services.set_automatic(actor, rig.server_id, on=True),
        lambda actor: plugin_adopt.recognise(actor, rig.server_id),
        lambda actor: plugin_check.check_server(actor, rig.server_id),
    ]
    for call in calls:
        with pytest.raises(NotFound):
            call(rig.host.stranger)
        with pytest.raises(NotAllowed):
            call(rig.host.member)


@pytest.mark.parametrize("state", ["archived", "waking", "archiving"])
def test_a_world_in_the_archive_takes_no_plugins(rig: Rig, state: str) -> None:
    with transaction():
        db.session.execute(update(Server).where(Server.id == rig.server_id).values(state=state))
    with pytest.raises(FilesAway):
        rig.order("luckperms")


def test_a_world_that_goes_away_meanwhile_gets_nothing(rig: Rig) -> None:
    rig.order("luckperms")
    with transaction():
        db.session.execute(update(Server).where(Server.id == rig.server_id).values(state="archiving"))
    rig.host.run_jobs()
    assert rig.change().failure == "no-files"


def test_a_game_without_plugins_says_so(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with pytest.raises(Conflict, match="nimmt keine Plugins"):
        rig.order("luckperms")


def test_what_nobody_can_do_ends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("a flaw")

    monkeypatch.setattr(plugin_work, "_make", broken)
    rig.order("luckperms")
    rig.host.run_jobs()
    assert rig.change().state == "working"
    clock.advance(3 * 3600 + 60)
    plugin_work.resume()
    rig.host.run_jobs()
    assert (rig.change().state, rig.change().failure) == ("failed", "given-up")
    monkeypatch.undo()


def test_a_lost_job_is_ordered_again(rig: Rig) -> None:
    rig.order("luckperms")
    with transaction():
        db.session.execute(update(Job).values(state="failed"))
    rig.host.run_jobs()
    assert rig.lying() == {}
    clock.advance(150)
    assert plugin_work.resume() == 1
    rig.host.run_jobs()
    assert rig.change().state == "done"
    assert plugin_work.resume() == 0
