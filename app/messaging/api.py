"""The door of messaging for the modules above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.messaging.kinds import add_kind
from app.messaging.rules.kind import Kind
from app.messaging.services.notice import notify

__all__ = ["notice_kind", "notify"]


def notice_kind(
    name: str,
    *,
    label: Any,
    text: Any,
    area: Any = "",
    icon: str = "bell",
    tone: str = "info",
    in_app: bool = True,
    by_mail: bool = False,
    forced_mail: bool = False,
    template: str = "messaging/notice",
    values: Callable[[dict[str, Any]], Mapping[str, Any]] | None = None,
    refs: Mapping[str, tuple[str, str]] | None = None,
    order: int = 100,
) -> None:
    """Register a kind of notice; done in `register`.

    `label` names it on the settings page ("Guthaben geht zur Neige"), `text` is the notice itself with %(name)s for
    values of its data, `area` the heading it stands under. `values` and `refs`: see `rules.kind.Kind`. `in_app` and
    `by_mail` are the defaults. `template` is another mail than the usual one; it gets text, label, link and data.
    """
    add_kind(
        Kind(
            name,
            label,
            text,
            area,
            icon,
            tone,
            in_app,
            by_mail,
            forced_mail,
            template,
            values,
            refs or {},
            order,
        )
    )
