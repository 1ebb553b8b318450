"""A game that does not come up with changed plugins gets those of its last good run back, by itself."""

from __future__ import annotations

import pytest

from app.hosting.rules.plugin import Release
from app.hosting.rules.plugin_step import Jar, Step, turned_together
from app.hosting.services import plugin as services
from app.hosting.services.plugin_back import take_plugins_back
from app.hosting.services.reconcile import reconcile
from app.hosting.services.server import change_server, restart_server
from app.kit import clock
from tests.hosting.plugin_rig import Rig
from tests.hosting.plugin_rig import rig as rig
from tests.hosting.plugin_rig import toy as toy
from tests.services.modrinth import modrinth as modrinth

pytestmark = pytest.mark.slow


def fail(rig: Rig) -> None:
    """The next run begins and ends before it is ready."""
    restart_server(rig.host.owner, rig.server_id)
    rig.host.run_jobs()
    assert rig.host.row(rig.server_id).state == "starting"
    clock.advance(1)
    rig.host.node.crash(rig.server_id, 1)
    reconcile()
    assert rig.host.row(rig.server_id).state == "crashed"


def good(rig: Rig) -> None:
    """A run that was ready with what lies there."""
    restart_server(rig.host.owner, rig.server_id)
    clock.advance(1)
    rig.host.settle()
    assert rig.host.row(rig.server_id).state == "running"
    clock.advance(1)


def comes_back(rig: Rig) -> None:
    rig.host.run_jobs()
    clock.advance(6)
    rig.host.settle()
    assert rig.host.row(rig.server_id).state == "running"


def test_an_update_it_does_not_start_with_is_taken_back(rig: Rig) -> None:
    rig.install("luckperms")
    good(rig)
    before = rig.lying()
    rig.publish("luckperms", "6", 9)
    rig.install("luckperms")
    clock.advance(1)
    fail(rig)
    rig.host.run_jobs()
    assert rig.lying() == before, "before it is tried again"
    comes_back(rig)
    assert rig.happened() == ["installed", "updated", "reverted", "restored"]
    row = rig.rows()["luckperms"]
    assert (row.now().number, row.pinned) == ("5.4.1", True), "no update by itself brings it again"
    assert rig.change().automatic and rig.change().created_by is None


def test_several_changes_go_back_together(rig: Rig) -> None:
    """Updated twice, one more installed with what it needs, one removed: it is as it was at the last good run."""
    rig.install("luckperms")
    good(rig)
    before = rig.lying()
    rig.publish("luckperms", "6", 9)
    rig.install("luckperms")
    rig.publish("luckperms", "7", 10)
    rig.install("luckperms")
    rig.install("essentialsx")
    services.remove(rig.host.owner, rig.rows()["luckperms"].id)
    rig.host.run_jobs()
    assert sorted(rig.lying()) == ["essentialsx-2.21.jar", "vault-1.7.jar"]
    clock.advance(1)
    fail(rig)
    comes_back(rig)
    assert rig.lying() == before
    assert rig.happened().count("reverted") == 1


def test_settings_and_plugins_go_back_both(rig: Rig) -> None:
    good(rig)
    rig.install("luckperms")
    change_server(rig.host.owner, rig.server_id, settings={"motd": "neu"})
    clock.advance(1)
    fail(rig)
    comes_back(rig)
    assert rig.lying() == {}
    assert "motd" not in rig.host.row(rig.server_id).settings
    assert "reverted" in rig.host.events(rig.server_id) and "reverted" in rig.happened()


def test_plugins_that_were_good_before_are_not_to_blame(rig: Rig) -> None:
    rig.install("luckperms")
    good(rig)
    fail(rig)
    comes_back(rig)
    assert len(rig.lying()) == 1 and "reverted" not in rig.happened()


def test_what_was_changed_again_meanwhile_stays(rig: Rig) -> None:
    good(rig)
    rig.install("luckperms")
    clock.advance(1)
    restart_server(rig.host.owner, rig.server_id)
    rig.host.run_jobs()
    clock.advance(1)
    rig.publish("luckperms", "6", 9)
    rig.install("luckperms")
    rig.host.node.crash(rig.server_id, 1)
    reconcile()
    rig.host.run_jobs()
    assert "reverted" not in rig.happened()
    assert rig.rows()["luckperms"].now().number == "6"


def test_asking_twice_takes_back_once(rig: Rig) -> None:
    good(rig)
    rig.install("luckperms")
    clock.advance(1)
    fail(rig)
    run_id = rig.host.runs(rig.server_id)[-1].id
    rig.host.run_jobs()
    assert rig.happened().count("reverted") == 1
    assert take_plugins_back(rig.server_id, run_id) is None
    assert rig.happened().count("reverted") == 1


@pytest.mark.parametrize("there", [True, False])
def test_steps_that_cancel_each_other_are_none(there: bool) -> None:
    """Installed and removed again, or removed and put back."""
    release = Release.model_construct(id="one", sha512="a" * 128)
    jar = Jar.model_construct(release=release, filename="a.jar")
    first = Step.model_construct(
        project_id="p",
        slug="p",
        title="P",
        old=jar if there else None,
        new=None if there else jar,
        dependency=False,
    )
    assert turned_together([first, first.turned()]) == []
    assert turned_together([first]) == [first.turned()]
