"""The connection to the engine, and its errors in our words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import docker
import requests.exceptions
import urllib3.exceptions
from docker.errors import APIError, DockerException, ImageNotFound

from app.hosting.gateways.docker.config import DockerConfig
from app.hosting.gateways.runtime import (
    DiskFull,
    ImageMissing,
    PortTaken,
    RuntimeFault,
    RuntimeUnavailable,
)

LOCAL_SOCKET = "unix:///var/run/docker.sock"
PORT_TEXTS = ("port is already allocated", "address already in use", "ports are not available")
DISK_TEXTS = ("no space left on device", "disk quota exceeded")


@contextmanager
def answers() -> Iterator[None]:
    """Turns the engine's errors into ours. An engine that does not answer is `RuntimeUnavailable`, whatever the call."""
    try:
        yield
    except ImageNotFound as error:
        raise ImageMissing(_text(error)) from error
    except APIError as error:
        raise _fault(error) from error
    except (
        DockerException,
        requests.exceptions.RequestException,
        urllib3.exceptions.HTTPError,
        OSError,
    ) as error:
        raise RuntimeUnavailable(str(error)) from error


def _text(error: APIError) -> str:
    return str(error.explanation or error)


def _fault(error: APIError) -> RuntimeFault | RuntimeUnavailable:
    text = _text(error)
    lowered = text.lower()
    if any(part in lowered for part in PORT_TEXTS):
        return PortTaken(text)
    if any(part in lowered for part in DISK_TEXTS):
        return DiskFull(text)
    if error.status_code is not None and error.status_code in (502, 503, 504):
        return RuntimeUnavailable(text)
    return RuntimeFault(text)


class Engine:
    """One client for all threads, made at the first call, since the engine may start after us."""

    def __init__(self, config: DockerConfig) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._api: docker.APIClient | None = None

    @property
    def api(self) -> docker.APIClient:
        with self._lock:
            if self._api is None:
                self._api = docker.APIClient(
                    base_url=self._config.url or LOCAL_SOCKET,
                    version="auto",
                    timeout=self._config.timeout_seconds,
                    num_pools=64,
                )
            return self._api

    @property
    def local(self) -> bool:
        """Whether the engine may run on this machine, so that its files can be read."""
        return (self._config.url or LOCAL_SOCKET).startswith("unix:")
