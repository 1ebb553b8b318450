"""Archives in S3 or whatever speaks its language (MinIO, Hetzner, Ceph)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from app.hosting.gateways.archive.store import (
    PART,
    PIECE,
    Missing,
    StoreFault,
    StoreFull,
    StoreRefused,
    StoreUnavailable,
    checked,
)

SMALL_PART, LARGE_PART, SMALL_PARTS = 8 << 20, 32 << 20, 5000
"""S3 takes 10,000 parts: 40 GB in small ones, 200 GB in all."""
COPIED_PART = 256 << 20
RESUMES = 3
_MISSING = ("NoSuchKey", "404", "NotFound")
_AUTH = ("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken", "AuthFailure")
_DENIED = ("AccessDenied", "403", "Forbidden", "AllAccessDisabled", "MethodNotAllowed")
_FULL = (
    "QuotaExceeded",
    "XMinioStorageFull",
    "InsufficientStorage",
    "EntityTooLarge",
    "XMinioAdminBucketQuotaExceeded",
)
_BUSY = (
    "SlowDown",
    "InternalError",
    "ServiceUnavailable",
    "RequestTimeout",
    "Throttling",
    "OperationAborted",
)


class S3Store:
    """A part is an object beside the archive's; S3 shows no object before it is whole."""

    def __init__(
        self,
        bucket: str,
        prefix: str = "",
        *,
        endpoint: str | None = None,
        region: str | None = None,
        key_id: str | None = None,
        secret: str | None = None,
        timeout_seconds: float = 30,
    ) -> None:
        self.bucket = bucket
        self.prefix = prefix.strip("/") + "/" if prefix.strip("/") else ""
        self.client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(
                connect_timeout=5,
                read_timeout=timeout_seconds,
                retries={"max_attempts": 3, "mode": "standard"},
            ),
        )

    def put(self, key: str, chunks: Iterable[bytes]) -> int:
        where = {"Bucket": self.bucket, "Key": self._name(key) + PART}
        with _talking():
            self._forget_uploads(key)
        parts = _regrouped(chunks)
        first = next(parts, b"")
        if len(first) < SMALL_PART:
            with _talking():
                self.client.put_object(**where, Body=first)
            return len(first)
        with _talking():
            where["UploadId"] = self.client.create_multipart_upload(**where)["UploadId"]
        try:
            return self._upload(where, first, parts)
        except BaseException:
            with suppress(ClientError, BotoCoreError):
                self.client.abort_multipart_upload(**where)
            raise

    def _upload(self, where: dict[str, str], first: bytes, more: Iterator[bytes]) -> int:
        done: list[dict[str, object]] = []
        written, part = 0, first
        while part:
            with _talking():
                sent = self.client.upload_part(**where, PartNumber=len(done) + 1, Body=part)
            done.append({"PartNumber": len(done) + 1, "ETag": sent["ETag"]})
            written += len(part)
            part = b""  # let go before the next one is gathered
            part = next(more, b"")
        with _talking():
            self.client.complete_multipart_upload(**where, MultipartUpload={"Parts": done})
        return written

    def _forget_uploads(self, key: str) -> None:
        """What a killed writer had sent, or one who was killed while a large part became the archive, is not seen but
        paid for.
        """
        for name in (self._name(key), self._name(key) + PART):
            found = self.client.list_multipart_uploads(Bucket=self.bucket, Prefix=name)
            for upload in found.get("Uploads", ()):
                if upload["Key"] == name:
                    with suppress(ClientError):
                        self.client.abort_multipart_upload(
                            Bucket=self.bucket, Key=name, UploadId=upload["UploadId"]
                        )

    def get_part(self, key: str) -> Iterator[bytes]:
        return self._pieces(self._name(key) + PART)

    def get(self, key: str) -> Iterator[bytes]:
        return self._pieces(self._name(key))

    def _pieces(self, name: str) -> Iterator[bytes]:
        """The object from beginning to end; a connection that breaks on the way is taken up again where it broke."""
        with _talking():
            answer = self.client.get_object(Bucket=self.bucket, Key=name)
        etag, size, position, tries = answer["ETag"], answer["ContentLength"], 0, RESUMES
        while True:
            try:
                for piece in answer["Body"].iter_chunks(PIECE):
                    position += len(piece)
                    yield piece
            except (BotoCoreError, OSError) as error:
                if tries == 0:
                    raise StoreUnavailable(str(error)) from error
            finally:
                answer["Body"].close()
            if position >= size:
                return
            if tries == 0:
                raise StoreUnavailable("the connection broke too often")
            tries -= 1
            with _talking():
                answer = self.client.get_object(
                    Bucket=self.bucket, Key=name, Range=f"bytes={position}-", IfMatch=etag
                )

    def finish(self, key: str) -> None:
        name = self._name(key)
        size = self._size(name + PART)
        if size is None:
            if self._size(name) is None:
                raise Missing(key)
            return
        with _talking():
            # Copied by the server itself; in parts where it is large, each within the time for one answer.
            self.client.copy(
                {"Bucket": self.bucket, "Key": name + PART},
                self.bucket,
                name,
                Config=TransferConfig(multipart_threshold=COPIED_PART, multipart_chunksize=COPIED_PART),
            )
        if self._size(name) != size:
            raise StoreFault("the copy has another size", "copy")
        with _talking():
            self.client.delete_object(Bucket=self.bucket, Key=name + PART)

    def delete(self, key: str) -> None:
        name = self._name(key)
        with _talking():
            self._forget_uploads(key)
            for one in (name, name + PART):
                self.client.delete_object(Bucket=self.bucket, Key=one)

    def check(self) -> None:
        probe = {"Bucket": self.bucket, "Key": f"{self.prefix}.kontor-check-{uuid4().hex}"}
        with _talking():
            self.client.put_object(**probe, Body=bytes(4096))
            self.client.delete_object(**probe)

    def _name(self, key: str) -> str:
        return self.prefix + checked(key)

    def _size(self, name: str) -> int | None:
        try:
            with _talking():
                return int(self.client.head_object(Bucket=self.bucket, Key=name)["ContentLength"])
        except Missing:
            return None


def _regrouped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in parts as S3 wants them; at most one part is held."""
    held, parts, size = bytearray(), 0, SMALL_PART
    for chunk in chunks:
        held += chunk
        while len(held) >= size:
            part = bytes(memoryview(held)[:size])
            del held[:size]
            yield part
            del part
            parts += 1
            size = SMALL_PART if parts < SMALL_PARTS else LARGE_PART
    if held:
        yield bytes(held)


@contextmanager
def _talking() -> Iterator[None]:
    """Says what S3 answered in the words of all stores."""
    try:
        yield
    except ClientError as error:
        raise _told(error) from error
    except (NoCredentialsError, PartialCredentialsError) as error:
        raise StoreRefused(str(error), "auth") from error
    except (BotoCoreError, HTTPClientError, Boto3Error, OSError) as error:
        raise StoreUnavailable(str(error)) from error


def _told(error: ClientError) -> StoreFault | StoreUnavailable:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _MISSING:
        return Missing(str(error))
    if code == "NoSuchBucket":
        return StoreRefused(str(error), "no-bucket")
    if code in _AUTH:
        return StoreRefused(str(error), "auth")
    if code in _FULL or status == 507:
        return StoreFull(str(error))
    if code in _DENIED:
        return StoreRefused(str(error))
    if code in _BUSY or status in (429, 500, 502, 503, 504):
        return StoreUnavailable(str(error))
    return StoreFault(str(error))
