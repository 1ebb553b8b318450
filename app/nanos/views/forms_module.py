"""Forms for modules. The services say what is wrong."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, StringField, TextAreaField

from app.kit.forms import Form, OnceField
from app.nanos.views.forms import Wanted


class ModuleForm(Form):
    """The words of a module."""

    once = OnceField()
    version = HiddenField()
    title = StringField(_l("Titel"), validators=[Wanted()])
    outcome = StringField(_l("Was kann man danach?"), validators=[Wanted()])
    description = TextAreaField(_l("Beschreibung"))


class UnitForm(Form):
    """What to know about one nano of it, and whether it is needed."""

    version = HiddenField()
    note = TextAreaField(_l("Notiz"))
    required = BooleanField(_l("Gehört zum Pflichtteil"))
