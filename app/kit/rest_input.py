"""What comes in through the API, checked; what is wrong with it, said in the caller's language, field by field."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from pydantic import BaseModel, ValidationError

from app.kit.errors import Invalid, Malformed


def parse(shape: type[BaseModel], raw: bytes | dict[str, Any], where: str) -> BaseModel:
    """The model behind JSON bytes or query values. Raises Malformed (no JSON), Invalid (by field)."""
    try:
        value = (
            shape.model_validate_json(raw, strict=True)
            if isinstance(raw, bytes)
            else shape.model_validate(raw)
        )
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=True)
        if any(fault["type"] == "json_invalid" for fault in faults):
            raise Malformed(gettext("Der Inhalt ist kein gültiges JSON.")) from None
        fields = {".".join(str(part) for part in fault["loc"]) or where: _say(fault) for fault in faults}
        raise Invalid(gettext("Einige Angaben passen nicht."), fields) from None
    unseen = _with_nul(value.model_dump(), where)
    if unseen is not None:
        raise Invalid(
            gettext("Einige Angaben passen nicht."),
            {unseen: gettext("Enthält Zeichen, die man nicht sieht.")},
        )
    return value


def _with_nul(value: Any, where: str) -> str | None:
    """The field that holds a NUL character: databases refuse it in text."""
    if isinstance(value, str):
        return where if "\x00" in value else None
    if isinstance(value, dict):
        for name, inner in value.items():
            found = where if "\x00" in str(name) else _with_nul(inner, str(name))
            if found is not None:
                return found
    if isinstance(value, list | tuple | set | frozenset):
        return next((found for inner in value if (found := _with_nul(inner, where)) is not None), None)
    return None


def _say(fault: Any) -> str:
    """What to do about a fault, in the caller's language; pydantic's own words where we have none."""
    context = fault.get("ctx", {})
    words = {
        "missing": gettext("Fehlt."),
        "extra_forbidden": gettext("Dieses Feld gibt es hier nicht."),
        "string_type": gettext("Muss ein Text sein."),
        "int_type": gettext("Muss eine ganze Zahl sein."),
        "int_parsing": gettext("Muss eine ganze Zahl sein."),
        "bool_type": gettext("Muss true oder false sein."),
        "uuid_parsing": gettext("Muss eine UUID sein."),
        "string_too_long": gettext("Höchstens %(most)s.", most=context.get("max_length")),
        "too_long": gettext("Höchstens %(most)s.", most=context.get("max_length")),
        "string_too_short": gettext("Mindestens %(least)s.", least=context.get("min_length")),
        "too_short": gettext("Mindestens %(least)s.", least=context.get("min_length")),
        "greater_than_equal": gettext("Mindestens %(least)s.", least=context.get("ge")),
        "less_than_equal": gettext("Höchstens %(most)s.", most=context.get("le")),
        "enum": gettext("Eines von: %(known)s.", known=context.get("expected")),
        "literal_error": gettext("Eines von: %(known)s.", known=context.get("expected")),
    }
    return str(words.get(fault["type"], fault["msg"]))
