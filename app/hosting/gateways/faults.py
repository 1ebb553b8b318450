"""What a runtime says when it cannot: no answer at all, or a refusal with a code."""

from __future__ import annotations

from uuid import UUID

from app.kit.errors import KontorError, Unavailable


class RuntimeUnavailable(Unavailable):
    """The runtime gave no answer in time. Nothing is known; ask again later."""


class RuntimeFault(KontorError):
    """The runtime answered and refused. `code` names why; `detail` is raw text for the operator."""

    code = "fault"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail, code=self.code)
        self.detail = detail


class InstallFailed(RuntimeFault):
    """`prepare` could not install; trying again may help (network, registry)."""

    code = "install-failed"


class ImageMissing(RuntimeFault):
    """The container image is neither on the node nor in its registry."""

    code = "image-missing"


class NotPrepared(RuntimeFault):
    """`start` before `prepare`, or what was installed is gone."""

    code = "not-prepared"


class PortTaken(RuntimeFault):
    """Something else listens on the port."""

    code = "port-taken"


class DiskFull(RuntimeFault):
    code = "disk-full"


class OutOfReach(RuntimeFault):
    """The world lies where this process cannot read and write: on another machine, or it has not the rights."""

    code = "out-of-reach"


class WorldMissing(RuntimeFault):
    """The runtime looked and has no such generation of the world."""

    code = "world-missing"


class WorldExists(RuntimeFault):
    """`make_world` found something in that generation already; nothing was touched."""

    code = "world-exists"


class AlreadyRunning(RuntimeFault):
    """Another run of the same server is still alive; `run_id` names it where it is known."""

    code = "already-running"

    def __init__(self, detail: str = "", run_id: UUID | None = None) -> None:
        super().__init__(detail)
        self.run_id = run_id


class NotRunning(RuntimeFault):
    """A command or signal for a server that is not running."""

    code = "not-running"


class CommandRefused(RuntimeFault):
    """Too long, empty or with control characters; the game never saw it."""

    code = "command-refused"
