"""A real OpenSSH server for SFTP alone, as an unprivileged process on a free port."""

import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from tests.services.processes import free_port, missing, short_folder, spawn, stop, unprivileged, wait_until

_KEYS = ("host", "other-host", "user", "stranger")


class SftpServer:
    """A running server that a test may stop, start again, or start with another host key."""

    def __init__(self, folder: Path, program: Path, user: str | None) -> None:
        self.folder, self._program, self._run_as = folder, program, user
        self.user = user or getpass.getuser()
        self.port = free_port()
        self.files = folder / "files"
        self.process: subprocess.Popen[bytes] | None = None

    def key_file(self, name: str = "user") -> Path:
        """A private key: of the `user` who may sign in, or of a `stranger`."""
        return self.folder / name

    def fingerprint(self, name: str = "host") -> str:
        shown = subprocess.run(
            ["ssh-keygen", "-lf", str(self.folder / f"{name}.pub")],
            capture_output=True,
            text=True,
            check=True,
        )
        return shown.stdout.split()[1]

    def url(self, folder: Path | None = None, *, key: str = "user", host_key: str = "host") -> str:
        """The address as `archive_url` takes it."""
        return (
            f"sftp://{self.user}@127.0.0.1:{self.port}{quote(str(folder or self.files))}"
            f"?host_key={self.fingerprint(host_key)}&key_file={self.key_file(key)}"
        )

    def new_folder(self, name: str, mode: int = 0o755) -> Path:
        """A folder that belongs to the server's user."""
        made = self.folder / name
        made.mkdir()
        self._give(made)
        made.chmod(mode)
        return made

    def _give(self, path: Path) -> None:
        if self._run_as:
            shutil.chown(path, self._run_as, pwd.getpwnam(self._run_as).pw_gid)

    def prepare(self) -> None:
        for name in _KEYS:
            key = self.folder / name
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
            self._give(key)
        shutil.copy(self.folder / "user.pub", self.folder / "authorized")
        self._give(self.folder / "authorized")
        self.new_folder("files")

    def start(self, host_key: str = "host", *, subsystem: str = "internal-sftp") -> None:
        """Start it and wait until it answers."""
        config = self.folder / "config"
        config.write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {self.folder / host_key}\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder / 'authorized'}\nStrictModes no\nUsePAM yes\n"
            f"PasswordAuthentication yes\nSubsystem sftp {subsystem}\nForceCommand {subsystem}\n"
        )
        self.process = spawn(
            [self._program, "-D", "-e", "-f", config], log=self.folder / "log", user=self._run_as
        )
        wait_until(self.ready, what="sshd")

    def ready(self) -> bool:
        """Whether it greets."""
        if self.process is not None and self.process.poll() is not None:
            raise RuntimeError((self.folder / "log").read_text()[-2000:])
        with socket.create_connection(("127.0.0.1", self.port), 5) as link:
            return link.recv(4) == b"SSH-"

    def signal(self, number: int) -> None:
        """To the server and to every session: those are processes of their own that live on without it."""
        if self.process is not None:
            for pid in _family(self.process.pid):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def stop(self) -> None:
        """At once, with every session."""
        self.signal(signal.SIGKILL)
        if self.process is not None:
            stop(self.process)
            self.process = None


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    with suppress(OSError):
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *(one for child in children for one in _family(int(child)))]
    return [pid]


@contextmanager
def running_sftp() -> Iterator[SftpServer]:
    """Start a server with an empty folder; skips where OpenSSH's server is not installed."""
    found = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not found:
        missing("sshd", "apt-get install openssh-server")
    user = unprivileged()
    with short_folder("kontor-sftp-", user=user) as folder:
        server = SftpServer(folder, Path(found), user)
        server.prepare()
        server.start()
        try:
            yield server
        finally:
            server.stop()
