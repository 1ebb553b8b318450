"""What the contract tests need of each runtime: servers to start, other workers' eyes, and ways to break it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.hosting.catalog import read_templates
from app.hosting.gateways.fake import FakeNode, FakeRuntime
from app.hosting.gateways.ping import Pong, sweep
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.gateways.runtime import ConsoleChunk, Observed, Quiet, Runtime, Spec, State
from app.hosting.rules.setting import Value
from app.hosting.rules.template import Template
from tests.services.processes import game_port

CATALOG = Path(__file__).parent / "catalog"
EDGE = read_templates(CATALOG)["edge"]


def make_spec(
    template: Template = EDGE, *, memory_mb: int = 128, port: int | None = None, **settings: Value
) -> Spec:
    return Spec(
        server_id=uuid.uuid4(),
        run_id=uuid.uuid4(),
        template=template,
        memory_mb=memory_mb,
        port=port or game_port(),
        settings=settings,
    )


def next_run(spec: Spec, world: str | None = None) -> Spec:
    """Another run of the same server, on the same generation of its world or on another."""
    return replace(spec, run_id=uuid.uuid4(), world=spec.world if world is None else world)


def eventually(check: Callable[[], object], seconds: float = 15.0) -> object:
    """Waits until a check gives something true and returns it."""
    until = time.monotonic() + seconds
    while not (found := check()):
        assert time.monotonic() < until, "did not happen in time"
        time.sleep(0.02)
    return found


@dataclass
class Rig:
    """A runtime under test. `another` makes one more object on the same machine, as a second worker would."""

    name: str
    runtime: Runtime
    another: Callable[[], Runtime]
    ping: Callable[[Mapping], Mapping] = sweep
    real: bool = True
    used: list[Spec] = field(default_factory=list)

    def spec(self, **settings: Value) -> Spec:
        spec = make_spec(**settings)  # type: ignore[arg-type]
        self.used.append(spec)
        return spec

    def start(self, spec: Spec | None = None, **settings: Value) -> Spec:
        """A server that is ready."""
        spec = spec or self.spec(**settings)
        self.runtime.prepare(spec, Quiet())
        self.runtime.start(spec)
        self.ready(spec)
        eventually(lambda: any("Done (" in line for line in self.console(spec).lines))
        return spec

    def ready(self, spec: Spec) -> Pong:
        seen = self.runtime.inspect(spec.server_id)
        assert seen.address is not None, seen
        found = eventually(lambda: self.ping({spec.server_id: seen.address})[spec.server_id])
        assert isinstance(found, Pong)
        return found

    def ended(self, spec: Spec, seconds: float = 15.0) -> Observed:
        found = eventually(
            lambda: (seen := self.runtime.inspect(spec.server_id)).state is State.EXITED and seen, seconds
        )
        assert isinstance(found, Observed)
        return found

    def console(self, spec: Spec, position: str | None = None) -> ConsoleChunk:
        """Everything there is to read after a position."""
        lines: list[str] = []
        skipped = 0
        while True:
            chunk = self.runtime.console_tail(spec.server_id, position)
            lines += chunk.lines
            skipped += chunk.skipped_bytes
            position = chunk.position
            if not chunk.more:
                return ConsoleChunk(tuple(lines), position, skipped)

    def clean(self) -> None:
        """Ends everything; what each server said is shown when a test fails."""
        for spec in self.used:
            print(spec.server_id, spec.port, self.runtime.inspect(spec.server_id))
            print(*self.runtime.console_tail(spec.server_id, None).lines[-20:], sep="\n")
            self.runtime.remove(spec.server_id, keep_data=False)


@contextmanager
def fake_rig() -> Iterator[Rig]:
    node = FakeNode()
    yield Rig("fake", FakeRuntime(node), lambda: FakeRuntime(node), node.sweep, real=False)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that the games' own users can pass. (pytest closes its own to others, also while tests run.)"""
    folder = Path(tempfile.mkdtemp(prefix="kontor-games-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def process_rig(folder: Path, *, use_cgroups: bool = True, own_users: bool = True) -> Iterator[Rig]:
    config = ProcessConfig(
        root=folder / "games",
        cache=folder / "cache",
        installation=f"test{os.getpid()}",
        catalog=CATALOG,
        use_cgroups=use_cgroups,
        **({} if own_users else {"user_ids": None}),
    )
    rig = Rig("process", ProcessRuntime(config), lambda: ProcessRuntime(config))
    try:
        yield rig
    finally:
        rig.clean()
        groups = rig.runtime._groups  # type: ignore[attr-defined]
        for group in groups.folders("any") if groups else ():
            with suppress(OSError):
                group.parent.rmdir()
