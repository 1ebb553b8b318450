"""A Paper server with plugins and a past: an update that waits, one by hand, one taken back, one that failed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select, update

from app.hosting.gateways.fake import FakeNode
from app.hosting.gateways.modrinth import Modrinth
from app.hosting.gateways.modrinth.fake import FakeModrinth
from app.hosting.gateways.modrinth.fake_http import running_modrinth
from app.hosting.models import Plugin, PluginChange, Server
from app.hosting.rules.plugin_step import Kind
from app.hosting.services import plugin as services
from app.hosting.services.plugin_check import check_server
from app.hosting.services.plugin_source import use_modrinth
from app.kit.db import db, transaction
from tests.people import People

GAME = ("1.20.6",)
LONG = "A Plugin With A Really Long Name As Only People Give Them Who Own No Narrow Telephone At All"


def _shop(fake: FakeModrinth) -> dict[str, str]:
    ids = {slug: fake.project(slug, title) for slug, title in (
        ("luckperms", "LuckPerms"), ("essentialsx", "EssentialsX"), ("vault", "Vault"), ("worldedit", "WorldEdit"),
        ("long", LONG), ("enemy", "Feind"),
    )}  # fmt: skip
    needs = {"project_id": ids["vault"], "dependency_type": "required"}
    for slug, number, more in (
        ("luckperms", "5.4.130", {}), ("vault", "1.7.3", {}), ("essentialsx", "2.21.0", {"needs": (needs,)}),
        ("worldedit", "7.3.0", {"loaders": ("bukkit",)}), ("long", "1.0.0-alpha.2026.05.01+build.4711", {"kind": "alpha"}),
        ("enemy", "6", {"needs": ({"project_id": ids["vault"], "dependency_type": "incompatible"},)}),
    ):  # fmt: skip
        fake.version(ids[slug], number, games=GAME, **more)  # type: ignore[arg-type]
    return ids


def plugins(
    app: Flask, node: FakeNode, server_id: UUID, people: People, work: Callable[[Flask], None]
) -> dict[str, Any]:
    """Ids by name. The Modrinth runs as long as the process. Needs an application context."""
    fake = app.extensions.setdefault("test-modrinth", ExitStack()).enter_context(running_modrinth())
    use_modrinth(app, Modrinth(fake.api, contact="test@example.org", cdn=fake.url))
    alice, ids = people.alice.actor, _shop(fake)
    with transaction():
        db.session.execute(
            update(Server).where(Server.id == server_id).values(template="paper-1-20", game_version="1.20.6")
        )

    def install(slug: str, *trouble: str) -> UUID:
        offer = services.offer_install(alice, server_id, ids[slug])
        change = services.order(alice, server_id, Kind.INSTALL, offer, offer.mark)
        fake.fail(*trouble)
        work(app)
        return change

    install("essentialsx")
    install("long")
    install("worldedit", "flip")
    changed = install("luckperms")
    fake.version(ids["luckperms"], "5.4.145", games=GAME, published="2026-06-01T10:00:00Z")
    check_server(alice, server_id)
    folder = node.worlds.of(server_id, "").folder / "plugins"
    (folder / "Home-made-with-a-long-name-for-narrow-telephones-indeed.jar").write_bytes(b"own")
    found = {
        row.slug: row.id for row in db.session.scalars(select(Plugin).where(Plugin.server_id == server_id))
    }
    assert db.session.get(PluginChange, changed) is not None
    db.session.rollback()
    return {
        "plugged": server_id, "plugin": found["luckperms"], "needed": found["vault"], "plugin_change": changed,
        "luckperms": ids["luckperms"], "worldedit": ids["worldedit"], "enemy": ids["enemy"],
    }  # fmt: skip
