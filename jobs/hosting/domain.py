"""Own domains of servers."""

from uuid import UUID

from app.hosting.services import domain_look


def look(domain_id: str) -> dict[str, str]:
    """Look at the DNS records of one domain; may be killed at any line and run again."""
    return {"verdict": domain_look.look(UUID(domain_id))}


def order_due() -> dict[str, int]:
    """Order the looks that are due."""
    return {"domains": domain_look.order_due()}
