"""A module as its readers may see it: units in order with what they may use and how far they are, and what comes before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts.api import organisation_names
from app.kit.authz import Actor, may
from app.kit.db import db
from app.kit.errors import NotAllowed, NotFound
from app.nanos.models import Module, ModuleNeed, ModuleUnit, Nano, Revision, Use
from app.nanos.policies import P
from app.nanos.queries.entitlement import licence_of
from app.nanos.queries.nano import facts_of, looker, public_titles
from app.nanos.rules.access import may_know as may_know_nano
from app.nanos.rules.access import may_look, may_take
from app.nanos.rules.module import Composer, Step, finished, may_change, may_know, next_step, share
from app.nanos.rules.nano import Stage, State


@dataclass(frozen=True)
class UnitView:
    """A nano at its place. `title` is empty where the reader may not know of it any more; `access`: ours, licensed, open,
    preview or "" (only read about); `replacement`: what its provider suggests instead, as id and title."""

    id: UUID
    nano_id: UUID
    position: int
    note: str
    required: bool
    title: str
    minutes: int
    type: str
    provider: str
    state: State
    access: str
    takes: bool
    step: Step
    replacement: tuple[UUID, str] | None


@dataclass(frozen=True)
class NeedView:
    """What should be done before. `title` is empty where it is not public any more."""

    id: UUID
    title: str
    progress: int
    done: bool


@dataclass(frozen=True)
class ModuleView:
    """A module with all that is in it, and what the reader may do with it."""

    id: UUID
    organisation_id: UUID
    by: str
    state: State
    bar: str
    title: str
    outcome: str
    description: str
    version: int
    changed_at: datetime
    units: list[UnitView]
    needs: list[NeedView]
    ours: bool
    changes: bool
    publishes: bool

    @property
    def steps(self) -> list[Step]:
        return [unit.step for unit in self.units]

    @property
    def minutes(self) -> int:
        """Of what is still there."""
        return sum(unit.minutes for unit in self.units if unit.step.there)

    @property
    def progress(self) -> int:
        return share(self.steps)

    @property
    def begun(self) -> bool:
        return any(one.progress or one.done for one in self.steps)

    @property
    def next(self) -> UnitView | None:
        """What to go on with."""
        place = next_step(self.steps)
        return None if place is None else self.units[place]

    @property
    def locked(self) -> UnitView | None:
        """The first unfinished one the reader has no access to."""
        return next(
            (one for one in self.units if one.step.there and not one.access and not one.step.done), None
        )


def composer_of(actor: Actor, row: Module) -> Composer:
    """As what the actor looks at this module."""
    ours = actor.organisation_id == row.organisation_id and may(actor, P.module_write)
    return Composer(ours, ours and may(actor, P.module_publish))


def get_module(actor: Actor, module_id: UUID) -> ModuleView:
    """One with its units and prerequisites, at most five statements. Raises NotFound for who may not know of it."""
    row = db.session.get(Module, module_id, populate_existing=True)
    who = composer_of(actor, row) if row is not None else Composer()
    if row is None or not may_know(who, State(row.state), row.bar):
        raise NotFound
    needed = db.session.execute(
        select(Module.id, Module.title, Module.state, Module.bar)
        .join(ModuleNeed, ModuleNeed.needs_id == Module.id)
        .where(ModuleNeed.module_id == module_id).order_by(Module.folded, Module.id)
    ).all()  # fmt: skip
    found = _units(actor, [module_id, *(one[0] for one in needed)])
    mine = found.get(module_id, [])
    names = organisation_names({row.organisation_id, *(one[1].organisation_id for one in mine)})
    instead = [
        one[1].replacement_id for one in mine if one[1].replacement_id and one[1].state != State.PUBLISHED
    ]
    titles = public_titles(instead) if instead else {}
    needs = []
    for needs_id, title, state, bar in needed:
        steps = [_step(actor, *one) for one in found.get(needs_id, [])]
        shown = title if may_know(Composer(), State(state), bar) else ""
        needs.append(NeedView(needs_id, shown, share(steps), finished(steps)))
    return ModuleView(
        row.id, row.organisation_id, names.get(row.organisation_id, "–"), State(row.state), row.bar, row.title, row.outcome,
        row.description, row.version, row.changed_at, [_view(actor, one, names, titles) for one in mine], needs,
        who.ours, may_change(who, State(row.state)), who.publisher,
    )  # fmt: skip


@dataclass(frozen=True)
class Outline:
    """A module as its maker adds to it: which nanos and which prerequisites it has."""

    id: UUID
    title: str
    nanos: frozenset[UUID]
    needs: frozenset[UUID]


def get_outline(actor: Actor, module_id: UUID) -> Outline:
    """For who may change it, three statements. Raises NotFound, NotAllowed."""
    row = db.session.get(Module, module_id, populate_existing=True)
    who = composer_of(actor, row) if row is not None else Composer()
    if row is None or not may_know(who, State(row.state), row.bar):
        raise NotFound
    if not may_change(who, State(row.state)):
        raise NotAllowed
    nanos = db.session.scalars(select(ModuleUnit.nano_id).where(ModuleUnit.module_id == module_id))
    needs = db.session.scalars(select(ModuleNeed.needs_id).where(ModuleNeed.module_id == module_id))
    return Outline(row.id, row.title, frozenset(nanos), frozenset(needs))


Row = tuple[ModuleUnit, Nano, Revision | None, bool, int | None, datetime | None]


def _units(actor: Actor, module_ids: list[UUID]) -> dict[UUID, list[Row]]:
    """The units of these modules in their order, with what the actor holds and has done."""
    licensed: Any = licence_of(actor.organisation_id, Nano.id)  # type: ignore[arg-type]
    rows = db.session.execute(
        select(ModuleUnit, Nano, Revision, licensed, Use.progress, Use.completed_at)
        .join(Nano, Nano.id == ModuleUnit.nano_id)
        .outerjoin(Revision, (Revision.nano_id == Nano.id) & (Revision.state == Stage.CURRENT.value))
        .outerjoin(Use, (Use.nano_id == Nano.id) & (Use.person_id == actor.person_id))
        .where(ModuleUnit.module_id.in_(module_ids))
        .order_by(ModuleUnit.module_id, ModuleUnit.position, ModuleUnit.id)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row[0].module_id, []).append(tuple(row))
    return found


def _step(
    actor: Actor,
    unit: ModuleUnit,
    nano: Nano,
    revision: Revision | None,
    licensed: bool,
    progress: int | None,
    completed_at: datetime | None,
) -> Step:
    looks = revision is not None and may_look(looker(actor, nano, bool(licensed)), facts_of(nano, revision))
    there = looks or (nano.state == State.PUBLISHED and nano.bar == "")
    return Step(unit.required, there, looks, progress or 0, completed_at is not None)


def _access(actor: Actor, nano: Nano, revision: Revision | None, licensed: bool) -> tuple[str, bool]:
    """What the actor has of a nano and why, and whether they may take it along."""
    if revision is None:
        return "", False
    who, facts = looker(actor, nano, licensed), facts_of(nano, revision)
    if not may_look(who, facts):
        return "", False
    if who.provider or licensed:
        return ("ours" if who.provider else "licensed"), True
    return ("open" if facts.open_licence else "preview"), may_take(who, facts)


def _view(actor: Actor, row: Row, names: dict[UUID, str], titles: dict[UUID, str]) -> UnitView:
    unit, nano, revision, licensed, _progress, _done = row
    known = revision is not None and may_know_nano(
        looker(actor, nano, bool(licensed)), facts_of(nano, revision)
    )
    access, takes = _access(actor, nano, revision, bool(licensed))
    instead = nano.replacement_id if nano.replacement_id in titles else None
    return UnitView(
        unit.id, nano.id, unit.position, unit.note, unit.required, revision.title if revision and known else "",
        (revision.minutes or 0) if revision else 0, revision.type if revision else "",
        names.get(nano.organisation_id, "–"), State(nano.state), access, takes, _step(actor, *row),
        (instead, titles[instead]) if instead else None,
    )  # fmt: skip
