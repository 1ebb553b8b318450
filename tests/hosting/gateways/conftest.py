"""One runtime after the other, for the tests of what all of them promise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hosting.gateways.rigs import Rig, fake_rig, open_folder, process_rig


@pytest.fixture(
    params=[
        "fake",
        "process",
        pytest.param("process-watched", marks=pytest.mark.slow),
        pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.slow]),
    ]
)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    if request.param == "fake":
        with fake_rig() as found:
            yield found
    elif request.param == "docker":
        from tests.services.docker_engine import docker_rig

        with docker_rig(request.getfixturevalue("docker_engine")) as found:
            yield found
    else:
        watched = request.param == "process-watched"
        with (
            open_folder() as folder,
            process_rig(folder, use_cgroups=not watched, own_users=not watched) as found,
        ):
            yield found
