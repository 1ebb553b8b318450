"""A real S3 server in the test process."""

import logging
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
from moto.server import ThreadedMotoServer


class S3Server:
    """Takes any credentials until a test asks it to `refuse`."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    @property
    def client(self) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="k",
            aws_secret_access_key="s",
        )

    def url(self, bucket: str, prefix: str = "") -> str:
        """The address as `archive_url` takes it."""
        return f"s3://k:s@{bucket}/{prefix}?endpoint={self.endpoint}&region=us-east-1"

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Credentials are checked, and it knows none."""
        self._free_actions(0)
        try:
            yield
        finally:
            self._free_actions(sys.maxsize)

    def _free_actions(self, number: int) -> None:
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/reset-auth", str(number).encode(), {"Content-Type": "text/plain"}
        )
        urllib.request.urlopen(request).close()


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """Start it on a free port; what it holds is gone afterwards."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield S3Server(f"http://{host}:{port}")
    finally:
        server.stop()
