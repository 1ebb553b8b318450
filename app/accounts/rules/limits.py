"""How often something may be tried. Per account against guessing, per network against guessing many accounts.

The limits per account are wide enough that nobody locks a stranger out for long: the window is an hour, and a
mailed link has its own count. Whole schools share an address: the limits per network allow a class to sign in.
"""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Limit:
    """At most `most` tries of a kind in `seconds`, counted from the first."""

    kind: str
    most: int
    seconds: int


PASSWORD_PAIR = Limit("password.pair", 10, 15 * MINUTE)  # one account from one network
PASSWORD_ACCOUNT = Limit("password.account", 50, HOUR)  # one account from anywhere
PASSWORD_NETWORK = Limit("password.network", 120, 15 * MINUTE)
CODE_PAIR = Limit("code.pair", 8, 15 * MINUTE)  # second factor; 3 of 10^6 codes are right at a time
CODE_ACCOUNT = Limit("code.account", 60, DAY)
MAIL_ACCOUNT = Limit("mail.account", 5, HOUR)  # links mailed to one address
MAIL_NETWORK = Limit("mail.network", 40, HOUR)
LINK_NETWORK = Limit("link.network", 60, 15 * MINUTE)  # trying links
CONFIRM_ACCOUNT = Limit("confirm.account", 10, 15 * MINUTE)  # the password asked again inside
INVITE_ORGANISATION = Limit("invite.organisation", 50, DAY)
INVITE_PERSON = Limit(
    "invite.person", 100, DAY
)  # whoever founds organisations does not get more mails to strangers


def over(counts: dict[Limit, tuple[int, int]]) -> int | None:
    """Seconds to wait when any limit is exceeded, else None. `counts`: tries so far and seconds left, by limit."""
    waits = [left for limit, (count, left) in counts.items() if count > limit.most]
    return max(waits) if waits else None
