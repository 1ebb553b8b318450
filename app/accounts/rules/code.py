"""One-time codes: time-based ones of an authenticator app, and backup codes on paper."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime
from uuid import UUID

import pyotp

PERIOD = 30  # seconds a code is shown (RFC 6238)
TOLERANCE = 1  # steps to either side: clocks of phones are off
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31 signs nobody confuses
BACKUP_LENGTH = 12  # 31^12 is 59 bits, behind a slow hash
BACKUP_COUNT = 10


def step_of(now: datetime) -> int:
    """The number of the 30-second step."""
    return int(now.timestamp()) // PERIOD


def matching_step(secret: str, code: str, now: datetime, last_step: int) -> int | None:
    """The step whose code this is, newer than any used before; None when it is wrong, old, or a replay."""
    digits = re.sub(r"\s", "", code)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return None
    totp = pyotp.TOTP(secret, interval=PERIOD)
    here = step_of(now)
    found = None
    for step in range(here - TOLERANCE, here + TOLERANCE + 1):
        if hmac.compare_digest(totp.generate_otp(step), digits) and step > last_step and found is None:
            found = step
    return found


def plain_backup_code(text: str) -> str | None:
    """A backup code without dashes and blanks, or None when it cannot be one."""
    plain = re.sub(r"[\s-]", "", text).casefold()
    return plain if len(plain) == BACKUP_LENGTH and set(plain) <= set(ALPHABET) else None


def grouped(code: str) -> str:
    """As it is shown: abcd-efgh-jkmn."""
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def backup_digest(code: str, person_id: UUID) -> str:
    """What is stored. Slow on purpose, salted with the person, so that a stolen table is not worth the guessing."""
    return hashlib.scrypt(code.encode(), salt=person_id.bytes, n=4096, r=8, p=1, dklen=32).hex()
