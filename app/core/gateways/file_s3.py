"""Files in S3 or whatever speaks its language (MinIO, Hetzner, Ceph)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, cast
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from flask_babel import gettext

from app.core.gateways.file import KEY, checked
from app.kit.errors import NotFound, Unavailable

_MISSING = ("NoSuchKey", "404", "NotFound")


class S3Store:
    """`s3://[key:secret@]bucket/prefix[?endpoint=https://…&region=…]`; without a key, the usual AWS_* variables."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        options = {name: values[0] for name, values in parse_qs(parts.query).items()}
        unknown = set(options) - {"endpoint", "region"}
        if unknown or not parts.hostname:
            raise ValueError("write s3://bucket/prefix?endpoint=…&region=…")
        self.bucket = parts.netloc.rpartition("@")[2]
        self.prefix = parts.path.strip("/") + "/" if parts.path.strip("/") else ""
        self.client = boto3.client(
            "s3",
            endpoint_url=options.get("endpoint"),
            region_name=options.get("region"),
            aws_access_key_id=unquote(parts.username) if parts.username else None,
            aws_secret_access_key=unquote(parts.password) if parts.password else None,
            config=Config(
                connect_timeout=5, read_timeout=30, retries={"max_attempts": 3, "mode": "standard"}
            ),
        )

    def put(self, key: str, data: BinaryIO) -> None:
        with self._talking():
            self.client.upload_fileobj(data, self.bucket, self.prefix + checked(key))

    def open(self, key: str) -> BinaryIO:
        with self._talking():
            return cast(
                BinaryIO, self.client.get_object(Bucket=self.bucket, Key=self.prefix + checked(key))["Body"]
            )

    def delete(self, key: str) -> None:
        with self._talking():
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + checked(key))

    def keys(self) -> Iterator[tuple[str, datetime]]:
        with self._talking():
            for page in self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix
            ):
                for entry in page.get("Contents", ()):
                    key = entry["Key"].removeprefix(self.prefix)
                    if KEY.match(key):
                        yield key, entry["LastModified"]

    @contextmanager
    def _talking(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _MISSING:
                raise NotFound from error
            raise Unavailable(gettext("Der Dateispeicher lehnt ab.")) from error
        except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
            raise Unavailable(gettext("Der Dateispeicher antwortet nicht.")) from error
