"""Modrinth: where plugins and mods come from.

A client that knows the API's rules (version 2), an answer book for when nobody answers, and beside them a fake that
is as strict as the real one.
"""

from app.hosting.gateways.modrinth.client import Modrinth
from app.hosting.gateways.modrinth.fault import ModrinthFault
from app.hosting.gateways.modrinth.guard import CDN
from app.hosting.gateways.modrinth.kept import Kept, NoKept, RedisKept
from app.hosting.gateways.modrinth.shapes import Answered, Hit, Hits, Project

__all__ = [
    "CDN",
    "Answered",
    "Hit",
    "Hits",
    "Kept",
    "Modrinth",
    "ModrinthFault",
    "NoKept",
    "Project",
    "RedisKept",
]
