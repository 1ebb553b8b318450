"""Modules: begun, described, published, retired."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.api import Fact, claim_once, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, move, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from app.nanos.events_module import (
    ModuleChanged,
    ModuleCreated,
    ModuleDeleted,
    ModulePublished,
    ModuleRetired,
)
from app.nanos.models import Module, ModuleUnit, Nano
from app.nanos.policies import P
from app.nanos.queries.module import composer_of
from app.nanos.rules.module import (
    FEWEST_UNITS,
    LONGEST_DESCRIPTION,
    LONGEST_OUTCOME,
    LONGEST_TITLE,
    MOST_DRAFTS,
    may_change,
    may_know,
)
from app.nanos.rules.nano import State
from app.nanos.rules.outcome import words_of
from app.nanos.services.texts import checked_text

SUBJECT = "nanos.module"
Words = dict[str, str | None]


def note_module(actor: Actor, row: Module, fact: Fact, **states: Any) -> None:
    """Write down what happened, for its organisation."""
    record(fact, actor=actor, organisation_id=row.organisation_id, subject=(SUBJECT, row.id), **states)


def _checked(words: Words) -> dict[str, str]:
    found: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, most, needed in (
        ("title", LONGEST_TITLE, _("Geben Sie dem Modul einen Titel.")),
        ("outcome", LONGEST_OUTCOME, ""),
        ("description", LONGEST_DESCRIPTION, ""),
    ):
        try:
            found[name] = checked_text(
                name, words.get(name), most=most, needed=needed, line=name != "description"
            )
        except Invalid as error:
            wrong |= error.fields
    if wrong:
        raise Invalid(fields=wrong)
    return {**found, "folded": " ".join(words_of(found["title"]))[:400]}


def create_module(actor: Actor, words: Words, *, once: str | None = None) -> UUID:
    """Begin a draft. Returns its id. Raises Invalid by field, Conflict for the same form twice or too many drafts."""
    require(actor, P.module_write)
    said = _checked(words)
    with transaction() as session:
        if once and not claim_once(f"nanos.module:{once[:80]}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        drafts = session.scalar(
            select(func.count()).where(
                Module.organisation_id == actor.organisation_id, Module.state == State.DRAFT.value
            )
        )
        if (drafts or 0) >= MOST_DRAFTS:
            raise Conflict(_("Mehr als %(most)d Entwürfe gehen nicht.", most=MOST_DRAFTS))
        now = clock.now()
        row = Module(
            id=new_id(), organisation_id=actor.organisation_id, created_by=actor.person_id, state=State.DRAFT.value,
            version=1, bar="", created_at=now, changed_at=now, **said,
        )  # fmt: skip
        session.add(row)
        session.flush()
        note_module(actor, row, ModuleCreated())
        return row.id


def held_module(actor: Actor, module_id: UUID) -> Module:
    """The locked row, for who changes it. Raises NotFound for who may not know of it, NotAllowed for who may only read.
    Joins the caller's transaction."""
    require(actor, P.module_write)
    row = lock(Module, module_id)
    who, state = composer_of(actor, row), State(row.state)
    if not may_know(who, state, row.bar):
        raise NotFound
    if not may_change(who, state):
        raise NotAllowed
    return row


def check_version(row: Module, version: int) -> None:
    """Raises Conflict where somebody saved since."""
    if row.version != version:
        raise Conflict(_("Jemand hat dieses Modul inzwischen geändert. Sehen Sie nach, was anders ist."))


def touch(actor: Actor, row: Module, part: str) -> None:
    """It changed now, and that is written down."""
    row.changed_at = clock.now()
    db.session.flush()
    note_module(actor, row, ModuleChanged(part))


def save_module(actor: Actor, module_id: UUID, words: Words, *, version: int) -> None:
    """Change what it says. Raises Invalid by field, Conflict where somebody saved since `version`, NotAllowed, NotFound."""
    said = _checked(words)
    with transaction():
        row = held_module(actor, module_id)
        check_version(row, version)
        if row.state != State.DRAFT and not said["outcome"]:
            raise Invalid(fields={"outcome": _("Schreiben Sie, was man danach kann.")})
        for name, text in said.items():
            setattr(row, name, text)
        row.version = version + 1
        touch(actor, row, "words")


def publish_module(actor: Actor, module_id: UUID) -> None:
    """Everybody finds it, for the first time or again. Raises Invalid by field ("outcome", "units") for what is missing,
    Conflict where it is blocked or somebody was first, NotFound."""
    require(actor, P.module_publish)
    with transaction():
        row = held_module(actor, module_id)
        if row.bar:
            raise Conflict(_("Dieses Modul ist gesperrt."))
        wrong = _missing(row)
        if wrong:
            raise Invalid(fields=wrong)
        before = row.state
        move(
            Module, row.id, from_=(State.DRAFT.value, State.RETIRED.value), to=State.PUBLISHED.value,
            published_at=row.published_at or clock.now(), ended_at=None,
        )  # fmt: skip
        note_module(
            actor,
            row,
            ModulePublished(),
            before={"state": before},
            after={"state": State.PUBLISHED.value},
        )


def _missing(row: Module) -> dict[str, str]:
    found = {}
    if not row.outcome:
        found["outcome"] = _("Schreiben Sie, was man danach kann.")
    public = db.session.scalar(
        select(func.count()).select_from(ModuleUnit).join(Nano, Nano.id == ModuleUnit.nano_id)
        .where(ModuleUnit.module_id == row.id, Nano.state == State.PUBLISHED.value, Nano.bar == "")
    )  # fmt: skip
    if (public or 0) < FEWEST_UNITS:
        found["units"] = _("Ein Modul braucht mindestens zwei Nanos, die öffentlich sind.")
    return found


def retire_module(actor: Actor, module_id: UUID) -> None:
    """Found by nobody any more; its page stays for who has its address. Raises Conflict where it is not public, NotFound."""
    require(actor, P.module_publish)
    with transaction():
        row = held_module(actor, module_id)
        move(
            Module,
            row.id,
            from_=State.PUBLISHED.value,
            to=State.RETIRED.value,
            ended_at=clock.now(),
        )
        note_module(
            actor,
            row,
            ModuleRetired(),
            before={"state": State.PUBLISHED.value},
            after={"state": State.RETIRED.value},
        )


def delete_module(actor: Actor, module_id: UUID) -> None:
    """A draft that was never public goes. Raises Conflict for what was, NotAllowed, NotFound."""
    with transaction() as session:
        row = held_module(actor, module_id)
        if row.state != State.DRAFT:
            raise Conflict(_("Nur Entwürfe lassen sich löschen. Ziehen Sie das Modul zurück."))
        note_module(actor, row, ModuleDeleted())
        session.delete(row)
