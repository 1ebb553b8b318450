"""Archives on an SFTP server, such as a storage box. The server's host key is pinned by its fingerprint."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import logging
import socket
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import paramiko

from app.hosting.gateways.archive import sftp_protocol
from app.hosting.gateways.archive.sftp_protocol import Sftp, SftpBroken, SftpStatus
from app.hosting.gateways.archive.store import (
    PART,
    Missing,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    checked,
)

CONNECT_SECONDS = 10.0
QUIET_SECONDS = 30.0
"""With no byte for so long the server counts as gone."""
PLACE_SECONDS = 60.0
LITTLE_SPACE = 4 << 20
CIPHERS = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes256-ctr")
"""The fastest first."""
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what it logs is raised as well

_places: dict[str, threading.BoundedSemaphore] = {}
_places_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpConfig:
    host: str
    port: int = 22
    user: str
    folder: str
    """Absolute, or relative to where the server puts us. Made when only its last name is missing."""
    host_keys: Collection[str]
    """Fingerprints (`SHA256:…`) of the keys the server may have."""
    password: str | None = None
    key_file: Path | None = None
    key: str | None = None
    """A private key as text, instead of a file."""
    connections: int = 4
    """At the same time from one process; storage boxes take ten in all."""


class SftpStore:
    """A connection for each call: none is left half dead between jobs that are hours apart."""

    def __init__(self, config: SftpConfig) -> None:
        self.config = config
        name = f"{config.host}:{config.port}"
        with _places_lock:
            self._place = _places.setdefault(name, threading.BoundedSemaphore(config.connections))

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        path = self._path(key) + PART
        try:
            return self._put(path, key, chunks)
        except _SourceFailed as failed:
            raise failed.error from failed

    def _put(self, path: str, key: str, chunks: Iterable[bytes]) -> int:
        with self._session() as sftp:
            try:
                self._make_folders(sftp, key)
                written = sftp.upload(path, _guarded(chunks))
            except SftpStatus as status:
                raise self._write_fault(sftp, status) from status
            if sftp.size(path) != written:
                raise StoreFull("the server holds less than was sent")
        return written

    def get_part(self, key: str) -> Iterator[bytes]:
        return self._pieces(self._path(key) + PART)

    def get(self, key: str) -> Iterator[bytes]:
        return self._pieces(self._path(key))

    def _pieces(self, path: str) -> Iterator[bytes]:
        with self._session() as sftp:
            yield from sftp.download(path)

    def finish(self, key: str) -> None:
        path = self._path(key)
        with self._session() as sftp:
            try:
                sftp.rename(path + PART, path)
            except SftpStatus as status:
                if status.code != sftp_protocol.NO_SUCH_FILE:
                    raise
                sftp.size(path)  # Missing, unless it was renamed before

    def delete(self, key: str) -> None:
        path = self._path(key)
        with self._session() as sftp:
            for one in (path, path + PART):
                try:
                    sftp.remove(one)
                except SftpStatus as status:
                    if status.code != sftp_protocol.NO_SUCH_FILE:
                        raise

    def check(self) -> None:
        probe = f"{self.config.folder}/.kontor-check-{uuid4().hex}"
        with self._session() as sftp:
            try:
                self._make_base(sftp)
                sftp.upload(probe, [bytes(4096)])
                sftp.remove(probe)
            except SftpStatus as status:
                with suppress(SftpStatus):
                    sftp.remove(probe)
                raise self._write_fault(sftp, status) from status

    def _path(self, key: str) -> str:
        return f"{self.config.folder}/{checked(key)}"

    def _make_base(self, sftp: Sftp) -> None:
        with suppress(SftpStatus):  # it is there, or what comes next says why it is not
            sftp.make_folder(self.config.folder)

    def _make_folders(self, sftp: Sftp, key: str) -> None:
        organisation, server, _ = key.split("/")
        self._make_base(sftp)
        for folder in (organisation, f"{organisation}/{server}"):
            with suppress(SftpStatus):
                sftp.make_folder(f"{self.config.folder}/{folder}")

    def _write_fault(self, sftp: Sftp, status: SftpStatus) -> StoreFault | SftpStatus:
        """Version 3 has no word for a full disk: it is a failure without a reason, so look at the space."""
        if status.code == sftp_protocol.NO_SUCH_FILE:
            return StoreRefused(f"{self.config.folder} cannot be made", "no-folder")
        if status.code == sftp_protocol.FAILURE:
            with suppress(SftpStatus):
                free = sftp.free_bytes(self.config.folder)
                if free is None or free < LITTLE_SPACE:
                    return StoreFull(str(status))
        return status

    @contextmanager
    def _session(self) -> Iterator[Sftp]:
        if not self._place.acquire(timeout=PLACE_SECONDS):
            raise StoreUnavailable("too many connections at the same time")
        try:
            with _telling(), _connected(self.config) as transport:
                yield Sftp(_channel(transport))
        finally:
            self._place.release()


class _SourceFailed(Exception):
    """What was to be written could not be read; not the server's fault."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _guarded(chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from chunks
    except Exception as error:
        raise _SourceFailed(error) from error


