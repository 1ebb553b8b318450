"""Forms about backups."""

from __future__ import annotations

from datetime import time

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, IntegerField, SelectField, StringField, TimeField
from wtforms.validators import InputRequired, NumberRange

from app.hosting.queries.backup import PlanView
from app.hosting.rules.backup import MOST_COUNT, MOST_DAYS, USUAL_COUNT, USUAL_DAYS, USUAL_TIME
from app.kit import forms
from app.kit.zones import zones


class BackupPlanForm(forms.Form):
    """When a server is backed up by itself, and how much stays."""

    daily = BooleanField(_l("Jeden Tag ein Backup"))
    at = TimeField(_l("Uhrzeit"), validators=[InputRequired(_l("Schreib die Uhrzeit wie 03:00."))])
    zone = SelectField(_l("Zeitzone"), choices=zones)
    keep_count = IntegerField(
        _l("Wie viele Backups bleiben"),
        validators=[
            InputRequired(_l("Schreib eine Zahl.")),
            NumberRange(1, MOST_COUNT, message=_l("1 bis %(max)s Backups.")),
        ],
    )
    keep_days = IntegerField(
        _l("Wie viele Tage sie bleiben"),
        validators=[
            InputRequired(_l("Schreib eine Zahl.")),
            NumberRange(1, MOST_DAYS, message=_l("1 bis %(max)s Tage.")),
        ],
    )


def plan_form(plan: PlanView | None, zone: str) -> BackupPlanForm:
    """The form with the plan in it, or with what is usual; `zone` is the person's."""
    if plan is None:
        usual = {
            "daily": False,
            "at": USUAL_TIME,
            "zone": zone,
            "keep_count": USUAL_COUNT,
            "keep_days": USUAL_DAYS,
        }
        return BackupPlanForm(data=usual)
    return BackupPlanForm(
        data={
            "daily": plan.daily, "at": time.fromisoformat(plan.at), "zone": plan.zone, "keep_count": plan.keep_count,
            "keep_days": plan.keep_days,
        }
    )  # fmt: skip


class NewServerForm(forms.Form):
    """What a server made from a backup is called."""

    name = StringField(
        _l("Name des neuen Servers"), validators=[InputRequired(_l("Gib dem Server einen Namen."))]
    )
    once = forms.OnceField()
