"""Small helpers for templates, reached as `nanos.…`."""

from __future__ import annotations

from app.kit.config import settings
from app.nanos import wording, wording_learning, wording_moderation, wording_voices
from app.nanos.rules.content import FORMS, SHOWN, VIDEOS, Kind
from app.nanos.rules.link import link_host
from app.nanos.rules.rating import STARS, Tally, shares


class Helpers:
    """What templates of nanos may call."""

    term = staticmethod(wording.term_word)
    state = staticmethod(wording.state_word)
    tone = staticmethod(wording.state_tone)
    stage = staticmethod(wording.stage_word)
    kind = staticmethod(wording.kind_word)
    duration = staticmethod(wording.duration_word)
    host = staticmethod(link_host)
    sharing = staticmethod(wording_voices.sharing_word)
    sharing_icon = staticmethod(wording_voices.sharing_icon)
    sharing_tone = staticmethod(wording_voices.sharing_tone)
    cadence = staticmethod(wording_voices.cadence_word)
    wish = staticmethod(wording_voices.wish_words)

    @staticmethod
    def bars(tally: Tally) -> list[tuple[int, int, int]]:
        """(stars, hundredths of the longest bar, count), the most stars first."""
        lengths = shares(tally.counts)
        return [(stars, lengths[stars - 1], tally.counts[stars - 1]) for stars in reversed(STARS)]

    moderation = wording_moderation

    @staticmethod
    def label(name: str) -> str:
        """A field or facet in words."""
        return str(wording.LABELS[name])

    @staticmethod
    def audience(chosen: tuple[str, ...]) -> str:
        """For whom, in words."""
        return ", ".join(wording.term_word("audiences", one) for one in chosen) or "–"

    @staticmethod
    def icon(kind: Kind) -> str:
        """The picture of a kind of content."""
        return FORMS[kind].icon

    @staticmethod
    def mime(kind: Kind) -> str:
        """The type a kind is served as."""
        return FORMS[kind].mime

    @staticmethod
    def plays(kind: Kind) -> bool:
        """Whether it is a video."""
        return kind in VIDEOS

    @staticmethod
    def shows(kind: Kind) -> bool:
        """Whether a browser shows it by itself."""
        return kind in SHOWN

    no_seat = staticmethod(wording.no_seat_words)

    # Assignments, certificates, badges.
    standing = staticmethod(wording_learning.standing_word)
    standing_tone = staticmethod(wording_learning.standing_tone)
    standing_icon = staticmethod(wording_learning.standing_icon)
    why = staticmethod(wording_learning.why_word)
    badge = staticmethod(wording_learning.badge_words)

    @staticmethod
    def deed(name: str) -> str:
        """What counts, in words."""
        return str(wording_learning.DEEDS[name])

    @staticmethod
    def has_points() -> bool:
        """Whether the operator lets people collect points."""
        return settings().nano_points
