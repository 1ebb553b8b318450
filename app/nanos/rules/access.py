"""Who may see what of a nano. Pure: the queries bring the facts.

Drafts are the provider's own. What waits for review is also for those who review. What is published is for everybody who is
signed in and belongs to an organisation: they find it and read about it. The content itself they see on the page where the
provider allows a preview or the licence is open, and take along only where the licence is open. Whose organisation holds a
licence from an exchange sees and takes it, also after it is retired; who was told to work through it sees it until they have.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.nanos.rules.nano import Stage, State


@dataclass(frozen=True)
class Looker:
    """Who looks: one of the provider's people, somebody who reviews, of an organisation with a licence, or anybody."""

    provider: bool = False
    reviewer: bool = False
    licensed: bool = False
    enrolled: bool = False
    """Has been told to work through it, and has not yet."""


@dataclass(frozen=True)
class Facts:
    """What decides about one revision of a nano."""

    state: State
    stage: Stage
    open_licence: bool
    preview: bool


def may_know(looker: Looker, facts: Facts) -> bool:
    """Whether this revision is there for them at all."""
    if looker.provider:
        return True
    if facts.state is State.REMOVED:
        return False
    if looker.reviewer and facts.stage in (Stage.REVIEW, Stage.CURRENT):
        return True
    return facts.stage is Stage.CURRENT and facts.state in (State.PUBLISHED, State.RETIRED)


def may_look(looker: Looker, facts: Facts) -> bool:
    """Whether the content may be seen on the page."""
    if not may_know(looker, facts) or facts.state is State.REMOVED:
        return False
    if looker.provider or looker.reviewer or looker.licensed:
        return True
    there = facts.state is State.PUBLISHED or (looker.enrolled and facts.state is State.RETIRED)
    return there and (facts.open_licence or facts.preview)


def may_take(looker: Looker, facts: Facts) -> bool:
    """Whether the file may be downloaded, or the link followed."""
    if not may_look(looker, facts):
        return False
    return looker.provider or looker.reviewer or looker.licensed or facts.open_licence
