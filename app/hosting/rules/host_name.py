"""Host names that people enter: their one writing, and which are refused. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from enum import StrEnum

import idna

LONGEST = 237
"""Of a name: `_minecraft._tcp.` in front of it must fit into the 253 that DNS takes."""
NOWHERE = ("localhost", "local", "arpa", "onion", "invalid", "internal")
"""Ends of names that the public DNS never answers for."""
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class Fault(StrEnum):
    """Why a text is no domain that may be entered."""

    EMPTY = "empty"
    ADDRESS = "address"
    SINGLE = "single"
    WILDCARD = "wildcard"
    LONG = "long"
    SYNTAX = "syntax"
    OURS = "ours"
    NOWHERE = "nowhere"


class NoDomain(ValueError):
    """The text is none; `fault` says why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def normal_name(text: str, ours: Iterable[str] = ()) -> str:
    """The one writing of a host name: IDNA 2008 in ASCII, small letters, no dot at the end. Raises NoDomain.

    `ours`: names of the platform; none of them and nothing below them may be entered.
    """
    name = text.strip()
    name = name[:-1] if name.endswith((".", "。")) else name
    if not name:
        raise NoDomain(Fault.EMPTY)
    if len(name) > 4 * LONGEST:
        raise NoDomain(Fault.LONG)
    if _is_address(name):
        raise NoDomain(Fault.ADDRESS)
    if "*" in name:
        raise NoDomain(Fault.WILDCARD)
    name = _ascii(name)
    labels = name.split(".")
    if _is_address(name) or labels[-1].isdigit():
        raise NoDomain(Fault.ADDRESS)
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise NoDomain(Fault.SYNTAX)
    if any(is_below(name, own) for own in ours):
        raise NoDomain(Fault.OURS)
    if labels[-1] in NOWHERE:
        raise NoDomain(Fault.NOWHERE)
    if len(labels) < 2:
        raise NoDomain(Fault.SINGLE)
    return name


def is_host_name(text: str) -> bool:
    """Whether a text is a whole host name in its one writing, wherever it may be known."""
    labels = text.split(".")
    plain = all(_LABEL.fullmatch(label) for label in labels)
    return plain and len(labels) > 1 and len(text) <= 253 and not labels[-1].isdigit()


def _ascii(name: str) -> str:
    try:
        found = idna.encode(name, uts46=True, std3_rules=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise NoDomain(Fault.LONG if "too long" in str(error).lower() else Fault.SYNTAX) from None
    except UnicodeError:
        raise NoDomain(Fault.SYNTAX) from None
    if len(found) > LONGEST:
        raise NoDomain(Fault.LONG)
    return found


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True


def is_below(name: str, parent: str) -> bool:
    """Whether a name is another one or lies under it."""
    parent = parent.lower().rstrip(".")
    return bool(parent) and (name == parent or name.endswith(f".{parent}"))


def spoken(name: str) -> str:
    """The name as people write it: with its umlauts, where it has any."""
    try:
        return idna.decode(name)
    except UnicodeError:
        return name
