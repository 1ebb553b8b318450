"""Choosing a release, following what it needs, and what speaks against a change. Dependencies may go round in circles."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.rules.plugin import (
    MOST,
    Dependency,
    FaultKind,
    Installed,
    Release,
    Target,
    choose,
    dependents,
    fits,
    jar_name,
    missing,
    newer,
    resolve,
)
from app.hosting.rules.plugin_step import Jar, Step, reversible

PAPER = Target(("paper", "spigot", "bukkit"), "1.20.6")
DAY = datetime(2026, 1, 1, tzinfo=UTC)


def release(project: str, number: int = 1, **more: object) -> Release:
    values: dict[str, object] = {
        "id": f"{project}{number}", "project_id": project, "number": f"{number}.0", "loaders": ("paper",),
        "game_versions": ("1.20.6",), "published": DAY + timedelta(days=number), "filename": f"{project}-{number}.jar",
        "url": f"https://cdn.modrinth.com/data/{project}/{number}.jar", "sha512": f"{abs(hash((project, number))):0128x}"[-128:],
        "size": 10,
    }  # fmt: skip
    return Release.model_validate(values | more)


def needs(project: str, kind: str = "required", version: str | None = None) -> Dependency:
    return Dependency.model_validate({"kind": kind, "project_id": project, "version_id": version})


def finder(*releases: Release) -> object:
    def find(dependency: Dependency) -> Release | None:
        found = [
            one
            for one in releases
            if dependency.project_id in (None, one.project_id) and dependency.version_id in (None, one.id)
        ]
        return choose(found, PAPER)

    return find


def there(*releases: Release, pinned: bool = False) -> dict[str, Installed]:
    return {one.project_id: Installed(one, pinned) for one in releases}


def plan(wanted: Release, installed: dict[str, Installed], *known: Release) -> object:
    return resolve([wanted], PAPER, installed, finder(*known))  # type: ignore[arg-type]


# --- choosing ------------------------------------------------------------------------------------------------


def test_the_newest_that_fits() -> None:
    old, new = release("a", 1), release("a", 2)
    other_game, other_loader = release("a", 3, game_versions=("1.21",)), release("a", 4, loaders=("fabric",))
    assert choose([new, other_game, old, other_loader], PAPER) == new
    assert choose([other_game, other_loader], PAPER) is None
    assert choose([], PAPER) is None


def test_a_release_before_a_newer_beta_unless_there_is_none() -> None:
    stable, beta, alpha = (
        release("a", 1),
        release("a", 2, stability="beta"),
        release("a", 3, stability="alpha"),
    )
    assert choose([stable, beta, alpha], PAPER) == stable
    assert choose([stable, beta, alpha], PAPER, least="beta") == beta
    assert choose([beta, alpha], PAPER) == beta
    assert choose([alpha], PAPER) == alpha


def test_of_one_version_for_several_loaders_the_one_for_the_games_own() -> None:
    bukkit = release("a", 1, id="x", loaders=("bukkit",), published=DAY + timedelta(hours=2))
    paper = release("a", 1, id="y", loaders=("paper",), published=DAY)
    assert choose([bukkit, paper], PAPER) == paper


def test_an_update_is_newer_and_not_less_stable() -> None:
    now = release("a", 2)
    assert newer(now, release("a", 3))
    assert not newer(now, release("a", 1)), "older"
    assert not newer(now, now) and not newer(now, release("b", 3))
    assert not newer(now, release("a", 3, stability="beta"))
    assert newer(release("a", 2, stability="beta"), release("a", 3))
    assert not newer(now, release("a", 3, sha512=now.sha512)), "the same bytes"


# --- what comes with it --------------------------------------------------------------------------------------


def test_what_is_required_comes_with_it_and_says_for_whom() -> None:
    b, c = release("b", dependencies=(needs("c"),)), release("c")
    a = release("a", dependencies=(needs("b"), needs("d", "optional"), needs("e", "embedded")))
    found = plan(a, {}, b, c)
    assert [(put.release.project_id, put.by) for put in found.puts] == [("a", None), ("b", "a"), ("c", "b")]  # type: ignore[attr-defined]
    assert found.faults == () and found.optional == ("d",)  # type: ignore[attr-defined]


def test_what_is_there_already_stays() -> None:
    a = release("a", dependencies=(needs("b"),))
    assert [p.release.id for p in plan(a, there(release("b", 1)), release("b", 2)).puts] == ["a1"]  # type: ignore[attr-defined]


def test_circles_end() -> None:
    a = release("a", dependencies=(needs("b"),))
    b = release("b", dependencies=(needs("a"), needs("b")))
    assert [p.release.id for p in plan(a, {}, a, b).puts] == ["a1", "b1"]  # type: ignore[attr-defined]


def test_an_exact_release_wins_over_any_and_not_over_another_exact_one() -> None:
    c1, c2 = release("c", 1), release("c", 2)
    b = release("b", dependencies=(needs("c", version="c1"),))
    a = release("a", dependencies=(needs("c"), needs("b")))
    found = plan(a, {}, b, c1, c2)
    assert {p.release.id for p in found.puts} == {"a1", "b1", "c1"} and not found.faults  # type: ignore[attr-defined]
    tangled = release("a", dependencies=(needs("b"), needs("c", version="c2")))
    assert [f.kind for f in plan(tangled, {}, b, c1, c2).faults] == [FaultKind.TANGLED]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wanted", "installed", "known", "fault"),
    [
        (release("a", dependencies=(needs("b"),)), {}, [], ("missing", "b", "a")),
        (release("a", dependencies=(needs("b"),)), {}, [release("b", game_versions=("1.8",))], ("missing", "b", "a")),
        (release("a", game_versions=("1.8",)), {}, [], ("unfit", "a", None)),
        (release("a", dependencies=(needs("b", "incompatible"),)), there(release("b")), [], ("incompatible", "b", "a")),
        (release("a"), there(release("b", dependencies=(needs("a", "incompatible"),))), [], ("incompatible", "a", "b")),
        (
            release("a", dependencies=(needs("b", version="b2"),)), there(release("b"), pinned=True), [release("b", 2)],
            ("pinned", "b", "a"),
        ),
        (release("a", 2), there(release("a"), release("b", dependencies=(needs("a", version="a1"),))), [], ("held", "a", "b")),
        (  # what is there is right for one, until the other needs it changed
            release("a", dependencies=(needs("c", version="c1"), needs("b"))), there(release("c")),
            [release("b", dependencies=(needs("c", version="c2"),)), release("c", 2)], ("tangled", "c", "a"),
        ),
    ],
)  # fmt: skip
def test_what_speaks_against_it(
    wanted: Release, installed: dict[str, Installed], known: list[Release], fault: tuple[str, str, str | None]
) -> None:
    faults = plan(wanted, installed, *known).faults  # type: ignore[attr-defined]
    assert [(f.kind, f.project_id, f.by) for f in faults] == [fault]


def test_incompatible_with_one_release_only() -> None:
    a = release("a", dependencies=(needs("b", "incompatible", "b1"),))
    assert plan(a, there(release("b", 1))).faults and not plan(a, there(release("b", 2))).faults  # type: ignore[attr-defined]


def test_quarrels_that_were_there_before_do_not_block_others() -> None:
    old = there(release("x", dependencies=(needs("y", "incompatible"),)), release("y"))
    assert plan(release("a"), old).faults == ()  # type: ignore[attr-defined]


def test_a_file_that_is_not_at_modrinth_is_named() -> None:
    a = release("a", dependencies=(Dependency(kind="required", file_name="Vault.jar"),))
    assert plan(a, {}).external == ("Vault.jar",)  # type: ignore[attr-defined]


def test_a_chain_without_end_ends() -> None:
    def find(dependency: Dependency) -> Release:
        number = int((dependency.project_id or "p0")[1:])
        return release(f"p{number}", dependencies=(needs(f"p{number + 1}"),))

    found = resolve([find(needs("p0"))], PAPER, {}, find)
    assert len(found.puts) == MOST and FaultKind.TOO_MANY in {f.kind for f in found.faults}


def test_who_needs_whom() -> None:
    installed = there(release("a", dependencies=(needs("b"), needs("gone"))), release("b"))
    assert dependents("b", installed) == ["a"] and dependents("a", installed) == []
    assert [(f.project_id, f.by) for f in missing(installed)] == [("gone", "a")]


PROJECTS = "abcdef"
DEPENDENCIES = st.lists(
    st.builds(
        lambda project, kind, number: needs(project, kind, f"{project}{number}" if number else None),
        st.sampled_from(PROJECTS), st.sampled_from(["required", "required", "optional", "incompatible", "embedded"]),
        st.sampled_from([0, 0, 0, 1, 2]),
    ),
    max_size=4,
)  # fmt: skip
WORLD = st.fixed_dictionaries({(p, n): DEPENDENCIES for p in PROJECTS for n in (1, 2)})  # type: ignore[misc]


@given(WORLD, st.lists(st.sampled_from(PROJECTS[1:]), unique=True), st.sets(st.sampled_from(PROJECTS)))
def test_a_plan_without_faults_leaves_nothing_open(
    world: dict[tuple[str, int], list[Dependency]], old: list[str], pinned: set[str]
) -> None:
    known = [release(p, n, dependencies=tuple(d)) for (p, n), d in world.items()]
    installed = {
        one.project_id: Installed(one, one.project_id in pinned)
        for one in known
        if one.id.endswith("1") and one.project_id in old
    }
    wanted = next(one for one in known if one.id == "a2")
    found = resolve([wanted], PAPER, installed, finder(*known))  # type: ignore[arg-type]
    assert found.puts[0].release.project_id == "a"
    chosen = {put.release.project_id: put.release for put in found.puts}
    assert len(chosen) == len(found.puts)
    if found.faults:
        return
    after = {p: one.release for p, one in installed.items()} | chosen
    for put in found.puts:
        assert fits(put.release, PAPER)
        assert put.release.project_id not in pinned & installed.keys()
        for dependency in put.release.dependencies:
            other = after.get(dependency.project_id or "")
            same = other is not None and dependency.version_id in (None, other.id)
            if dependency.kind == "required":
                assert same, dependency
            elif dependency.kind == "incompatible" and dependency.project_id != put.release.project_id:
                assert not same
    for project, one in installed.items():
        if project not in chosen:
            for dependency in one.release.dependencies:
                if dependency.kind == "required" and dependency.project_id in chosen:
                    assert dependency.version_id in (None, chosen[dependency.project_id].id)


# --- names and the way back ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["../x.jar", ".hidden.jar", "a/b.jar", "x.zip", "x.jar\n", "", "é.jar", "-x.jar", "x" * 120 + ".jar"],
)
def test_a_jar_gets_a_plain_name(name: str) -> None:
    assert jar_name(release("a", filename=name), "slug", set()) == "slug.jar"


def test_a_name_that_is_taken_is_left_alone() -> None:
    one = release("a")
    assert jar_name(one, "slug", set()) == "a-1.jar"
    assert jar_name(one, "slug", {"a-1.jar"}) == "slug.jar"
    assert jar_name(one, "slug", {"a-1.jar", "slug.jar"}) == "slug-a1.jar"
    assert jar_name(one, "../x", {"a-1.jar"}).startswith("plugin-")


def test_a_change_can_be_taken_back_while_things_are_as_it_left_them() -> None:
    old, new = Jar(release=release("a", 1), filename="a.jar"), Jar(release=release("a", 2), filename="b.jar")
    step = Step(project_id="a", slug="a", title="A", old=old, new=new)
    assert reversible([step], {"a": "a2"}, {old.release.sha512})
    assert not reversible([step], {"a": "a3"}, {old.release.sha512})
    assert not reversible([step], {}, {old.release.sha512})
    assert not reversible([step], {"a": "a2"}, set())
    assert step.turned().new == old and step.turned().turned() == step
    assert not reversible([], {}, set())
