"""What the router counts. No player's name or address is in any of it."""

from __future__ import annotations

from app.kit import observe

CONNECTIONS = observe.gauge(
    "kontor_router_connections", "Open connections: reading the handshake, held, joined.", ("phase",)
)
OPENED = observe.counter("kontor_router_opened_total", "Connections by what they wanted.", ("kind",))
REFUSED = observe.counter(
    "kontor_router_refused_total", "Connections that were closed without an answer, by reason.", ("reason",)
)
WAKES = observe.counter(
    "kontor_router_wakes_total", "Logins at sleeping servers by what followed.", ("outcome",)
)
KICKS = observe.counter("kontor_router_kicks_total", "Players who were sent away with a text.", ("reason",))
HELD = observe.histogram(
    "kontor_router_held_seconds", "How long players waited for a server who then got in or were sent away."
)
BYTES = observe.counter("kontor_router_bytes_total", "Bytes passed on, by who sent them.", ("source",))
ROUTES = observe.gauge("kontor_router_routes", "Host names that lead somewhere.", across="livemax")
AGE = observe.gauge(
    "kontor_router_routes_age_seconds", "Time since the routes were last read from Redis.", across="livemax"
)
