"""The floor of starting many servers: the process runtime alone, without database, queue, jobs or watch.

It installs once, starts every game at once and pings until each answers. What remains is what the games themselves take.
"""

from __future__ import annotations

import time
from pathlib import Path

from app.hosting.catalog import templates
from app.hosting.gateways import ping
from app.hosting.gateways.process import ProcessConfig, ProcessRuntime
from app.hosting.gateways.runtime import Address, Spec, Step
from app.kit.ids import new_id
from benchmarks.site import TEMPLATE

FIRST_PORT, LONGEST = 26400, 600.0


class Silent:
    """Progress that nobody watches."""

    def step(self, step: Step, percent: int) -> None: ...

    def line(self, text: str) -> None: ...


def measure_floor(folder: Path, count: int) -> list[float]:
    """Seconds from the first call: installed, first ready, half ready, all ready. Leaves nothing behind."""
    folder.mkdir()
    folder.chmod(0o755)  # games run as users of their own
    runtime = ProcessRuntime(
        ProcessConfig(root=folder / "games", cache=folder / "cache", installation="kontor-floor")
    )
    template = templates()[TEMPLATE]
    specs = [
        Spec(
            server_id=new_id(), run_id=new_id(), template=template, memory_mb=template.memory.default_mb,
            port=FIRST_PORT + number,
        )
        for number in range(count)
    ]  # fmt: skip
    began = time.monotonic()
    try:
        runtime.prepare(specs[0], Silent())
        installed = time.monotonic() - began
        for spec in specs:
            runtime.start(spec)
        ready = _await_answers(specs, began)
    finally:
        for spec in specs:
            runtime.remove(spec.server_id, keep_data=False)
    return [installed, ready[0], ready[len(ready) // 2], ready[-1]]


def _await_answers(specs: list[Spec], began: float) -> list[float]:
    silent = {spec.server_id: Address("127.0.0.1", spec.port) for spec in specs}
    ready: list[float] = []
    while silent:
        if time.monotonic() - began > LONGEST:
            raise TimeoutError(f"{len(silent)} games do not answer")
        for server_id, answer in ping.sweep(silent, 0.5).items():
            if answer is not None:
                del silent[server_id]
                ready.append(time.monotonic() - began)
        time.sleep(0.1)
    return ready
