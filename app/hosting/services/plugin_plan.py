"""What a wish comes to before anything is done: which jars, for whom, and what speaks against it. Asks Modrinth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from sqlalchemy import select

from app.hosting.gateways.modrinth import ModrinthFault, Project
from app.hosting.models import Plugin
from app.hosting.rules.plugin import (
    Dependency,
    Fault,
    FaultKind,
    Installed,
    Plan,
    Release,
    choose,
    jar_name,
    resolve,
)
from app.hosting.rules.plugin_step import Jar, Step
from app.hosting.services.plugin_source import Taken, modrinth
from app.kit.db import db


@dataclass(frozen=True)
class Offer:
    """A change as people see it before they say yes. `basis` says what was there when it was planned."""

    steps: tuple[Step, ...]
    faults: tuple[str, ...]
    blamed: frozenset[str]
    """Projects the faults are about."""
    by: dict[str, str]
    """Project -> title of the one that needs it."""
    optional: tuple[Project, ...]
    external: tuple[str, ...]
    basis: str
    old_since: datetime | None = None

    @property
    def replaces(self) -> bool:
        """Whether jars are replaced: then a backup comes first."""
        return any(step.old is not None and step.new is not None for step in self.steps)

    @property
    def mark(self) -> str:
        """Names exactly these jars: who says yes says it to them."""
        ids = sorted(step.new.release.id for step in self.steps if step.new)
        return hashlib.sha256(" ".join([self.basis, *ids]).encode()).hexdigest()[:32]


def rows_of(server_id: UUID) -> list[Plugin]:
    """A server's plugins, by name."""
    found = db.session.scalars(select(Plugin).where(Plugin.server_id == server_id))
    return sorted(found, key=lambda row: (row.title.casefold(), row.project_id))


def basis_of(rows: Iterable[Plugin]) -> str:
    """What is there, as one word: plans are made for it and hold for nothing else."""
    facts = sorted(f"{row.project_id}:{row.release['id']}:{row.filename}:{row.pinned}" for row in rows)
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:32]


class Planner:
    """Plans changes for one server. Everything it asks Modrinth is asked once."""

    def __init__(self, taken: Taken, rows: Sequence[Plugin]) -> None:
        self.taken, self.rows = taken, {row.project_id: row for row in rows}
        self.basis = basis_of(rows)
        self.installed: dict[str, Installed] = {row.project_id: row.installed() for row in rows}
        self.old_since: datetime | None = None
        self._releases: dict[str, list[Release]] = {}

    def releases(self, project_id: str) -> list[Release]:
        """Those for this game, newest first. Raises ModrinthFault."""
        if project_id not in self._releases:
            found = modrinth().releases(project_id, self.taken.target)
            self.old_since = self.old_since or found.old_since
            self._releases[project_id] = found.value
        return self._releases[project_id]

    def find(self, dependency: Dependency) -> Release | None:
        """A release for what another one needs. Raises ModrinthFault."""
        try:
            if dependency.version_id is not None:
                return modrinth().release(dependency.version_id).value
            return choose(self.releases(dependency.project_id or ""), self.taken.target)
        except ModrinthFault as fault:
            if fault.code in ("not-there", "broken"):
                return None
            raise

    def offer(self, wanted: Sequence[Release]) -> Offer:
        """What it comes to. Raises ModrinthFault."""
        plan = resolve(wanted, self.taken.target, self.installed, self.find)
        known = self._projects(plan)
        titles = {project: row.title for project, row in self.rows.items()}
        titles |= {project: found.title for project, found in known.items()}
        names = {project: row.filename for project, row in self.rows.items()}
        steps = tuple(self._step(put.release, known, names, put.by is not None) for put in plan.puts)
        return Offer(
            steps=steps,
            faults=tuple(fault_words(fault, titles, self.taken) for fault in plan.faults),
            blamed=frozenset(p for fault in plan.faults for p in (fault.project_id, fault.by) if p),
            by={put.release.project_id: titles.get(put.by, put.by) for put in plan.puts if put.by},
            optional=tuple(known[one] for one in plan.optional if one in known),
            external=plan.external,
            basis=self.basis,
            old_since=self.old_since,
        )

    def _projects(self, plan: Plan) -> dict[str, Project]:
        ids = {put.release.project_id for put in plan.puts} | set(plan.optional)
        ids |= {p for fault in plan.faults for p in (fault.project_id, fault.by) if p}
        return modrinth().projects(ids).value

    def _step(
        self, release: Release, known: dict[str, Project], names: dict[str, str], dependency: bool
    ) -> Step:
        """`names` of jars by project, in which the new one gets its own."""
        row, project = self.rows.get(release.project_id), known.get(release.project_id)
        slug = project.slug if project else row.slug if row else release.project_id
        title = project.title if project else row.title if row else release.project_id
        taken = {name for project_id, name in names.items() if project_id != release.project_id}
        filename = names[release.project_id] = jar_name(release, slug, taken)
        return Step(
            project_id=release.project_id, slug=slug, title=title[:120], dependency=dependency,
            old=jar_of(row) if row else None,
            new=Jar(release=release, filename=filename),
        )  # fmt: skip


def jar_of(row: Plugin) -> Jar:
    """What lies in the folder."""
    return Jar(release=row.now(), filename=row.filename)


def fault_words(fault: Fault, titles: dict[str, str], taken: Taken) -> str:
    """Why it cannot be done, with names."""
    name = titles.get(fault.project_id or "", fault.project_id or _("ein unbekanntes Plugin"))
    by = titles.get(fault.by or "", fault.by or "")
    game = taken.target.game_version
    return {
        FaultKind.UNFIT: _("%(name)s gibt es nicht für Minecraft %(game)s auf diesem Server.", name=name, game=game),
        FaultKind.MISSING: _("%(by)s braucht %(name)s, und davon gibt es keine passende Version.", by=by, name=name),
        FaultKind.INCOMPATIBLE: _("%(by)s verträgt sich nicht mit %(name)s.", by=by, name=name),
        FaultKind.PINNED: _("%(by)s braucht eine andere Version von %(name)s, und die hast du festgehalten.", by=by, name=name),
        FaultKind.HELD: _("%(by)s braucht genau die Version von %(name)s, die jetzt da ist.", by=by, name=name),
        FaultKind.TANGLED: _("%(by)s braucht eine andere Version von %(name)s als der Rest.", by=by, name=name),
        FaultKind.TOO_MANY: _("Das zieht zu viele andere nach sich."),
    }[fault.kind]  # fmt: skip
