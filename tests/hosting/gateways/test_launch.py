"""What is decided right before a game starts as a process: who it is, and what it is told. No process is started here."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from app.hosting.gateways.process import ProcessConfig, launch
from app.hosting.gateways.process.folders import Folders
from app.hosting.gateways.process.properties import merge_properties
from app.hosting.gateways.runtime import RuntimeFault


def test_a_server_for_which_no_user_is_left_is_not_started_as_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "own_users", lambda *_: True)
    config = ProcessConfig(root=tmp_path, cache=tmp_path, user_ids=range(1_000_000, 1_000_002))
    folders, given = Folders(tmp_path), []
    for number in (1, 2):
        server = folders.server(UUID(int=number))
        server.path.mkdir(parents=True)
        given.append(launch._user(config, folders, server, tmp_path))
    assert sorted(given, key=str) == [1_000_000, 1_000_001]
    third = folders.server(UUID(int=3))
    third.path.mkdir()
    with pytest.raises(RuntimeFault, match="taken"):
        launch._user(config, folders, third, tmp_path)


def test_our_lines_of_a_servers_properties_are_set_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "server.properties"
    path.write_text("motd=Hallo\nmax-players=5\n")
    merge_properties(path, {"max-players": "20"}, None)
    assert path.read_text() == "motd=Hallo\nmax-players=20\n"


def test_a_large_file_that_a_game_left_there_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "server.properties"
    with open(path, "wb") as file:
        file.truncate(8 << 20)
    merge_properties(path, {"max-players": "20"}, None)
    assert path.read_text() == "max-players=20\n"
