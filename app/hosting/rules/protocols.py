"""Which protocol a version of the game speaks: what a server list, and clients that adapt themselves, go by."""

from __future__ import annotations

PROTOCOLS: dict[str, int] = {
    "1.7.10": 5, "1.8": 47, "1.8.8": 47, "1.8.9": 47, "1.9.4": 110, "1.10.2": 210, "1.11.2": 316, "1.12.2": 340,
    "1.13.2": 404, "1.14.4": 498, "1.15.2": 578, "1.16.1": 736, "1.16.3": 753, "1.16.4": 754, "1.16.5": 754,
    "1.17": 755, "1.17.1": 756, "1.18": 757, "1.18.1": 757, "1.18.2": 758, "1.19": 759, "1.19.1": 760, "1.19.2": 760,
    "1.19.3": 761, "1.19.4": 762, "1.20": 763, "1.20.1": 763, "1.20.2": 764, "1.20.3": 765, "1.20.4": 765,
    "1.20.5": 766, "1.20.6": 766, "1.21": 767, "1.21.1": 767, "1.21.2": 768, "1.21.3": 768, "1.21.4": 769,
    "1.21.5": 770, "1.21.6": 771, "1.21.7": 772, "1.21.8": 772, "1.21.9": 773, "1.21.10": 773, "1.21.11": 774,
}  # fmt: skip


def protocol_of(version: str, asked: int) -> int:
    """The number for an answer on behalf of a server; an unknown version is answered with the client's own.

    A wrong number would keep out clients that adapt themselves to what the server list says.
    """
    return PROTOCOLS.get(version, asked)
