"""A game's folder, read and written while the game may do anything to it.

The game is foreign code, runs as another user, and owns this folder: whatever was looked up may be a link, a pipe or
gone a moment later. So everything starts at a descriptor of the folder and goes name by name, never through a link
(`O_NOFOLLOW` on each), never by a path, never by `..`; what was opened is looked at again before it is read.
"""

from __future__ import annotations

from app.hosting.gateways.files.fault import FileFault
from app.hosting.gateways.files.listing import Entry, Listing, entry, look
from app.hosting.gateways.files.place import Here, Place
from app.hosting.gateways.files.read import Opened, open_file, read_small
from app.hosting.gateways.files.remove import put_away, remove_away, sweep, take_back
from app.hosting.gateways.files.unpack import unpack
from app.hosting.gateways.files.worlds import Part, World, worlds
from app.hosting.gateways.files.wrapped import UNPACK, Limits
from app.hosting.gateways.files.write import Fresh, bring, make_folder, move, rename
from app.hosting.gateways.files.zipped import Source, Zip

__all__ = [
    "UNPACK",
    "Entry",
    "FileFault",
    "Fresh",
    "Here",
    "Limits",
    "Listing",
    "Opened",
    "Part",
    "Place",
    "Source",
    "World",
    "Zip",
    "bring",
    "entry",
    "look",
    "make_folder",
    "move",
    "open_file",
    "put_away",
    "read_small",
    "remove_away",
    "rename",
    "sweep",
    "take_back",
    "unpack",
    "worlds",
]
