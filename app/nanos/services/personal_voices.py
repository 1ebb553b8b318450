"""What ratings, questions, favourites, collections and saved searches hold about people, and what becomes of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from app.accounts.api import sole_organisations
from app.core.api import Activity, Retention, contributor
from app.kit.db import db, require_transaction
from app.nanos.models import (
    Collection,
    CollectionItem,
    Comment,
    Favourite,
    Profile,
    Rating,
    RatingPast,
    SavedSearch,
)
from app.nanos.rules.shelf import PRIVATE
from app.nanos.services.personal_moderation import forget_words

RETENTION = (
    Retention(
        _l("Bewertungen von Nanos mit früheren Fassungen"),
        _l("solange es das Nano gibt; nach dem Löschen des Kontos nur die Sterne"),
        "nanos_rating",
    ),
    Retention(
        _l("Kommentare, Fragen und Antworten zu Nanos"),
        _l("bis zum Löschen des Kontos; Antworten von Anbietern bleiben ohne Person"),
        "nanos_comment",
    ),
    Retention(_l("Merkliste"), _l("bis zum Abwählen oder Löschen des Kontos"), "nanos_favourite"),
    Retention(_l("Sammlungen"), _l("bis zum Löschen; geteilte bleiben der Organisation"), "nanos_collection"),
    Retention(_l("Gespeicherte Suchen"), _l("bis zum Löschen"), "nanos_saved_search"),
)  # fmt: skip
ACTIVITIES = (
    Activity(
        name=_l("Bewertungen und Fragen"), purpose=_l("Sagen, wie gut ein Nano hilft, und Anbieter fragen"),
        basis=_l("Vertrag (Art. 6 Abs. 1 b DSGVO)"), people=_l("Personen mit Konto"),
        data=_l("Sterne, Texte, für welche Organisation; wer es war, nur als Nummer"),
        recipients=_l("angemeldete Personen aller Organisationen; sie lesen die Organisation, nicht die Person"),
        how_long=_l("solange es das Nano gibt; Texte bis zum Löschen des Kontos"),
    ),
)  # fmt: skip


def export_voices(person_id: UUID) -> dict[str, Any]:
    """All that the person said and keeps."""
    ratings = db.session.scalars(
        select(Rating).where(Rating.person_id == person_id).order_by(Rating.id)
    ).all()
    past: dict[UUID, list[dict[str, Any]]] = {}
    for row in db.session.scalars(
        select(RatingPast)
        .where(RatingPast.rating_id.in_([one.id for one in ratings]))
        .order_by(RatingPast.id)
    ):
        past.setdefault(row.rating_id, []).append(
            {"stars": row.stars, "text": row.text, "until": row.until.isoformat()}
        )
    comments = db.session.scalars(select(Comment).where(Comment.person_id == person_id).order_by(Comment.id))
    return {
        "ratings": [
            {
                "nano": str(one.nano_id), "stars": one.stars, "at": one.created_at.isoformat(), "before": past.get(one.id, []),
                "struck": one.struck_at.isoformat() if one.struck_at else None,
            }
            for one in ratings
        ],
        "comments": [
            {
                "nano": str(one.nano_id), "kind": one.kind, "text": one.text, "at": one.created_at.isoformat(),
                "hidden": one.hidden_reason if one.hidden_at else None,
            }
            for one in comments
        ],
        **_kept(person_id),
    }  # fmt: skip


def _kept(person_id: UUID) -> dict[str, Any]:
    favourites = db.session.execute(
        select(Favourite.nano_id, Favourite.created_at)
        .where(Favourite.person_id == person_id)
        .order_by(Favourite.id)
    )
    made = db.session.scalars(
        select(Collection).where(Collection.person_id == person_id).order_by(Collection.id)
    ).all()
    items = db.session.execute(
        select(CollectionItem.collection_id, CollectionItem.nano_id, CollectionItem.note)
        .where(CollectionItem.added_by == person_id).order_by(CollectionItem.id)
    )  # fmt: skip
    searches = db.session.scalars(
        select(SavedSearch).where(SavedSearch.person_id == person_id).order_by(SavedSearch.id)
    )
    return {
        "favourites": [{"nano": str(i), "at": at.isoformat()} for i, at in favourites],
        "collections": [
            {"id": str(one.id), "title": one.title, "about": one.about, "sharing": one.sharing}
            for one in made
        ],
        "collected": [{"collection": str(c), "nano": str(i), "note": note} for c, i, note in items],
        "saved_searches": [
            {"name": one.name, "text": one.text, "chosen": one.chosen, "cadence": one.cadence}
            for one in searches
        ],
    }


def erase_voices(person_id: UUID) -> None:
    """Stars stay without a person; what was written with them, questions, favourites, private collections and searches go.
    What was written in the name of a provider and what is shared is the organisation's. Joins the caller's transaction.
    """
    require_transaction()
    forget_words(person_id)
    mine = select(Rating.id).where(Rating.person_id == person_id)
    asked = select(Comment.id).where(Comment.person_id == person_id, Comment.kind == "question")
    alone = sole_organisations(person_id)
    for statement in (
        delete(RatingPast).where(RatingPast.rating_id.in_(mine)),
        delete(Comment).where(Comment.kind == "answer", Comment.parent_id.in_(asked)),
        delete(Comment).where(Comment.person_id == person_id, Comment.kind.in_(("rating", "question"))),
        delete(Favourite).where(Favourite.person_id == person_id),
        delete(SavedSearch).where(SavedSearch.person_id == person_id),
        delete(Collection).where(Collection.person_id == person_id, Collection.sharing == PRIVATE),
        delete(Collection).where(Collection.organisation_id.in_(alone)),
        delete(Profile).where(Profile.organisation_id.in_(alone)),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
    for model, column in (
        (Rating, "person_id"), (Comment, "person_id"), (Comment, "hidden_by"), (Collection, "person_id"),
        (CollectionItem, "added_by"),
    ):  # fmt: skip
        db.session.execute(
            update(model).where(getattr(model, column) == person_id).values({column: None})
            .execution_options(synchronize_session=False)
        )  # fmt: skip


def contribute_voices() -> None:
    """Tell privacy; before accounts takes the memberships away."""
    contributor(
        "nanos_voices",
        export=export_voices,
        erase=erase_voices,
        retention=RETENTION,
        activities=ACTIVITIES,
        order=205,
    )
