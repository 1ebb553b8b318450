"""The team of a server in words."""

from __future__ import annotations

from flask_babel import gettext as _

from app.hosting.queries.seat import Insider, SeatView
from app.hosting.rules.seat import Area
from app.hosting.wording import area_word, seat_word


class Words:
    """What the matrix says."""

    @staticmethod
    def area(area: Area) -> str:
        """The column's word."""
        return area_word(area)

    @staticmethod
    def seat(seat: SeatView) -> str:
        """What kind of seat it is."""
        return seat_word(seat.role)

    @staticmethod
    def origin(one: Insider) -> str:
        """Where somebody's access comes from."""
        role = {
            "owner": _("Inhaber der Organisation"),
            "admin": _("Verwaltung der Organisation"),
            "member": _("Mitglied der Organisation"),
        }.get(one.role, _("Gast"))
        if one.seat is None or one.manages:
            return role
        return _("%(role)s, hier: %(seat)s", role=role, seat=seat_word(one.seat.role))
