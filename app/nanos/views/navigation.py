"""The navigation of nanos: five entries, each with its pages as tabs, and what operators have besides."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from app.kit.authz import Actor
from app.kit.ui import nav
from app.nanos.policies import P, Trade
from app.nanos.queries.barter import count_disputes, count_turns

FIND, LEARN, TRAIN, TRADE, OFFER = (
    "nanos.index",
    "nanos.tasks",
    "nanos.assignments",
    "nanos.barters",
    "nanos.own",
)


def register_navigation(waiting: Callable[[Actor], int]) -> None:
    """Fill the registry of the shell; `waiting` counts what the moderators' queue holds."""
    nav.module("nanos", label=_l("Nanos"), icon="graduation-cap", order=40)
    _finding()
    _learning()
    _trading()
    _offering()
    _operating(waiting)
    nav.foot(label=_l("Inhalt melden"), endpoint="nanos.report", order=60)
    nav.foot(label=_l("Regeln für Nanos"), endpoint="nanos.rules", order=61)


def _page(label: Any, icon: str, endpoint: str, permission: StrEnum, order: int, **more: Any) -> None:
    nav.add(
        module="nanos", label=label, icon=icon, endpoint=endpoint, permission=permission, order=order, **more
    )


def _pages_of(*names: str) -> tuple[str, ...]:
    """Endpoints of pages that have no entry of their own."""
    return tuple(f"nanos.{name}" for name in names)


def _finding() -> None:
    _page(_l("Nanos finden"), "search", FIND, P.nano_read, 10, match="nanos.")
    _page(_l("Module"), "layers", "nanos.modules", P.nano_read, 11, match="nanos.module", under=FIND)
    _page(_l("Merkliste"), "star", "nanos.favourite_list", P.shelf_write, 11, under=FIND)
    _page(
        _l("Sammlungen"),
        "library-big",
        "nanos.collections",
        P.nano_read,
        12,
        match="nanos.collection",
        under=FIND,
    )
    _page(
        _l("Gespeicherte Suchen"),
        "bookmark",
        "nanos.saved_list",
        P.shelf_write,
        13,
        match="nanos.saved",
        under=FIND,
    )


def _learning() -> None:
    _page(_l("Meine Aufgaben"), "list-checks", LEARN, P.nano_read, 20)
    _page(_l("Gelernt"), "book-open-check", "nanos.learned", P.nano_read, 21, under=LEARN)
    _page(
        _l("Zertifikate"),
        "award",
        "nanos.certificates",
        P.nano_read,
        22,
        match="nanos.certificate",
        also=_pages_of("ask_revoke_certificate", "points_page", "choose_points"),
        under=LEARN,
    )
    _page(
        _l("Schulungen"), "clipboard-list", TRAIN, P.learning_assign, 26, match="nanos.assign",
        also=_pages_of("ask_end_assignment", "ask_reopen_duty"),
    )  # fmt: skip


def _trading() -> None:
    _page(
        _l("Tauschen"), "arrow-left-right", TRADE, Trade.read, 28, badge=count_turns, match="nanos.barter",
        also=_pages_of("offer_barter", "send_offer", "change_barter", "send_change", "ask_decline", "ask_dispute",
                       "dispute_barter", "trader", "state_trader_page"),
    )  # fmt: skip
    _page(_l("Lizenzen"), "key-round", "nanos.licences", Trade.read, 29, under=TRADE)
    _page(_l("Credits"), "coins", "nanos.credits", Trade.read, 30, under=TRADE)
    _page(_l("Eigenes LMS"), "plug", "nanos.lti_platforms", P.lti_manage, 31, match="nanos.lti", under=TRADE)


def _offering() -> None:
    _page(
        _l("Unsere Nanos"), "library", OFFER, P.nano_write, 40,
        also=_pages_of("new", "create", "edit_content", "save_content", "edit_details", "save_details", "draft",
                       "submit", "ask_discard", "edit_ending", "save_ending", "ask_remove", "stock"),
    )  # fmt: skip
    _page(
        _l("Zahlen"), "chart-column", "nanos.insight", P.insight_read, 41, match="nanos.insight", under=OFFER
    )
    _page(_l("Trends"), "trending-up", "nanos.trends", P.trend_read, 46, match="nanos.trend")
    _page(
        _l("Entscheidungen"),
        "gavel",
        "nanos.statements",
        P.appeal_make,
        45,
        match="nanos.statement",
        under=OFFER,
    )


def _operating(waiting: Callable[[Actor], int]) -> None:
    _page(
        _l("Moderation"), "inbox", "nanos.moderation", P.moderation_decide, 50, operator=True, badge=waiting,
        match="nanos.moderation",
    )  # fmt: skip
    _page(
        _l("Tausch klären"), "scale", "nanos.disputes", Trade.decide, 52, operator=True,
        badge=count_disputes, match="nanos.dispute",
    )  # fmt: skip
    _setting(_l("Credit-Konten"), "coins", "nanos.credit_accounts", Trade.credit, 60, match="nanos.credit_")
    _setting(_l("Regeln für Bewertungen"), "star", "nanos.edit_rules", P.rating_rules, 61)
    _setting(
        _l("Zertifikatsschlüssel"),
        "key-round",
        "nanos.badge_keys",
        P.badge_keys,
        62,
        also=_pages_of("ask_revoke_badge_key"),
    )


def _setting(label: Any, icon: str, endpoint: str, permission: StrEnum, order: int, **more: Any) -> None:
    """What operators look after rarely stands with the rest of the operation."""
    nav.add(
        module="operation", label=label, icon=icon, endpoint=endpoint, permission=permission, operator=True, order=order,
        **more,
    )  # fmt: skip
