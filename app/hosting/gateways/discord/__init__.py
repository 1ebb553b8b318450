"""Discord's side of webhooks."""

from app.hosting.gateways.discord.client import Discord

__all__ = ["Discord"]
