"""A game template: everything Kontor knows about one kind of server, as data from one TOML file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from app.hosting.rules.heap import heap_mb
from app.hosting.rules.setting import EnvironmentName, Part, Setting, Value, Words, plain

RuntimeName = Literal["process", "docker"]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=40)]
ConsoleCommand = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]

PLACEHOLDERS = frozenset(
    {"memory_mb", "heap_mb", "port", "rcon_port", "rcon_secret_file", "map_port", "install", "node"}
)
"""What `{name}` in commands and environments may say; `{install}` and `{node}` exist in the process runtime only."""


SayCommand = Annotated[ConsoleCommand, StringConstraints(pattern=r"^[^{}]*\{text\}[^{}]*$")]
"""A console command that tells everybody in the game `{text}`."""


class Memory(Part):
    """Memory limits on offer, in MiB."""

    choices_mb: tuple[Annotated[int, Field(ge=128, le=262_144)], ...] = Field(min_length=1)
    default_mb: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if list(self.choices_mb) != sorted(set(self.choices_mb)):
            raise ValueError("choices_mb must rise")
        if self.default_mb not in self.choices_mb:
            raise ValueError(f"default_mb {self.default_mb} is not one of choices_mb")
        return self

    @property
    def minimum_mb(self) -> int:
        return self.choices_mb[0]

    @property
    def maximum_mb(self) -> int:
        return self.choices_mb[-1]


class ProcessPlan(Part):
    """How the process runtime installs and starts the game."""

    install: Literal["npm", "none"] = "none"
    files: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")], ...] = ()
    """Files beside the template that belong to the installation; npm needs package.json and package-lock.json."""
    command: tuple[str, ...] = Field(min_length=1)
    environment: dict[EnvironmentName, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _installable(self) -> Self:
        if self.install == "npm" and not {"package.json", "package-lock.json"} <= set(self.files):
            raise ValueError("install = npm needs package.json and package-lock.json in files")
        return self


class DockerPlan(Part):
    """How the docker runtime starts the game. Without `image` the operator has to give one."""

    image: str | None = Field(default=None, min_length=1, max_length=300)
    command: tuple[str, ...] | None = None
    data_path: str = Field(default="/data", pattern=r"^/[^:]*$")
    game_port: int = Field(default=25565, ge=1, le=65535)
    rcon_port: int = Field(default=25575, ge=1, le=65535)
    environment: dict[EnvironmentName, str] = Field(default_factory=dict)
    capabilities: tuple[Annotated[str, StringConstraints(pattern=r"^[A-Z_]+$")], ...] = ()
    """Linux capabilities given back after all were dropped: what the image's own start script needs."""


class Ready(Part):
    """When the game counts as running: both checks hold where both are on."""

    log: bool = True
    ping: bool = True
    timeout_seconds: int = Field(default=180, ge=5, le=3600)

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.log or self.ping):
            raise ValueError("one of log and ping must be on")
        return self


class Stop(Part):
    """How the game is asked to end: a console command, or SIGTERM where there is none."""

    command: ConsoleCommand | None = None
    grace_seconds: int = Field(default=60, ge=1, le=600)


MovingPath = Annotated[str, StringConstraints(pattern=r"^/?[^/]+(/[^/]+)*$", max_length=100)]


class Save(Part):
    """How a running game is made to stand still while its world is copied; without commands it is copied as it is."""

    off: ConsoleCommand | None = None
    flush: ConsoleCommand | None = None
    """Writes everything to disk; the game confirms it by what `patterns.saved` describes."""
    on: ConsoleCommand | None = None
    timeout_seconds: int = Field(default=120, ge=5, le=600)
    """For the confirmation: longer than the minute after which a game's own watchdog would end it."""
    moving: tuple[MovingPath, ...] = (
        "session.lock", "/logs", "/crash-reports", "/usercache.json", "/*/playerdata", "/*/stats", "/*/advancements",
    )  # fmt: skip
    """What may change all the same while a running game is copied: a name anywhere, or with a slash in front a path from
    the top, each with all below; `*` stands for any name or part of one. Files of players are here because they are written
    whole whenever somebody leaves."""

    @model_validator(mode="after")
    def _together(self) -> Self:
        if len({command is None for command in (self.off, self.flush, self.on)}) != 1:
            raise ValueError("off, flush and on belong together")
        return self


PATTERN_GROUPS: Mapping[str, frozenset[str]] = {
    "ready": frozenset(),
    "join": frozenset({"player"}),
    "leave": frozenset({"player"}),
    "lag": frozenset(),
    "crash": frozenset(),
    "saved": frozenset(),
}


class Patterns(Part):
    """Regular expressions over the text of a log line (time stamp and level already cut off)."""

    ready: str = r"^Done \((?P<seconds>[\d.,]+)s\)!"
    join: str = r"^(?P<player>[^\s<>\[\]]{1,32}) joined the game$"
    leave: str = r"^(?P<player>[^\s<>\[\]]{1,32}) left the game$"
    lag: str = (
        r"^Can't keep up!.*?(?P<milliseconds>\d+) ?ms|^A single server tick took (?P<seconds>[\d.]+) seconds"
    )
    crash: str = r"---- Minecraft Crash Report ----|^Exception in server tick loop|^This crash report has been saved to:"
    saved: str = r"^Saved the (?:game|world)"

    @field_validator("*")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _groups(self) -> Self:
        for name, groups in PATTERN_GROUPS.items():
            missing = groups - re.compile(getattr(self, name)).groupindex.keys()
            if missing:
                raise ValueError(f"{name} needs the group (?P<{min(missing)}>…)")
        return self


