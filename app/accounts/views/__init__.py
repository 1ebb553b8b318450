"""Pages of accounts."""

from __future__ import annotations

from uuid import UUID

from flask import Flask
from flask_babel import lazy_gettext

from app.accounts.policies import P
from app.accounts.queries.people import list_organisations
from app.accounts.services.person import choose_theme
from app.accounts.views import (
    entry,
    invitation,
    members,
    operator,
    organisation,
    profile,
    recovery,
    security,
    tokens,
)
from app.accounts.views.blueprint import accounts
from app.accounts.views.gate import init_actor
from app.kit.authz import Actor
from app.kit.nav import nav

PAGES = (entry, recovery, invitation, profile, security, tokens, organisation, members, operator)


def _choices(actor: Actor) -> list[tuple[UUID, str]]:
    """What the switcher offers; who belongs to one organisation has nothing to switch, and costs no question."""
    return [(one.id, one.name) for one in list_organisations(actor)] if actor.memberships > 1 else []


def register_views(app: Flask) -> None:
    """Routes, navigation and the shell's questions about people."""
    init_actor(app)
    app.register_blueprint(accounts)
    nav.shell(
        home="accounts.start",
        sign_in="accounts.sign_in",
        sign_out="accounts.sign_out",
        register="accounts.sign_up",
        profile="accounts.profile",
        switch="accounts.switch",
        keep_theme=choose_theme,
        organisations=_choices,
    )
    _fill_account_menu()
    _fill_navigation()


def _fill_account_menu() -> None:
    for order, (label, icon, endpoint) in enumerate(
        (
            (lazy_gettext("Profil"), "user", "accounts.profile"),
            (lazy_gettext("Sicherheit"), "shield-check", "accounts.security"),
            (lazy_gettext("Sitzungen"), "monitor-smartphone", "accounts.sessions"),
            (lazy_gettext("Organisation anlegen"), "building-2", "accounts.new_organisation"),
        )
    ):
        nav.account(label=label, icon=icon, endpoint=endpoint, order=10 * order)


def _fill_navigation() -> None:
    nav.add(
        module="organisation",
        label=lazy_gettext("Mitglieder"),
        icon="users",
        endpoint="accounts.members",
        permission=P.MEMBER_SEE,
        order=10,
        match="accounts.member",
    )
    nav.add(
        module="organisation",
        label=lazy_gettext("Zugriffstoken"),
        icon="key-round",
        endpoint="accounts.tokens",
        permission=P.TOKEN_SEE,
        order=70,
        match="accounts.token",
    )
    nav.add(
        module="organisation",
        label=lazy_gettext("Einstellungen"),
        icon="settings",
        endpoint="accounts.organisation",
        permission=P.MEMBER_SEE,
        order=90,
        match="accounts.organisation",
    )
    nav.add(
        module="operation",
        label=lazy_gettext("Personen"),
        icon="contact",
        endpoint="accounts.operator_people",
        permission=P.PEOPLE_GOVERN,
        operator=True,
        order=20,
        match="accounts.operator",
    )
