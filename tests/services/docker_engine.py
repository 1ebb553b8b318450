"""A private Docker engine for tests: Debian's dockerd on a socket in a temporary folder, gone when the tests end.

Images need no registry: the test image is a handful of links, and the containers see this machine's /usr.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import pytest
from docker.errors import DockerException

from tests.services.processes import missing

if TYPE_CHECKING:
    from tests.hosting.gateways.rigs import Rig

START_SECONDS = 40


@dataclass
class DockerEngine:
    """A running engine that tests may stop, kill and start again."""

    folder: Path
    bridge: str | None
    process: subprocess.Popen[bytes] | None = None
    live_restore: bool = False
    extra: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/docker.sock"

    @property
    def api(self) -> docker.APIClient:
        return docker.APIClient(base_url=self.url, version="auto", timeout=30)

    def start(self) -> None:
        network = [
            f"--bridge={self.bridge or 'none'}",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-masq=false",
        ]
        (self.folder / "config.json").write_text("{}")
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    "dockerd", "--host", self.url, "--config-file", str(self.folder / "config.json"),
                    "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"),
                    "--pidfile", str(self.folder / "docker.pid"),
                    *(["--live-restore"] if self.live_restore else []), *network,
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._await_answer()

    def _await_answer(self) -> None:
        assert self.process is not None
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            with contextlib.suppress(DockerException, OSError):
                self.api.ping()
                return
            time.sleep(0.05)
        raise RuntimeError("dockerd did not start: " + (self.folder / "log").read_text()[-2000:])

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(40)
        if number == signal.SIGKILL:
            # The engine's containerd must not be found half alive by the next engine; containers live on.
            for pid in _mentioning(f"{self.folder}/exec/containerd/containerd.toml"):
                os.kill(pid, signal.SIGKILL)
            (self.folder / "exec" / "containerd" / "containerd.pid").unlink(missing_ok=True)
            (self.folder / "docker.pid").unlink(missing_ok=True)
            time.sleep(0.5)

    def restart(self, number: int = signal.SIGTERM) -> None:
        self.stop(number)
        self.start()

    def clean(self) -> None:
        """Removes every container, stops the engine and everything it left running."""
        with contextlib.suppress(Exception):
            for entry in self.api.containers(all=True):
                self.api.remove_container(entry["Id"], force=True, v=True)
        with contextlib.suppress(Exception):
            self.stop()
        for pid in _mentioning(str(self.folder)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        for line in reversed(Path("/proc/self/mounts").read_text().splitlines()):
            point = line.split()[1]
            if point.startswith(str(self.folder)):
                subprocess.run(["umount", "-l", point], check=False, capture_output=True)
        if self.bridge:
            subprocess.run(["ip", "link", "del", self.bridge], check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def _mentioning(text: str) -> list[int]:
    """Processes with a text in their command line: the engine's own helpers, which outlive it when it is killed."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if text.encode() in Path(entry.path, "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found


def _make_bridge() -> str | None:
    """A bridge of our own, so that two engines do not fight over docker0; None where networks cannot be made."""
    if not shutil.which("ip"):
        missing("ip", "apt-get install iproute2")
    # A bridge that a killed run left behind keeps its route: with the same network, no container could be reached.
    routes = subprocess.run(["ip", "-4", "route"], check=False, capture_output=True, text=True).stdout
    number = random.choice([n for n in range(1, 250) if f"10.213.{n}.0/" not in routes])
    name = f"ktest{random.randrange(16**8):08x}"
    for command in (
        ["ip", "link", "add", name, "type", "bridge"],
        ["ip", "addr", "add", f"10.213.{number}.1/24", "dev", name],
        ["ip", "link", "set", name, "up"],
    ):
        if subprocess.run(command, check=False, capture_output=True).returncode != 0:
            subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)
            return None
    return name


@contextmanager
def running_engine() -> Iterator[DockerEngine]:
    """A fresh engine; skips the test where none can run."""
    if os.geteuid() != 0:
        pytest.skip("a Docker engine of our own needs root")
    if not shutil.which("dockerd"):
        missing("dockerd", "apt-get install docker.io")
    engine = DockerEngine(Path(tempfile.mkdtemp(prefix="kontor-docker-")), _make_bridge())
    try:
        try:
            engine.start()
        except RuntimeError as error:
            pytest.skip(f"no Docker engine can run here: {str(error)[-400:]}")
        yield engine
    finally:
        engine.clean()


@pytest.fixture(scope="session")
def docker_engine() -> Iterator[DockerEngine]:
    """One engine for the whole run, with the test image in it."""
    with running_engine() as engine:
        load_test_image(engine)
        yield engine


def load_test_image(engine: DockerEngine, tag: str = "edge") -> str:
    """Imports kontor-test:<tag>: links into this machine's /usr and the test game."""
    game = Path(__file__).parents[1] / "hosting" / "gateways" / "catalog" / "edge" / "game.py"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for link in ("bin", "lib", "lib64"):
            if Path("/", link).is_symlink():
                entry = tarfile.TarInfo(link)
                entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{link}"
                tar.addfile(entry)
        for folder in ("usr", "sbin", "etc", "proc", "sys", "dev", "tmp", "data", "game"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        tar.add(game, "game/game.py")
    packed.seek(0)
    engine.api.import_image_from_data(
        packed.getvalue(), repository="kontor-test", tag=tag, changes=["WORKDIR /data"]
    )
    return f"kontor-test:{tag}"


@contextmanager
def docker_rig(engine: DockerEngine, **options: object) -> Iterator[Rig]:
    """The docker runtime on an engine, for the contract tests."""
    from app.hosting.gateways.docker import DockerConfig, DockerRuntime
    from tests.hosting.gateways.rigs import Rig

    config = DockerConfig(
        url=engine.url,
        installation=f"test{os.getpid()}",
        network="bridge" if engine.bridge else "host",
        read_only_folders={"/usr": "/usr", "/etc/alternatives": "/etc/alternatives"},
        **options,  # type: ignore[arg-type]
    )
    rig = Rig("docker", DockerRuntime(config), lambda: DockerRuntime(config))
    try:
        yield rig
    finally:
        with contextlib.suppress(Exception):
            rig.clean()
