"""One action on many servers."""

from uuid import UUID

from app.hosting.services import bulk_work


def run(bulk_id: str) -> dict[str, str]:
    """Go through the servers; may be killed at any line and run again."""
    return {"next": bulk_work.run_bulk(UUID(bulk_id))}


def resume() -> dict[str, int]:
    """Take up those whose job was lost, and forget old ones."""
    return {"bulks": bulk_work.resume()}
