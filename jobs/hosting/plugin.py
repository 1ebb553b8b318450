"""Work on plugins of servers. Every body may be killed at any line and run again."""

from uuid import UUID

from app.hosting.services import plugin_check, plugin_work


def change(change_id: str) -> None:
    """Make one change."""
    plugin_work.change(UUID(change_id))


def resume() -> dict[str, int]:
    """Take up changes whose job was lost."""
    return {"changes": plugin_work.resume()}


def check() -> dict[str, int]:
    """Ask for updates of all plugins, and order those that were asked to come by themselves."""
    return {"plugins": plugin_check.check_all()}
