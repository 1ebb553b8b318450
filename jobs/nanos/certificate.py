"""Certificates on paper."""

from uuid import UUID

from app.nanos.services import certificate_paper


def make(certificate_id: str) -> dict[str, str]:
    """Draw one, for its holder."""
    return certificate_paper.make(UUID(certificate_id))
