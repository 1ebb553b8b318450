"""Control groups of both versions. Version 2 is tried on a folder that looks like one where the machine has only version 1."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.hosting.gateways import cgroups
from app.hosting.gateways.cgroups import V2, Usage, detect, group_of


@pytest.fixture
def tree(tmp_path: Path) -> V2:
    """A version 2 hierarchy as files."""
    base = tmp_path / "kontor-test"
    (tmp_path / "cgroup.controllers").write_text("cpuset cpu io memory pids")
    (tmp_path / "cgroup.subtree_control").write_text("cpu memory")
    base.mkdir()
    (base / "cgroup.subtree_control").write_text("")
    return V2(base)


def test_version_2_limits_are_written_in_its_words(tree: V2) -> None:
    tree.create("one", 256 * 1024**2, 64, 1.5)
    group = tree.base / "one"
    assert (tree.base.parent / "cgroup.subtree_control").read_text() == "+pids"
    assert (tree.base / "cgroup.subtree_control").read_text() == "+memory +pids +cpu"
    assert (group / "memory.max").read_text() == str(256 * 1024**2)
    assert (group / "memory.swap.max").read_text() == "0"
    assert (group / "memory.oom.group").read_text() == "1"
    assert (group / "pids.max").read_text() == "64"
    assert (group / "cpu.max").read_text() == "150000 100000"
    assert tree.folders("one") == [group]


def test_version_2_readings(tree: V2) -> None:
    tree.create("one", 1024, 1, None)
    group = tree.base / "one"
    assert tree.usage("one") is None
    (group / "memory.current").write_text("5000\n")
    (group / "memory.stat").write_text("anon 3000\nfile 2000\ninactive_file 1500\n")
    (group / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 1\n")
    (group / "memory.events").write_text("low 0\noom 2\noom_kill 1\n")
    (group / "cgroup.procs").write_text("12\n34\n")
    assert tree.usage("one") == Usage(3500, 2.5)
    assert tree.oom_kills("one") == 1
    assert tree.members("one") == [12, 34]
    assert tree.usage("other") is None
    assert tree.oom_kills("other") == 0
    assert tree.members("other") == []


def test_a_hierarchy_without_the_controllers_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").write_text("hugetlb")
    with pytest.raises(OSError, match="not offered"):
        V2(tmp_path / "kontor-test").create("one", 1024, 1, None)
    assert not (tmp_path / "kontor-test").exists()


def test_where_nothing_can_be_written_there_are_no_groups(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(cgroups, "_mounts", lambda: {"": tmp_path / "absent"})
    assert detect("test", None) is None
    monkeypatch.setattr(cgroups, "_mounts", dict)
    assert detect("test", None) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_real_groups_limit_and_measure() -> None:
    groups = detect(f"test{os.getpid()}", None)
    if groups is None:
        pytest.skip("cgroups cannot be written here")
    name = "real"
    groups.create(name, 64 * 1024**2, 16, 0.5)
    enter = "; ".join(f"echo 0 > '{folder}/cgroup.procs'" for folder in groups.folders(name))
    child = subprocess.Popen(["/bin/sh", "-c", f"{enter}; echo in; exec sleep 60"], stdout=subprocess.PIPE)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"in\n"
        assert groups.members(name) == [child.pid]
        usage = groups.usage(name)
        assert usage is not None
        assert 0 < usage.memory_bytes < 64 * 1024**2
        seen = group_of(child.pid)
        assert seen is not None
        assert seen[1] == name
        assert seen[0].usage(name) is not None
    finally:
        child.kill()
        child.wait()
        groups.remove(name)
    assert not any(folder.exists() for folder in groups.folders(name))
    for folder in groups.folders(name):
        folder.parent.rmdir()
