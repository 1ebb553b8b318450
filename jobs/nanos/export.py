"""Packages of nanos for other platforms."""

from uuid import UUID

from app.nanos.rules.package import Form
from app.nanos.services import export


def make(nano_id: str, form: str, person_id: str, organisation: str) -> dict[str, str]:
    """Write one, and keep it for who asked."""
    return export.make(
        UUID(person_id), UUID(organisation) if organisation else None, UUID(nano_id), Form(form)
    )
