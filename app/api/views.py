"""The description of the API: a document for programs, a page for people."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from app.api.openapi import REASONS, document
from app.api.page import blocks_of
from app.kit.authz import open_to_all
from app.kit.rest import LIMIT, PREFIX, WINDOW

bp = Blueprint("api", __name__)


@bp.get(f"{PREFIX}/openapi.json")
@open_to_all("The description holds no data; programs are written against it before they have a token.")
def openapi() -> Response:
    """OpenAPI 3.1."""
    response = jsonify(document(current_app))
    response.headers["Cache-Control"] = "no-cache"
    return response


@bp.get(f"{PREFIX}/docs")
@open_to_all("The same description, readable.")
def docs() -> str:
    """The page about the API."""
    return render_template(
        "api/docs.html",
        blocks=blocks_of(document(current_app)),
        reasons=REASONS,
        limit=LIMIT,
        window=WINDOW,
        host=request.host_url.rstrip("/"),
    )
