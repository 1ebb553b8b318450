"""Search: what one may open, best first, in the palette and as a page."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event as sa_event

from app.core.api import COMMAND, Hit, best, search_provider
from app.core.queries import search as searching
from app.core.queries.search import PER_PROVIDER
from app.core.rules.search import LONGEST, clean, rank
from app.kit.authz import Actor
from app.kit.db import db
from tests.people import People, sign_in


@pytest.fixture(autouse=True)
def providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_providers", dict(searching._providers))


def test_text_is_cleaned_and_cut() -> None:
    assert clean("  a\n\t b\x00c  ") == "a b c"
    assert len(clean("x" * 10_000)) == LONGEST


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("Übersicht", "uber", 0), ("ÜBERSICHT", "über", 0), ("Straße", "strasse", 0), ("Alle Server", "ser", 1),
        ("Kosten im Monat", "monat kosten", 2), ("Kosten", "mitglied", None),
    ],
)  # fmt: skip
def test_fitting_knows_no_case_and_no_accents(label: str, text: str, expected: int | None) -> None:
    assert rank(label, text) == expected


def test_best_comes_first_and_keeps_the_given_order_else() -> None:
    hits = [Hit("Neue Kosten", "/1"), Hit("Kosten", "/2"), Hit("Kostenstellen", "/3"), Hit("Nichts", "/4")]
    assert [hit.url for hit in best(hits, "kosten", 8)] == ["/2", "/3", "/1"]
    assert len(best(hits, "kosten", 2)) == 2


class TestPages:
    def test_only_pages_one_may_open(self, app: Flask, client: FlaskClient, people: People) -> None:
        assert "/organisation/protokoll" in sign_in(client, people.alice).get("/suche?q=protokoll").text
        assert (
            'href="/organisation/protokoll"' not in sign_in(client, people.bob).get("/suche?q=protokoll").text
        )
        assert "/betrieb/postausgang" in sign_in(client, people.olga).get("/suche?q=postausgang").text

    def test_people_of_ones_own_organisation(self, app: Flask, client: FlaskClient, people: People) -> None:
        assert "Dora" in sign_in(client, people.bob).get("/suche?q=dor").text
        assert "Dora" not in sign_in(client, people.cleo).get("/suche?q=dor").text

    def test_one_page_and_one_fragment_at_one_address(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        sign_in(client, people.alice)
        page = client.get("/suche?q=mitglieder")
        assert "<html" in page.text
        assert "HX-Request" in page.headers["Vary"]
        lines = client.get("/suche?q=mitglieder", headers={"HX-Request": "true"})
        assert "<html" not in lines.text
        assert 'role="option"' in lines.text
        assert 'data-href="/organisation/mitglieder"' in lines.text

    def test_without_javascript_hits_are_links(self, app: Flask, client: FlaskClient, people: People) -> None:
        assert (
            'href="/organisation/mitglieder"' in sign_in(client, people.alice).get("/suche?q=mitglieder").text
        )

    def test_nothing_found_is_said_and_escaped(self, app: Flask, client: FlaskClient, people: People) -> None:
        page = sign_in(client, people.alice).get("/suche?q=<script>x").text
        assert "Nichts gefunden" in page
        assert "<script>x" not in page

    def test_nobody_is_led_to_sign_in(self, app: Flask, client: FlaskClient) -> None:
        assert client.get("/suche?q=a").status_code == 302
        answer = client.get("/suche?q=a", headers={"HX-Request": "true"})
        assert answer.status_code == 401
        assert "HX-Redirect" in answer.headers


class TestProviders:
    def test_groups_stand_in_order_and_limits_hold(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        def many(_actor: Actor, _text: str, _limit: int) -> Iterable[Hit]:
            return [Hit(f"Treffer {n}", f"/t/{n}") for n in range(100)]

        search_provider("many", many)
        search_provider(
            "one", lambda actor, text, limit: [Hit("Server starten: Alpha", "/a", "play", COMMAND)]
        )
        page = sign_in(client, people.alice).get("/suche?q=mitglieder").text
        assert page.index("Springen</h2>") < page.index("Befehl</h2>") < page.index("Treffer</h2>")
        assert page.count('href="/t/') == PER_PROVIDER

    def test_a_broken_provider_costs_only_its_own_hits(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        def broken(_actor: Actor, _text: str, _limit: int) -> Iterable[Hit]:
            raise RuntimeError("boom")

        search_provider("aaa", broken)
        page = sign_in(client, people.alice).get("/suche?q=mitglieder")
        assert page.status_code == 200
        assert "/organisation/mitglieder" in page.text

    def test_a_search_costs_few_queries(self, app: Flask, client: FlaskClient, people: People) -> None:
        sign_in(client, people.alice)
        client.get("/suche?q=dora", headers={"HX-Request": "true"})
        asked: list[str] = []

        def note(*args: object) -> None:
            asked.append(str(args[2]))

        sa_event.listen(db.engine, "before_cursor_execute", note)
        try:
            client.get("/suche?q=dora", headers={"HX-Request": "true"})
        finally:
            sa_event.remove(db.engine, "before_cursor_execute", note)
        assert len([sql for sql in asked if sql.lstrip().startswith("SELECT")]) <= 8, asked
