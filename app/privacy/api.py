"""The door of privacy. Modules say what they hold through `core.api.contributor`: some stand below privacy."""

from __future__ import annotations

from app.core.api import Activity, Contributor, Retention, contributor, contributors
from app.privacy.queries.request import scheduled_erasure

__all__ = ["Activity", "Contributor", "Retention", "contributor", "contributors", "scheduled_erasure"]
