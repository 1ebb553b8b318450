"""A game's folder as a browser finds it: worlds as Paper lays them out, plugins, a link, odd names, a long list."""

from __future__ import annotations

import os
from uuid import UUID

from app.hosting.gateways.fake import FakeNode

PAPER = """#Minecraft server properties
level-name=world
motd=Insel 9b
max-players=20
"""


def game_files(node: FakeNode, server_id: UUID) -> None:
    """Put them in."""
    game = node.worlds.of(server_id, "").folder
    for folder in (
        "world/region",
        "world_nether/DIM-1/region",
        "world_the_end/DIM1/region",
        "alt/region",
        "plugins/many",
    ):
        (game / folder).mkdir(parents=True, exist_ok=True)
    for world in ("world", "world_nether", "world_the_end", "alt"):
        (game / world / "level.dat").write_bytes(bytes(2000))
    for number, folder in enumerate(("world/region", "world_nether/DIM-1/region", "alt/region"), 1):
        (game / folder / "r.0.0.mca").write_bytes(bytes(number * 700_000))
    (game / "server.properties").write_text(PAPER)
    (
        game / "plugins" / "LuckPerms-Bukkit-5.4.102-und-ein-sehr-langer-Name-fuer-schmale-Telefone.jar"
    ).write_bytes(bytes(900))
    (game / "insel.zip").write_bytes(b"PK\5\6" + bytes(18))
    (game / "log").symlink_to("/var/log")
    with open(os.path.join(os.fsencode(game), b"caf\xe9 \xe2\x80\xae.txt"), "wb") as odd:
        odd.write(b"x")
    for number in range(250):
        (game / "plugins" / "many" / f"eintrag-{number:03}.yml").write_text("x")
