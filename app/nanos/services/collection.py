"""Collections: made, changed together, shared, put in order."""

from __future__ import annotations

from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import func, select

from app.core.api import Fact, claim_once, record
from app.kit import clock
from app.kit.authz import Actor, require
from app.kit.db import db, lock, transaction
from app.kit.errors import Conflict, Invalid, NotAllowed, NotFound
from app.kit.ids import new_id
from app.nanos.events_voices import CollectionDeleted, CollectionShared
from app.nanos.models import Collection, CollectionItem
from app.nanos.policies import P
from app.nanos.queries.collection import reader_of
from app.nanos.queries.nano import get_nano
from app.nanos.rules.nano import State
from app.nanos.rules.shelf import (
    MOST_COLLECTIONS,
    MOST_ITEMS,
    PRIVATE,
    SHARINGS,
    may_change,
    may_own,
    may_see,
    moved,
)
from app.nanos.rules.voice import LONGEST_ABOUT, LONGEST_NAME, LONGEST_NOTE
from app.nanos.services.texts import checked_text


def _checked(title: str | None, about: str | None, sharing: str | None) -> dict[str, str]:
    found: dict[str, str] = {}
    wrong: dict[str, str] = {}
    for name, text, most, needed in (
        ("title", title, LONGEST_NAME, _("Geben Sie der Sammlung einen Titel.")), ("about", about, LONGEST_ABOUT, ""),
    ):  # fmt: skip
        try:
            found[name] = checked_text(name, text, most=most, needed=needed, line=name == "title")
        except Invalid as error:
            wrong |= error.fields
    if sharing not in SHARINGS:
        wrong["sharing"] = _("Wählen Sie, wer die Sammlung sieht.")
    if wrong:
        raise Invalid(fields=wrong)
    return {**found, "sharing": str(sharing)}


def create_collection(
    actor: Actor, *, title: str | None, about: str | None, sharing: str | None, once: str | None = None
) -> UUID:
    """Begin one. Returns its id. Raises Invalid by field, Conflict for the same form twice or too many."""
    require(actor, P.collection_write)
    said = _checked(title, about, sharing)
    with transaction() as session:
        if once and not claim_once(f"nanos.collection:{once[:80]}"):
            raise Conflict(_("Das haben Sie schon abgeschickt."))
        count = session.scalar(select(func.count()).where(Collection.person_id == actor.person_id))
        if (count or 0) >= MOST_COLLECTIONS:
            raise Conflict(_("Mehr als %(most)d Sammlungen gehen nicht.", most=MOST_COLLECTIONS))
        now = clock.now()
        row = Collection(
            id=new_id(), organisation_id=actor.organisation_id, person_id=actor.person_id, version=1, created_at=now,
            changed_at=now, **said,
        )  # fmt: skip
        session.add(row)
        session.flush()
        if row.sharing != PRIVATE:
            _note(actor, row, CollectionShared(row.sharing))
        return row.id


def _note(actor: Actor, row: Collection, fact: Fact) -> None:
    record(fact, actor=actor, organisation_id=row.organisation_id, subject=("nanos.collection", row.id))


def _held(actor: Actor, collection_id: UUID, *, own: bool = False) -> Collection:
    """The locked row. Raises NotFound for who may not know of it, NotAllowed for who may only read. Joins the caller's
    transaction."""
    require(actor, P.collection_write)
    row = lock(Collection, collection_id)
    reader = reader_of(actor, row)
    if not may_see(reader, row.sharing):
        raise NotFound
    if not may_change(reader, row.sharing) or (own and not may_own(reader, row.sharing)):
        raise NotAllowed
    return row


