"""The automatic check: what in a text looks like something that should not be public. Pure; it only points at places.

Nothing is fetched and nothing is decided here: each finding is a hint for a person, shown where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Hint(StrEnum):
    """What something looks like."""

    EMAIL = "email"
    PHONE = "phone"
    IBAN = "iban"
    CARD = "card"
    DOMAIN = "domain"
    COPYRIGHT = "copyright"
    SPAM = "spam"
    FOUL = "foul"


PERSONAL = frozenset({Hint.EMAIL, Hint.PHONE, Hint.IBAN, Hint.CARD})
MOST_LETTERS, MOST_FINDINGS = 50_000, 50
"""Read of each text, and kept of each revision."""


@dataclass(frozen=True)
class Finding:
    """One place: `where` names the text, `start` and `length` count letters in it."""

    where: str
    hint: Hint
    start: int
    length: int


@dataclass(frozen=True)
class Lists:
    """What the check looks for besides: words and phrases in small letters, domains without www."""

    foul: frozenset[str]
    copyright: tuple[str, ...]
    spam: tuple[str, ...]
    domains: frozenset[str] = frozenset()


_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}(?![\w-])")
_PHONE = re.compile(
    r"(?<!\d[ ])(?<![\w/.,-])(?:\+\d{2}|00\d{2}|0)[ /.-]?(?:\(0\)[ ]?)?[1-9](?:[ /.-]?\d){6,12}(?![\w])"
)
_IBAN = re.compile(r"(?<!\w)[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?(?!\w)")
_CARD = re.compile(r"(?<!\d[ ])(?<![\w-])[3-6]\d{3}(?:[ -]?\d){11,12}(?![\w-]|[ ]?\d)")
_HOST = re.compile(
    r"(?:https?://|www\.|(?<![\w.@-]))((?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24})(?![\w-])", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]+")
_SHOUT = re.compile(r"[!?]{4,}|(?:\b[A-ZÄÖÜ]{4,}\b[ ,!]*){5,}")


def iban_holds(text: str) -> bool:
    """The checksum of ISO 13616: what fails it is no account."""
    bare = text.replace(" ", "").upper()
    if not 15 <= len(bare) <= 34 or not bare.isascii() or not bare.isalnum():
        return False
    digits = "".join(str(int(one, 36)) for one in bare[4:] + bare[:4])
    return int(digits) % 97 == 1


def card_holds(text: str) -> bool:
    """The checksum of payment cards (Luhn), and not one digit over and over."""
    digits = [int(one) for one in text if one.isdigit()]
    if not 15 <= len(digits) <= 16 or len(set(digits)) == 1:
        return False
    doubled = [d if i % 2 == 0 else d * 2 - 9 * (d > 4) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _personal(text: str) -> Iterator[tuple[Hint, int, int]]:
    for match in _EMAIL.finditer(text):
        yield Hint.EMAIL, match.start(), match.end()
    taken: list[tuple[int, int]] = []
    for pattern, hint, holds in ((_IBAN, Hint.IBAN, iban_holds), (_CARD, Hint.CARD, card_holds)):
        for match in pattern.finditer(text):
            if holds(match[0]):
                taken.append(match.span())
                yield hint, match.start(), match.end()
    for match in _PHONE.finditer(text):
        if not any(start < match.end() and match.start() < end for start, end in taken):
            yield Hint.PHONE, match.start(), match.end()


def _phrases(text: str, phrases: Iterable[str], hint: Hint) -> Iterator[tuple[Hint, int, int]]:
    for phrase in phrases:
        begin = text.find(phrase)
        while begin >= 0:
            end = begin + len(phrase)
            if not (text[begin - 1 : begin].isalnum() or text[end : end + 1].isalnum()):
                yield hint, begin, end
            begin = text.find(phrase, end)


def _lower(text: str) -> str:
    """In small letters without changing the number of letters: places must fit the text as it is."""
    return "".join(small if len(small := one.lower()) == 1 else one for one in text)


def _bad(host: str, domains: frozenset[str]) -> bool:
    parts = host.lower().split(".")
    return any(".".join(parts[number:]) in domains for number in range(len(parts) - 1))


def look(where: str, text: str, lists: Lists) -> list[Finding]:
    """What stands out in one text, in order of place. Longer texts are read up to `MOST_LETTERS`."""
    text = text[:MOST_LETTERS]
    small = _lower(text)
    found = list(_personal(text))
    found += _phrases(small, lists.copyright, Hint.COPYRIGHT)
    found += _phrases(small, lists.spam, Hint.SPAM)
    found += [(Hint.SPAM, one.start(), one.end()) for one in _SHOUT.finditer(text)]
    found += [(Hint.FOUL, one.start(), one.end()) for one in _WORD.finditer(small) if one[0] in lists.foul]
    if lists.domains:
        found += [
            (Hint.DOMAIN, one.start(1), one.end(1))
            for one in _HOST.finditer(text)
            if _bad(one[1], lists.domains)
        ]
    return [
        Finding(where, hint, start, end - start)
        for hint, start, end in sorted(set(found), key=lambda one: (one[1], one[0]))
    ]


def look_all(texts: Mapping[str, str], lists: Lists) -> list[Finding]:
    """The same for several texts by name, at most `MOST_FINDINGS`."""
    found = [one for where, text in texts.items() for one in look(where, text, lists)]
    return found[:MOST_FINDINGS]


def names_people(text: str) -> bool:
    """Whether a text probably holds somebody's data: for statements that are published."""
    return any(True for _one in _personal(text[:MOST_LETTERS]))


def pieces(text: str, findings: Iterable[tuple[int, int, str]]) -> list[tuple[str, str]]:
    """The text cut at its findings: (part, hint or ""). Findings beyond its end or inside another one are left out."""
    made: list[tuple[str, str]] = []
    here = 0
    for start, length, hint in sorted(findings):
        if start < here or length <= 0 or start + length > len(text):
            continue
        made += [(text[here:start], ""), (text[start : start + length], hint)]
        here = start + length
    return [one for one in [*made, (text[here:], "")] if one[0]]
