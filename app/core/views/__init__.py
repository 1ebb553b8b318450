"""Pages of the ground: health, files, outbox, audit, search, progress of jobs."""

from __future__ import annotations

from flask_babel import lazy_gettext

from app.core.policies import P
from app.core.views.audit import audit
from app.core.views.files import files
from app.core.views.health import health
from app.core.views.job import jobs, register_live
from app.core.views.mail import mail
from app.core.views.palette import palette
from app.kit.nav import nav

blueprints = (health, files, mail, palette, audit, jobs)


def register_pages() -> None:
    """Navigation, search and live parts of these pages."""
    nav.module("organisation", label=lazy_gettext("Organisation"), order=80, section=True)
    nav.module("operation", label=lazy_gettext("Betrieb"), order=90, section=True)
    nav.add(
        module="organisation", label=lazy_gettext("Protokoll"), icon="scroll-text", endpoint="audit.log",
        permission=P.AUDIT_READ, order=80, match="audit.",
    )  # fmt: skip
    nav.add(
        module="operation", label=lazy_gettext("Postausgang"), icon="mail", endpoint="outbox.mails",
        permission=P.OUTBOX_READ, operator=True, order=40, match="outbox.",
    )  # fmt: skip
    nav.shell(search="search.results")
    register_live()
