"""What servers, templates and costs look like in API v1."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.hosting.queries.server import ServerDetail, ServerRow
from app.hosting.rules.doors import MOST_PLAYERS, PLAYER
from app.hosting.rules.idle import LONGEST_MINUTES
from app.hosting.rules.server import Desired, Reason, State
from app.hosting.rules.template import Template
from app.kit.rest import Paged, Shape
from app.kit.rest_types import Euros, Moment

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
SettingKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
SettingValue = (
    bool
    | Annotated[int, Field(ge=-(2**31), le=2**31 - 1)]
    | Annotated[str, StringConstraints(max_length=300)]
)
Settings = Annotated[dict[SettingKey, SettingValue], Field(max_length=50)]
ServerName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
PlayerName = Annotated[str, StringConstraints(pattern=rf"^{PLAYER.pattern}$")]
MemoryMb = Annotated[
    int, Field(ge=128, le=262_144, description="Memory limit in MiB, one of the template's choices.")
]


class ApiServer(Shape):
    """A game server."""

    id: UUID
    name: str
    template: str
    game_version: str
    state: State
    state_since: datetime
    asleep: bool = Field(description="Stopped, and for so long that people are shown it as asleep.")
    desired: Desired = Field(description="What its owner wants; the platform works towards it.")
    reason: Reason | None = Field(description="Why the last run ended or the installation failed.")
    exit_code: int | None
    address: str = Field(description="What players type; empty without a port.")
    memory_mb: int
    players_online: int | None = Field(description="null while the game does not say.")
    players_max: int | None
    disk_bytes: int | None
    started_at: datetime | None
    ready_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, row: ServerRow) -> ApiServer:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ApiServerDetail(ApiServer):
    """A game server with its settings."""

    settings: Settings = Field(description="Only what differs from the template's defaults.")
    idle_minutes: int | None = Field(
        description="Minutes without players until it stops: 0 is never, null as usual on this installation."
    )
    wake_by_join: bool = Field(description="A player who joins at the router wakes it.")
    wake_names: list[str] = Field(description="Players who may wake it; empty is everybody.")
    web_map: bool | None = Field(
        description="A map for browsers; null: when a map plugin is installed. `map_port` says whether it has one now."
    )
    map_port: int | None = Field(description="Port of the map on the node, for the proxy in front of it.")
    needs_restart: bool = Field(description="Settings were changed since the game was started.")


class ServerPage(Shape):
    """Some servers, oldest first."""

    data: list[ApiServer]
    next_cursor: str | None


class ServerQuery(Paged):
    """Which servers."""

    search: str | None = Field(None, max_length=60, description="Part of the name.")
    template: Slug | None = Field(None, description="Only servers of this template.")
    state: State | None = Field(None, description="Only servers in this state.")


class NewServer(Shape):
    """A server to be made."""

    name: ServerName = Field(examples=["Freitagsrunde"])
    template: Slug = Field(examples=["flying-squid"])
    memory_mb: MemoryMb | None = None
    settings: Settings | None = None
    accept_eula: bool = Field(False, description="You accept the game's terms (where the template has some).")
    start: bool = Field(False, description="Install and start it at once; otherwise it stays a draft.")


class ServerChange(Shape):
    """What to change; what is absent stays. A running game takes it over at its next start."""

    name: ServerName | None = None
    memory_mb: MemoryMb | None = None
    settings: Settings | None = None
    wake_by_join: bool | None = None
    wake_names: Annotated[list[PlayerName], Field(max_length=MOST_PLAYERS)] | None = Field(
        None, description="Players who may wake it by joining; empty is everybody."
    )
    idle_minutes: Annotated[int, Field(ge=0, le=LONGEST_MINUTES)] | None = Field(
        None,
        description="Minutes without players until it stops: 0 is never, null as usual. Applies at once.",
    )

    web_map: bool | None = Field(
        None, description="A map for browsers; null: when a map plugin is installed. From the next start."
    )


class Command(Shape):
    """A line for the game's console."""

    line: Annotated[str, StringConstraints(min_length=1, max_length=500)] = Field(
        examples=["say Gleich geht es los"]
    )


class Accepted(Shape):
    """It will be done."""

    job: UUID = Field(description="The background job that does it.")


class TemplateSetting(Shape):
    """One thing that may be set."""

    key: str
    label: str
    type: str
    default: bool | int | str
    minimum: int | None
    maximum: int | None
    choices: list[str]


class ApiTemplate(Shape):
    """A kind of server on offer."""

    slug: str
    name: str
    game_version: str
    memory_choices_mb: list[int]
    memory_default_mb: int
    needs_eula: bool
    settings: list[TemplateSetting]

    @classmethod
    def of(cls, template: Template, locale: str) -> ApiTemplate:
        settings = [
            TemplateSetting(
                key=one.key, label=one.label.text(locale), type=one.type, default=one.default,
                minimum=one.minimum, maximum=one.maximum, choices=[choice.value for choice in one.choices],
            )
            for one in template.settings
        ]  # fmt: skip
        return cls(
            slug=template.slug, name=template.name.text(locale), game_version=template.game_version,
            memory_choices_mb=list(template.memory.choices_mb), memory_default_mb=template.memory.default_mb,
            needs_eula=bool(template.eula), settings=settings,
        )  # fmt: skip


class TemplateList(Shape):
    """All templates, in the order they are offered."""

    data: list[ApiTemplate]


class CostsQuery(Shape):
    """Which time; without both, the running month of the billing zone."""

    since: Moment | None = Field(None, description="From this moment on.")
    until: Moment | None = Field(None, description="Until before this moment; the future costs nothing.")


class CostLine(Shape):
    """Costs of one group: what is booked in the ledger and what is due but not booked yet."""

    day: date | None = None
    meter: str | None = None
    server: UUID | None = None
    seconds: int = Field(description="The time that was charged for.")
    booked: Euros
    unbooked: Euros
    total: Euros


class ApiCosts(Shape):
    """Costs in a window, in sum and by meter, day and server."""

    since: datetime
    until: datetime
    total: Euros
    by_meter: list[CostLine]
    by_day: list[CostLine]
    by_server: list[CostLine]


def detail_of(row: ServerDetail) -> ApiServerDetail:
    return ApiServerDetail(**{name: getattr(row, name) for name in ApiServerDetail.model_fields})
