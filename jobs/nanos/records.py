"""An organisation's records on paper."""

from uuid import UUID

from app.nanos.services import records


def make(person_id: str, organisation: str, since: str, until: str, nano: str) -> dict[str, str]:
    """Draw them, for who asked."""
    return records.make(UUID(person_id), UUID(organisation), since, until, nano)
