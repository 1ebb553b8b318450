"""Forms of servers. A template's settings become fields of their own kind."""

from __future__ import annotations

from typing import Any, Protocol

from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from app.hosting.rules.doors import player_names
from app.hosting.rules.setting import Setting, Value
from app.hosting.rules.template import Template
from app.kit.config import settings
from app.kit.errors import Invalid
from app.kit.forms import Form, OnceField

PREFIX = "setting_"
MAP_CHOICES: dict[str, bool | None] = {"auto": None, "on": True, "off": False}


class ServerForm(Form):
    """Name, memory and the template's settings."""

    once = OnceField()
    template = HiddenField()
    name = StringField()
    memory_mb = RadioField()
    accept_eula: BooleanField | None = None
    idle_minutes: SelectField | None = None
    archive_hours: SelectField | None = None
    wake_by_join: BooleanField | None = None
    wake_names: StringField | None = None
    web_map: SelectField | None = None
    template_data: Template

    def setting_values(self) -> dict[str, Value]:
        """The template's settings as the person chose them."""
        return {
            setting.key: self[PREFIX + setting.key].data
            for setting in self.template_data.settings
            if self[PREFIX + setting.key].data is not None
        }

    @staticmethod
    def _chosen(field: SelectField | None) -> int | None:
        """A choice as a number; None is what is usual."""
        return int(field.data) if field is not None and field.data else None

    def rest_choices(self) -> dict[str, Any]:
        """When it stops by itself and who wakes it, as the service takes it."""
        return {
            "idle_minutes": self._chosen(self.idle_minutes),
            "archive_hours": self._chosen(self.archive_hours),
            "wake_by_join": bool(self.wake_by_join and self.wake_by_join.data),
            "wake_names": player_names((self.wake_names and self.wake_names.data) or ""),
            **({"web_map": MAP_CHOICES[self.web_map.data]} if self.web_map else {}),
        }

    def wanted(self) -> dict[str, Any]:
        """What the service is asked for."""
        return {
            "name": self.name.data or "",
            "template": self.template_data.slug,
            "memory_mb": int(self.memory_mb.data),
            "settings": self.setting_values(),
            "accept_eula": bool(self.accept_eula.data) if self.accept_eula else False,
        }

    def take_errors(self, error: Invalid) -> None:
        """A service names settings as settings.<key>; here they are fields with a prefix."""
        fields = {name.replace("settings.", PREFIX): text for name, text in error.fields.items()}
        super().take_errors(Invalid(error.message, fields))

    @property
    def setting_fields(self) -> list[tuple[Setting, Any]]:
        """Each setting with its field."""
        return [(setting, self[PREFIX + setting.key]) for setting in self.template_data.settings]


def size_word(memory_mb: int) -> str:
    """4 GB, 512 MB."""
    return f"{memory_mb // 1024} GB" if memory_mb % 1024 == 0 else f"{memory_mb} MB"


def _accepted(_form: Any, field: BooleanField) -> None:
    if not field.data:
        raise ValidationError(_("Ohne Zustimmung darf das Spiel nicht gestartet werden."))


def _field(setting: Setting, locale: str) -> Any:
    label = setting.label.text(locale)
    hint = setting.help.text(locale) if setting.help else ""
    common: dict[str, Any] = {"default": setting.default, "description": hint}
    if setting.type == "boolean":
        return BooleanField(label, **common)
    if setting.type == "choice":
        return SelectField(
            label, choices=[(c.value, c.label.text(locale)) for c in setting.choices], **common
        )
    if setting.type == "integer":
        span = NumberRange(setting.minimum, setting.maximum)
        return IntegerField(label, validators=[InputRequired(), span], **common)
    return StringField(label, validators=[Length(max=setting.max_length)], **common)


IDLE_CHOICES = (5, 10, 15, 30, 60, 120, 240)


def _idle_field(own: int | None) -> SelectField:
    usual = settings().idle_minutes
    words = {0: _("Nie")}
    words |= {
        n: ngettext("Nach %(num)d Minute", "Nach %(num)d Minuten", n) for n in {*IDLE_CHOICES, own or 15}
    }
    as_usual = _("Wie üblich: nie")
    if usual:
        as_usual = ngettext("Wie üblich: nach %(num)d Minute", "Wie üblich: nach %(num)d Minuten", usual)
    return SelectField(
        _("Stoppen, wenn niemand spielt"),
        choices=[("", as_usual), *((str(n), words[n]) for n in sorted(words))],
        description=_(
            "Vorher steht eine Warnung im Spiel. Solange jemand spielt, stoppt der Server nie von selbst."
        ),
    )


ARCHIVE_CHOICES = (1, 6, 12, 24, 48, 72, 168)


