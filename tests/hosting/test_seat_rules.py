"""The matrix: every permission has its place, and a seat gives what its columns say and nothing else."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.hosting.policies import AREAS, PLAN_NEEDS, ROLE_ONLY, P, permissions_in
from app.hosting.queries.seat import role_areas
from app.hosting.rules.schedule_action import Action
from app.hosting.rules.seat import PRESETS, Area, SeatRole, areas_of, kept
from app.hosting.wording import AREAS as AREA_WORDS
from app.hosting.wording import SEAT_ROLES
from app.kit.authz import GUEST, Actor, granted_permissions, may

LOADED = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
"""The machine may be busy."""
CHOICES = st.lists(st.sampled_from(list(Area)), unique=True)


def test_every_permission_is_in_one_area_or_named_as_the_roles_own() -> None:
    places = Counter([*(one for permissions in AREAS.values() for one in permissions), *ROLE_ONLY])
    assert places == dict.fromkeys(P, 1)
    assert set(AREAS) == set(Area) == set(AREA_WORDS)
    assert set(SEAT_ROLES) == set(SeatRole)
    assert set(PLAN_NEEDS) == set(Action)


def test_money_size_deletion_and_seats_are_in_no_area() -> None:
    for one in P:
        if any(word in one.value for word in ("costs", "report", "size", "delete", "create", "seat")):
            assert one in ROLE_ONLY or one.value.split(":")[1] in ("backup", "webhook"), one
    everything = permissions_in(Area)
    assert not everything & {one.value for one in ROLE_ONLY}
    assert all(value.startswith("hosting:") for value in everything)


@LOADED
@given(CHOICES)
def test_a_seat_gives_its_columns_and_watching(chosen: list[Area]) -> None:
    has = areas_of(SeatRole.CUSTOM, chosen)
    assert set(chosen) | {Area.WATCH} <= has
    assert has <= set(chosen) | {Area.WATCH, Area.FILES_READ}
    assert (Area.FILES_READ in has) == bool({Area.FILES_READ, Area.FILES_WRITE} & set(chosen))
    actor = Actor(granted=permissions_in(has))
    for one in P:
        column = next((area for area, permissions in AREAS.items() if one in permissions), None)
        assert may(actor, one) == (column in has), one


@LOADED
@given(CHOICES)
def test_what_is_written_down_reads_back_as_it_was_meant(chosen: list[Area]) -> None:
    assert areas_of(SeatRole.CUSTOM, kept(SeatRole.CUSTOM, chosen)) == areas_of(SeatRole.CUSTOM, chosen)
    for role in PRESETS:
        assert kept(role, chosen) == []
        assert areas_of(role, []) == PRESETS[role]


def test_what_no_release_knows_gives_nothing() -> None:
    assert areas_of("emperor", ["everything", "console"]) == {Area.CONSOLE, Area.WATCH}
    assert areas_of("custom", ["everything"]) == {Area.WATCH}


@pytest.mark.parametrize(("role", "preset"), [("member", SeatRole.MEMBER), ("admin", SeatRole.ADMIN)])
def test_a_role_allows_everywhere_what_the_seat_of_its_name_allows_here(
    app: Flask, role: str, preset: SeatRole
) -> None:
    assert role_areas(role) == PRESETS[preset]
    assert role_areas(GUEST) == set()


def test_guests_are_given_only_the_list_and_the_way_out(app: Flask) -> None:
    held = {name for name, roles in granted_permissions().items() if GUEST in roles}
    assert held == {"hosting:server:list", "accounts:organisation:leave"}


@LOADED
@given(CHOICES, st.lists(st.sampled_from([one.value for one in P]), unique=True))
def test_a_tokens_scopes_are_a_ceiling_for_seats_too(chosen: list[Area], scopes: list[str]) -> None:
    actor = Actor(granted=permissions_in(chosen), token_scopes=frozenset(scopes))
    for one in P:
        assert not may(actor, one) or one.value in scopes
