"""Keeping what the operator chose for moderation."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from app.core.api import put_setting, record
from app.kit.authz import Actor, require
from app.kit.db import transaction
from app.kit.errors import Invalid
from app.nanos.events_moderation import ModerationConfigured
from app.nanos.policies import P
from app.nanos.queries.moderation_settings import KEY, Chosen, as_json, chosen
from app.nanos.rules.notice import cleaned
from app.nanos.tasks import check_public

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_EMAIL = re.compile(r"[^\s,;:<>@\"()\[\]]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}")
LIMITS = {"sample_size": (1, 500), "notice_days": (30, 3650), "learn_days": (30, 3650)}
LONGEST = {
    "contact_users": 1000,
    "contact_authorities": 1000,
    "settlement_body": 1000,
    "terms_de": 20_000,
    "terms_en": 20_000,
}
MOST_WORDS = 2000


def read_words(text: str, name: str) -> tuple[str, ...]:
    """A list as people type it, one a line or apart by commas. Raises Invalid at `name` naming what is none."""
    words = [word.strip().lower() for word in re.split(r"[\s,;]+", text) if word.strip()]
    pattern = _DOMAIN if name == "domains" else _EMAIL
    if name == "domains":
        words = [re.sub(r"^(?:https?://)?(?:www\.)?", "", word).split("/")[0] for word in words]
    wrong = next((word for word in words if not pattern.fullmatch(word)), None)
    if wrong is not None:
        raise Invalid(fields={name: _("Damit können wir nichts anfangen: %(word)s", word=wrong[:80])})
    if len(words) > MOST_WORDS:
        raise Invalid(fields={name: _("Höchstens %(most)d Einträge.", most=MOST_WORDS)})
    return tuple(dict.fromkeys(words))


def save(actor: Actor, wished: Chosen) -> None:
    """Keep it. A longer list of domains has everything public checked again. Raises Invalid by field."""
    require(actor, P.moderation_set)
    found = {}
    for name, (least, most) in LIMITS.items():
        if not least <= getattr(wished, name) <= most:
            found[name] = _("Eine Zahl von %(least)d bis %(most)d.", least=least, most=most)
    texts: dict[str, Any] = {name: cleaned(getattr(wished, name)) for name in LONGEST}
    clean = replace(wished, **texts)
    for name, most in LONGEST.items():
        if len(getattr(clean, name)) > most:
            found[name] = _("Höchstens %(most)d Zeichen.", most=most)
    if found:
        raise Invalid(fields=found)
    with transaction():
        before = chosen()
        changed = [name for name in as_json(clean) if getattr(clean, name) != getattr(before, name)]
        if not changed:
            return
        put_setting(None, KEY, as_json(clean))
        record(ModerationConfigured(",".join(changed)), actor=actor)
        if set(clean.domains) - set(before.domains):
            check_public.later(actor=actor, dedupe="nanos.check_public")
