"""What is published: the list with its facets."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.kit.authz import allows, current_actor
from app.nanos.catalog import places, slugs
from app.nanos.policies import P
from app.nanos.queries.find import Found, find_nanos
from app.nanos.queries.recommend import shelf_for
from app.nanos.rules.finding import DURATIONS, FACETS, RATINGS, Wish, read_wish, sorts_for
from app.nanos.rules.near import RADII, within
from app.nanos.views import nanos
from app.nanos.views.counting import count_list
from app.nanos.wording import LABELS, choices, duration_word, rating_word


@dataclass(frozen=True)
class Choice:
    """One value of a facet: how many there would be with it."""

    value: str
    word: str
    count: int
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: str
    choices: list[Choice]
    open: bool


def _facets(wish: Wish, found: Found) -> list[Facet]:
    """Values that lead anywhere, and those that are chosen, in the order of their vocabulary."""
    made = []
    for name in FACETS:
        counts, chosen = found.facets[name], wish.of(name)
        shown = [
            Choice(value, word, counts.get(value, 0), value in chosen)
            for value, word in _values(name)
            if counts.get(value) or value in chosen
        ]
        if len(shown) > 1 or chosen or (shown and name == "rating"):
            made.append(Facet(name, str(LABELS[name]), shown, bool(chosen) or name == "subject"))
    return made


def _values(facet: str) -> list[tuple[str, str]]:
    """Value and word of all that a facet knows."""
    if facet == "duration":
        return [(bucket, duration_word(bucket)) for bucket in DURATIONS]
    if facet == "rating":
        return [(stars, rating_word(stars)) for stars in RATINGS]
    return choices(f"{facet}s")


@dataclass(frozen=True)
class Circle:
    """A circle around a region: what may be its middle and how wide it may be, with how many nanos there would be."""

    middles: list[Choice]
    radii: list[Choice]


def _circle(wish: Wish, found: Found) -> Circle:
    counts, known = found.facets["region"], places()

    def inside(middle: str, km: int) -> int:
        return sum(counts.get(slug, 0) for slug in {*within(middle, km, known), *wish.of("region")})

    words = dict(choices("regions"))
    return Circle(
        [Choice(slug, words[slug], inside(slug, wish.radius), slug == wish.around) for slug in known],
        [
            Choice(str(km), f"{km} km", inside(wish.around, km) if wish.around else 0, km == wish.radius)
            for km in RADII
        ],
    )


def _sorts(wish: Wish) -> list[tuple[str, str, bool]]:
    """Value, word, chosen. The first goes without a value, so that what is first may change with the words."""
    words = {
        "relevance": _("Passendste zuerst"), "rating": _("Bestbewertete zuerst"), "new": _("Neueste zuerst"), "title": _("Titel"),
        "short": _("Kürzeste zuerst"), "long": _("Längste zuerst"),
    }  # fmt: skip
    return [
        (sort if number else "", words[sort], sort == wish.sort)
        for number, sort in enumerate(sorts_for(wish.text))
    ]


@nanos.get("")
@allows(P.nano_read)
def index() -> ResponseReturnValue:
    """For everybody who is signed in and belongs to an organisation, and for operators."""
    given = {facet: request.args.getlist(facet) for facet in FACETS}
    query = request.args.get("q", "")
    wish = read_wish(
        query, given, request.args.get("sort", ""), request.args.get("page", ""), slugs(),
        around=request.args.get("around", ""), radius=request.args.get("radius", ""), places=places(),
    )  # fmt: skip
    found = find_nanos(wish)
    count_list(wish.text, wish.of("subject"), [row.id for row in found.rows])
    return render_template(
        "nanos/index.html", wish=wish, found=found, facets=_facets(wish, found), sorts=_sorts(wish), query=query[:100],
        picked=sum(len(chosen) for chosen in wish.chosen.values()) + bool(wish.around), circle=_circle(wish, found),
        saving={"q": wish.text or None, **wish.choices},
        shelf=shelf_for(current_actor()) if not wish.narrowed and found.page == 1 else [],
    )  # fmt: skip