class Tps(Part):
    """How ticks per second are asked for; `reader` none means that this game does not say."""

    reader: Literal["none", "paper", "tick-query", "forge"] = "none"
    command: ConsoleCommand | None = None
    pauses_when_empty: bool = False
    """True from Minecraft 1.21.2 on: without players the game stands still and its figure means nothing."""

    @model_validator(mode="after")
    def _asked(self) -> Self:
        if (self.reader == "none") != (self.command is None):
            raise ValueError("command and reader belong together")
        return self


class Plugins(Part):
    """How the game takes plugins or mods: as jars in a folder of its world."""

    loaders: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}$")], ...] = Field(min_length=1)
    """The game's own loader first, then those whose plugins it also takes; names as Modrinth has them."""
    folder: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class WebMap(Part):
    """The game can answer browsers with a map, by itself or by a plugin, at a second port."""

    port: int = Field(default=8123, ge=1024, le=65535)
    """Where it listens in a container; a map plugin of the catalogue knows better."""


class Template(Part):
    """One kind of game server. Built from a file by `app.hosting.catalog.load_templates`."""

    slug: Slug
    name: Words
    description: Words
    icon: Slug
    position: int = 100
    """Lower comes first where templates are listed."""
    game_version: str = Field(min_length=1, max_length=30)
    eula: str | None = None
    """Address of terms the person must accept before the first start."""
    runtimes: tuple[RuntimeName, ...] = Field(min_length=1)
    """The first is the default."""
    memory: Memory
    process: ProcessPlan | None = None
    docker: DockerPlan | None = None
    rcon: bool = False
    say: SayCommand | None = None
    ready: Ready = Field(default_factory=Ready)
    stop: Stop = Field(default_factory=Stop)
    patterns: Patterns = Field(default_factory=Patterns)
    tps: Tps = Field(default_factory=Tps)
    save: Save = Field(default_factory=Save)
    plugins: Plugins | None = None
    """None where the game takes none."""
    web_map: WebMap | None = None
    """None where nothing in the game answers browsers."""
    settings: tuple[Setting, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name in self.runtimes:
            if getattr(self, name) is None:
                raise ValueError(f"runtimes names {name}, but there is no [{name}]")
        keys = [setting.key for setting in self.settings]
        if len(keys) != len(set(keys)):
            raise ValueError("settings: a key twice")
        if self.docker and any(setting.property for setting in self.settings):
            raise ValueError("settings: property works in the process runtime only, use env")
        self._check_placeholders()
        return self

    def _check_placeholders(self) -> None:
        texts = [*self.process.command, *self.process.environment.values()] if self.process else []
        allowed = [(text, PLACEHOLDERS) for text in texts]
        if self.docker:
            inside = PLACEHOLDERS - {"install", "node"}
            allowed += [
                (text, inside) for text in (*self.docker.environment.values(), *(self.docker.command or ()))
            ]
        for text, names in allowed:
            for _, name, _, _ in Formatter().parse(text):
                if name is not None and name not in names:
                    raise ValueError(f"unknown placeholder {{{name}}} in {text!r}")

    def check_settings(self, values: Mapping[str, object]) -> dict[str, str]:
        """Faults by key (see `Setting.fault`, or "unknown"); empty when the values may be used."""
        known = {setting.key: setting for setting in self.settings}
        faults = {key: "unknown" for key in values if key not in known}
        for key, setting in known.items():
            if key in values and (fault := setting.fault(values[key])):
                faults[key] = fault
        return faults

    def environment(
        self, runtime: RuntimeName, values: Mapping[str, Value], facts: Mapping[str, str]
    ) -> dict[str, str]:
        """The game's environment variables: the template's own, then the settings told by `env`."""
        plan = self.process if runtime == "process" else self.docker
        filled = {name: text.format_map(facts) for name, text in (plan.environment if plan else {}).items()}
        for setting in self.settings:
            if setting.env:
                filled[setting.env] = plain(values.get(setting.key, setting.default))
        return filled

    def properties(self, values: Mapping[str, Value]) -> dict[str, str]:
        """The settings told by a line of server.properties."""
        return {s.property: plain(values.get(s.key, s.default)) for s in self.settings if s.property}


def facts(
    *,
    memory_mb: int,
    port: int,
    rcon_port: int,
    rcon_secret_file: str,
    map_port: int | None = None,
    **more: str,
) -> dict[str, str]:
    """Values for the placeholders of commands and environments. Without a map its port is empty."""
    return {
        "memory_mb": str(memory_mb),
        "heap_mb": str(heap_mb(memory_mb)),
        "port": str(port),
        "rcon_port": str(rcon_port),
        "rcon_secret_file": rcon_secret_file,
        "map_port": str(map_port or ""),
        **more,
    }
