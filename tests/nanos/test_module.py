"""Modules: rules, who composes and who reads, progress, prerequisites without circles, blocking, and people at once."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.kit.authz import ANONYMOUS, Actor
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.nanos.models import Case, Module, ModuleNeed, ModuleUnit
from app.nanos.queries.module import get_module
from app.nanos.queries.module_list import count_subjects, find_modules, own_modules
from app.nanos.rules.measure import Measure
from app.nanos.rules.module import (
    Composer,
    Step,
    counted,
    finished,
    makes_circle,
    may_change,
    may_know,
    next_step,
    share,
)
from app.nanos.rules.nano import State
from app.nanos.rules.notice import Given
from app.nanos.services import decide, ending, module, module_parts, personal_module
from app.nanos.services.module_bar import lift_module
from app.nanos.services.notice import give_notice
from app.nanos.services.sample import worked_through
from tests.architecture.test_page_queries import MOST
from tests.architecture.test_page_queries import counted as statements
from tests.nanos import rig
from tests.people import People, make_people, sign_in
from tests.threads import at_once

STEPS = st.lists(
    st.builds(
        Step, required=st.booleans(), there=st.booleans(), opens=st.booleans(), progress=st.integers(0, 100),
        done=st.booleans(),
    ),
    max_size=8,
)  # fmt: skip
STATES = st.sampled_from([State.DRAFT, State.PUBLISHED, State.RETIRED])


@given(STEPS)
def test_progress_is_whole_only_when_all_that_counts_is_done(steps: list[Step]) -> None:
    assert 0 <= share(steps) <= 100
    assert finished(steps) == (bool(counted(steps)) and all(one.done for one in counted(steps)))
    done = [replace(one, done=True) for one in steps]
    assert share(done) >= share(steps) and finished(done) == bool(steps)


@given(STEPS)
def test_what_comes_next_is_open_unfinished_and_required_first(steps: list[Step]) -> None:
    place = next_step(steps)
    open_ones = [n for n, one in enumerate(steps) if one.opens and not one.done]
    if place is None:
        assert not open_ones
        return
    needed = [n for n in open_ones if steps[n].required]
    assert place == (needed or open_ones)[0]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=40))
def test_edges_that_are_let_in_never_form_a_circle(edges: list[tuple[int, int]]) -> None:
    needs: dict[int, list[int]] = {}
    for one, wanted in edges:
        if not makes_circle(needs, one, wanted):
            needs.setdefault(one, []).append(wanted)
    left = {one: set(wanted) for one, wanted in needs.items()}
    while left:  # what stands before nothing else is taken away until nothing is left
        ends = [one for one in left if not left[one] & set(left)]
        assert ends
        for one in ends:
            del left[one]


@given(
    st.builds(Composer, ours=st.just(False))
    | st.builds(Composer, ours=st.just(True), publisher=st.booleans()),
    STATES,
)
def test_who_changes_knows(who: Composer, state: State) -> None:
    assert not may_change(who, state) or may_know(who, state, "blocked")
    if not who.ours:
        assert may_know(who, state, "") == (state is not State.DRAFT) and not may_know(who, state, "blocked")
    if state is not State.DRAFT:
        assert may_change(who, state) == who.publisher


WORDS: module.Words = {"title": "Sicher im Lager", "outcome": "Das Lager sicher betreten", "description": ""}


def nanos(people: People, *names: str) -> list[UUID]:
    return [rig.published(people, replace(rig.OPEN, title=name)) for name in names]


def public_module(
    people: People, units: list[UUID], title: str = "Sicher im Lager", actor: Actor | None = None
) -> UUID:
    who = actor or people.alice.actor
    made = module.create_module(who, {**WORDS, "title": title})
    for nano_id in units:
        module_parts.add_unit(who, made, nano_id)
    module.publish_module(who, made)
    return made


def test_members_draft_and_who_answers_publishes(db_app: Flask, db_people: People) -> None:
    alice, bob, cleo = db_people.alice.actor, db_people.bob.actor, db_people.cleo.actor
    units = nanos(db_people, "Eins", "Zwei")
    made = module.create_module(bob, {**WORDS, "outcome": ""})
    for stranger in (cleo, db_people.olga.actor):
        with pytest.raises(NotFound):
            get_module(stranger, made)
    with pytest.raises(NotFound):
        module_parts.add_unit(cleo, made, units[0])
    with pytest.raises(NotAllowed):
        module.publish_module(bob, made)
    with pytest.raises(Invalid) as refused:
        module.publish_module(alice, made)
    assert set(refused.value.fields) == {"outcome", "units"}
    for nano_id in (*units, units[0]):
        module_parts.add_unit(bob, made, nano_id)
    module.save_module(bob, made, WORDS, version=1)
    with pytest.raises(Conflict):
        module.save_module(bob, made, WORDS, version=1)
    module.publish_module(alice, made)
    with pytest.raises(NotAllowed):  # what is public changes who answers for it
        module.save_module(bob, made, WORDS, version=2)
    found = get_module(cleo, made)
    assert (
        [unit.title for unit in found.units] == ["Eins", "Zwei"] and found.minutes == 20 and not found.changes
    )
    assert [row.id for row in find_modules("LÁGER").rows] == [made] and not find_modules("100%").rows
    assert (
        count_subjects() == {"safety": 1}
        and find_modules("", "safety").rows
        and not find_modules("", "it").rows
    )
    with pytest.raises(Conflict):
        module.delete_module(alice, made)
    module.retire_module(alice, made)
    assert not find_modules().rows and get_module(cleo, made).state is State.RETIRED
    module.publish_module(alice, made)
    assert find_modules().rows
    draft = module.create_module(bob, WORDS)
    module.delete_module(bob, draft)
    assert [row.id for row in own_modules(alice).rows] == [made]
    for wrong in ({"title": " "}, {"title": "x" * 121}, {"outcome": "x" * 301}, {"description": "x" * 4001}):
        with pytest.raises(Invalid) as refused:
            module.create_module(bob, {**WORDS, **wrong})
        assert set(refused.value.fields) == set(wrong)


def test_progress_access_and_what_ended(db_app: Flask, db_people: People) -> None:
    alice, cleo = db_people.alice.actor, db_people.cleo.actor
    first, second, old = nanos(db_people, "Eins", "Zwei", "Alt")
    barter = rig.published(db_people)
    made = public_module(db_people, [first, barter, second, old])
    found = get_module(cleo, made)
    assert [unit.access for unit in found.units] == ["open", "", "open", "open"]
    assert {unit.access for unit in get_module(alice, made).units} == {"ours"}
    version, optional = found.version, found.units[1].id
    module_parts.save_unit(alice, made, optional, note="Für die Eiligen", required=False, version=version)
    with pytest.raises(Conflict):
        module_parts.save_unit(alice, made, optional, note="x", required=True, version=version)
    worked_through(cleo, first)
    found = get_module(cleo, made)
    assert found.progress == 33 and found.next and found.next.nano_id == second and found.locked
    ending.plan_ending(alice, old, retires_on=None, removes_on=None, replacement_id=first)
    ending.retire(alice, old)
    worked_through(cleo, second)
    found = get_module(cleo, made)
    assert found.progress == 100 and found.next is None
    assert (found.units[3].state, found.units[3].step.there) == (State.RETIRED, False)
    assert found.units[3].replacement == (first, "Eins")
    ending.remove(alice, old)
    assert get_module(cleo, made).units[3].title == ""
    for _ in range(2):
        module_parts.move_unit(alice, made, found.units[3].id, 1)
    for _ in range(2):
        module_parts.take_unit(alice, made, found.units[1].id)
    found = get_module(alice, made)
    assert [(unit.position, unit.nano_id) for unit in found.units] == [(1, old), (2, first), (3, second)]
    with pytest.raises(NotFound):
        module_parts.add_unit(alice, made, old)


def test_prerequisites_form_no_circle(db_app: Flask, db_people: People) -> None:
    alice, cleo = db_people.alice.actor, db_people.cleo.actor
    units = nanos(db_people, "Eins", "Zwei")
    a, b, c = (public_module(db_people, units, title) for title in "ABC")
    module_parts.add_need(alice, b, a)
    module_parts.add_need(alice, b, a)
    module_parts.add_need(alice, c, b)
    for one, wanted in ((a, a), (a, b), (a, c)):
        with pytest.raises(Invalid) as refused:
            module_parts.add_need(alice, one, wanted)
        assert set(refused.value.fields) == {"needs"}
    assert [(need.title, need.done) for need in get_module(cleo, b).needs] == [("A", False)]
    for nano_id in units:
        worked_through(cleo, nano_id)
    assert get_module(cleo, b).needs[0].done
    with pytest.raises(NotFound):
        module_parts.add_need(alice, c, module.create_module(alice, WORDS))
    for _ in range(2):
        module_parts.take_need(alice, b, a)
    module_parts.add_need(alice, a, c)
    assert db.session.scalars(select(ModuleNeed.needs_id).where(ModuleNeed.module_id == a)).all() == [c]


def test_a_module_is_reported_blocked_and_given_back(db_app: Flask, db_people: People) -> None:
    alice, cleo, olga = db_people.alice.actor, db_people.cleo.actor, db_people.olga.actor
    made = public_module(db_people, nanos(db_people, "Eins", "Zwei"))
    category = "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS"
    said = Given(
        f"/nanos/modules/{made}", "Die Beschreibung ist von unserer Seite kopiert.", category, "Mia", "mia@example.net", True
    )  # fmt: skip
    give_notice(ANONYMOUS, said, visitor=str(uuid4()), locale="de")
    with pytest.raises(Invalid):  # drafts are nobody's business
        draft = module.create_module(alice, WORDS)
        give_notice(ANONYMOUS, replace(said, urls=f"/nanos/modules/{draft}"), visitor="x", locale="de")
    case = db.session.scalars(select(Case).where(Case.subject_id == made)).one()
    wish = decide.Wish(
        measure="block", ground="DECISION_GROUND_ILLEGAL_CONTENT", ground_text="§ 106 UrhG", category=category,
        facts="Die Beschreibung ist wörtlich die eines anderen Anbieters.",
        explanation="Der Anbieter hat der Vervielfältigung nicht zugestimmt.",
    )  # fmt: skip
    with pytest.raises(Invalid):
        decide.decide(olga, case.id, replace(wish, measure="remove"))
    decide.decide(olga, case.id, wish)
    with pytest.raises(NotFound):
        get_module(cleo, made)
    assert get_module(alice, made).bar == "blocked" and not find_modules().rows
    with pytest.raises(Conflict):
        module.publish_module(alice, made)
    with transaction():
        lift_module(olga, made, None, Measure.BLOCK, {"state": "published", "ended_at": None})
    assert get_module(cleo, made).state is State.PUBLISHED


def test_who_made_it_is_told_and_forgotten(db_app: Flask, db_people: People) -> None:
    bob = db_people.bob.actor
    made = module.create_module(bob, WORDS)
    assert bob.person_id
    assert [one["id"] for one in personal_module.export_modules(bob.person_id)["modules"]] == [str(made)]
    with transaction():
        personal_module.erase_modules(bob.person_id)
    row = db.session.get(Module, made, populate_existing=True)
    assert row is not None and row.created_by is None
    assert personal_module.export_modules(bob.person_id) == {"modules": []}


@pytest.mark.postgres
def test_people_at_once_make_no_circle_and_no_gap(pg_app: Flask) -> None:
    people = make_people(pg_app)
    alice, bob = people.alice.actor, people.bob.actor
    units = nanos(people, "Eins", "Zwei", "Drei", "Vier")
    ring = [public_module(people, units[:2], title) for title in "ABCD"]
    draft = module.create_module(bob, WORDS)
    db.session.rollback()
    found = at_once(pg_app, 4, lambda n: module_parts.add_need(alice, ring[n], ring[(n + 1) % 4]))
    assert sum(isinstance(one, Invalid) for one in found) == 1 and found.count(None) == 3
    assert db.session.query(ModuleNeed).count() == 3
    db.session.rollback()
    who = [alice, bob]
    assert at_once(pg_app, 8, lambda n: module_parts.add_unit(who[n % 2], draft, units[n // 2])) == [None] * 8
    places = select(ModuleUnit.position).where(ModuleUnit.module_id == draft)
    assert sorted(db.session.scalars(places)) == [1, 2, 3, 4]
    db.session.rollback()
    saved = at_once(
        pg_app, 3, lambda n: module.save_module(alice, draft, {**WORDS, "title": f"T{n}"}, version=1)
    )
    assert sum(isinstance(one, Conflict) for one in saved) == 2


def test_the_pages(client: FlaskClient, people: People) -> None:
    units = nanos(people, "Eins", "Zwei")
    sign_in(client, people.alice)
    assert "Noch keine Module" in client.get("/nanos/modules").text
    form = {"title": "Für <b>Neue</b>", "outcome": "Anfangen", "description": "", "once": str(uuid4())}
    assert client.post("/nanos/modules/new", data={**form, "title": " "}).status_code == 422
    edit = client.post("/nanos/modules/new", data=form).location
    assert client.post("/nanos/modules/new", data=form).status_code == 409
    address = edit.removesuffix("/edit")
    assert "Eins" in client.get(f"{address}/add?q=Eins").text
    assert client.post(f"{address}/publish").status_code == 422
    for nano_id in units:
        assert client.post(f"{address}/units", data={"nano": str(nano_id), "q": "x"}).status_code == 303
    assert client.post(f"{address}/units", data={"nano": "x"}).status_code == 404
    unit = db.session.scalars(select(ModuleUnit.id).order_by(ModuleUnit.position)).first()
    assert client.post(f"{address}/units/{unit}/move", data={"to": "2"}).status_code == 303
    said = {"note": "Zuerst das", "version": "1"}
    assert client.post(f"{address}/units/{unit}", data=said).status_code == 303
    stale = client.post(f"{address}/units/{unit}", data={**said, "note": "Mein Satz"})
    assert stale.status_code == 409 and "Mein Satz" in stale.text
    assert client.post(f"{address}/words", data={**form, "version": "1"}).status_code == 409
    sign_in(other := client.application.test_client(), people.cleo)
    for end in ("", "/edit", "/words", "/add", "/needs", f"/units/{unit}", "/end"):
        assert other.get(f"{address}{end}").status_code == 404
    assert client.post(f"{address}/publish").status_code == 303
    page = other.get(address).text
    assert "Für &lt;b&gt;Neue&lt;/b&gt;" in page and "20 Minuten" in page and "Jetzt lernen" in page
    assert other.get(f"{address}/edit").status_code == 403
    worked_through(people.cleo.actor, units[0])
    page = other.get(address).text  # the box was not ticked: what is done is no part of what counts
    assert "Weiterlernen" in page and "freiwillig" in page and "0 %" in page
    worked_through(people.cleo.actor, units[1])
    assert "100 %" in other.get(address).text
    assert client.post(f"{address}/retire").status_code == 303


def test_eight_statements_a_page(db_app: Flask, db_people: People) -> None:
    units = nanos(db_people, "Eins", "Zwei", "Drei")
    made, before = (public_module(db_people, units, title) for title in "AB")
    module_parts.add_need(db_people.alice.actor, made, before)
    ending.plan_ending(
        db_people.alice.actor, units[2], retires_on=None, removes_on=None, replacement_id=units[0]
    )
    ending.retire(db_people.alice.actor, units[2])
    one = f"/nanos/modules/{made}"
    for path in (
        "/nanos/modules", "/nanos/modules?q=a&subject=safety", "/nanos/modules/ours", one, f"{one}/edit", f"{one}/add",
        f"{one}/needs", f"{one}/words",
    ):  # fmt: skip
        client = sign_in(db_app.test_client(), db_people.alice)
        assert client.get(path).status_code == 200
        with statements() as seen:
            assert client.get(path).status_code == 200
        assert len(seen) <= MOST, path + "\n" + "\n".join(seen)
