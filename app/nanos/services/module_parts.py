"""What a module is made of: its units in their order, and what should be done before."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from app.kit.authz import Actor, require
from app.kit.db import db, transaction
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.ids import new_id
from app.nanos.models import Module, ModuleNeed, ModuleUnit
from app.nanos.policies import P
from app.nanos.queries.nano import get_nano
from app.nanos.rules.module import LONGEST_NOTE, MOST_NEEDS, MOST_UNITS, makes_circle
from app.nanos.rules.nano import State
from app.nanos.rules.shelf import moved
from app.nanos.services.module import check_version, held_module, touch
from app.nanos.services.texts import checked_text

_NEEDS_LOCK = 0x6E616E6F  # "nano"


def _order(module_id: UUID) -> list[ModuleUnit]:
    return list(
        db.session.scalars(
            select(ModuleUnit).where(ModuleUnit.module_id == module_id)
            .order_by(ModuleUnit.position, ModuleUnit.id).execution_options(populate_existing=True)
        )
    )  # fmt: skip


def _unit(order: list[ModuleUnit], unit_id: UUID) -> ModuleUnit:
    for one in order:
        if one.id == unit_id:
            return one
    raise NotFound


def add_unit(actor: Actor, module_id: UUID, nano_id: UUID) -> None:
    """Put a published nano at its end, required; one that is there stays where it is. Raises Conflict when it is full,
    NotAllowed, NotFound for a nano that is not public."""
    nano = get_nano(actor, nano_id, named=False)
    if nano.state is not State.PUBLISHED or nano.bar:
        raise NotFound
    with transaction() as session:
        row = held_module(actor, module_id)
        order = _order(module_id)
        if nano_id in [one.nano_id for one in order]:
            return
        if len(order) >= MOST_UNITS:
            raise Conflict(_("Dieses Modul ist voll: höchstens %(most)d Nanos.", most=MOST_UNITS))
        session.add(
            ModuleUnit(
                id=new_id(), module_id=module_id, nano_id=nano_id, position=len(order) + 1, note="", required=True,
            )
        )  # fmt: skip
        touch(actor, row, "units")


def take_unit(actor: Actor, module_id: UUID, unit_id: UUID) -> None:
    """Take a nano out; what is out already is out. Raises NotAllowed, NotFound."""
    with transaction() as session:
        row = held_module(actor, module_id)
        order = _order(module_id)
        kept = [one for one in order if one.id != unit_id]
        if len(kept) == len(order):
            return
        session.delete(_unit(order, unit_id))
        _renumber(kept)
        touch(actor, row, "units")


def move_unit(actor: Actor, module_id: UUID, unit_id: UUID, to: int) -> None:
    """Put a nano at a place, counted from 1; the same twice is once. Raises NotAllowed, NotFound."""
    with transaction():
        row = held_module(actor, module_id)
        order = _order(module_id)
        new = moved(order, _unit(order, unit_id), to)
        if new != order:
            _renumber(new)
            touch(actor, row, "units")


def _renumber(order: list[ModuleUnit]) -> None:
    for place, one in enumerate(order, start=1):
        one.position = place


def save_unit(
    actor: Actor, module_id: UUID, unit_id: UUID, *, note: str | None, required: bool, version: int
) -> None:
    """Say what to know about a unit, and whether it is needed. Raises Invalid at "note", Conflict where somebody saved since
    `version`, NotAllowed, NotFound."""
    clean = checked_text("note", note, most=LONGEST_NOTE)
    with transaction():
        row = held_module(actor, module_id)
        unit = _unit(_order(module_id), unit_id)
        check_version(row, version)
        unit.note, unit.required, row.version = clean, required, version + 1
        touch(actor, row, "units")


def add_need(actor: Actor, module_id: UUID, needs_id: UUID) -> None:
    """This one should be done before; twice is once. Raises Invalid at "needs" for a circle, Conflict for too many,
    NotAllowed, NotFound for a module that is not public.

    One at a time in the whole platform: two people who each add a half of a circle would not see each other's half.
    """
    require(actor, P.module_write)
    with transaction() as session:
        _one_at_a_time()
        row = held_module(actor, module_id)
        other = session.get(Module, needs_id, populate_existing=True)
        if other is None or other.state != State.PUBLISHED or other.bar:
            raise NotFound
        known = _all_needs()
        mine = known.get(module_id, [])
        if needs_id in mine:
            return
        if makes_circle(known, module_id, needs_id):
            raise Invalid(
                fields={"needs": _("„%(title)s“ setzt dieses Modul selbst voraus.", title=other.title)}
            )
        if len(mine) >= MOST_NEEDS:
            raise Conflict(_("Mehr als %(most)d Voraussetzungen gehen nicht.", most=MOST_NEEDS))
        session.add(ModuleNeed(id=new_id(), module_id=module_id, needs_id=needs_id))
        touch(actor, row, "needs")


def _one_at_a_time() -> None:
    """PostgreSQL: until the transaction ends. SQLite: the whole database is locked already."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(select(func.pg_advisory_xact_lock(_NEEDS_LOCK)))


def _all_needs() -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = {}
    for one, needs in db.session.execute(select(ModuleNeed.module_id, ModuleNeed.needs_id)):
        found.setdefault(one, []).append(needs)
    return found


def take_need(actor: Actor, module_id: UUID, needs_id: UUID) -> None:
    """It need not be done before any more; what is out already is out. Raises NotAllowed, NotFound."""
    with transaction() as session:
        row = held_module(actor, module_id)
        done = session.execute(
            delete(ModuleNeed).where(ModuleNeed.module_id == module_id, ModuleNeed.needs_id == needs_id)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        if done.rowcount:  # type: ignore[attr-defined]
            touch(actor, row, "needs")
