"""Documents of AMB: the public vocabularies, and the profile's own rules."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.nanos.catalog import official, vocabularies
from app.nanos.rules import amb
from app.nanos.rules.amb_check import faults
from app.nanos.rules.content import FORMS
from app.nanos.rules.details import Details
from app.nanos.views.amb_record import record_of

AREAS = {
    *range(1, 15),
    18,
    19,
    *range(22, 35),
    36,
    37,
    *range(39, 45),
    *range(48, 52),
    *range(57, 73),
    *range(74, 79),
}
"""Areas of study of the German statistics of students, by their key of 2023."""
KINDS = {
    "application", "assessment", "audio", "case_study", "course", "data", "diagram", "drill_and_practice",
    "educational_game", "experiment", "image", "index", "lesson_plan", "map", "other", "portal", "questionnaire", "script",
    "sheet_music", "simulation", "slide", "text", "textbook", "video", "web_page", "worksheet",
}  # fmt: skip
LEVELS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "A", "B", "C"]
ROLES = [
    "administrator",
    "generalPublic",
    "mentor",
    "parent",
    "peerTutor",
    "professional",
    "student",
    "teacher",
]
PLACES: dict[str, tuple[str, Any]] = {
    "subjects": (r"https://w3id\.org/kim/hochschulfaechersystematik/n(\d\d)", {f"{one:02}" for one in AREAS}),
    "types": (r"https://w3id\.org/kim/hcrt/(\w+)", KINDS),
    "levels": (r"https://w3id\.org/kim/educationalLevel/level_(\w+)", set(LEVELS)),
    "audiences": (r"http://purl\.org/dcx/lrmi-vocabs/educationalAudienceRole/(\w+)", set(ROLES)),
}


@pytest.mark.parametrize("name", PLACES)
def test_our_terms_point_to_concepts_that_there_are(name: str) -> None:
    pattern, known = PLACES[name]
    for term in vocabularies()[name].values():
        found = re.fullmatch(pattern, term.uri)
        assert found is not None and found[1] in known, term.uri
        assert official()[term.uri]["de"], "a concept is called what its own vocabulary calls it"


def _record(**more: Any) -> amb.Record:
    values: dict[str, Any] = {
        "url": "https://kontor.example/nanos/1", "title": "T", "description": "D", "language": "de", "provider": "P",
        "minutes": 7, "published": "2026-11-21", "modified": "2026-11-21", "concepts": {},
        "licence": "https://creativecommons.org/licenses/by/4.0/", "platform": "Kontor",
        "encodings": [amb.Encoding("https://kontor.example/a.pdf", "application/pdf", 9)],
        "platform_url": "https://kontor.example/",
    }  # fmt: skip
    return amb.Record(**{**values, **more})


@pytest.mark.parametrize("field", ["@context", "id", "type", "name"])
def test_what_the_profile_requires_is_missed(field: str) -> None:
    made = amb.document(_record())
    assert faults(made) == []
    assert faults({name: value for name, value in made.items() if name != field}) == [field]


WEB, HFS = "https://kontor.example/x", "https://w3id.org/kim/hochschulfaechersystematik/n71"
WRONG: list[tuple[str, Any]] = [
    ("@context", [amb.CONTEXT]), ("@context", amb.CONTEXT), ("@context", ["https://schema.org/", {"@language": "de"}]),
    ("@context", [amb.CONTEXT, {"@language": "deutsch"}]), ("id", "urn:uuid:1"), ("id", "https://a b/"), ("id", "https://[x/"),
    ("type", "LearningResource"), ("type", ["Book"]), ("type", []), ("name", " "), ("name", ["T"]), ("description", ""),
    ("about", [{"id": WEB}]), ("about", {"id": HFS}), ("about", [{"type": "Concept"}]), ("about", []),
    ("about", [{"id": HFS, "prefLabel": "Informatik"}]), ("about", [{"id": HFS, "prefLabel": {"deutsch": "x"}}]),
    ("about", [{"id": HFS, "type": "Thing"}]), ("learningResourceType", [{"id": WEB}]), ("educationalLevel", [{"id": WEB}]),
    ("audience", [{"id": WEB}]), ("audience", ["teacher"]), ("license", "https://creativecommons.org/licenses/by/4.0/"),
    ("license", {"id": "https://kontor.example/tausch"}), ("license", {"id": "https://creativecommons.org.evil.example/licenses/"}),
    ("creator", {"type": "Organization", "name": "P"}), ("creator", [{"type": "Company", "name": "P"}]),
    ("creator", [{"type": "Organization"}]), ("publisher", [{"name": "P"}]), ("inLanguage", "de"), ("inLanguage", ["ger"]),
    ("datePublished", "21.11.2026"), ("dateModified", "2026-11-21T10:00:00"), ("dateCreated", 2026), ("duration", "7 min"),
    ("duration", "P"), ("duration", "PT"), ("isAccessibleForFree", "true"), ("conditionsOfAccess", {"id": WEB}),
    ("conditionsOfAccess", [amb.LOGIN]), ("encoding", [{"type": "MediaObject"}]), ("encoding", {"contentUrl": WEB}),
    ("encoding", [{"type": "MediaObject", "contentUrl": WEB, "encodingFormat": "pdf"}]),
    ("encoding", [{"type": "MediaObject", "contentUrl": WEB, "contentSize": 9}]), ("mainEntityOfPage", {"id": WEB}),
    ("mainEntityOfPage", [{"provider": {"id": WEB}}]), ("mainEntityOfPage", [{"id": WEB, "provider": {"name": "x"}}]),
    ("keywords", "a, b"), ("isPartOf", ["x"]), ("licence", {"id": "https://creativecommons.org/licenses/by/4.0/"}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG)
def test_what_the_profile_refuses_is_found(field: str, value: Any) -> None:
    assert faults({**amb.document(_record()), field: value}) == [field]


RIGHT: list[tuple[str, Any]] = [
    ("about", [{"id": WEB}, {"id": HFS}]), ("about", [{"id": "http://w3id.org/kim/schulfaecher/s1001"}]),
    ("learningResourceType", [{"id": "http://w3id.org/openeduhub/vocabs/new_lrt/x"}]), ("duration", "P1DT2H3M4.5S"),
    ("dateCreated", "2026-11-21T10:00:00+01:00"), ("creator", [{"type": "Person", "name": "P", "id": WEB}]),
    ("@context", [amb.CONTEXT, {"@language": "en"}, {"x": WEB}]), ("type", ["LearningResource", "Course"]),
    ("conditionsOfAccess", {"id": amb.OPEN, "type": "Concept"}), ("keywords", ["a", "b"]),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), RIGHT)
def test_what_the_profile_allows_is_let_through(field: str, value: Any) -> None:
    assert faults({**amb.document(_record()), field: value}) == []


def test_every_kind_of_file_has_a_type_the_profile_knows() -> None:
    for form in FORMS.values():
        encodings = [amb.Encoding("https://kontor.example/a", form.mime, 1)]
        assert faults(amb.document(_record(encodings=encodings))) == []


def _some(name: str) -> Any:
    return st.sampled_from(sorted(vocabularies()[name]))


TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=120).filter(str.strip)
DETAILS = st.builds(
    Details, title=TEXT, description=TEXT, outcome=TEXT, subject=_some("subjects"), type=_some("types"),
    level=_some("levels"), minutes=st.integers(1, 20), language=_some("languages"), licence=_some("licences"),
    region=_some("regions"), audience=st.lists(_some("audiences"), min_size=1, max_size=6, unique=True).map(tuple),
)  # fmt: skip
WHEN = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def test_whatever_is_said_of_a_nano_makes_a_valid_document(app: Flask) -> None:
    @given(DETAILS, TEXT, WHEN, WHEN)
    def valid(said: Details, provider: str, published: datetime, changed: datetime) -> None:
        made = amb.document(record_of(UUID(int=1), said, provider, published, changed, url=WEB))
        assert faults(made) == []
        assert ("license" in made) == (said.licence != "barter") == made["isAccessibleForFree"]
        assert all(
            len({one["id"] for one in made[name]}) == len(made[name]) for name in ("about", "audience")
        )

    with app.test_request_context("/"):
        valid()