@contextmanager
def _connected(config: SftpConfig) -> Iterator[paramiko.Transport]:
    """An authenticated connection. The password is only sent to a host whose key is the pinned one."""
    link = socket.create_connection((config.host, config.port), CONNECT_SECONDS)
    # A peer that takes nothing any more: the kernel gives up, paramiko would not.
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(QUIET_SECONDS * 1000))
    transport = None
    try:
        transport = paramiko.Transport(link)
        transport.banner_timeout = transport.auth_timeout = CONNECT_SECONDS
        offered = transport.get_security_options()
        offered.ciphers = tuple(name for name in CIPHERS if name in offered.ciphers)
        transport.start_client(timeout=CONNECT_SECONDS)
        _check_host(config, transport.get_remote_server_key())
        _sign_in(config, transport)
        transport.set_keepalive(15)
        yield transport
    finally:
        if transport is not None:
            transport.close()
        link.close()


def _channel(transport: paramiko.Transport) -> paramiko.Channel:
    # paramiko waits for ever for some answers; closing the connection ends that.
    guard = threading.Timer(CONNECT_SECONDS, transport.close)
    guard.daemon = True
    guard.start()
    try:
        channel = transport.open_session(timeout=CONNECT_SECONDS)
        channel.settimeout(QUIET_SECONDS)
        channel.invoke_subsystem("sftp")
        return channel
    finally:
        guard.cancel()


def fingerprint(key: paramiko.PKey) -> str:
    """As `ssh-keygen -lf` prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")


def _check_host(config: SftpConfig, key: paramiko.PKey) -> None:
    seen = fingerprint(key)
    if not any(hmac.compare_digest(seen, pinned.rstrip("=")) for pinned in config.host_keys):
        raise StoreRefused(f"{config.host} shows {key.get_name()} {seen}", "wrong-host-key")


def _sign_in(config: SftpConfig, transport: paramiko.Transport) -> None:
    key = private_key(config)
    if key is not None:
        transport.auth_publickey(config.user, key)
    else:
        transport.auth_password(config.user, config.password or "")
    if not transport.is_authenticated():
        raise StoreRefused("the server asks for more", "auth")


def private_key(config: SftpConfig) -> paramiko.PKey | None:
    """The key to sign in with; None means by password. Raises StoreRefused when there is one that cannot be read."""
    try:
        text = config.key if config.key_file is None else config.key_file.read_text()
    except OSError as error:
        raise StoreRefused(f"private key: {error.strerror}", "auth") from error
    if text is None:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with suppress(paramiko.SSHException, ValueError):
            return kind.from_private_key(io.StringIO(text), config.password)
    raise StoreRefused("the private key cannot be read", "auth")


@contextmanager
def _telling() -> Iterator[None]:
    """Says what the server answered in the words of all stores."""
    try:
        yield
    except SftpStatus as status:
        raise _told(status) from status
    except paramiko.AuthenticationException as error:
        raise StoreRefused(str(error), "auth") from error
    except (SftpBroken, paramiko.SSHException, EOFError, OSError) as error:
        raise StoreUnavailable(f"{type(error).__name__}: {error}") from error


def _told(status: SftpStatus) -> StoreFault:
    if status.code == sftp_protocol.NO_SUCH_FILE:
        return Missing(str(status))
    if status.code == sftp_protocol.PERMISSION_DENIED:
        return StoreRefused(str(status))
    if status.code in (sftp_protocol.NO_SPACE, sftp_protocol.QUOTA):
        return StoreFull(str(status))
    return StoreFault(str(status))
