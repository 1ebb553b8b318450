"""A server that takes plugins, a Modrinth with some, and backups that tests decide about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask, current_app
from sqlalchemy import select

from app.core.models import Event
from app.hosting.catalog import templates
from app.hosting.gateways.modrinth import Modrinth
from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.gateways.modrinth.line import Patience
from app.hosting.models import Plugin, PluginChange
from app.hosting.rules.plugin_step import Kind
from app.hosting.rules.template import Plugins
from app.hosting.services import plugin as services
from app.hosting.services import plugin_source
from app.hosting.services.plugin_backup import Backed, backups, use_backups
from app.hosting.services.plugin_source import use_modrinth
from app.kit.db import db
from app.kit.ids import new_id
from tests.hosting.conftest import GAME, Host

PATIENCE = Patience(1.0, 1.0, 3.0)
TOY = templates()[GAME].model_copy(
    update={"plugins": Plugins(loaders=("paper", "spigot", "bukkit"), folder="plugins")}
)


class Backups:
    """Backups that are verified when the test says so."""

    def __init__(self) -> None:
        self.says = Backed.VERIFIED
        self.ordered: list[UUID] = []

    def order(self, server_id: UUID) -> UUID:
        self.ordered.append(server_id)
        return new_id()

    def state(self, backup_id: UUID) -> Backed:
        return self.says


class Rig:
    """What the tests look at: the folder, the rows, the history."""

    def __init__(self, host: Host, fake: FakeModrinth, stand_in: Backups) -> None:
        self.host, self.fake, self.backups = host, fake, stand_in
        self.server_id = host.running()
        self.luck = fake.project("luckperms", "LuckPerms")
        self.vault = fake.project("vault", "Vault")
        self.essentials = fake.project("essentialsx", "EssentialsX")
        self.publish("luckperms", "5.4.1", 1)
        self.publish("vault", "1.7", 1)
        self.publish(
            "essentialsx", "2.21", 1, needs=({"project_id": self.vault, "dependency_type": "required"},)
        )

    def publish(self, slug: str, number: str, day: int, **more: object) -> str:
        project = next(one["id"] for one in self.fake.projects.values() if one["slug"] == slug)
        return self.fake.version(
            project, number, games=(TOY.game_version,), published=f"2026-05-{day:02d}T00:00:00Z",
            **more,  # type: ignore[arg-type]
        )  # fmt: skip

    @property
    def folder(self) -> Path:
        world = self.host.node.worlds.of(self.server_id, self.host.row(self.server_id).world or "")
        return world.folder / "plugins"

    def lying(self) -> dict[str, bytes]:
        """What a game would find."""
        if not self.folder.exists():
            return {}
        return {one.name: one.read_bytes() for one in sorted(self.folder.iterdir()) if one.suffix == ".jar"}

    def order(self, project: str, version: str = "", **more: object) -> UUID:
        offer = services.offer_install(self.host.owner, self.server_id, project, version)
        return services.order(self.host.owner, self.server_id, Kind.INSTALL, offer, offer.mark, **more)  # type: ignore[arg-type]

    def install(self, project: str, version: str = "") -> None:
        self.order(project, version)
        self.host.run_jobs()
        assert self.change().state == "done", self.change().failure

    def update(self, plugin_id: UUID | None = None) -> UUID:
        offer = services.offer_update(self.host.owner, self.server_id, plugin_id)
        return services.order(self.host.owner, self.server_id, Kind.UPDATE, offer, offer.mark)

    def rows(self) -> dict[str, Plugin]:
        db.session.rollback()
        found = db.session.scalars(select(Plugin).where(Plugin.server_id == self.server_id))
        return {row.slug: row for row in found}

    def change(self) -> PluginChange:
        """The latest."""
        db.session.rollback()
        found = db.session.scalars(select(PluginChange).order_by(PluginChange.id.desc()).limit(1)).first()
        assert found is not None
        return found

    def happened(self) -> list[str]:
        db.session.rollback()
        names = db.session.scalars(
            select(Event.name).where(Event.name.startswith("hosting.plugin.")).order_by(Event.seq)
        )
        return [name.removeprefix("hosting.plugin.") for name in names]


def plug(fake: FakeModrinth, app: Flask) -> None:
    use_modrinth(
        app,
        Modrinth(
            fake.api, contact="https://kontor.example", cdn=fake.url, patience=PATIENCE, download=PATIENCE,
            sleep=lambda _: None,
        ),
    )  # fmt: skip


@contextmanager
def plugged(app: Flask, fake: FakeModrinth) -> Iterator[Backups]:
    """The application asks this Modrinth and makes backups that the test decides about."""
    kept, stand_in = backups(), Backups()
    plug(fake, app)
    use_backups(app, stand_in)
    yield stand_in
    use_modrinth(app, None)
    use_backups(app, kept)


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The game of the tests takes jars."""
    monkeypatch.setattr(plugin_source, "templates", lambda: {**templates(), GAME: TOY})


@pytest.fixture
def rig(db_host: Host, modrinth: FakeModrinth, toy: None, frozen: object) -> Iterator[Rig]:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    with plugged(app, modrinth) as stand_in:
        yield Rig(db_host, modrinth, stand_in)
