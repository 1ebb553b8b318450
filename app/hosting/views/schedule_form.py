"""The form of a plan: what happens, on which days and when, or cron text for experts."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import RadioField, SelectField, SelectMultipleField, StringField, TimeField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from app.hosting.policies import PLAN_NEEDS
from app.hosting.queries.schedule import Plan
from app.hosting.rules.schedule import EVERY_DAY, as_weekly, weekly
from app.hosting.rules.schedule_action import Action
from app.hosting.services.power import LONGEST_COMMAND
from app.hosting.wording import ACTIONS
from app.kit.authz import current_actor, may
from app.kit.errors import Invalid
from app.kit.forms import Form, OnceField
from app.kit.secrets import unseal
from app.kit.zones import zones

WEEKLY, CRON = "weekly", "cron"
_DAYS = (
    ("0", _l("Mo")), ("1", _l("Di")), ("2", _l("Mi")), ("3", _l("Do")), ("4", _l("Fr")), ("5", _l("Sa")), ("6", _l("So")),
)  # fmt: skip


class Needed:
    """Marks a field that is needed for one choice and not shown for another: the service says what is missing."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Leaves the field as it is."""


class ScheduleForm(Form):
    """A plan as people fill it in."""

    once = OnceField()
    action = RadioField(_l("Was soll passieren?"), default=Action.RESTART.value)
    command = StringField(
        _l("Befehl"),
        validators=[Needed()],
        description=_l("Eine Zeile, wie du sie in der Konsole tippst. Sie wird verschlüsselt aufbewahrt."),
    )
    mode = RadioField(
        _l("Wann?"),
        choices=[(WEEKLY, _l("An Wochentagen")), (CRON, _l("Cron-Text"))],
        default=WEEKLY,
    )
    days = SelectMultipleField(
        _l("Tage"),
        choices=list(_DAYS),
        default=[day for day, _word in _DAYS],
        option_widget=CheckboxInput(),
        widget=ListWidget(),
    )
    time = TimeField(_l("Uhrzeit"), default=time(4), validators=[Optional(), Needed()])
    cron = StringField(
        _l("Cron-Text"),
        default="0 4 * * *",
        validators=[Needed()],
        description=_l(
            "Fünf Felder: Minute, Stunde, Tag, Monat, Wochentag. 0 4 * * 1-5 ist werktags um 4:00."
        ),
    )
    zone = SelectField(_l("Zeitzone"), choices=zones)

    def fill(self) -> ScheduleForm:
        """Offer what can be planned, by who could do it by hand."""
        actor = current_actor()
        self.action.choices = [
            (one.value, word) for one, (word, _icon) in ACTIONS.items() if may(actor, PLAN_NEEDS[one])
        ]
        return self

    def validate(self, extra_validators: Any = None) -> bool:
        """What belongs to the other way of saying when is not looked at."""
        super().validate(extra_validators)
        if self.mode.data == CRON:
            self.days.errors = self.time.errors = ()
        return not self.errors

    def text(self) -> str:
        """The times as cron text. Raises Invalid at the field that is not filled in."""
        if self.mode.data == CRON:
            return self.cron.data or ""
        faults = {}
        if not self.days.data:
            faults["days"] = _("Wähle mindestens einen Tag.")
        if self.time.data is None:
            faults["time"] = _("Schreib die Uhrzeit wie 04:00.")
        if faults and self.action.data == Action.COMMAND and not (self.command.data or "").strip():
            faults["command"] = _("Gib einen Befehl ein.")
        if faults:
            raise Invalid(fields=faults)
        return weekly(frozenset(int(day) for day in self.days.data), self.time.data)

    def take_errors(self, error: Invalid) -> None:
        """What the rules say about days and a time is said at the time."""
        fields = dict(error.fields)
        if self.mode.data != CRON and "cron" in fields:
            fields["time"] = fields.pop("cron")
        super().take_errors(Invalid(error.message, fields))

    def wanted(self) -> dict[str, Any]:
        """What the service is asked for. Raises Invalid."""
        return {
            "action": Action(self.action.data),
            "cron": self.text(),
            "zone": self.zone.data,
            "command": self.command.data or "",
        }


def new_form(zone: str, suggestion: str = "") -> ScheduleForm:
    """An empty form, or one filled in as a suggestion says; `zone` is the person's."""
    action, days, at = SUGGESTIONS.get(suggestion, (Action.RESTART, EVERY_DAY, time(4)))
    return ScheduleForm(
        data={"action": action.value, "days": [str(day) for day in sorted(days)], "time": at, "zone": zone}
    ).fill()


SUGGESTIONS: dict[str, tuple[Action, frozenset[int], time]] = {
    "night": (Action.RESTART, EVERY_DAY, time(4)),
    "evening": (Action.START, frozenset(range(5)), time(16)),
    "bedtime": (Action.STOP, EVERY_DAY, time(23)),
}
"""What most people plan first."""


def form_of(plan: Plan) -> ScheduleForm:
    """The form filled in with a plan. A command that cannot be read any more is asked for again."""
    found = as_weekly(plan.cron)
    data: dict[str, Any] = {"action": plan.action, "zone": plan.zone, "cron": plan.cron, "mode": CRON}
    if found is not None:
        days, at = found
        data |= {"mode": WEEKLY, "days": [str(day) for day in sorted(days)], "time": at}
    data["command"] = command_of(plan)
    return ScheduleForm(data=data).fill()


def command_of(plan: Plan) -> str:
    """The console line, empty where there is none to read."""
    try:
        return unseal(plan.sealed)[:LONGEST_COMMAND] if plan.sealed else ""
    except ValueError:
        return ""
