"""Gets a template's image onto the node."""

from __future__ import annotations

import docker.utils
from docker.errors import APIError, ImageNotFound

from app.hosting.gateways.docker.client import Engine, answers
from app.hosting.gateways.docker.container import plan_of
from app.hosting.gateways.runtime import ImageMissing, InstallFailed, Progress, RuntimeFault, Spec, Step

MISSING_TEXTS = ("manifest unknown", "not found", "pull access denied", "does not exist", "no such image")


def prepare(engine: Engine, spec: Spec, progress: Progress) -> None:
    """Pulls the image unless the node has it. Layers that came through are kept, so a repeated call goes on."""
    _, image = plan_of(spec)
    progress.step(Step.CHECKING, 0)
    with answers():
        try:
            engine.api.inspect_image(image)
        except ImageNotFound:
            _pull(engine, image, progress)
            engine.api.inspect_image(image)
    progress.step(Step.READY, 100)


def _pull(engine: Engine, image: str, progress: Progress) -> None:
    progress.step(Step.DOWNLOADING, 1)
    repository, tag = docker.utils.parse_repository_tag(image)
    layers: dict[str, tuple[int, int]] = {}
    try:
        for event in engine.api.pull(repository, tag=tag or "latest", stream=True, decode=True):
            if "error" in event:
                raise _refused(str(event["error"]))
            _tell(event, layers, progress)
    except APIError as error:
        raise _refused(str(error.explanation or error)) from error


def _refused(text: str) -> RuntimeFault:
    missing = any(part in text.lower() for part in MISSING_TEXTS)
    return ImageMissing(text) if missing else InstallFailed(text)


def _tell(event: dict[str, object], layers: dict[str, tuple[int, int]], progress: Progress) -> None:
    detail, layer, status = (
        event.get("progressDetail"),
        str(event.get("id", "")),
        str(event.get("status", "")),
    )
    if isinstance(detail, dict) and detail.get("total") and status == "Downloading":
        layers[layer] = (int(detail.get("current", 0)), int(detail["total"]))
    elif status in ("Download complete", "Pull complete") and layer in layers:
        layers[layer] = (layers[layer][1], layers[layer][1])
    if layers:
        done, total = (sum(values) for values in zip(*layers.values(), strict=True))
        # The engine names layers as it finds them, so the share may fall; what was told may not.
        progress.step(Step.DOWNLOADING, min(95, 1 + 94 * done // max(1, total)))
    if (status and not isinstance(detail, dict)) or status in ("Download complete", "Pull complete"):
        progress.line(f"{layer}: {status}" if layer else status)
