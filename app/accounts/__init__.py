"""People, organisations, roles, sign-in.

Promises: an address belongs to whoever reads its mail; nobody learns from the outside which addresses have accounts;
secrets are kept as digests or sealed; an organisation always has an owner; a token never may more than its person.
"""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Plug accounts into the application."""
    from flask_babel import lazy_gettext

    from app.accounts import models, tasks  # noqa: F401
    from app.accounts.commands import person
    from app.accounts.describe import describe
    from app.accounts.policies import P, register_policies
    from app.accounts.rules.scope import add_scope
    from app.accounts.services.personal import contribute
    from app.accounts.views import api, register_views  # noqa: F401

    register_policies()
    add_scope("members:read", label=lazy_gettext("Mitglieder lesen"), permissions=[P.MEMBER_SEE], order=80)
    add_scope("tokens:read", label=lazy_gettext("Zugriffstoken lesen"), permissions=[P.TOKEN_SEE], order=90)
    add_scope(
        "tokens:write",
        label=lazy_gettext("Zugriffstoken anlegen und widerrufen"),
        permissions=[P.TOKEN_SEE, P.TOKEN_MAKE, P.TOKEN_GOVERN],
        order=91,
    )
    register_views(app)
    app.cli.add_command(person)
    describe()
    contribute()
