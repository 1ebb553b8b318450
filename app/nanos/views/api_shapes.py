"""What nanos, drafts and their files look like in API v1."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.kit.rest import Shape
from app.nanos.queries.about import About
from app.nanos.queries.file import FileView, UploadView
from app.nanos.queries.find import FoundNano
from app.nanos.queries.nano import NanoView, OwnRow
from app.nanos.rules.content import SHOWN, Kind
from app.nanos.rules.details import FIELDS, LONGEST, MOST_AUDIENCES, Details
from app.nanos.rules.rating import THOUSAND

NanoState = Literal["draft", "review", "published", "retired", "removed"]
Slug = Annotated[str, StringConstraints(max_length=20)]
VERSION = Field(
    ge=0, le=2**31 - 1, description="The one that was read; 409 where somebody saved since, and nothing was changed."
)  # fmt: skip


class Turned(Shape):
    """Query of a list whose pages have a fixed size."""

    cursor: str | None = Field(
        None, min_length=1, max_length=500, description="Where the next page begins: from `next_cursor`."
    )


class ApiNano(Shape):
    """A published nano as the list shows it. Subject, type, level, language, licence and region are slugs of vocabularies."""

    id: UUID
    title: str
    outcome: str
    provider: str
    subject: str
    type: str
    level: str
    minutes: int
    language: str
    licence: str
    region: str
    published_at: datetime
    stars: float | None = Field(description="Bayesian mean of the ratings; null where nobody has rated.")
    ratings: int
    badge: bool

    @classmethod
    def of(cls, row: FoundNano) -> ApiNano:
        same = {name: getattr(row, name) for name in cls.model_fields if name != "stars"}
        return cls(stars=stars_of(row.mean), **same)


def stars_of(mean: int | None) -> float | None:
    """Thousandths as a number."""
    return None if mean is None else mean / THOUSAND


class FoundNanos(Shape):
    """Some of what fits, twelve a page."""

    data: list[ApiNano]
    total: int
    facets: dict[str, dict[str, int]] = Field(
        description="By facet, how many there would be with each of its values, all else as it is."
    )
    read_as: list[str] = Field(description="What misspelt words were read as.")
    next_cursor: str | None


class NanoPage(Shape):
    """Some nanos."""

    data: list[ApiNano]
    next_cursor: str | None


class ApiNanoFile(Shape):
    """A file or a link of a nano."""

    id: UUID
    kind: str
    name: str
    size: int = Field(description="Bytes; 0 for a link.")
    pages: int | None
    url: str = Field(description="Of a link the token may take; else empty.")
    may_look: bool = Field(description="The token's person may look at it on the nano's page.")
    may_take: bool = Field(description="The token may download it.")

    @classmethod
    def of(cls, row: FileView, nano: NanoView) -> ApiNanoFile:
        link = row.kind is Kind.LINK
        return cls(
            id=row.id, kind=row.kind.value, name=row.name, size=row.size, pages=row.pages,
            url=row.url if nano.takes else "", may_look=nano.looks and row.kind in SHOWN,
            may_take=nano.takes and not link,
        )  # fmt: skip


class Said(Shape):
    """All that is said about a nano. Empty: not said yet."""

    title: str
    description: str
    outcome: str
    subject: str
    type: str
    level: str
    minutes: int | None
    language: str
    licence: str
    terms: str = Field(description="What is asked for in exchange.")
    region: str
    audience: list[str]
    preview: bool = Field(description="Everybody may look at the content, also where it is had in exchange.")
    listed: bool = Field(description="Described for everybody, also without signing in; for open licences.")

    @classmethod
    def said(cls, details: Details) -> dict[str, Any]:
        """The fields of a shape that begins with these."""
        values = {name: getattr(details, name) for name in FIELDS}
        return {**values, "audience": list(details.audience)}


class ApiNanoDetail(Said):
    """A nano at the revision the token may read."""

    id: UUID
    organisation: UUID
    provider: str
    state: NanoState
    ours: bool
    revision: int
    published_at: datetime | None
    retires_on: date | None
    removes_on: date | None
    replacement: UUID | None
    follows: UUID | None
    open_licence: bool
    files: list[ApiNanoFile]
    stars: float | None
    counts: list[int] = Field(description="How often 1, 2, 3, 4, 5 stars were given.")
    badge: bool
    my_stars: int | None
    may_rate: bool
    favourite: bool
    questions: int

    @classmethod
    def of(cls, nano: NanoView, files: list[FileView], around: About, is_open: bool) -> ApiNanoDetail:
        return cls(
            **cls.said(nano.details), id=nano.id, organisation=nano.organisation_id, provider=nano.provider,
            state=nano.state.value, ours=nano.ours, revision=nano.number, published_at=nano.published_at,
            retires_on=nano.retires_on, removes_on=nano.removes_on, replacement=nano.replacement_id,
            follows=nano.follows_id, open_licence=is_open, files=[ApiNanoFile.of(one, nano) for one in files],
            stars=stars_of(around.mean), counts=list(around.tally.counts), badge=around.badge, my_stars=around.mine,
            may_rate=around.may_rate, favourite=around.favourite, questions=around.questions,
        )  # fmt: skip


class ApiOwnNano(Shape):
    """A nano of the organisation by its newest words."""

    id: UUID
    title: str
    state: NanoState
    stage: Literal["draft", "review", "current", "past"] = Field(description="Of its newest revision.")
    number: int
    changed_at: datetime
    retires_on: date | None
    removes_on: date | None
    reason: str | None = Field(description="Why it was sent back.")

    @classmethod
    def of(cls, row: OwnRow) -> ApiOwnNano:
        same = {name: getattr(row, name) for name in cls.model_fields if name not in ("state", "stage")}
        return cls(state=row.state.value, stage=row.stage.value, **same)


class OwnPage(Shape):
    """Some of the organisation's nanos, the newest first."""

    data: list[ApiOwnNano]
    counts: dict[str, int] = Field(description="How many are in each state.")
    next_cursor: str | None


