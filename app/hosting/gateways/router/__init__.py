"""The door of all game servers: one port, routed by the host name a player types; wakes what sleeps.

No database and no Flask in here: routes come from Redis and are kept, so that players get in and go on playing while
everything else is away. docs/router.md has the whole picture.
"""

from app.hosting.gateways.router.options import Options
from app.hosting.gateways.router.router import PortTaken, Router

__all__ = ["Options", "PortTaken", "Router"]
