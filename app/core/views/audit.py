"""The organisation's event log: who did what, when, and what it changed."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app.core.describe import directory
from app.core.policies import P
from app.core.queries.audit import Wanted, kinds, log_of, whole_log
from app.kit.authz import allows, current_actor
from app.kit.spreadsheet import csv_response

audit = Blueprint("audit", __name__, url_prefix="/organisation/protokoll")


def _wanted() -> Wanted:
    given = request.args
    return Wanted(
        kind=given.get("kind", "")[:80],
        person=given.get("person", "")[:40],
        since=given.get("since", "")[:10],
        until=given.get("until", "")[:10],
        subject=given.get("subject", "")[:40],
    )


def _organisation() -> UUID:
    organisation_id = current_actor().organisation_id
    assert (
        organisation_id is not None
    )  # a role, and with it the permission, exists only inside an organisation
    return organisation_id


@audit.get("")
@allows(P.AUDIT_READ)
def log() -> ResponseReturnValue:
    """The filterable list."""
    actor, wanted = current_actor(), _wanted()
    page = log_of(_organisation(), wanted.parsed(actor.timezone), cursor=request.args.get("cursor") or None)
    people = [("", gettext("Alle"))] + [
        (str(one), name) for one, name in directory().members(_organisation())
    ]
    return render_template(
        "core/audit/list.html",
        page=page,
        wanted=wanted,
        people=people,
        kinds=[("", gettext("Alles")), *kinds()],
    )


@audit.get("/csv")
@allows(P.AUDIT_READ)
def log_csv() -> ResponseReturnValue:
    """The same as a file, up to 50,000 rows."""
    header = [
        gettext("Zeit (UTC)"), gettext("Ereignis"), gettext("Beschreibung"), gettext("Wer"), gettext("Über Token"),
        gettext("Gegenstand"), gettext("Name"), gettext("Kennung"), gettext("Änderungen"), gettext("Anfrage"),
    ]  # fmt: skip
    lines = whole_log(_organisation(), _wanted().parsed(current_actor().timezone))
    rows = (
        (
            line.at.isoformat(timespec="milliseconds"), line.name, line.text, line.who,
            gettext("ja") if line.by_token else "", line.subject_label, line.subject_name, line.subject_id,
            "; ".join(f"{what}: {old} → {new}" for what, old, new in line.changes), line.request_id,
        )
        for line in lines
    )  # fmt: skip
    return csv_response(f"{gettext('protokoll')}.csv", header, rows)
