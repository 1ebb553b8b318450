"""German in the search: what is the same word, what is a part of one, what is a mistake."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.rules.asking import TOGETHER, WHOLE, Plan, Slot, Way, fill
from app.core.rules.compound import candidates, guessed, parts, split
from app.core.rules.finding import MOST_WORDS, Document, How, asked, facet_rows, shelf, weights
from app.core.rules.german import LONGEST_WORD, fold, kin, stem, words
from app.core.rules.highlight import excerpt, marks, reasons
from app.core.rules.spelling import Near, apart, distance, keys, keys_of, nearest, sound, tolerance

KEY = UUID(int=1)
LETTERS = st.text("abdefgilmnoprstuyh", min_size=1, max_size=14)
GERMAN = st.text("abcdefghijklmnopqrstuvwxyzäöüßÄÖÜéIſ-. 9", max_size=60)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Prüfung", "Pruefung"), ("Prüfung", "Prufung"), ("PRÜFUNG", "prüfung"), ("Straße", "Strasse"), ("Häuser", "Haeuser"),
     ("Öl", "Oel"), ("Café", "Cafe"), ("Geübte", "geubte")],
)  # fmt: skip
def test_three_spellings_of_an_umlaut_meet(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_letters_that_only_look_like_an_umlaut_stay() -> None:
    assert fold("Bauer") == "bauer"
    assert fold("neue") == "neue"
    assert fold("Quelle") == "quelle"


@given(GERMAN)
def test_folding_twice_is_folding_once_for_words_without_spelt_umlauts(text: str) -> None:
    for word in words(text):
        assert word.folded.isalnum()
        assert len(word.folded) <= LONGEST_WORD
        assert 0 <= word.start < word.end <= len(text)
        assert word.joined or fold(text[word.start : word.end]) == word.folded


@pytest.mark.parametrize(
    "family",
    [("Gefahrstoff", "Gefahrstoffe", "Gefahrstoffen", "Gefahrstoffs"), ("Prüfung", "Prüfungen"), ("Schlauch", "Schläuche"),
     ("Leiter", "Leitern"), ("Zeugnis", "Zeugnisse", "Zeugnisses"), ("Lager", "Lagers"), ("technische", "technischer",
     "technischem", "technisches"), ("Mitarbeiter", "Mitarbeiterin", "Mitarbeiterinnen"), ("Hygiene",)],
)  # fmt: skip
def test_forms_of_a_word_have_one_stem(family: tuple[str, ...]) -> None:
    assert len({stem(fold(word)) for word in family}) == 1


def test_words_that_only_end_alike_keep_their_ends() -> None:
    assert stem("intern") == "intern"
    assert stem("hygiene") == "hygien"
    assert stem("ekzem") == "ekzem"


@given(LETTERS)
def test_a_stem_begins_the_word_and_is_never_nothing(word: str) -> None:
    assert word.startswith(stem(word))
    assert len(stem(word)) >= min(3, len(word))


KNOWN = {
    stem(fold(word))
    for word in " ".join(
        ("Brand Schutz Helfer Brandschutz Arbeit Sicherheit", "Maschine Öl Bau Hilfe Mittel Leitung")
    ).split()
}


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Arbeitssicherheit", ["arbeit", "sicherheit"]), ("Maschinenschutz", ["maschin", "schutz"]), ("Hilfsmittel", ["hilf",
     "mittel"]), ("Brandschutzhelfer", ["brandschutz", "helf"]), ("Arbeit", []), ("Sicherheiten", []), ("Unbekanntes", [])],
)  # fmt: skip
def test_compounds_come_apart_at_their_links(word: str, expected: list[str]) -> None:
    assert split(fold(word), KNOWN) == expected


def test_a_compound_has_its_parts_at_every_level_and_one_head() -> None:
    assert dict(parts("brandschutzhelfer", KNOWN)) == {
        "brandschutz": False,
        "brand": False,
        "schutz": False,
        "helf": True,
    }


def test_the_rest_of_a_compound_may_be_a_word_nobody_used_alone() -> None:
    assert guessed("schlafhygiene", {"schlaf"}) == [("schlaf", False), ("hygien", True)]
    assert guessed("schlafend", {"schlaf"}) == []


@given(
    st.lists(st.sampled_from(sorted(one for one in KNOWN if len(one) > 2)), min_size=2, max_size=3),
    st.sampled_from(["", "s", "es", "n", "en", "er", "e"]),
)
def test_what_is_put_together_comes_apart_and_asks_only_for_candidates(several: list[str], link: str) -> None:
    word = link.join(several)
    found = split(word, KNOWN)
    assert found, word
    assert set(found) <= candidates(word)


@given(LETTERS, LETTERS)
def test_distance_is_symmetric_bounded_and_zero_for_the_same(one: str, other: str) -> None:
    full = distance(one, other, 30)
    assert full == distance(other, one, 30)
    assert (full == 0) == (one == other)
    assert abs(len(one) - len(other)) <= full <= max(len(one), len(other))
    assert distance(one, other, 2) == min(full, 3)


@given(LETTERS.filter(lambda w: len(w) >= 5), st.data())
def test_a_mistake_within_the_tolerance_shares_a_key(word: str, data: st.DataObject) -> None:
    typed = word
    for _ in range(tolerance(word)):
        place = data.draw(st.integers(0, len(typed) - 1))
        letter = data.draw(st.sampled_from("abgimoz"))
        typed = data.draw(
            st.sampled_from([
                typed[:place] + typed[place + 1 :],
                typed[:place] + letter + typed[place:],
                typed[:place] + letter + typed[place + 1 :],
                typed[:place] + typed[place + 1 : place + 2] + typed[place] + typed[place + 2 :],
            ])
        )  # fmt: skip
    most = tolerance(typed)
    if sound(word) == word and sound(typed) == typed and most and distance(typed, word, most) <= most:
        assert keys(typed, most) & keys_of(word), (typed, word)


def test_how_many_mistakes_are_forgiven() -> None:
    assert [tolerance(word) for word in ("tank", "leiter", "datenpanne", "iso9001")] == [0, 1, 2, 0]
    assert apart("profilax", "prophylax", 2) == (1, 3)  # the same sound is one mistake
    assert apart("leitr", "stapl", 1) is None


def test_in_a_short_word_another_first_letter_is_another_word() -> None:
    assert apart("kasse", "tasse", 1) is None
    assert apart("elitr", "leitr", 1) is not None, "the first two changed places"
    assert apart("vahrrad", "fahrrad", 1) is None
    assert apart("eisenhouer", "eisenhower", 2) is not None


@given(LETTERS, LETTERS, st.integers(0, 2))
def test_mistakes_never_exceed_what_is_forgiven(one: str, other: str, most: int) -> None:
    found = apart(one, other, most)
    assert found is None or 0 <= found[0] <= most
    assert apart(one, one, most) == (0, 0)


@given(st.lists(st.builds(Near, LETTERS, st.integers(0, 2), st.integers(0, 9)), max_size=8))
def test_only_the_likeliest_words_stay_and_each_once(several: list[Near]) -> None:
    found = nearest(several)
    assert {one.strange for one in found} == ({min(one.strange for one in several)} if several else set())
    assert len({one.form for one in found}) == len(found)


@pytest.mark.parametrize(
    ("verb", "noun"),
    [
        ("prüfen", "Prüfung"),
        ("sichere", "Sicherung"),
        ("sichern", "Sicherung"),
        ("kündigt", "Kündigung"),
        ("messen", "Messung"),
    ],
)
def test_a_verb_knows_its_noun_and_the_noun_its_verb(verb: str, noun: str) -> None:
    assert stem(fold(noun)) in kin(fold(verb))
    assert stem(fold(verb)) in kin(fold(noun)) or verb == "kündigt"
    assert kin("leiter") == kin("leitern") - {"leiterung"} == set()


def test_a_joint_is_certain_where_no_part_is_known() -> None:
    assert guessed("ladungssicherung", set()) == [("ladung", False), ("sicherung", True)]
    assert guessed("brandschutzhelfer", {"brand"}) == [("brand", False), (stem("schutzhelfer"), True)]
    assert guessed("leiter", set()) == []


def test_what_makes_it_a_question_is_left_out_where_more_is_said() -> None:
    assert asked("Wie gehe ich mit Kritik um?") == ["kritik"]
    assert asked("Was tun?") == ["tun"]


def test_a_word_with_all_that_was_typed_is_nearly_what_was_typed() -> None:
    both = Way(1, "dacharbeiten", "dacharbeit")
    plan = Plan([Slot("dach"), Slot("arbeiten")])
    for slot in plan.slots:
        slot.add(both, 45, How.PART)
    assert plan.wanted() == [[1, 0, TOGETHER], [1, 1, TOGETHER]]
    assert [Plan([Slot("x")] * n).loose() // WHOLE for n in (1, 2, 3, 4)] == [1, 1, 1, 2]


def test_a_title_counts_more_than_keywords_description_and_text() -> None:
    made = weights(Document("t.x", KEY, "Leiter", ("Tritt",), "Sprosse", "Holm und Holm"))
    assert made["leiter"] > made["tritt"] > made["sprosse"] > made["holm"] > 0
    assert "und" not in made


def test_a_question_is_short_and_says_everything_once() -> None:
    assert asked("Wie prüfe ich die Leiter und die leiter?") == ["prufe", "leiter"]
    assert len(asked(" ".join(f"wort{n}" for n in range(100)))) == MOST_WORDS
    assert asked("der die das") == []


def test_two_kinds_and_two_visibilities_never_share_a_shelf() -> None:
    assert len({shelf(kind, seen) for kind in ("a.b", "a.c") for seen in ("public", "x", "")}) == 6
    assert 0 <= shelf("a.b", "public") < 2**63


def test_fields_are_words_or_finite_numbers() -> None:
    document = Document("t.x", KEY, "Titel", facets={"level": ("a", "b"), "minutes": 5.0})
    assert sorted(facet_rows(document)) == [("level", "a", None), ("level", "b", None), ("minutes", "5", 5.0)]
    with pytest.raises(ValueError):
        Document("t.x", KEY, "Titel", at=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError):
        facet_rows(Document("t.x", KEY, "Titel", facets={"minutes": float("nan")}))


def test_the_better_reason_wins_and_one_of_three_words_may_be_missing() -> None:
    slot = Slot("prufung")
    own, form, part = (
        Way(1, "prufung", "prufung"),
        Way(2, "prufungen", "prufung"),
        Way(3, "x", "y", "prufung", True),
    )
    fill(slot, "prufung", "prufung", [part, form, own])
    assert [slot.ways[n][1] for n in (1, 2, 3)] == [How.EXACT, How.STEM, How.PART]
    assert slot.ways[1][0] > slot.ways[2][0] > slot.ways[3][0]
    assert [Plan([Slot("x")] * n).required() // WHOLE for n in (1, 2, 3, 4)] == [1, 2, 2, 3]


@given(GERMAN, st.sets(st.sampled_from(["leiter", "lern", "app", "lernapp", "ole", "a"])))
def test_marks_are_the_text_again(text: str, known: set[str]) -> None:
    why = {word: (How.EXACT, word) for word in known}
    assert "".join(mark.text for mark in marks(text, why)) == text


def test_an_excerpt_shows_where_the_reasons_are() -> None:
    why = {"leitern": (How.STEM, "leiter"), "tritte": (How.EXACT, "tritte")}
    long = "Anfang " * 60 + "hier stehen Leitern und Tritte beisammen " + "Ende " * 60
    found = excerpt(("Leitern", "Eine Einleitung", long), why)
    assert [mark.text for mark in found if mark.how] == ["Leitern", "Tritte"]
    assert len("".join(mark.text for mark in found)) < 260
    assert [(m.text, m.how) for m in reasons((long,), why)] == [("Tritte", How.EXACT), ("Leitern", How.STEM)]
    assert (
        "".join(mark.text for mark in excerpt(("Schlagwort", "Nur beschrieben", ""), {})) == "Nur beschrieben"
    )
