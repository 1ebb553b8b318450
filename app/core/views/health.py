"""For machines that look after Kontor: does it live, is it ready, what does it measure."""

from __future__ import annotations

import secrets
from dataclasses import asdict

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from app.core.queries import health as parts
from app.kit import observe
from app.kit.authz import open_to_all
from app.kit.config import settings

health = Blueprint("health", __name__)
observe.on_scrape("jobs", parts.job_metrics)

_LOOPBACK = {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


@health.get("/healthz")
@open_to_all("A supervisor asks whether this process answers; it says nothing else.")
def alive() -> ResponseReturnValue:
    """This process answers: 200, whatever the rest does. For restarting."""
    return jsonify(status="ok")


@health.get("/readyz")
@open_to_all("A load balancer asks whether to send people here; states only, no data.")
def ready() -> ResponseReturnValue:
    """Each part with its state; 503 when one does not work. `?part=database&part=redis` asks only for these."""
    wanted = request.args.getlist("part") or list(parts.PARTS)
    if not set(wanted) <= set(parts.PARTS):
        abort(404)
    found = [parts.ask(name) for name in wanted]
    ok = all(part.ok for part in found)
    body = jsonify(status="ready" if ok else "not ready", parts={p.name: asdict(p) for p in found})
    body.headers["Cache-Control"] = "no-store"
    return body, 200 if ok else 503


def _may_scrape() -> bool:
    token = settings().metrics_token.get_secret_value()
    if token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return secrets.compare_digest(given.encode(), token.encode())
    # A proxy on this host would make everybody look local: what was forwarded is not.
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip"} & {name for name, _ in request.headers}
    return request.remote_addr in _LOOPBACK and not forwarded


@health.get("/metrics")
@open_to_all("Prometheus has no session: it comes with a token, or from this host.")
def metrics() -> ResponseReturnValue:
    """All processes' metrics in Prometheus' text format; 404 for whoever may not read them."""
    if not _may_scrape():
        abort(404)
    return Response(observe.metrics_text(), content_type=observe.CONTENT_TYPE_LATEST)
