"""Who hears when people say something at a nano, and when something new is public."""

from __future__ import annotations

from app.core.api import Recorded, subscribe
from app.nanos import notices_voices as notices
from app.nanos.services.notify import tell_author, tell_provider_of
from app.nanos.services.saved import look_soon


@subscribe("nanos.rating.given")
def tell_about_rating(event: Recorded) -> None:
    """The provider's owners and admins hear of it; an edit needs no notice."""
    tell_provider_of(notices.RATED, event, "ratings")


@subscribe("nanos.question.asked")
def tell_about_question(event: Recorded) -> None:
    """The provider's owners and admins hear of it."""
    tell_provider_of(notices.ASKED, event, "questions")


@subscribe("nanos.rating.answered")
def tell_about_reply(event: Recorded) -> None:
    """Who rated hears."""
    tell_author(notices.ANSWERED, event, "ratings")


@subscribe("nanos.question.answered")
def tell_about_answer(event: Recorded) -> None:
    """Who asked hears."""
    tell_author(notices.ANSWERED, event, "questions")


@subscribe("nanos.nano.published")
def ask_saved_searches(_event: Recorded) -> None:
    """Those that want to hear at once are asked."""
    look_soon()
