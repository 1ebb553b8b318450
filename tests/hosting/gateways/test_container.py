"""What a container is told, without an engine: the web map's port goes where only the proxy comes."""

from __future__ import annotations

import uuid
from dataclasses import replace

import docker
import pytest

from app.hosting.catalog import templates
from app.hosting.gateways.docker import DockerConfig, container
from app.hosting.gateways.runtime import MapPort, Spec

PAPER = templates()["paper-1-20"]


@pytest.fixture
def api() -> docker.APIClient:
    return docker.APIClient(base_url="unix:///nowhere", version="1.44")


def spec(door: MapPort | None) -> Spec:
    return Spec(
        server_id=uuid.uuid4(), run_id=uuid.uuid4(), template=PAPER, memory_mb=2048, port=25601, web_map=door
    )


def bindings(api: docker.APIClient, config: DockerConfig, one: Spec) -> dict[str, list[dict[str, str]]]:
    plan = PAPER.docker
    assert plan is not None
    made = container._host_config(api, config, one, plan, plan.game_port, plan.rcon_port)
    return dict(made.get("PortBindings") or {})


def test_the_map_is_published_for_the_proxy_alone(api: docker.APIClient) -> None:
    found = bindings(api, DockerConfig(), spec(MapPort(25602, 8100)))
    assert found["8100/tcp"] == [{"HostIp": "127.0.0.1", "HostPort": "25602"}]
    assert found["25565/tcp"] == [{"HostIp": "0.0.0.0", "HostPort": "25601"}]
    elsewhere = bindings(api, DockerConfig(map_host="10.0.0.5"), spec(MapPort(25602, 8100)))
    assert elsewhere["8100/tcp"][0]["HostIp"] == "10.0.0.5"


def test_without_a_map_nothing_more_is_published(api: docker.APIClient) -> None:
    assert set(bindings(api, DockerConfig(), spec(None))) == {"25565/tcp", "25575/tcp"}
    assert bindings(api, replace(DockerConfig(), network="host"), spec(MapPort(25602, 8100))) == {}