class ApiDraft(Said):
    """The revision that is being written, or waits for its review."""

    id: UUID
    state: NanoState
    stage: Literal["draft", "review", "current", "past"]
    revision: int
    version: int
    reason: str | None
    files: list[ApiNanoFile]
    missing: list[str] = Field(description="Fields without which it cannot be submitted.")


class DraftChange(Shape):
    """What to change; fields that are left out stay as they are."""

    title: str = Field("", max_length=LONGEST["title"])
    description: str = Field("", max_length=LONGEST["description"])
    outcome: str = Field("", max_length=LONGEST["outcome"])
    subject: Slug = ""
    type: Slug = ""
    level: Slug = ""
    minutes: int | None = Field(None, ge=1, le=20)
    language: Slug = ""
    licence: Slug = ""
    terms: str = Field("", max_length=LONGEST["terms"])
    region: Slug = ""
    audience: list[Slug] = Field([], max_length=MOST_AUDIENCES)
    preview: bool = False
    listed: bool = False

    def given(self) -> dict[str, Any]:
        """The details that were sent."""
        values = {name: getattr(self, name) for name in self.model_fields_set if name in FIELDS}
        return {**values, "audience": tuple(self.audience)} if "audience" in values else values


class NewNano(DraftChange):
    """A draft; only the title is needed to begin."""

    title: str = Field(min_length=1, max_length=LONGEST["title"])


class DraftPatch(DraftChange):
    """Changes of the draft as it was read."""

    version: int = VERSION


class NewLink(Shape):
    """A web address as content."""

    url: str = Field(min_length=1, max_length=500)


class NewUpload(Shape):
    """A file that is about to be sent."""

    name: str = Field(min_length=1, max_length=200)
    size: int = Field(ge=1, le=2**62)


class ApiUpload(Shape):
    """An upload on its way."""

    id: UUID
    nano: UUID
    name: str
    size: int
    received: int = Field(description="Bytes that are there: where the next piece begins.")
    piece: int = Field(description="Bytes a piece may have at most.")
    state: Literal["open", "closing", "done", "refused"]

    @classmethod
    def of(cls, row: UploadView, piece: int) -> ApiUpload:
        same = {name: getattr(row, name) for name in ("id", "name", "size", "received", "state")}
        return cls(nano=row.nano_id, piece=piece, **same)


class AddedFile(Shape):
    """The file of the draft."""

    id: UUID
