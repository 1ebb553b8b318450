"""What people said about nanos, and what they collected. Ids and numbers, no text. What is of one person alone (favourites,
saved searches, private collections) is no event: the log of an organisation is read by its owners.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.core.api import Fact


@dataclass(frozen=True)
class RatingGiven(Fact):
    """For the organisation of who rated; its provider reads the organisation's name, not the person's."""

    name: ClassVar[str] = "nanos.rating.given"
    rating_id: UUID
    stars: int


@dataclass(frozen=True)
class RatingEdited(Fact):
    name: ClassVar[str] = "nanos.rating.edited"
    rating_id: UUID
    stars: int


@dataclass(frozen=True)
class RatingAnswered(Fact):
    """By the provider."""

    name: ClassVar[str] = "nanos.rating.answered"
    rating_id: UUID


@dataclass(frozen=True)
class QuestionAsked(Fact):
    name: ClassVar[str] = "nanos.question.asked"
    question_id: UUID


@dataclass(frozen=True)
class QuestionAnswered(Fact):
    """By the provider."""

    name: ClassVar[str] = "nanos.question.answered"
    question_id: UUID


@dataclass(frozen=True)
class CommentHidden(Fact):
    """By a moderator; the reason stands at the comment."""

    name: ClassVar[str] = "nanos.comment.hidden"
    comment_id: UUID


@dataclass(frozen=True)
class CommentShown(Fact):
    name: ClassVar[str] = "nanos.comment.shown"
    comment_id: UUID


@dataclass(frozen=True)
class RatingStruck(Fact):
    """By a moderator, as not genuine: its stars no longer count."""

    name: ClassVar[str] = "nanos.rating.struck"
    rating_id: UUID


@dataclass(frozen=True)
class RatingRestored(Fact):
    """That decision was reversed: they count again."""

    name: ClassVar[str] = "nanos.rating.restored"
    rating_id: UUID


@dataclass(frozen=True)
class RatingRulesChanged(Fact):
    """By an operator; the values stand before and after."""

    name: ClassVar[str] = "nanos.rating.rules_changed"


@dataclass(frozen=True)
class ProfileChanged(Fact):
    name: ClassVar[str] = "nanos.profile.changed"


@dataclass(frozen=True)
class CollectionShared(Fact):
    """A collection is there for others than its maker now, or for more or fewer of them."""

    name: ClassVar[str] = "nanos.collection.shared"
    sharing: str


@dataclass(frozen=True)
class CollectionDeleted(Fact):
    name: ClassVar[str] = "nanos.collection.deleted"
