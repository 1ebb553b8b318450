"""API v1: what a server used over time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from pydantic import Field

from app.hosting.policies import P
from app.hosting.queries.monitoring import Measured, happened, measured
from app.hosting.queries.server import find_server
from app.hosting.rules.monitoring import BadSpan, Span, Track, chosen_span, window_span
from app.hosting.views.api import SERVERS, bp
from app.hosting.views.monitoring_words import refuse
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.i18n import choose_zone
from app.kit.rest import Call, Shape, operation
from app.kit.rest_types import Moment


class MetricsQuery(Shape):
    """Which time: a window up to now, or from `since` to `until`."""

    window: Literal["1h", "6h", "24h", "7d", "30d", "90d", "1y"] = Field("24h", description="Up to now.")
    since: Moment | None = Field(None, description="With `until` instead of a window; at most two years ago.")
    until: Moment | None = Field(None, description="At most 400 days after `since`; the future is cut off.")


class ApiTrack(Shape):
    """One measurement, a value a point: lowest, mean and highest of its ten-second readings; null is a gap."""

    low: list[float | None]
    mean: list[float | None]
    peak: list[float | None]

    @classmethod
    def of(cls, track: Track) -> ApiTrack:
        return cls(low=list(track.low), mean=list(track.mean), peak=list(track.peak))


class ApiMark(Shape):
    """Something that happened to the server."""

    at: datetime
    event: str


class ApiMetrics(Shape):
    """What a server used. Points are `step_seconds` long; from half a year on they are days of your time zone."""

    since: datetime
    until: datetime
    step_seconds: int
    at: list[datetime] = Field(description="Where each point begins.")
    measured_seconds: list[int | None] = Field(
        description="How much of each point the server ran; null: not at all."
    )
    memory_bytes: ApiTrack
    cpu_cores: ApiTrack
    ticks_per_second: ApiTrack
    players: ApiTrack
    received_bytes_per_second: ApiTrack
    sent_bytes_per_second: ApiTrack
    disk_bytes: list[float | None]
    received_bytes: int | None = Field(description="In the whole time.")
    sent_bytes: int | None = Field(description="In the whole time.")
    played_seconds: int | None = Field(description="With at least one player.")
    run_seconds: int
    events: list[ApiMark] = Field(description="The newest 200.")


@operation(
    bp, "GET", "/servers/{server_id}/metrics", tag=SERVERS, summary="What a server used over time",
    permission=P.server_read, query=MetricsQuery, answer=ApiMetrics,
    description="From readings every ten seconds, kept for a day, by the minute for a month, by the hour for two years.",
)  # fmt: skip
def api_server_metrics(call: Call, server_id: UUID) -> ApiMetrics:
    server = find_server(call.actor, server_id)
    span = _span(call.query)
    data = measured(server.id, span, ZoneInfo(choose_zone()))
    marks = [
        ApiMark(at=event.at, event=event.name) for event in happened(server.organisation_id, server.id, span)
    ]
    return _shape(span, data, marks)


def _span(query: MetricsQuery) -> Span:
    now = int(clock.now().timestamp())
    if query.since is None and query.until is None:
        return window_span(query.window, now)
    if query.since is None or query.until is None:
        raise Invalid(fields={"since" if query.since is None else "until": _("Gib since und until an.")})
    try:
        return chosen_span(int(query.since.timestamp()), int(query.until.timestamp()), now)
    except BadSpan as error:
        refused = refuse(error)
        raise Invalid(refused.message, {"until": refused.message}) from error


def _shape(span: Span, data: Measured, marks: list[ApiMark]) -> ApiMetrics:
    def moment(at: int) -> datetime:
        return datetime.fromtimestamp(at, UTC)

    tracks = {name: ApiTrack.of(track) for name, track in data.tracks.items()}
    return ApiMetrics(
        since=moment(span.since),
        until=moment(span.until),
        step_seconds=data.plan.step,
        at=[moment(at) for at in data.at],
        measured_seconds=list(data.covered),
        memory_bytes=tracks["memory"],
        cpu_cores=tracks["cpu"],
        ticks_per_second=tracks["tps"],
        players=tracks["players"],
        received_bytes_per_second=tracks["received"],
        sent_bytes_per_second=tracks["sent"],
        disk_bytes=list(data.tracks["disk"].mean),
        received_bytes=data.received_bytes,
        sent_bytes=data.sent_bytes,
        played_seconds=data.played_seconds,
        run_seconds=data.run_seconds,
        events=marks,
    )
