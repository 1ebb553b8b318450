"""Why a container ended, as far as the engine itself remembers: its events of the last minutes.

An exit code alone does not tell a game that was typed `stop` from one that went down with its engine (both 0), nor the
kernel's kill for want of memory from any other (both 137).
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import docker

from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.docker.container import Found, moment
from app.hosting.gateways.runtime import Observed, State

TOLD_AFTER = timedelta(seconds=1)
"""The kernel's word that memory was short can come this much later than the end itself."""
EVENTS = ("die", "kill", "oom")
KILL = {"9", "SIGKILL", "KILL"}


def observed(api: docker.APIClient, config: DockerConfig, found: Found) -> Observed:
    """A container as the platform sees it; of an ended one also what the engine remembers of its end.

    `UNKNOWN` while a kill has no explanation yet but may still get one.
    """
    seen = found.observed(config)
    if seen.state is not State.EXITED or seen.started_at is None or seen.finished_at is None:
        return seen
    now = _engine_time(api)
    told = _events(api, found.id, seen.started_at, now)
    signals = {signal for action, signal in told if action == "kill"}
    short = seen.oom_killed or any(action == "oom" for action, _ in told)
    if seen.exit_code == 137 and not short and not signals and now - seen.finished_at < TOLD_AFTER:
        return Observed(State.UNKNOWN, seen.run_id)
    forgotten = not any(action == "die" for action, _ in told)
    return replace(seen, oom_killed=short, shut_down=forgotten or bool(signals - KILL))


def _engine_time(api: docker.APIClient) -> datetime:
    """The engine's clock: a remote one may differ from ours, and asked for the future it makes us wait for it."""
    found = moment(api.info()["SystemTime"])
    assert found is not None
    return found


def _events(api: docker.APIClient, id: str, since: datetime, until: datetime) -> list[tuple[str, str]]:
    """Actions and signals. The engine keeps its newest 256 events, and none over its own restart."""
    answer = api.get(  # the client's own method for this knows no time limit
        f"{api.base_url}/v{api.api_version}/events",
        params={
            "since": int(since.timestamp()),
            "until": f"{until.timestamp():.9f}",
            "filters": json.dumps({"container": [id], "event": list(EVENTS)}),
        },
        timeout=api.timeout,
    )
    answer.raise_for_status()
    told = [json.loads(line) for line in answer.iter_lines() if line]
    return [(one["Action"], one["Actor"]["Attributes"].get("signal", "")) for one in told]
