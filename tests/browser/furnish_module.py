"""Modules: one that is public, begun and has a prerequisite; a draft."""

from __future__ import annotations

from typing import Any

from app.nanos.queries.module import get_module
from app.nanos.services import module, module_parts
from tests.people import People


def modules(people: People, made: dict[str, Any]) -> dict[str, Any]:
    """Ids by name."""
    alice = people.alice.actor
    first = _module(
        alice,
        "Grundlagen der Arbeitssicherheit",
        "Die wichtigsten Regeln nennen",
        (made["nano_ladder"], made["nano_package"]),
    )
    whole = _module(
        alice, "Sicher durch die erste Woche", "Sich im Betrieb sicher bewegen und im Notfall richtig handeln",
        (made["nano"], made["nano_barter"], made["nano_ladder"], made["nano_package"]),
    )  # fmt: skip
    module_parts.add_need(alice, whole, first)
    found = get_module(alice, whole)
    module_parts.save_unit(
        alice,
        whole,
        found.units[3].id,
        note="Für alle mit einem Arbeitsplatz am Rechner.",
        required=False,
        version=1,
    )
    module_parts.save_unit(
        alice,
        whole,
        found.units[0].id,
        note="Zusammen ansehen, danach den Fluchtweg abgehen.",
        required=True,
        version=2,
    )
    draft = module.create_module(
        people.bob.actor, {"title": "Büro für Neue", "outcome": "", "description": ""}
    )
    return {"module": whole, "module_first": first, "module_draft": draft, "module_unit": found.units[0].id}


def _module(actor: Any, title: str, outcome: str, units: tuple[Any, ...]) -> Any:
    text = "Für alle, die neu anfangen. Rechnen Sie mit einer Stunde, verteilt auf die erste Woche."
    made = module.create_module(actor, {"title": title, "outcome": outcome, "description": text})
    for nano_id in units:
        module_parts.add_unit(actor, made, nano_id)
    module.publish_module(actor, made)
    return made
