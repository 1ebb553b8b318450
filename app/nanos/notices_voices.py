"""What people hear of ratings, questions and saved searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from app.messaging.api import notice_kind

RATED, ASKED, ANSWERED, SAVED = "nanos.rating", "nanos.question", "nanos.answered", "nanos.saved"
_NANO = {"nano": ("nanos.nano", "nano_id")}


def _matches(data: dict[str, Any]) -> Mapping[str, Any]:
    count = int(data["count"])
    return {"matches": ngettext("%(num)d neues Nano", "%(num)d neue Nanos", count)}


def _unsubscribe(data: dict[str, Any]) -> str:
    return f"/nanos/saved/{data['search_id']}/silence"


def register_voices() -> None:
    """Make the kinds known, with what is switched on by default."""
    area = _l("Nanos")
    notice_kind(
        RATED, label=_l("Ein Nano wurde bewertet"), area=area, icon="star",
        text=_l("„%(nano)s“ hat eine neue Bewertung."), refs=_NANO, order=53,
    )  # fmt: skip
    notice_kind(
        ASKED, label=_l("Eine Frage zu einem Nano"), area=area, icon="message-circle-question-mark",
        text=_l("Jemand hat eine Frage zu „%(nano)s“."), refs=_NANO, by_mail=True, order=54,
    )  # fmt: skip
    notice_kind(
        ANSWERED, label=_l("Ein Anbieter hat geantwortet"), area=area, icon="reply", tone="ok",
        text=_l("Der Anbieter von „%(nano)s“ hat Ihnen geantwortet."), refs=_NANO, by_mail=True, order=55,
    )  # fmt: skip
    notice_kind(
        SAVED, label=_l("Neues zu einer gespeicherten Suche"), area=area, icon="bookmark",
        text=_l("„%(search)s“: %(matches)s."), refs={"search": ("nanos.saved_search", "search_id")}, values=_matches,
        by_mail=True, order=56, off=(_l("Abbestellen"), _unsubscribe),
    )  # fmt: skip
