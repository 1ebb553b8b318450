"""Two modules of the demo's organisation, composed of what others publish."""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from app.kit import clock
from app.kit.authz import Actor
from app.nanos.queries.find import find_nanos
from app.nanos.queries.module import get_module
from app.nanos.queries.module_list import own_modules
from app.nanos.rules.finding import Wish
from app.nanos.rules.module import FEWEST_UNITS
from app.nanos.services import module, module_parts

SAMPLES = Path(__file__).with_name("modules.toml")


def seed_modules(owner: Actor) -> None:
    """Write them once: an organisation that has a module is left alone."""
    if own_modules(owner).rows:
        return
    nanos = {row.title: row.id for row in find_nanos(Wish()).rows}
    before: UUID | None = None
    with clock.freeze(clock.now() - timedelta(days=1)):
        for sample in tomllib.loads(SAMPLES.read_text("utf-8"))["module"]:
            units = [one for one in sample["nanos"] if one[0] in nanos]
            if len(units) < FEWEST_UNITS:
                continue
            made = module.create_module(
                owner, {name: sample[name] for name in ("title", "outcome", "description")}
            )
            for title, _note, _required in units:
                module_parts.add_unit(owner, made, nanos[title])
            for unit, (_title, note, required) in zip(get_module(owner, made).units, units, strict=True):
                module_parts.save_unit(
                    owner, made, unit.id, note=note, required=required, version=unit.position
                )
            if before:
                module_parts.add_need(owner, made, before)
            module.publish_module(owner, made)
            clock.advance(hours=2)
            before = made
