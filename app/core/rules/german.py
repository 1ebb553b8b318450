"""German words as the search compares them: folded, cut into words, brought to a stem.

Folding makes the three spellings of an umlaut meet: ä, ae and a are `a`; ß is `ss`. The stem is cut from the folded word
by its endings alone (after Savoy's light stemmer, with the plurals on -innen and -nisse added): no dictionary, so a word
that nobody has seen is treated like any other, and a stem costs a microsecond.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

LONGEST_WORD = 64

_WORD = re.compile(r"[^\W_]+")
_HYPHENS = "-\u2010\u2011"
# "ue" after a, e and q is no umlaut: Bauer, neue, Quelle.
_SPELT_OUT = re.compile(r"ae|oe|(?<![aeq])ue")
_NO_PLURAL = frozenset(("intern", "extern", "modern", "eltern", "gestern", "western"))
_CONSONANT_BEFORE_S = frozenset("bdfghklmnrt")

# Folded. What carries no meaning of its own: it is neither indexed nor asked for, and no part of a compound.
STOP = frozenset(
    " ".join(
        (
            "aber alle allem allen aller alles als also am an ander andere anderen anderer anderes auch auf aus bei",
            "beim bin bis bist da dabei dadurch dafur daher damit dann daran darauf daraus darf darin das dass davon",
            "dazu dem den denn der deren des dessen deshalb die dies diese diesem diesen dieser dieses doch dort du",
            "durch ein eine einem einen einer eines er es etwa etwas fur gegen gibt hab habe haben hat hatte hatten",
            "hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer ihres im in indem ins ist ja jede jedem",
            "jeden jeder jedes jene jetzt kann kannst kein keine keinem keinen keiner konnen konnte man manche mehr",
            "mein meine meinem meinen meiner mich mir mit muss mussen nach nicht nichts noch nun nur ob oder ohne per",
            "sehr sein seine seinem seinen seiner sich sie sind so solche soll sollen sollte sondern sonst sowie",
            "uber um und uns unser unsere unserem unseren unserer unter vom von vor wann war waren warum was weil",
            "welche welchem welchen welcher welches wenn wer werden wie wieder will wir wird wo wollen worden wurde",
            "wurden zu zum zur zwischen",
        )
    ).split()
)

# Folded. What makes a question of words: it is indexed, but asked for only where nothing else is.
ASKING = frozenset(
    " ".join(
        (
            "bekomme bekommen bekommt besten bitte brauche brauchen braucht darf durfen eigentlich einfach erklare erklaren",
            "erklart finde finden findet funktioniert gebe geben gehe gehen geht gehore gehoren gehort genau gut hilft infos",
            "kommt kurs kurse lange lasse lassen lasst lerne lernen mache machen macht mochte mochten muss nano nanos",
            "nehme nehmen nimmt oft richtig steht stehen suche suchen sucht thema themen tue tun tut viel viele weiss",
        )
    ).split()
)
_VERB = re.compile(r"^([a-z]{3,}?)(?:en|e|n|t|st)$")


@dataclass(frozen=True)
class Word:
    """A word and where it stands in its text; `joined` is a word with hyphens written as one."""

    folded: str
    start: int
    end: int
    joined: bool = False


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """The word in small letters without accents, umlauts and ß: Prüfung, Pruefung and Prufung are `prufung`."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    bare = "".join(c for c in plain if not unicodedata.combining(c)).casefold()
    return _SPELT_OUT.sub(lambda found: found[0][0], bare)[:LONGEST_WORD]


def words(text: str) -> Iterator[Word]:
    """All words of a text in their order; one with hyphens gives its parts and then the whole (Lern-App: lern, app, lernapp)."""
    chain: list[Word] = []
    for found in _WORD.finditer(text):
        if chain and not (found.start() == chain[-1].end + 1 and text[chain[-1].end] in _HYPHENS):
            yield from _joined(chain)
            chain = []
        word = fold(found[0])
        if not word.isalnum():  # what is left of a sign that folds into several
            continue
        here = Word(word, found.start(), found.end())
        chain.append(here)
        yield here
    yield from _joined(chain)


def _joined(chain: list[Word]) -> Iterator[Word]:
    if len(chain) > 1:
        whole = "".join(word.folded for word in chain)
        if len(whole) <= LONGEST_WORD:
            yield Word(whole, chain[0].start, chain[-1].end, joined=True)


def meaningful(word: str) -> bool:
    """Whether a folded word is worth finding."""
    return word not in STOP and (len(word) > 1 or word.isdigit())


def says_something(word: str) -> bool:
    """The same of a word as it is written, in any case and spelling."""
    return meaningful(fold(word))


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """The stem of a folded word: gefahrstoffe, gefahrstoffen and gefahrstoffs are `gefahrstoff`. Never shorter than three."""
    if len(word) < 4 or not word.isalpha() or not word.isascii():
        return word
    if len(word) > 8 and word.endswith("innen"):
        word = word[:-5]
    elif len(word) > 6 and word.endswith("erin"):
        word = word[:-2]
    word = _second(_first(word))
    return word[:-1] if word.endswith("niss") else word


def kin(word: str) -> set[str]:
    """Stems of the noun of a verb and the other way round: prüfe and Prüfung, sichern and Sicherung. Folded words."""
    if word.endswith(("ung", "ungen")) and len(word) > 6:
        return {stem(word.removesuffix("en").removesuffix("ung") + "en")} - {stem(word)}
    found = _VERB.match(word)
    return {f"{found[1]}ung"} if found and len(word) > 4 else set()


def _first(word: str) -> str:
    size = len(word)
    if size > 5 and word.endswith("ern") and word not in _NO_PLURAL:
        return word[:-3]
    if word.endswith(("ischem", "lichem", "igem", "endem")):  # not System, not Ekzem
        return word[:-2]
    if size > 4 and word.endswith(("en", "er", "es")):
        return word[:-2]
    if size > 3 and word.endswith("e"):
        return word[:-1]
    if size > 4 and word.endswith("s") and word[-2] in _CONSONANT_BEFORE_S:
        return _first(word[:-1])
    if size > 6 and word.endswith(("eln", "ern")):
        return word[:-1]
    return word


def _second(word: str) -> str:
    size = len(word)
    if size > 6 and word.endswith("est"):
        return word[:-3]
    if size > 5 and word.endswith(("er", "en")) and not word.endswith("ien"):  # Hygiene keeps its word
        return word[:-2]
    return word
