"""The statement of reasons after Art. 17, in the fields of the EU's transparency database (StatementStoreRequest).

Pure: what a statement must say, what it must not, and how it looks as JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.nanos.rules.measure import Measure, OnProvider

ILLEGAL, INCOMPATIBLE = "DECISION_GROUND_ILLEGAL_CONTENT", "DECISION_GROUND_INCOMPATIBLE_CONTENT"
GROUNDS = (ILLEGAL, INCOMPATIBLE)
CATEGORIES = tuple(
    f"STATEMENT_CATEGORY_{name}"
    for name in (
        "INTELLECTUAL_PROPERTY_INFRINGEMENTS", "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS", "ILLEGAL_OR_HARMFUL_SPEECH",
        "SCAMS_AND_FRAUD", "CONSUMER_INFORMATION", "PROTECTION_OF_MINORS", "VIOLENCE", "SELF_HARM", "CYBER_VIOLENCE",
        "CYBER_VIOLENCE_AGAINST_WOMEN", "RISK_FOR_PUBLIC_SECURITY", "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS",
        "UNSAFE_AND_PROHIBITED_PRODUCTS", "ANIMAL_WELFARE", "OTHER_VIOLATION_TC", "NOT_SPECIFIED_NOTICE",
    )
)  # fmt: skip
SPECIFICATIONS = tuple(
    f"KEYWORD_{name}"
    for name in (
        "COPYRIGHT_INFRINGEMENT", "TRADEMARK_INFRINGEMENT", "MISSING_PROCESSING_GROUND", "HATE_SPEECH", "DEFAMATION",
        "PHISHING", "INAUTHENTIC_USER_REVIEWS", "MISINFORMATION", "OTHER",
    )
)  # fmt: skip
CONTENT_TYPES = tuple(f"CONTENT_TYPE_{name}" for name in ("TEXT", "VIDEO", "IMAGE", "AUDIO", "APP", "OTHER"))
SOURCES = ("SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_VOLUNTARY")
NOT_AUTOMATED = "AUTOMATED_DECISION_NOT_AUTOMATED"
DECISIONS = ("AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", NOT_AUTOMATED)
VISIBILITIES = {
    Measure.SEND_BACK: "DECISION_VISIBILITY_OTHER", Measure.HIDE: "DECISION_VISIBILITY_CONTENT_DEMOTED",
    Measure.BLOCK: "DECISION_VISIBILITY_CONTENT_DISABLED", Measure.REMOVE: "DECISION_VISIBILITY_CONTENT_REMOVED",
    Measure.WORDS: "DECISION_VISIBILITY_CONTENT_DISABLED", Measure.STARS: "DECISION_VISIBILITY_CONTENT_REMOVED",
}  # fmt: skip
REFUSED = "Publication refused until the content is changed"
"""What DECISION_VISIBILITY_OTHER stands for here."""
SUSPENDED = "DECISION_PROVISION_PARTIAL_SUSPENSION"
LONGEST = {"facts": 5000, "ground_text": 500, "explanation": 2000}
SHORTEST = 20
_PUID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True)
class Reasons:
    """One statement. Dates are days; `end_date` is the last day of a restriction, None for one without an end."""

    visibility: str
    provision: str
    ground: str
    ground_text: str
    explanation: str
    facts: str
    category: str
    content_type: tuple[str, ...]
    content_date: date
    application_date: date
    source_type: str
    automated_detection: bool
    puid: str
    automated_decision: str = NOT_AUTOMATED
    also_illegal: bool = False
    specification: tuple[str, ...] = ()
    end_date: date | None = None
    territorial_scope: tuple[str, ...] = ("DE",)
    content_language: str = "DE"


def visibility_of(measure: Measure) -> str:
    """The database's word for a measure on content, "" where nothing is restricted."""
    return VISIBILITIES.get(measure, "")


def provision_of(chosen: OnProvider) -> str:
    """The database's word for a measure on the provider."""
    return SUSPENDED if chosen is OnProvider.SUSPEND else ""


def faults(said: Reasons) -> dict[str, str]:
    """What is missing or impossible, by field: "missing", "short", "long" or "unknown". Empty: it may be given."""
    found: dict[str, str] = {}
    if not said.visibility and not said.provision:
        found["measure"] = "missing"
    elif said.visibility and said.visibility not in VISIBILITIES.values():
        found["measure"] = "unknown"
    if said.provision not in ("", SUSPENDED):
        found["on_provider"] = "unknown"
    for name, most in LONGEST.items():
        text = getattr(said, name).strip()
        least = 1 if name == "ground_text" else SHORTEST
        if len(text) < least:
            found[name] = "short" if text else "missing"
        elif len(text) > most:
            found[name] = "long"
    for name, known in (
        ("ground", GROUNDS),
        ("category", CATEGORIES),
        ("source_type", SOURCES),
        ("automated_decision", DECISIONS),
    ):
        if getattr(said, name) not in known:
            found[name] = "unknown" if getattr(said, name) else "missing"
    for name, known in (("content_type", CONTENT_TYPES), ("specification", SPECIFICATIONS)):
        if not set(getattr(said, name)) <= set(known):
            found[name] = "unknown"
    if not said.content_type:
        found["content_type"] = "missing"
    if said.end_date is not None and said.end_date < said.application_date:
        found["end_date"] = "unknown"
    if not _PUID.fullmatch(said.puid):
        found["puid"] = "unknown"
    if not all(_COUNTRY.fullmatch(one) for one in said.territorial_scope):
        found["territorial_scope"] = "unknown"
    return found


def document(said: Reasons) -> dict[str, Any]:
    """The statement as the database takes it. Raises ValueError for one with faults."""
    if faults(said):
        raise ValueError(f"not a complete statement: {sorted(faults(said))}")
    illegal = said.ground == ILLEGAL
    made: dict[str, Any] = {
        "decision_visibility": [said.visibility] if said.visibility else [],
        "decision_monetary": None,
        "decision_provision": said.provision or None,
        "decision_account": None,
        "account_type": "ACCOUNT_TYPE_BUSINESS",
        "decision_ground": said.ground,
        "illegal_content_legal_ground" if illegal else "incompatible_content_ground": said.ground_text,
        "illegal_content_explanation" if illegal else "incompatible_content_explanation": said.explanation,
        "decision_facts": said.facts,
        "content_type": list(said.content_type),
        "category": said.category,
        "category_specification": list(said.specification),
        "content_date": said.content_date.isoformat(),
        "application_date": said.application_date.isoformat(),
        "territorial_scope": list(said.territorial_scope),
        "content_language": said.content_language,
        "source_type": said.source_type,
        "automated_detection": "Yes" if said.automated_detection else "No",
        "automated_decision": said.automated_decision,
        "puid": said.puid,
    }
    if not illegal:
        made["incompatible_content_illegal"] = "Yes" if said.also_illegal else "No"
    if said.visibility == VISIBILITIES[Measure.SEND_BACK]:
        made["decision_visibility_other"] = REFUSED
    if said.end_date is not None and said.provision:
        made["end_date_service_restriction"] = said.end_date.isoformat()
    return made
