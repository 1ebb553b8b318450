"""Every page in English: no German is left on it, whoever looks. What people typed themselves stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import String, select, update

from app.accounts.models import Person
from app.core.models.mail import Mail
from app.core.queries.mail import find_mail
from app.kit.config import ROOT
from app.kit.db import db, transaction
from tests.browser.furnish import furnish
from tests.browser.pages import PAGES
from tests.people import People, make_people, sign_in

HIDDEN = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->", re.S)
READ_ALOUD = re.compile(r"\b(?:aria-label|title|placeholder|alt|value|data-label)=\"([^\"]*)\"")
TAG = re.compile(r"<[^>]*>", re.S)
OTHER_TONGUE = re.compile(r'<(\w+)[^>]*\blang="de"[^>]*>[^<]*</\1>')
MARK = re.compile(r"</?mark\b[^>]*>")
GERMAN = re.compile(
    r"[äöüÄÖÜß]|\b(?:der|das|dem|nicht|ist|sind|und|oder|mit|von|auf|bitte|kein|keine|noch|schon|wird|wurde|"
    r"du|dein|deine|Dein|Deine|Du|Uhr|Stunden?|Minuten?|Tage?|gerade|vor)\b"
)
# Typed by people: names of servers, texts of vouchers; and the language menu, which names each language in its own words.
TYPED = re.compile(
    r"Bauwelt Nord|Testserver mit einem langen Namen für schmale Telefone|SkyBlock Klasse 9b|Noch nicht fertig|Messe"
    r"|mc\.bücher\.example|Trainings-Bot|Feuerlöcher|Südwind|Deutsch|gibtesnicht|Wolfenbüttel"
    r"|Testserver mit einem wirklich langen Namen"
)


def german_sentences() -> set[str]:
    """What the catalogue says otherwise in English."""
    with open(ROOT / "app" / "translations" / "en" / "LC_MESSAGES" / "messages.po", "rb") as file:
        catalogue = read_po(file, locale="en")
    english = {str(one.string) for one in catalogue}
    return {one.id for one in catalogue if isinstance(one.id, str) and one.id and one.id not in english}


QUOTED = 20  # letters from which a part of what somebody wrote is taken for a quotation


def typed() -> list[str]:
    """What people wrote into the tables of products whose pages are full of it, and what Germans were sent; the longest first."""
    found: set[str] = set()
    for table in db.metadata.sorted_tables:
        columns = [one for one in table.columns if isinstance(one.type, String)]
        if columns and table.name.startswith(("nanos_", "messaging_")):
            for row in db.session.execute(select(*columns)):
                found.update(" ".join(line.split()) for value in row if value for line in value.splitlines())
    found.update(
        find_mail(one).subject for one in db.session.scalars(select(Mail.id).where(Mail.locale != "en"))
    )
    return sorted((one for one in found if len(one) > 7), key=len, reverse=True)


def chunks(html: str) -> Iterator[str]:
    """Pieces of text a person sees or hears. Addresses are neither."""
    html = MARK.sub("", OTHER_TONGUE.sub("", HIDDEN.sub("", html)))
    for tag in TAG.findall(html):
        yield from READ_ALOUD.findall(tag)
    yield from TAG.sub("\0", html).split("\0")


def left_over(html: str, sentences: set[str], written: list[str]) -> set[str]:
    found = set()
    for chunk in chunks(html):
        said = TYPED.sub("", " ".join(unescape(chunk).split())).strip()
        if german(said, sentences) and german(own_words(said, written), sentences):
            found.add(said)
    return found


def german(said: str, sentences: set[str]) -> bool:
    return not said.startswith("/") and (said in sentences or bool(GERMAN.search(said)))


def own_words(said: str, written: list[str]) -> str:
    """What is said without what people wrote, whole or quoted."""
    for one in written:
        said = said.replace(one, "")
    cut = said.strip("… ")
    return "" if len(cut) >= QUOTED and any(cut in one for one in written) else said.strip()


def speak_english(app: Flask) -> People:
    people = make_people(app)
    with transaction():
        db.session.execute(update(Person).values(locale="en"))
    return people


def walk(app: Flask, people: People) -> Iterator[tuple[str, str]]:
    """(who and where, answer) for every page there is."""
    made = furnish(app, people)
    simple = sorted(
        rule.rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.arguments
        and not rule.rule.startswith(("/api", "/metrics"))
    )
    visits = [(name, path, 200) for path in simple for name in ("alice", "olga", "")]
    for page in PAGES:
        path = page.path if isinstance(page.path, str) else page.path(Place(made, people))  # type: ignore[arg-type]
        visits.append((page.as_, path, page.status))
    for name, path, _status in visits:
        person = (made.get(name) or getattr(people, name)) if name else None
        client = sign_in(app.test_client(), person)  # type: ignore[arg-type]
        answer = client.get(path, headers={"Accept-Language": "en"})
        db.session.rollback()
        if (
            answer.mimetype == "text/html"
            and answer.status_code < 500
            and answer.status_code not in (301, 302, 303)
        ):
            yield f"{name or 'nobody'} {path}", answer.text


class Place:
    """What `tests.browser.pages` needs of a site to make its paths."""

    def __init__(self, made: dict[str, object], people: People) -> None:
        self.made, self.people = made, people


@pytest.mark.slow
def test_no_page_speaks_german_to_who_reads_english(app: Flask) -> None:
    sentences, written, found, seen = german_sentences(), [], {}, 0
    for where, html in walk(app, speak_english(app)):
        seen += 1
        assert '<html lang="en"' in html or "<html" not in html, where
        written = written or typed()
        if rest := left_over(html, sentences, written):
            found[where] = rest
    assert seen > 80
    assert found == {}


@pytest.mark.slow
def test_no_mail_speaks_german_to_who_reads_english(app: Flask) -> None:
    people = speak_english(app)
    furnish(app, people)
    sentences, written = german_sentences(), typed()
    ids = db.session.scalars(select(Mail.id).where(Mail.locale == "en")).all()
    assert len(ids) > 5
    for mail_id in ids:
        mail = find_mail(mail_id)
        assert left_over(f"{mail.subject}\0{mail.text}".replace("\n", "\0"), sentences, written) == set()
