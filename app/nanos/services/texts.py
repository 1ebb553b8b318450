"""Checking what people wrote, and saying what is wrong at its field."""

from __future__ import annotations

from flask_babel import gettext as _

from app.kit.errors import Invalid
from app.kit.formats import number
from app.nanos.rules.details import Fault
from app.nanos.rules.voice import cleaned_line, cleaned_text, unseen
from app.nanos.wording import fault_words


def checked_text(field: str, text: str | None, *, most: int, needed: str = "", line: bool = False) -> str:
    """The text as it is kept. `needed`: what is said where there is none; empty where it may be left out. Raises Invalid."""
    clean = cleaned_line(text) if line else cleaned_text(text)
    if needed and not clean:
        raise Invalid(fields={field: needed})
    if len(clean) > most:
        raise Invalid(fields={field: _("Höchstens %(most)s Zeichen.", most=number(most))})
    if unseen(clean):
        raise Invalid(fields={field: fault_words(field, Fault.CONTROL)})
    return clean
