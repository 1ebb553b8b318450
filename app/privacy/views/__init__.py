"""Pages of privacy."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.core.api import file_kind
from app.kit.nav import nav
from app.privacy.policies import P
from app.privacy.services.export import KIND
from app.privacy.views.own import privacy
from app.privacy.views.records import retention

__all__ = ["privacy", "register_pages", "retention"]


def register_pages() -> None:
    file_kind(KIND, lambda actor: False)  # an export belongs to its person; no organisation may fetch one
    nav.account(label=_l("Meine Daten"), icon="file-user", endpoint="privacy.own_data", order=50)
    nav.add(
        module="operation", label=_l("Datenschutz"), icon="scale", endpoint="privacy.records",
        permission=P.RECORDS_READ, operator=True, order=60, match="privacy.records",
    )  # fmt: skip
