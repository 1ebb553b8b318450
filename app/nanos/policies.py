"""Permissions of nanos. Every organisation may offer nanos; its people see what all have published."""

from __future__ import annotations

from enum import StrEnum

from app.kit.authz import OPERATOR, grant


class P(StrEnum):
    nano_read = "nanos:nano:read"
    """Find what is published, and read about it."""
    nano_write = "nanos:nano:write"
    """Make drafts of one's organisation and change them, with their files."""
    nano_submit = "nanos:nano:submit"
    """Ask for publication, and take that back."""
    nano_end = "nanos:nano:end"
    """Retire and remove, now or on a date."""
    insight_read = "nanos:insight:read"
    """See in numbers how the nanos of one's organisation do."""
    trend_read = "nanos:trend:read"
    """See the published tables of supply and demand."""
    review_decide = "nanos:review:decide"
    """See what waits, publish it or send it back: the platform's operators."""
    moderation_decide = "nanos:moderation:decide"
    """Work on the moderators' queue: claim, decide, draw samples, see notices."""
    moderation_set = "nanos:moderation:set"
    """Change rules, lists, contact points; publish transparency reports."""
    appeal_make = "nanos:appeal:make"
    """Appeal against a decision about content of one's organisation."""

    rating_write = "nanos:rating:write"
    """Rate what one has worked through or one's organisation has exchanged for."""
    rating_rules = "nanos:rating:rules"
    """Choose what the mean begins with, and what the badge needs."""
    question_write = "nanos:question:write"
    """Ask the provider, for all to read."""
    comment_answer = "nanos:comment:answer"
    """Answer ratings and questions in the name of one's organisation."""
    comment_moderate = "nanos:comment:moderate"
    """Keep a text of others from being read, and take that back."""
    profile_write = "nanos:profile:write"
    """Say who one's organisation is to those who look at its nanos."""
    shelf_write = "nanos:shelf:write"
    """Keep favourites and searches of one's own."""
    collection_write = "nanos:collection:write"
    """Make collections, alone or with one's organisation."""
    nano_ask = "nanos:nano:ask"
    """Write to the provider of a nano, and answer who asks about one's own."""

    # Learning in organisations.
    learning_assign = "nanos:learning:assign"
    """Have people of one's organisation learn, and see who has."""
    badge_keys = "nanos:badge_key:manage"
    """Change the keys that sign certificates."""
    module_write = "nanos:module:write"
    """Make drafts of modules for one's organisation, and change them."""
    module_publish = "nanos:module:publish"
    """Publish and retire modules, and change what is public."""
    lti_manage = "nanos:lti:manage"
    """Connect learning platforms of one's organisation (LTI)."""


MANAGERS = ("owner", "admin")
EVERYONE = ("owner", "admin", "member")


def grant_all() -> None:
    """Members prepare, owners and admins answer for what is public. Guests of single servers have no part in it."""
    grant(P.nano_read, *EVERYONE, OPERATOR)
    grant(P.nano_write, *EVERYONE)
    grant(P.nano_submit, *MANAGERS)
    grant(P.nano_end, *MANAGERS)
    grant(P.review_decide, OPERATOR)
    _grant_voices()
    grant(P.module_write, *EVERYONE)
    grant(P.module_publish, *MANAGERS)
    grant(P.lti_manage, *MANAGERS)


class Trade(StrEnum):
    """Permissions of exchanges."""

    read = "nanos:barter:read"
    """See the exchanges of one's organisation, its licences, credits and receipts; write in their conversations."""
    deal = "nanos:barter:deal"
    """Offer, answer, deliver, confirm, and state what stands on receipts: it binds the organisation."""
    decide = "nanos:barter:decide"
    """See what is in dispute and decide it."""
    credit = "nanos:credit:manage"
    """See all credit accounts, set their floors, take postings back."""


def grant_trade() -> None:
    """Members follow what their organisation exchanges, owners and admins bind it, operators see only what is in dispute."""
    grant(Trade.read, *EVERYONE)
    grant(Trade.deal, *MANAGERS)
    grant(Trade.decide, OPERATOR)
    grant(Trade.credit, OPERATOR)


def _grant_voices() -> None:
    """Whoever may read may ask and keep; rating and collecting is for people of an organisation."""
    grant(P.rating_write, *EVERYONE)
    grant(P.rating_rules, OPERATOR)
    grant(P.question_write, *EVERYONE, OPERATOR)
    grant(P.comment_answer, *MANAGERS)
    grant(P.comment_moderate, OPERATOR)
    grant(P.profile_write, *MANAGERS)
    grant(P.shelf_write, *EVERYONE, OPERATOR)
    grant(P.collection_write, *EVERYONE)
    grant(P.nano_ask, *EVERYONE)
    grant(P.moderation_decide, OPERATOR)
    grant(P.moderation_set, OPERATOR)
    grant(P.appeal_make, *MANAGERS)
    grant(P.learning_assign, *MANAGERS)
    grant(P.badge_keys, OPERATOR)
    grant(P.insight_read, *EVERYONE)
    grant(P.trend_read, *EVERYONE, OPERATOR)
