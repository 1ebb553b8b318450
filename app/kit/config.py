"""All settings, in one place. Each comes from the environment as KONTOR_<NAME>; docs/settings.md lists them."""

from __future__ import annotations

import hashlib
import os
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import quote, urlsplit

from flask import current_app
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parents[2]
LONGEST_SOCKET_PATH = 100  # the kernel takes 107 bytes


class Settings(BaseSettings):
    """Read once at start; wrong values stop the start with the name of the setting."""

    model_config = SettingsConfigDict(env_prefix="KONTOR_", extra="ignore")

    name: str = Field("Kontor", description="The name people see: the operator's white label.")
    modules: str = Field("hosting", description="Products that are switched on, separated by commas.")
    debug: bool = Field(False, description="Developer mode: readable logs, style guide open.")
    demo: bool = Field(False, description="Demo data and the test top-up are offered.")
    var_dir: Path = Field(
        ROOT / "var", description="Everything that is written: database, files, game servers, sockets."
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty is SQLite in the var folder.")
    redis_url: str = Field(
        "", description="Redis URL; empty is the embedded server's socket in the var folder."
    )
    public_url: str = Field(
        "http://127.0.0.1:8000", description="The address people type; mails and origin checks use it."
    )
    live_url: str = Field("", description="WebSocket address; empty is the public host on the next port.")
    secret_keys: SecretStr = Field(
        SecretStr(""),
        description="Secrets, newest first, separated by commas; empty reads or makes var/secret.key.",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=5, description="Reverse proxies in front whose X-Forwarded-* are believed."
    )
    mail_url: str = Field(
        "", description="smtp://user:password@host:port or smtps://…; empty keeps mail in the outbox."
    )
    mail_from: str = Field("Kontor <kontor@localhost>", description="Sender of mails.")
    chat_digest_minutes: int = Field(
        30,
        ge=5,
        le=10_080,
        description="Minutes an unread chat message waits until a mail tells of it; each is told of once.",
    )
    chat_days: int = Field(
        0, ge=0, le=36_500, description="Days after which chat messages are deleted; 0 keeps them."
    )
    sentry_dsn: str = Field("", description="Error tracking; empty is off.")
    metrics_token: SecretStr = Field(
        SecretStr(""), description="Bearer token for /metrics; empty allows loopback only."
    )
    metrics_sink_url: SecretStr = Field(
        SecretStr(""),
        description="Where readings of game servers are also written, in InfluxDB's line protocol; empty is nowhere.",
    )
    metrics_sink_token: SecretStr = Field(SecretStr(""), description="Token of the metrics sink.")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", description="auto is text on a terminal, else JSON."
    )
    files_url: str = Field(
        "", description="Where files are kept: empty is the var folder, s3://bucket/prefix is S3."
    )
    billing_zone: str = Field("Europe/Berlin", description="Time zone whose days and months bills follow.")
    accent: str = Field("", description="White-label accent colour as #rrggbb; refused below 4.5:1 contrast.")
    game_host: str = Field(
        "127.0.0.1", description="Address players type to reach game servers of this host."
    )
    game_ports: str = Field("25600-25999", description="Ports given to game servers, from-to.")
    map_host: str = Field(
        "127.0.0.1",
        description="Address of this host where web maps of games listen; a proxy (`kontor proxy caddy`) leads there.",
    )
    game_runtime: str = Field("process", description="Runtime for new game servers: process or docker.")
    starts_at_once: int = Field(
        0,
        ge=0,
        le=1000,
        description="Game servers of a host that start at the same time; 0 is four a core.",
    )
    idle_minutes: int = Field(
        15,
        ge=0,
        le=1440,
        description="Minutes without players until a game server stops, unless its owner chose; 0 is never.",
    )
    sleep_minutes: int = Field(
        5, ge=1, le=1440, description="Minutes after which a stopped game server is shown as asleep."
    )
    archive_hours: int = Field(
        48,
        ge=0,
        le=8760,
        description="Hours after its last run until a game server's world moves into the archive; 0 is never.",
    )
    archive_url: SecretStr = Field(
        SecretStr(""),
        description="Store of archives: empty (in the var folder), file://, sftp:// or s3:// (docs/archive.md).",
    )
    file_upload_mb: int = Field(
        100, ge=1, le=10_000, description="Largest upload into a game server's folder, in MiB."
    )
    nano_points: bool = Field(
        True,
        description="Whether people may collect points and badges for learning with nanos; each decides for themselves.",
    )
    nano_upload_mb: int = Field(200, ge=1, le=4096, description="Largest file of a nano, in MiB.")
    nano_storage_mb: int = Field(
        5000, ge=1, description="What the files of all nanos of an organisation may take together, in MiB."
    )
    nano_offer_days: int = Field(
        14, ge=1, le=365, description="Days until an offer to exchange nanos expires."
    )
    nano_delivery_days: int = Field(
        14, ge=1, le=365, description="Days to deliver what was agreed; then the exchange is undone."
    )
    nano_confirm_days: int = Field(
        14, ge=1, le=365, description="Days to confirm or dispute a delivery; then the exchange is completed."
    )
    nano_dispute_days: int = Field(
        30, ge=1, le=365, description="Days for a moderator's decision; then the exchange is undone."
    )
    nano_remind_days: int = Field(
        3, ge=1, le=60, description="Days before the end of a wait on which people are reminded."
    )
    nano_credit_floor: int = Field(
        -100,
        ge=-1_000_000,
        le=0,
        description="How low an organisation's credits may go, unless operators say otherwise.",
    )
    content_url: str = Field(
        "",
        pattern=r"^(https?://(\*\.)?[a-z0-9.-]+(:\d+)?)?$",
        description="Origin in which packages of nanos run, on a host of its own; `https://*.host` gives each its own. "
        "Empty: sandboxed without an origin.",
    )
    outbound_networks: str = Field(
        "",
        description="Networks of one's own, separated by commas (10.20.0.0/16), that addresses typed by people (a learning "
        "platform's) may lead to; only there without https. Empty: the public net alone.",
    )
    clamav_url: str = Field(
        "",
        pattern=r"^((tcp://[^/\s]+|unix:///\S+))?$",
        description="Virus scanner for uploads to nanos: tcp://host:port or unix:///path of clamd; empty is none.",
    )
    modrinth_url: str = Field(
        "https://api.modrinth.com/v2", description="Modrinth's API, where plugins come from; empty is off."
    )
    modrinth_contact: str = Field(
        "",
        description="Mail or address Modrinth may turn to, sent with each request; empty is the public address.",
    )
    play_domain: str = Field(
        "play.localhost", description="Domain under which each game server has a host name, at the router."
    )
    dns_servers: str = Field(
        "",
        description="Resolvers that check own domains: addresses separated by commas, with :port; empty is the system's.",
    )
    docker_url: str = Field("", description="Docker engine; empty is the local socket.")
    router_host: str = Field(
        "", description="Address the router listens on; empty is HOST, `::` is every one of IPv4 and IPv6."
    )
    router_port: int = Field(
        25565, ge=0, le=65535, description="Port players join by host name; 25565 is what they need not type."
    )
    router_share_port: bool = Field(
        False, description="Several routers of this host share the port: one can be restarted at a time."
    )
    router_proxy_protocol: bool = Field(
        False, description="Game servers get the PROXY protocol v2 in front; each of them must expect it."
    )
    router_language: Literal["both", "de", "en"] = Field(
        "both", description="Language of what players read in the server list and when they are sent away."
    )
    router_connections: int = Field(4000, ge=1, description="Connections a router holds at most.")
    router_connections_per_address: int = Field(
        50, ge=1, description="Connections of one address (IPv6: of a /64) at most."
    )
    router_frame_bytes: int = Field(
        4096, ge=1100, le=16384, description="Longest packet that is read before a player is joined."
    )
    router_handshake_seconds: float = Field(
        5.0, gt=0, le=60, description="Time a client has for its first packets."
    )
    router_hold_seconds: float = Field(
        25.0, ge=0, le=29, description="How long a player waits for a server; clients give up after 30 s."
    )
    router_idle_seconds: float = Field(
        90.0, ge=2, description="A connection without a byte in either direction is ended after this time."
    )
    router_drain_seconds: float = Field(
        300.0, ge=0, description="How long players may go on when their router is told to stop."
    )
    router_wakes_per_address: int = Field(
        10, ge=1, description="Logins at sleeping servers an address may try a minute."
    )
    router_wakes_per_server: int = Field(20, ge=1, description="Attempts to wake one server a minute.")

    @field_validator("public_url", "live_url")
    @classmethod
    def _no_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("outbound_networks")
    @classmethod
    def _networks(cls, value: str) -> str:
        for one in filter(None, (part.strip() for part in value.split(","))):
            ip_network(one)
        return value

    @field_validator("dns_servers")
    @classmethod
    def _resolvers(cls, value: str) -> str:
        resolver_addresses(value)
        return value

    @field_validator("metrics_sink_url")
    @classmethod
    def _web_address(cls, value: SecretStr) -> SecretStr:
        parts = urlsplit(value.get_secret_value())
        if value.get_secret_value() and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("a web address: http://host:port/write or https://…")
        return value

    @property
    def resolvers(self) -> list[tuple[str, int]]:
        """Address and port of each of `dns_servers`."""
        return resolver_addresses(self.dns_servers)

    @property
    def enabled_modules(self) -> list[str]:
        return [part.strip() for part in self.modules.split(",") if part.strip()]

    @property
    def sqlalchemy_url(self) -> str:
        if not self.database_url:
            return f"sqlite:///{self.var_dir / 'kontor.db'}"
        for plain in ("postgresql://", "postgres://"):
            if self.database_url.startswith(plain):
                return "postgresql+psycopg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def redis_address(self) -> str:
        if self.redis_url:
            return self.redis_url
        socket = str((self.var_dir / "redis.sock").absolute())
        if len(os.fsencode(socket)) > LONGEST_SOCKET_PATH:
            short = hashlib.sha256(os.fsencode(socket)).hexdigest()[:12]
            socket = f"/tmp/kontor-{os.getuid()}-{short}/redis.sock"  # noqa: S108 - a folder of mode 0700 of our own
        return "unix://" + quote(socket)


def resolver_addresses(text: str) -> list[tuple[str, int]]:
    """Resolvers out of "192.0.2.1, 192.0.2.2:5353, [2001:db8::1]:53". Raises ValueError."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        try:
            host, port = str(ip_address(part.strip("[]"))), 53
        except ValueError:
            split = urlsplit(f"//{part}")
            host, port = str(ip_address(split.hostname or "")), split.port or 53
        found.append((host, port))
    return found


def settings() -> Settings:
    """The running application's settings."""
    found: Settings = current_app.extensions["kontor-settings"]
    return found
