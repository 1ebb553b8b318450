"""Which numbers of a table with margins may be published, so that none that is hidden can be worked out from the others.

A place is (subject, region); "" stands for all of them, so ("", "") is the sum of the table. With every place as a pipe
between the equation of its line and that of its column, what is published leaves exactly the flows through the hidden
pipes open. How far a hidden number may still be from the truth is then a question of flows, answered exactly.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

Place = tuple[str, str]
Node = tuple[str, str]
ALL = ""


@dataclass(frozen=True)
class Fact:
    """One person in one place; counted once, however often."""

    subject: str
    region: str
    person: str
    organisation: str


@dataclass(frozen=True)
class Rule:
    """A number is published when so many people and organisations are behind it, and none of these has more than half.
    `width`: how many values a hidden number can at least still have, less one.
    """

    people: int
    organisations: int
    width: int


@dataclass(frozen=True)
class Group:
    """What is behind a number. `largest`: how much of it comes from one organisation."""

    value: int
    people: int
    organisations: int
    largest: int

    def safe(self, rule: Rule) -> bool:
        """Whether it may be published by itself. Nothing is not: that nobody does something is told of few, too."""
        return (
            self.people >= rule.people and self.organisations >= rule.organisations
            and self.largest * 2 <= self.value
        )  # fmt: skip


def places(subjects: Sequence[str], regions: Sequence[str]) -> list[Place]:
    """Cells and margins."""
    return list(product([*subjects, ALL], [*regions, ALL]))


def group(facts: Iterable[Fact]) -> Group:
    """Of all these."""
    known = set(facts)
    by_organisation: dict[str, int] = {}
    for one in known:
        by_organisation[one.organisation] = by_organisation.get(one.organisation, 0) + 1
    return Group(
        len(known),
        len({one.person for one in known}),
        len(by_organisation),
        max(by_organisation.values(), default=0),
    )


def publish(
    subjects: Sequence[str], regions: Sequence[str], facts: Collection[Fact], rule: Rule
) -> dict[Place, int | None]:
    """Every place with its number, or None where it is not told."""
    where: dict[Place, list[Fact]] = {place: [] for place in places(subjects, regions)}
    for one in facts:
        if one.subject in subjects and one.region in regions:
            for place in product((one.subject, ALL), (one.region, ALL)):
                where[place].append(one)
    groups = {place: group(each) for place, each in where.items()}
    values = {place: each.value for place, each in groups.items()}
    hidden = protect(values, {place for place, each in groups.items() if not each.safe(rule)}, rule.width)
    return {place: None if place in hidden else value for place, value in values.items()}


def protect(values: Mapping[Place, int], hidden: Collection[Place], width: int) -> set[Place]:
    """Those that are to be hidden, and as many more as it takes until none of them can be narrowed down to `width`."""
    found = set(hidden)
    while True:
        weak = next((place for place in sorted(found) if room(values, found, place, width) < width), None)
        if weak is None:
            return found
        found |= _round(values, found, weak, width)


def _ends(place: Place) -> tuple[Node, Node]:
    """From where to where the pipe of a place leads. What flows into an equation flows out again."""
    subject, region = place
    line, column = ("line", subject), ("column", region)
    return (column, line) if (subject == ALL) != (region == ALL) else (line, column)


def room(values: Mapping[Place, int], hidden: Collection[Place], place: Place, most: int) -> int:
    """How far apart the smallest and the largest number are that fit all that is published; not beyond `most`."""
    tail, head = _ends(place)
    up = _flow(values, hidden, place, head, tail, most)
    down = min(values[place], _flow(values, hidden, place, tail, head, min(most, values[place])))
    return min(most, up + down)


def _flow(
    values: Mapping[Place, int],
    hidden: Collection[Place],
    besides: Place,
    source: Node,
    target: Node,
    most: int,
) -> int:
    """How much can be moved from source to target: any amount along a pipe, against it what flows there."""
    left: dict[tuple[Node, Node], int] = {}
    for place in hidden:
        if place != besides:
            tail, head = _ends(place)
            left[tail, head] = left.get((tail, head), 0) + most
            left[head, tail] = left.get((head, tail), 0) + values[place]
    near: dict[Node, list[Node]] = {}
    for tail, head in left:
        near.setdefault(tail, []).append(head)
    moved = 0
    while moved < most:
        path = _path(left, near, source, target)
        if path is None:
            break
        amount = min(most - moved, *(left[step] for step in path))
        for tail, head in path:
            left[tail, head] -= amount
            left[head, tail] += amount
        moved += amount
    return moved


def _path(
    left: Mapping[tuple[Node, Node], int], near: Mapping[Node, list[Node]], source: Node, target: Node
) -> list[tuple[Node, Node]] | None:
    before: dict[Node, Node] = {source: source}
    queue = deque([source])
    while queue:
        node = queue.popleft()
        if node == target:
            steps = []
            while node != source:
                steps.append((before[node], node))
                node = before[node]
            return steps
        for other in near.get(node, ()):
            if other not in before and left[node, other] > 0:
                before[other] = node
                queue.append(other)
    return None


def _round(values: Mapping[Place, int], hidden: Collection[Place], weak: Place, width: int) -> set[Place]:
    """The cheapest places that, hidden, let the weak one be larger by `width`. There always are some: its line's sum, the
    column's, and the sum of all can grow with it.
    """
    near: dict[Node, list[tuple[Node, Place, int]]] = {}
    for place, value in values.items():
        if place == weak:
            continue
        tail, head = _ends(place)
        cost = 0 if place in hidden else (value + 1) * (4 if ALL in place else 1)
        near.setdefault(tail, []).append((head, place, cost))
        if value >= width:
            near.setdefault(head, []).append((tail, place, cost))
    target, source = _ends(weak)
    return {place for place in _cheapest(near, source, target) if place not in hidden}


def _cheapest(
    near: Mapping[Node, list[tuple[Node, Place, int]]], source: Node, target: Node
) -> Iterator[Place]:
    best: dict[Node, tuple[int, Node, Place | None]] = {source: (0, source, None)}
    queue: list[tuple[int, Node]] = [(0, source)]
    while queue:
        cost, node = heapq.heappop(queue)
        if cost > best[node][0]:
            continue
        for other, place, more in near.get(node, ()):
            if other not in best or cost + more < best[other][0]:
                best[other] = (cost + more, node, place)
                heapq.heappush(queue, (cost + more, other))
    node = target
    while node != source:
        _cost, before, through = best[node]
        if through is not None:
            yield through
        node = before
