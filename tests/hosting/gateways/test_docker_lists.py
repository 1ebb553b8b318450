"""What the engine lists may have been made by other hands: it is passed over, not fallen over."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.hosting.gateways.docker import DockerConfig, DockerRuntime
from app.hosting.gateways.docker.container import INSTALLATION, SERVER
from app.hosting.gateways.runtime import Owned, State

OURS = UUID(int=7)


class Api:
    """An engine with volumes and no containers."""

    def volumes(self, **_: object) -> dict[str, Any]:
        ours = {INSTALLATION: "kontor"}
        return {
            "Volumes": [
                {"Name": "a", "Labels": ours | {SERVER: str(OURS)}},
                {"Name": "b", "Labels": ours},
                {"Name": "c", "Labels": ours | {SERVER: "no id"}},
                {"Name": "d", "Labels": None},
            ]
        }

    def containers(self, **_: object) -> list[dict[str, Any]]:
        return []


def test_a_volume_without_a_server_is_nobodys() -> None:
    runtime = DockerRuntime(DockerConfig())
    runtime._engine._api = Api()  # type: ignore[assignment]
    assert runtime.list_owned() == [Owned(OURS, None, State.ABSENT)]
