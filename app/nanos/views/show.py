"""A nano's own page, its draft, and its description for machines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import Response, json, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts.api import organisation_names
from app.kit import live
from app.kit.authz import Actor, allows, current_actor, may
from app.kit.dom import dom_id
from app.kit.errors import NotFound
from app.nanos.catalog import slugs
from app.nanos.policies import P
from app.nanos.queries.about import about
from app.nanos.queries.file import files_and_use, files_of, twins
from app.nanos.queries.likeness import Alike, alike_nanos
from app.nanos.queries.nano import NanoView, get_nano, get_open, public_titles, stages_of
from app.nanos.queries.recommend import near_rows, nearby
from app.nanos.queries.voices import latest, speakers, voices
from app.nanos.rules import amb
from app.nanos.rules.details import complete
from app.nanos.rules.insight import Counted
from app.nanos.rules.nano import Stage, State
from app.nanos.rules.use import reachable
from app.nanos.services.publishing import REVIEW_LIVE
from app.nanos.views import nanos
from app.nanos.views.amb_record import absolute, record_of
from app.nanos.views.counting import count_act


def context(nano: NanoView, **more: Any) -> dict[str, Any]:
    """What all pages about one nano need."""
    return {"nano": nano, "details": nano.details, "files": files_of(nano.revision_id), **more}


@nanos.get("/<uuid:nano_id>")
@allows(P.nano_read)
def show(nano_id: UUID) -> ResponseReturnValue:
    """What is public; its provider is led on from here. What was never public shows as its draft."""
    actor = current_actor()
    nano = get_nano(actor, nano_id, named=False)
    if nano.stage is not Stage.CURRENT:
        return _draft(get_nano(actor, nano_id))
    count_act(Counted.viewed, nano.id, nano.organisation_id)
    others = near_rows(nano.id, nano.details.subject) if nano.state is not State.REMOVED else []
    said = latest(actor, nano.id)
    names = organisation_names({nano.organisation_id, *(row[3] for row in others), *speakers(said)})
    nano = replace(nano, provider=names.get(nano.organisation_id, "–"))
    files, use = files_and_use(actor, nano.id, nano.revision_id)
    return render_template(
        "nanos/show.html",
        nano=nano,
        details=nano.details,
        files=files,
        use=use,
        learns=any(reachable(one.kind, looks=nano.looks, takes=nano.takes) for one in files),
        near=nearby(others, names),
        about=about(actor, nano.id, nano.organisation_id),
        ratings=voices(said, names, "rating"),
        questions=voices(said, names, "question"),
        replacement=public_titles([nano.replacement_id]) if nano.replacement_id else {},
        open_revision=nano.ours and bool(stages_of(nano.id) & {Stage.DRAFT, Stage.REVIEW}),
    )


@nanos.get("/<uuid:nano_id>/draft")
@allows(P.nano_write)
def draft(nano_id: UUID) -> ResponseReturnValue:
    """The revision that is being written or waits, as it would look."""
    actor = current_actor()
    try:
        nano = get_open(actor, nano_id)
    except NotFound:  # published since the page was loaded
        if not get_nano(actor, nano_id).ours:
            raise
        return redirect(url_for("nanos.show", nano_id=nano_id))
    if not nano.ours:
        raise NotFound
    return _draft(nano)


def _draft(nano: NanoView) -> ResponseReturnValue:
    made = context(nano)
    missing = list(complete(nano.details, slugs())) + ([] if made["files"] else ["files"])
    known = twins(current_actor(), nano.id, [one.sha256 for one in made["files"]])
    return render_template(
        "nanos/draft.html",
        **made,
        missing=missing,
        twins=known,
        alike=_alike(nano),
        review_id=_review_id(nano.id),
    )


def _review_id(nano_id: UUID) -> str:
    return dom_id(REVIEW_LIVE, nano_id, "review")


def _newest(actor: Actor, nano_id: UUID) -> NanoView:
    """What is being written or waits, else what is public."""
    try:
        return get_open(actor, nano_id)
    except NotFound:
        return get_nano(actor, nano_id)


def _watches(actor: Actor, nano_id: UUID) -> bool:
    """Its own people wait for the decision. Raises NotFound."""
    return may(actor, P.nano_write) and _newest(actor, nano_id).ours


def _render_review(nano_id: UUID) -> str:
    nano = _newest(current_actor(), nano_id)
    return render_template("nanos/_review.html", nano=nano, review_id=_review_id(nano_id))


live.fragment(prefix=REVIEW_LIVE, aspect="review", authorise=_watches, render=_render_review)


def _alike(nano: NanoView) -> list[Alike]:
    return alike_nanos(current_actor(), nano.id, nano.revision_id)


@nanos.get("/<uuid:nano_id>/amb.json")
@allows(P.nano_read)
def amb_json(nano_id: UUID) -> ResponseReturnValue:
    """What is public as a document of AMB (JSON-LD)."""
    response = amb_response(current_actor(), nano_id)
    response.vary.add("Cookie")
    return response


def amb_response(actor: Actor, nano_id: UUID) -> Response:
    """The document, for the page's address and the API. Raises NotFound for what is not public."""
    nano = get_nano(actor, nano_id)
    if nano.stage is not Stage.CURRENT or nano.state is not State.PUBLISHED:
        raise NotFound
    return record_response(
        record_of(
            nano.id, nano.details, nano.provider, nano.published_at or nano.created_at, nano.changed_at,
            url=absolute("nanos.show", nano_id=nano.id), files=files_of(nano.revision_id),
        )
    )  # fmt: skip


def record_response(record: amb.Record) -> Response:
    """The document of a record."""
    made = json.dumps(amb.document(record), ensure_ascii=False, indent=1)
    return Response(made, mimetype="application/ld+json")
