"""What is kept how long, for everybody; what it is processed for, for those who answer for it."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from app.kit.authz import allows, signed_in
from app.privacy.policies import P
from app.privacy.queries import request as queries
from app.privacy.views.own import privacy


@privacy.get("/konto/daten/fristen")
@signed_in("everybody may know how long their data stays")
def retention() -> ResponseReturnValue:
    """The list of periods."""
    rows = [row for _contributor, rows in queries.retentions() for row in rows]
    return render_template("privacy/records/retention.html", rows=rows)


@privacy.get("/betrieb/datenschutz")
@allows(P.RECORDS_READ)
def records() -> ResponseReturnValue:
    """The record of processing activities with the periods."""
    rows = [row for _contributor, rows in queries.retentions() for row in rows]
    return render_template("privacy/records/index.html", activities=queries.activities(), rows=rows)