def save_collection(
    actor: Actor,
    collection_id: UUID,
    *,
    title: str | None,
    about: str | None,
    sharing: str | None,
    version: int,
) -> None:
    """Change its words, and who sees it. Raises Invalid by field, Conflict where somebody saved since `version`, NotAllowed
    where another's collection is to be shared otherwise, NotFound."""
    said = _checked(title, about, sharing)
    with transaction():
        row = _held(actor, collection_id)
        if row.version != version:
            raise Conflict(
                _("Jemand hat diese Sammlung inzwischen geändert. Sehen Sie nach, was anders ist.")
            )
        before = row.sharing
        if said["sharing"] != before and not may_own(reader_of(actor, row), before):
            raise NotAllowed(_("Wer die Sammlung sieht, entscheidet, wer sie angelegt hat."))
        row.title, row.about, row.sharing = said["title"], said["about"], said["sharing"]
        row.version, row.changed_at = version + 1, clock.now()
        db.session.flush()
        if row.sharing != before:
            _note(actor, row, CollectionShared(row.sharing))


def delete_collection(actor: Actor, collection_id: UUID) -> None:
    """Gone, with its order and notes. Raises NotAllowed, NotFound."""
    with transaction() as session:
        row = _held(actor, collection_id, own=True)
        if row.sharing != PRIVATE:
            _note(actor, row, CollectionDeleted())
        session.delete(row)


def put_item(actor: Actor, collection_id: UUID, nano_id: UUID, note: str | None = "") -> None:
    """Put a nano at its end; one that is there stays where it is. Raises Invalid at "note", Conflict when it is full,
    NotFound for a nano that is not public."""
    clean = checked_text("note", note, most=LONGEST_NOTE)
    if get_nano(actor, nano_id, named=False).state is not State.PUBLISHED:
        raise NotFound
    with transaction() as session:
        row = _held(actor, collection_id)
        order = _order(collection_id)
        if nano_id in [item.nano_id for item in order]:
            return
        if len(order) >= MOST_ITEMS:
            raise Conflict(_("Diese Sammlung ist voll: höchstens %(most)d Nanos.", most=MOST_ITEMS))
        session.add(
            CollectionItem(
                id=new_id(), collection_id=collection_id, nano_id=nano_id, position=len(order) + 1, note=clean,
                added_by=actor.person_id, added_at=clock.now(),
            )
        )  # fmt: skip
        row.changed_at = clock.now()


def _order(collection_id: UUID) -> list[CollectionItem]:
    return list(
        db.session.scalars(
            select(CollectionItem).where(CollectionItem.collection_id == collection_id)
            .order_by(CollectionItem.position, CollectionItem.id)
            .execution_options(populate_existing=True)
        )
    )  # fmt: skip


def _renumber(row: Collection, order: list[CollectionItem]) -> None:
    for place, item in enumerate(order, start=1):
        item.position = place
    row.changed_at = clock.now()
    db.session.flush()


def _item(order: list[CollectionItem], item_id: UUID) -> CollectionItem:
    for item in order:
        if item.id == item_id:
            return item
    raise NotFound


def take_item(actor: Actor, collection_id: UUID, item_id: UUID) -> None:
    """Take a nano out; what is out already is out. Raises NotAllowed, NotFound."""
    with transaction() as session:
        row = _held(actor, collection_id)
        order = _order(collection_id)
        kept = [item for item in order if item.id != item_id]
        for item in order:
            if item.id == item_id:
                session.delete(item)
        _renumber(row, kept)


def move_item(actor: Actor, collection_id: UUID, item_id: UUID, to: int) -> None:
    """Put a nano at a place, counted from 1; the same twice is once. Raises NotAllowed, NotFound."""
    with transaction():
        row = _held(actor, collection_id)
        order = _order(collection_id)
        _renumber(row, moved(order, _item(order, item_id), to))


def write_note(actor: Actor, collection_id: UUID, item_id: UUID, note: str | None) -> None:
    """Say something about a nano for who reads the collection. Raises Invalid at "note", NotAllowed, NotFound."""
    clean = checked_text("note", note, most=LONGEST_NOTE)
    with transaction():
        row = _held(actor, collection_id)
        _item(_order(collection_id), item_id).note = clean
        row.changed_at = clock.now()
