"""Addresses for outside the browser: mails, PDFs, jobs. They begin with the setting public_url, not with a request."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from app.kit.config import settings


def public_link(endpoint: str, **values: Any) -> str:
    """The full address of a page, with or without a request at hand."""
    base = urlsplit(settings().public_url)
    adapter = current_app.url_map.bind(base.netloc, script_name=base.path or "/", url_scheme=base.scheme)
    return adapter.build(endpoint, values, force_external=True)


def path_to(endpoint: str, **values: Any) -> str:
    """The path of a page, with or without a request at hand: for notices and results of jobs."""
    base = urlsplit(settings().public_url)
    adapter = current_app.url_map.bind(base.netloc, script_name=base.path or "/", url_scheme=base.scheme)
    return adapter.build(endpoint, values)
