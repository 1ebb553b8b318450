"""An SSH server that takes a password and hands the connection to OpenSSH's own SFTP server.

An sshd that is not root cannot check passwords; this one knows its only one.
"""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import paramiko

from tests.services.processes import missing, spawn

PROGRAM = Path("/usr/lib/openssh/sftp-server")


class _Host(paramiko.ServerInterface):
    def __init__(self, password: str) -> None:
        self._password = password

    def get_allowed_auths(self, username: str) -> str:
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:
        return paramiko.AUTH_SUCCESSFUL if password == self._password else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        process = spawn([PROGRAM], log=subprocess.PIPE, stdin=subprocess.PIPE)
        threading.Thread(target=_forward, args=(channel, process), daemon=True).start()
        threading.Thread(target=_backward, args=(channel, process), daemon=True).start()
        return True


def _forward(channel: paramiko.Channel, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    with suppress(OSError), process.stdin as sink:
        while data := channel.recv(1 << 16):
            sink.write(data)
            sink.flush()


def _backward(channel: paramiko.Channel, process: "subprocess.Popen[bytes]") -> None:
    assert process.stdout is not None
    with suppress(OSError), process.stdout as source:
        while data := source.read1(1 << 16):  # type: ignore[attr-defined]
            channel.sendall(data)
    channel.close()
    process.wait()


@contextmanager
def running_password_sftp(password: str) -> Iterator[tuple[int, paramiko.PKey]]:
    """Start it; gives its port and its host key."""
    if not PROGRAM.exists():
        missing("sftp-server", "apt-get install openssh-server")
    key = paramiko.RSAKey.generate(2048)
    held: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    link, _ = listener.accept()
                    transport = paramiko.Transport(link)
                    transport.add_server_key(key)
                    transport.start_server(threading.Event(), _Host(password))
                    held.append(transport)

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield listener.getsockname()[1], key
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for transport in held:
                transport.close()
