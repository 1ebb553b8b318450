"""The RCON secret lies in a container whose game may be root there: what comes out is not believed."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from typing import Any

import pytest

from app.hosting.gateways.docker import container
from app.hosting.gateways.runtime import RuntimeFault


class Api:
    """An engine that hands out what a test put there."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.pieces = pieces

    def get_archive(self, *_: object) -> tuple[Any, None]:
        return self._stream(), None

    def _stream(self) -> Iterator[bytes]:
        yield from self.pieces


def packed(
    kind: bytes = tarfile.REGTYPE, name: str = container.SECRET_FILE, body: bytes = b" s3cret\n"
) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/shadow" if kind == tarfile.SYMTYPE else ""
        member.size = len(body) if kind == tarfile.REGTYPE else 0
        tar.addfile(member, io.BytesIO(body))
    return out.getvalue()


def test_it_is_read() -> None:
    assert container.read_secret(Api(iter([packed()])), "c") == "s3cret"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data", [packed(tarfile.SYMTYPE), packed(name="other"), packed(body=b"\xff\xfe"), b"no tar", b""]
)
def test_what_was_put_in_its_place_is_a_fault_of_that_server(data: bytes) -> None:
    with pytest.raises(RuntimeFault):
        container.read_secret(Api(iter([data])), "c")  # type: ignore[arg-type]


def test_a_secret_without_end_is_not_read_to_its_end() -> None:
    given = 0

    def endless() -> Iterator[bytes]:
        nonlocal given
        while given < 1 << 30:
            given += 1 << 16
            yield bytes(1 << 16)

    with pytest.raises(RuntimeFault):
        container.read_secret(Api(endless()), "c")  # type: ignore[arg-type]
    assert given < 1 << 20