def _archive_field(own: int | None) -> SelectField:
    """Shorter than usual only: what rests longer costs longer."""
    usual = settings().archive_hours
    as_usual = _("Wie üblich: nie")
    if usual:
        as_usual = ngettext("Wie üblich: nach %(num)d Stunde", "Wie üblich: nach %(num)d Stunden", usual)
    hours = sorted({n for n in (*ARCHIVE_CHOICES, own or 1) if n < usual})
    return SelectField(
        _("Ins Archiv, wenn er nicht mehr läuft"),
        choices=[
            ("", as_usual),
            *((str(n), ngettext("Nach %(num)d Stunde", "Nach %(num)d Stunden", n)) for n in hours),
        ],
        description=_(
            "Im Archiv kostet die Welt nichts. Ein Start holt sie zurück; das dauert ein paar Sekunden länger."
        ),
    )


def _map_field(template: Template) -> SelectField:
    """Where plugins make the map, it comes and goes with them unless its owner decides."""
    words = {"on": _("Ja"), "off": _("Nein")}
    if template.plugins is not None:
        words = {"auto": _("Wenn ein Karten-Plugin installiert ist"), **words}
    return SelectField(
        _("Karte im Browser"),
        choices=list(words.items()),
        description=_(
            "Alle mit der Adresse sehen sie, solange der Server läuft. Gilt ab dem nächsten Start."
        ),
    )


def _form_class(template: Template, *, with_eula: bool) -> type[ServerForm]:
    locale = str(get_locale())
    fields: dict[str, Any] = {
        "name": StringField(
            _("Name"),
            validators=[
                InputRequired(_("Gib dem Server einen Namen.")),
                Length(max=60, message=_("Höchstens 60 Zeichen.")),
            ],
            description=_("So heißt der Server bei dir und in der Serverliste. Höchstens 60 Zeichen."),
        ),
        "memory_mb": RadioField(
            _("Arbeitsspeicher"),
            choices=[(str(mb), size_word(mb)) for mb in template.memory.choices_mb],
            default=str(template.memory.default_mb),
            validators=[InputRequired()],
        ),
        "template": HiddenField(default=template.slug),
        "template_data": template,
    }
    if with_eula and template.eula:
        fields["accept_eula"] = BooleanField(
            _("Ich stimme den Nutzungsbedingungen des Spiels zu"), validators=[_accepted]
        )
    fields.update({PREFIX + setting.key: _field(setting, locale) for setting in template.settings})
    return type("TemplateForm", (ServerForm,), fields)


def new_server_form(template: Template, name: str = "") -> ServerForm:
    """The form that makes a server from a template."""
    form = _form_class(template, with_eula=True)()
    if name and not form.name.data:
        form.name.data = name[:60]
    return form


class RestChoices(Protocol):
    """What of a server says when it rests and who wakes it."""

    @property
    def idle_minutes(self) -> int | None: ...

    @property
    def archive_hours(self) -> int | None: ...

    @property
    def wake_by_join(self) -> bool: ...

    @property
    def wake_names(self) -> list[str]: ...

    @property
    def web_map(self) -> bool | None: ...


def settings_form(
    template: Template,
    *,
    name: str,
    memory_mb: int,
    values: dict[str, Value],
    rest: RestChoices,
    resizable: bool = True,
) -> ServerForm:
    """The form that changes a server; its memory only for who may change what it costs."""
    data: dict[str, Any] = {"name": name, "memory_mb": str(memory_mb), "template": template.slug}
    data.update({PREFIX + s.key: values.get(s.key, s.default) for s in template.settings})
    data["idle_minutes"] = "" if rest.idle_minutes is None else str(rest.idle_minutes)
    data |= {"wake_by_join": rest.wake_by_join, "wake_names": ", ".join(rest.wake_names)}
    made = _form_class(template, with_eula=False)
    made.idle_minutes = _idle_field(rest.idle_minutes)
    data["archive_hours"] = "" if rest.archive_hours is None else str(rest.archive_hours)
    made.archive_hours = _archive_field(rest.archive_hours)
    if template.web_map is not None:
        made.web_map = _map_field(template)
        usual = "auto" if template.plugins is not None else "off"
        data["web_map"] = {True: "on", False: "off", None: usual}[rest.web_map]
    made.wake_by_join = BooleanField(_("Beitreten weckt den Server auf"))
    made.wake_names = StringField(
        _("Wer ihn wecken darf (Spielernamen, mit Komma)"),
        description=_(
            "Leer: alle, die beitreten. Wer nicht in der Liste steht, kann trotzdem mitspielen, wenn der Server läuft."
        ),
    )
    form = made(data=data)
    if not resizable:
        del form.memory_mb
    return form
