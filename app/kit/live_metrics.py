"""What the live process measures of itself."""

from __future__ import annotations

from app.kit.observe import counter, gauge, histogram

LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
SOCKETS = gauge("kontor_live_sockets", "Open WebSockets")
FRAMES = counter("kontor_live_frames_total", "Frames sent to viewers")
RENDERS = counter("kontor_live_renders_total", "Renderings of live fragments", ("outcome",))
DROPPED = counter(
    "kontor_live_dropped_total", "Viewers dropped because they did not read or answer", ("reason",)
)
DELIVERY = histogram(
    "kontor_live_delivery_seconds", "From the change to the last viewer's socket", buckets=LATENCY
)
