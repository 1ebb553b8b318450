"""API v1: finding and reading nanos. A token reads as its person; what that person may not know of is not there."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from pydantic import Field

from app.kit.errors import Invalid
from app.kit.paging import decode_cursor, encode_cursor
from app.kit.rest import Call, Paged, blueprint, next_link, operation
from app.nanos.catalog import places, slugs, term
from app.nanos.policies import P
from app.nanos.queries.about import about
from app.nanos.queries.file import bytes_to_take, files_of
from app.nanos.queries.find import find_nanos
from app.nanos.queries.nano import count_own, get_nano, list_own
from app.nanos.rules.finding import FACETS, LONGEST_QUERY, MOST_PAGES, Wish, read_wish
from app.nanos.views.api_shapes import (
    ApiNano,
    ApiNanoDetail,
    ApiOwnNano,
    FoundNanos,
    NanoState,
    OwnPage,
    Turned,
)
from app.nanos.views.content import send_bytes
from app.nanos.views.show import amb_response

bp = blueprint("nanos")
TAG = "Nanos"
_SEVERAL = "Slugs, several with commas between them."


class Search(Turned):
    """Query of the list: words, facets, a circle, an order."""

    q: str = Field("", max_length=LONGEST_QUERY, description="Words, however they are written.")
    subject: str = Field("", max_length=500, description=_SEVERAL)
    type: str = Field("", max_length=500, description=_SEVERAL)
    level: str = Field("", max_length=500, description=_SEVERAL)
    duration: str = Field("", max_length=500, description="1-5, 6-10, 11-15, 16-20, several with commas.")
    language: str = Field("", max_length=500, description=_SEVERAL)
    licence: str = Field("", max_length=500, description=_SEVERAL)
    region: str = Field("", max_length=500, description=_SEVERAL)
    rating: str = Field("", max_length=20, description="At least so many stars.")
    around: str = Field("", max_length=20, description="A region in the middle of a circle.")
    radius: str = Field("", max_length=4, description="Kilometres of the circle: 25, 50 or 100.")
    sort: str = Field(
        "",
        max_length=20,
        description="new, rating, title, short, long; with words relevance, new, rating.",
    )


def _page_of(cursor: str | None) -> int:
    if cursor is None:
        return 1
    (page,) = decode_cursor(cursor, [int])
    if not 1 <= page <= MOST_PAGES:
        raise Invalid(_("Dieser Seitenverweis ist ungültig."), {"cursor": _("ungültig")})
    return int(page)


def _wish(query: Search) -> Wish:
    """What is looked for; pages leave out what nobody knows, programs are told. Raises Invalid by field."""
    given = {facet: [one for one in getattr(query, facet).split(",") if one] for facet in FACETS}
    wish = read_wish(
        query.q, given, query.sort, str(_page_of(query.cursor)), slugs(), around=query.around, radius=query.radius,
        places=places(),
    )  # fmt: skip
    wrong = [facet for facet in FACETS if set(given[facet]) != set(wish.of(facet))]
    wrong += ["sort"] if query.sort and query.sort != wish.sort else []
    wrong += ["around"] if query.around != wish.around else []
    wrong += ["radius"] if query.radius and query.radius != str(wish.radius) else []
    if wrong:
        raise Invalid(_("Einige Angaben passen nicht."), dict.fromkeys(wrong, _("unbekannt")))
    return wish


@operation(
    bp, "GET", "/nanos", tag=TAG, summary="Find nanos", permission=P.nano_read, query=Search, answer=FoundNanos,
    description="What is published, twelve a page, with how many there would be for each value of each facet.",
)  # fmt: skip
def api_find_nanos(call: Call) -> tuple[FoundNanos, dict[str, str]]:
    wish = _wish(call.query)
    found = find_nanos(wish)
    behind = found.page < wish.page  # nothing is left of the page that was asked for
    following = encode_cursor([found.page + 1]) if found.page < min(found.pages, MOST_PAGES) else None
    following = None if behind else following
    shown = FoundNanos(
        data=[] if behind else [ApiNano.of(row) for row in found.rows], total=found.total,
        facets={name: dict(counts) for name, counts in found.facets.items()}, read_as=list(found.read_as),
        next_cursor=following,
    )  # fmt: skip
    return shown, next_link(following)


class OwnQuery(Paged):
    """Query of the organisation's own nanos."""

    state: NanoState | None = Field(None, description="Only those in this state.")


@operation(
    bp, "GET", "/nanos/own", tag=TAG, summary="List the organisation's own nanos", permission=P.nano_write,
    query=OwnQuery, answer=OwnPage,
)  # fmt: skip
def api_list_own_nanos(call: Call) -> tuple[OwnPage, dict[str, str]]:
    page = list_own(
        call.actor, state=call.query.state or "", cursor=call.query.cursor, limit=call.query.limit
    )
    shown = OwnPage(
        data=[ApiOwnNano.of(row) for row in page.rows], counts=count_own(call.actor), next_cursor=page.next_cursor
    )  # fmt: skip
    return shown, next_link(page.next_cursor)


@operation(
    bp, "GET", "/nanos/{nano_id}", tag=TAG, summary="Show a nano", permission=P.nano_read, answer=ApiNanoDetail,
    description="What is public of it. A draft that was never public is there for tokens that may write it.",
)  # fmt: skip
def api_get_nano(call: Call, nano_id: UUID) -> ApiNanoDetail:
    nano = get_nano(call.actor, nano_id)
    licence = term("licences", nano.details.licence)
    around = about(call.actor, nano.id, nano.organisation_id)
    return ApiNanoDetail.of(nano, files_of(nano.revision_id), around, licence is not None and licence.open)


@operation(
    bp, "GET", "/nanos/{nano_id}/amb", tag=TAG, summary="Describe a nano after AMB", permission=P.nano_read,
    media="application/ld+json", description="JSON-LD after https://w3id.org/kim/amb/. Only of what is published.",
)  # fmt: skip
def api_describe_nano(call: Call, nano_id: UUID) -> Response:
    return amb_response(call.actor, nano_id)


@operation(
    bp, "GET", "/nanos/{nano_id}/files/{file_id}", tag=TAG, summary="Download a file", permission=P.nano_read,
    media="*/*", description="The bytes, for who may take them along; all others get 404. `Range` is understood (206).",
)  # fmt: skip
def api_download_nano_file(call: Call, nano_id: UUID, file_id: UUID) -> Response:
    return send_bytes(bytes_to_take(call.actor, nano_id, file_id), inline=False)
