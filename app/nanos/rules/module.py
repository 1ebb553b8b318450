"""Modules: who sees and changes them, how far somebody is, what comes next, and that prerequisites form no circle. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from app.nanos.rules.nano import State
from app.nanos.rules.use import total

FEWEST_UNITS, MOST_UNITS, MOST_NEEDS, MOST_DRAFTS = 2, 50, 10, 100
LONGEST_TITLE, LONGEST_OUTCOME, LONGEST_DESCRIPTION, LONGEST_NOTE = 120, 300, 4000, 500
STEPS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.PUBLISHED}),
    State.PUBLISHED: frozenset({State.RETIRED}),
    State.RETIRED: frozenset({State.PUBLISHED}),
}
"""Where a module may go from each state. A draft that was never public may also be deleted."""
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Composer:
    """`ours`: acts for its organisation. `publisher`: answers for what that organisation publishes."""

    ours: bool = False
    publisher: bool = False


def may_know(who: Composer, state: State, bar: str) -> bool:
    """Drafts and what is blocked are its organisation's; the rest is everybody's, also when it is retired."""
    return who.ours or (state in (State.PUBLISHED, State.RETIRED) and not bar)


def may_change(who: Composer, state: State) -> bool:
    """Drafts are everybody's of the organisation; what was public changes who answers for it."""
    return who.ours and (state is State.DRAFT or who.publisher)


@dataclass(frozen=True)
class Step:
    """A unit as somebody finds it. `there`: it can still be found or used by them; `opens`: they see its content;
    `progress`: hundredths."""

    required: bool
    there: bool
    opens: bool
    progress: int
    done: bool


def counted(steps: Sequence[Step]) -> list[Step]:
    """Those that make up the whole: the required ones, all where none is required; what ended undone counts no more."""
    left = [one for one in steps if one.there or one.done]
    return [one for one in left if one.required] or left


def share(steps: Sequence[Step]) -> int:
    """Hundredths of the module; all only when each that counts is done."""
    return total(100 if one.done else min(one.progress, 99) for one in counted(steps))


def finished(steps: Sequence[Step]) -> bool:
    """Whether all that counts is done; nothing is never done."""
    return share(steps) == 100


def next_step(steps: Sequence[Step]) -> int | None:
    """The place (from 0) of what to go on with: the first open one that is unfinished, required ones before others."""
    for required in (True, False):
        for place, one in enumerate(steps):
            if one.required == required and one.opens and not one.done:
                return place
    return None


def makes_circle(needs: Mapping[T, Iterable[T]], one: T, wanted: T) -> bool:
    """Whether `one` would stand before itself if it needed `wanted`, too."""
    seen: set[T] = set()
    waiting = [wanted]
    while waiting:
        at = waiting.pop()
        if at == one:
            return True
        if at not in seen:
            seen.add(at)
            waiting.extend(needs.get(at, ()))
    return False
