"""Every page in English: no German is left on it, whoever looks. What people typed themselves stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from sqlalchemy import select, update

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
GERMAN = re.compile(
    r"[äöüÄÖÜß]|\b(?:der|das|dem|nicht|ist|sind|und|oder|mit|von|auf|bitte|kein|keine|noch|schon|wird|wurde|"
    r"du|dein|deine|Dein|Deine|Du|Uhr|Stunden?|Minuten?|Tage?|gerade|vor)\b"
)
# Typed by people: names of servers, texts of vouchers; and the language menu, which names each language in its own words.
TYPED = re.compile(
    r"Bauwelt Nord|Testserver mit einem langen Namen für schmale Telefone|SkyBlock Klasse 9b|Noch nicht fertig|Messe"
    r"|mc\.bücher\.example|Trainings-Bot|Südwind|Deutsch|gibtesnicht|Testserver mit einem wirklich langen Namen"
)


def german_sentences() -> set[str]:
    """What the catalogue says otherwise in English."""
    with open(ROOT / "app" / "translations" / "en" / "LC_MESSAGES" / "messages.po", "rb") as file:
        catalogue = read_po(file, locale="en")
    english = {str(one.string) for one in catalogue}
    return {one.id for one in catalogue if isinstance(one.id, str) and one.id and one.id not in english}


def chunks(html: str) -> Iterator[str]:
    """Pieces of text a person sees or hears."""
    html = HIDDEN.sub("", html)
    for tag in TAG.findall(html):
        yield from READ_ALOUD.findall(tag)
    yield from TAG.sub("\0", html).split("\0")


def left_over(html: str, sentences: set[str]) -> set[str]:
    found = set()
    for chunk in chunks(html):
        said = TYPED.sub("", " ".join(unescape(chunk).split())).strip()
        if said and (said in sentences or GERMAN.search(said)):
            found.add(said)
    return found


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
    sentences, found, seen = german_sentences(), {}, 0
    for where, html in walk(app, speak_english(app)):
        seen += 1
        assert '<html lang="en"' in html or "<html" not in html, where
        if rest := left_over(html, sentences):
            found[where] = rest
    assert seen > 80
    assert found == {}


@pytest.mark.slow
def test_no_mail_speaks_german_to_who_reads_english(app: Flask) -> None:
    people = speak_english(app)
    furnish(app, people)
    sentences = german_sentences()
    ids = db.session.scalars(select(Mail.id)).all()
    assert ids
    for mail_id in ids:
        mail = find_mail(mail_id)
        assert left_over(f"{mail.subject}\0{mail.text}".replace("\n", "\0"), sentences) == set()
