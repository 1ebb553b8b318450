"""German is the source language, English complete. The language follows the person, then the cookie, then the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from babel.support import NullTranslations
from flask import Flask, g, has_request_context, request
from flask_babel import Babel, Domain, refresh
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

from app.kit.authz import current_actor

LOCALES = ("de", "en")


def choose_locale() -> str:
    """The language of this answer."""
    forced = g.get("locale")
    if forced:
        return str(forced)
    if not has_request_context():
        return "de"
    asked = request.args.get("lang", "")
    if asked in LOCALES:
        return asked
    actor = current_actor()
    if actor.signed_in:
        return actor.locale
    cookie = request.cookies.get("lang", "")
    return cookie if cookie in LOCALES else (request.accept_languages.best_match(LOCALES) or "de")


def choose_zone() -> str:
    """The time zone times are shown in."""
    forced = g.get("timezone")
    if forced:
        return str(forced)
    return current_actor().timezone if has_request_context() else "Europe/Berlin"


@contextmanager
def speaking(locale: str, timezone: str = "Europe/Berlin") -> Iterator[None]:
    """Render the block for somebody else: their language and time zone (mails, reports, live fragments)."""
    before = {name: g.get(name) for name in ("locale", "timezone")}
    g.locale, g.timezone = locale if locale in LOCALES else "de", timezone
    refresh()
    try:
        yield
    finally:
        g.locale, g.timezone = before["locale"], before["timezone"]
        refresh()


class Catalogues(Domain):  # type: ignore[misc]
    """flask-babel's, with the catalogue kept beside the language: a page asks hundreds of times, and finding it is dear."""

    def get_translations(self) -> NullTranslations:
        """The translations of what is being rendered."""
        if not g:
            return NullTranslations()
        space = g.get("_flask_babel")  # where flask-babel keeps the language; `refresh` empties it
        if space is not None:
            found = space.__dict__.get("kontor_catalogue")
            if found is not None and found[0] is space.__dict__.get("babel_locale"):
                known: NullTranslations = found[1]
                return known
        translations: NullTranslations = super().get_translations()
        space = g._flask_babel
        space.kontor_catalogue = (space.babel_locale, translations)
        return translations


CATALOGUES = Catalogues()


class Languages(Babel):  # type: ignore[misc]
    """flask-babel with our catalogues."""

    domain_instance = CATALOGUES


@pass_eval_context
def _say(context: EvalContext, text: str, /, **variables: Any) -> str:
    """`_("…")` in templates: as Jinja's own, where every text is a format."""
    said: str = CATALOGUES.get_translations().ugettext(text)
    if context.autoescape:
        said = Markup(said)  # noqa: S704 - our own words; variables are escaped
    return said % variables if variables or "%" in said else said


def init_i18n(app: Flask) -> None:
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "translations")
    app.config.setdefault("BABEL_DEFAULT_LOCALE", "de")
    Languages(app, locale_selector=choose_locale, timezone_selector=choose_zone)
    app.jinja_env.add_extension("jinja2.ext.do")
    app.jinja_env.globals.update(locale=choose_locale, _=_say, gettext=_say)
