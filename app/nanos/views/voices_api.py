"""API v1: ratings, favourites, and what the token's person has learned."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.kit.errors import NotFound
from app.kit.rest import Call, Paged, Shape, next_link, operation
from app.nanos.policies import P
from app.nanos.queries.collection import favourites
from app.nanos.queries.rating import own_rating
from app.nanos.queries.use import Learned, list_learned, sum_learned
from app.nanos.queries.voices import Voice, list_voices
from app.nanos.rules.rating import LONGEST_COMMENT
from app.nanos.services.favourite import set_favourite
from app.nanos.services.rating import rate
from app.nanos.views.api import bp
from app.nanos.views.api_shapes import VERSION, ApiNano, NanoPage, Turned
from app.nanos.views.rating import spoken_of

TAG = "Nanos: ratings and learning"


class ApiRating(Shape):
    """A rating. `by` is the organisation somebody spoke for; a text that is hidden from the token is null."""

    id: UUID
    stars: int
    by: str
    mine: bool
    text: str | None
    hidden: bool
    struck: bool = Field(
        description="Taken out by moderation as not genuine: only its author is given it, it does not count."
    )
    created_at: datetime
    edited_at: datetime | None
    answer: str | None = Field(description="The provider's.")
    answered_at: datetime | None

    @classmethod
    def of(cls, row: Voice) -> ApiRating:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class RatingPage(Shape):
    """Some ratings, the newest first."""

    data: list[ApiRating]
    next_cursor: str | None


class ApiOwnRating(Shape):
    """What the token's person gave; `version` 0 and no stars where they have not rated."""

    stars: int | None
    text: str
    version: int


class NewRating(Shape):
    """Stars, and a comment if wanted."""

    stars: int = Field(ge=1, le=5)
    text: str = Field("", max_length=LONGEST_COMMENT)
    version: int = VERSION


@operation(
    bp, "GET", "/nanos/{nano_id}/ratings", tag=TAG, summary="List ratings", permission=P.nano_read, query=Paged,
    answer=RatingPage,
)  # fmt: skip
def api_list_ratings(call: Call, nano_id: UUID) -> tuple[RatingPage, dict[str, str]]:
    spoken_of(nano_id)
    page = list_voices(call.actor, nano_id, "rating", cursor=call.query.cursor, limit=call.query.limit)
    shown = RatingPage(data=[ApiRating.of(row) for row in page.rows], next_cursor=page.next_cursor)
    return shown, next_link(page.next_cursor)


def _own(call: Call, nano_id: UUID) -> ApiOwnRating:
    found = own_rating(call.actor, nano_id)
    return ApiOwnRating(stars=found.stars, text=found.text, version=found.version)


@operation(
    bp, "GET", "/nanos/{nano_id}/rating", tag=TAG, summary="Show one's own rating", permission=P.nano_read,
    answer=ApiOwnRating,
)  # fmt: skip
def api_get_rating(call: Call, nano_id: UUID) -> ApiOwnRating:
    spoken_of(nano_id)
    return _own(call, nano_id)


@operation(
    bp, "PUT", "/nanos/{nano_id}/rating", tag=TAG, summary="Rate a nano", permission=P.rating_write, body=NewRating,
    answer=ApiOwnRating, description="For who has worked through it, or whose organisation has it from an exchange; else 403.",
)  # fmt: skip
def api_rate_nano(call: Call, nano_id: UUID) -> ApiOwnRating:
    new: NewRating = call.body
    spoken_of(nano_id)
    rate(call.actor, nano_id, stars=new.stars, text=new.text, version=new.version)
    return _own(call, nano_id)


@operation(
    bp, "GET", "/nanos/favourites", tag=TAG, summary="List favourites", permission=P.nano_read, query=Turned,
    answer=NanoPage, description="Of the token's person, the latest first, 24 a page.",
)  # fmt: skip
def api_list_favourites(call: Call) -> tuple[NanoPage, dict[str, str]]:
    page = favourites(call.actor, cursor=call.query.cursor)
    shown = NanoPage(data=[ApiNano.of(row) for row in page.rows], next_cursor=page.next_cursor)
    return shown, next_link(page.next_cursor)


@operation(
    bp, "PUT", "/nanos/{nano_id}/favourite", tag=TAG, summary="Keep as a favourite", permission=P.shelf_write
)  # fmt: skip
def api_keep_favourite(call: Call, nano_id: UUID) -> None:
    set_favourite(call.actor, nano_id, True)


@operation(
    bp, "DELETE", "/nanos/{nano_id}/favourite", tag=TAG, summary="Keep as a favourite no longer",
    permission=P.shelf_write,
)  # fmt: skip
def api_drop_favourite(call: Call, nano_id: UUID) -> None:
    set_favourite(call.actor, nano_id, False)


class ApiLearned(Shape):
    """How far the token's person is with a nano."""

    nano: UUID
    title: str
    minutes: int | None
    available: bool = Field(description="It can still be opened.")
    progress: int = Field(description="Hundredths.")
    score: int | None = Field(description="Hundredths of what could be reached, where the content tells.")
    seconds: int
    first_at: datetime
    last_at: datetime
    completed_at: datetime | None

    @classmethod
    def of(cls, row: Learned) -> ApiLearned:
        use = row.use
        return cls(
            nano=row.nano_id, title=row.title, minutes=row.minutes, available=row.there, progress=use.progress,
            score=use.score, seconds=use.seconds, first_at=use.first_at, last_at=use.last_at,
            completed_at=use.completed_at,
        )  # fmt: skip


class LearnedPage(Shape):
    """Some of what the person has begun, the last first, with sums over all of it."""

    data: list[ApiLearned]
    begun: int
    completed: int
    seconds: int
    next_cursor: str | None


class LearnedQuery(Paged):
    """Query of what was learned."""

    completed: bool | None = Field(None, description="Only what is finished, or only what is not.")


@operation(
    bp, "GET", "/nanos/learned", tag=TAG, summary="List what one has learned", permission=P.nano_read,
    query=LearnedQuery, answer=LearnedPage,
)  # fmt: skip
def api_list_learned(call: Call) -> tuple[LearnedPage, dict[str, str]]:
    if call.actor.person_id is None:
        raise NotFound
    page = list_learned(
        call.actor, done=call.query.completed, cursor=call.query.cursor, limit=call.query.limit
    )
    total = sum_learned(call.actor)
    shown = LearnedPage(
        data=[ApiLearned.of(row) for row in page.rows], begun=total.begun, completed=total.done, seconds=total.seconds,
        next_cursor=page.next_cursor,
    )  # fmt: skip
    return shown, next_link(page.next_cursor)
