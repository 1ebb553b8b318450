"""Where the process runtime keeps things and what it allows a server."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from app.hosting.catalog import FOLDER


@dataclass(frozen=True, slots=True)
class Limits:
    """Kernel limits of every game process (setrlimit)."""

    open_files: int = 8192
    processes: int = 1024
    """Per user, so it is only set where each server has a user of its own."""
    file_bytes: int = 64 * 1024**3


@dataclass(frozen=True, slots=True)
class ProcessConfig:
    """Settings of the process runtime. `root` and `cache` are made when they are missing."""

    root: Path
    """Server folders; on the disk whose space the servers may use."""
    cache: Path
    """Installed games, shared by all servers and read-only for them."""
    installation: str = "kontor"
    """Names this installation in cgroups; two installations on one machine need two names."""
    catalog: Path = FOLDER
    """Folder with the templates' files."""
    bind_host: str = "0.0.0.0"  # noqa: S104 - a game server is there to be joined
    map_host: str = "127.0.0.1"
    """Where web maps listen: for the proxy in front of them."""
    node: Path | None = None
    """Node to use instead of the one that is found."""
    user_ids: range | None = range(0)
    """A user id for each server when Kontor runs as root; None keeps all servers under Kontor's own user. Empty takes
    the root folder's own thousand: ending a server ends all processes of its user, so no two installations may share."""
    use_cgroups: bool = True
    cgroup_parent: str | None = None
    """Folder below the cgroup mount that Kontor may write to (systemd: Delegate=yes); None tries its own cgroup."""
    free_bytes: int = 64 * 1024**2
    """With less free space than this, nothing is installed or started."""
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.user_ids is not None and not self.user_ids:
            object.__setattr__(self, "user_ids", users_of(self.root))


def users_of(root: Path) -> range:
    """A thousand user ids that belong to a root folder, far above those of people and system services."""
    digest = hashlib.sha256(str(root.resolve()).encode()).digest()
    first = 1_000_000 + int.from_bytes(digest[:4]) % 1_000_000 * 1000
    return range(first, first + 1000)
