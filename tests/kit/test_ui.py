"""What templates stand on: addresses of assets, components by name, navigation by permission, theme and language."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from jinja2 import UndefinedError
from markupsafe import Markup

from app.kit import ui
from app.kit.authz import Actor, grant
from app.kit.formats import initials
from app.kit.nav import Nav
from app.kit.ui import icon, line_kind, url_with
from tests.conftest import make_app
from tests.people import People, sign_in


class P(StrEnum):
    """Permissions of this test."""

    SEE = "test:thing:see"


def render(text: str, **values: object) -> str:
    return render_template_string(text, **values)


def test_own_files_carry_their_content_in_their_address(app: Flask, client: FlaskClient) -> None:
    with app.test_request_context():
        url = ui.asset("css/tokens.css")
    assert "?v=" in url
    answer = client.get(url)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in client.get(url.partition("?")[0]).headers.get("Cache-Control", "")


def test_a_fetched_file_that_is_missing_leaves_the_page_working(app: Flask) -> None:
    with app.test_request_context("/"):
        assert ui.asset("no-such-asset") == ""
        assert "<main" in render('{% extends "_layout/app.html" %}{% block title %}x{% endblock %}')


@pytest.mark.parametrize(
    "path", ["../manifest.json", "%2e%2e/%2e%2e/secret.key", "../../kontor.db", "missing.js"]
)
def test_the_vendor_folder_is_not_left(client: FlaskClient, path: str) -> None:
    assert client.get(f"/vendor/{path}").status_code == 404


def test_components_are_found_by_name_and_unknown_ones_are_refused(app: Flask) -> None:
    with app.test_request_context("/"):
        assert 'class="tag ok"' in render("{{ ui.tag('Läuft', 'ok') }}")
        with pytest.raises(UndefinedError, match="nothing"):
            render("{{ ui.nothing() }}")


def test_components_escape_what_people_wrote(app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    with app.test_request_context("/"):
        page = render(
            "{{ ui.button(t, data_x=t) }}{{ ui.tag(t) }}{{ ui.copy(t) }}{{ ui.console_line(t) }}{{ ui.toast(t) }}"
            "{{ ui.facts([(t, t)]) }}{{ ui.progress(5, t, log=[t]) }}{{ ui.avatar(t) }}{{ ui.empty(t, t) }}"
            "{{ ui.confirm(t, t, '/x', yes=t, back='/y') }}{{ ui.tabs([(t, '/', true)]) }}",
            t=evil,
        )
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 12


def test_a_table_names_every_cell_for_narrow_screens(app: Flask) -> None:
    with app.test_request_context("/?sort=name&cursor=abc"):
        page = render(
            "{% call(row, cell) ui.table('Server', rows, [ui.column('name', 'Name', sort=True, head=True),"
            " ui.column('cost', 'Kosten', kind='number')], sort='name', row_id='id') %}{{ row[cell] }}{% endcall %}",
            rows=[{"id": "r1", "name": "Bauwelt", "cost": 7}],
        )
    assert 'id="r1"' in page
    assert '<th role="rowheader" scope="row" class="">Bauwelt</th>' in page
    assert 'data-label="Kosten"' in page
    assert 'aria-sort="ascending"' in page
    assert "sort=-name" in page
    assert "cursor" not in page, "another order starts at the first page"


def test_an_empty_table_says_why(app: Flask) -> None:
    with app.test_request_context("/"):
        page = render(
            "{% call(row, cell) ui.table('Server', [], [ui.column('a', 'A')], empty='Noch keine.') %}{% endcall %}"
        )
    assert "Noch keine." in page


def test_url_with_keeps_filters_and_drops_the_cursor(app: Flask) -> None:
    with app.test_request_context("/_ui?section=data&q=a&q=b&cursor=x"):
        assert url_with(sort="name") == "/_ui?section=data&q=a&q=b&sort=name"
        assert url_with(q=None, cursor="y") == "/_ui?section=data&cursor=y"


def test_icons_are_hidden_from_screen_readers() -> None:
    assert 'aria-hidden="true"' in icon("play")
    assert isinstance(icon("play"), Markup)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("[12:00:01] [Server thread/WARN]: Can't keep up!", "warn"),
        ("[12:00:01 ERROR]: Could not load", "bad"),
        ("<Mia> WARNUNG vor dem Hund", ""),
        ("[12:00:01] [Server thread/INFO]: Done", ""),
        ("x" * 100 + " ERROR", ""),
    ],
)
def test_console_lines_show_their_level(line: str, kind: str) -> None:
    assert line_kind(line) == kind


@pytest.mark.parametrize(
    ("name", "letters"), [("Mia Beispiel", "MB"), ("ole", "O"), ("", "?"), ("a b c", "AC")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


def build_nav(*, products: int = 1) -> Nav:
    grant(P.SEE, "owner")
    nav = Nav()
    for i in range(products):
        nav.module(f"m{i}", label=f"Modul {i}", icon="server", order=i)
        nav.add(module=f"m{i}", label="Stil", icon="circle", endpoint="core.styleguide", match="core.style")
        nav.add(module=f"m{i}", label="Nur Inhaber", icon="circle", endpoint="vendor", permission=P.SEE)
    nav.module("work", label="Betrieb", section=True)
    nav.add(module="work", label="Betrieb", icon="circle", endpoint="core.styleguide", operator=True)
    nav.add(module="work", label="Gibt es nicht", icon="circle", endpoint="not.here")
    return nav


@pytest.mark.parametrize(
    ("actor", "modules"),
    [
        (Actor(role="member"), ["m0"]),
        (Actor(is_operator=True), ["m0", "work"]),
    ],
)
def test_people_see_only_pages_they_may_open(app: Flask, actor: Actor, modules: list[str]) -> None:
    nav = build_nav()
    with app.test_request_context("/_ui"):
        built = nav._build(actor)
    assert [m.name for m in built] == modules
    assert [p.label for p in built[0].pages] == ["Stil"]
    assert built[0].current
    assert built[0].pages[0].current


def test_registering_twice_does_not_double(app: Flask) -> None:
    nav = build_nav()
    nav.add(module="m0", label="Neu", icon="circle", endpoint="core.styleguide")
    with app.test_request_context("/_ui"):
        assert [p.label for p in nav._build(Actor())[0].pages] == ["Neu"]


def test_the_shell_refuses_slots_it_does_not_have() -> None:
    with pytest.raises(TypeError):
        Nav().shell(serach="core.search")


def test_theme_is_remembered_and_nonsense_is_not(client: FlaskClient) -> None:
    answer = client.post("/theme", data={"theme": "dark", "next": "/_ui?section=data"})
    assert (answer.status_code, answer.location) == (303, "/_ui?section=data")
    assert 'data-theme="dark"' in client.get("/_ui").text
    client.post("/theme", data={"theme": '"><b>'})
    assert 'data-theme="dark"' in client.get("/_ui").text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_theme_and_language_lead_nowhere_else(client: FlaskClient, target: str) -> None:
    for path, data in (("/theme", {"theme": "dark"}), ("/language", {"lang": "en"})):
        assert client.post(path, data=data | {"next": target}).location == "/"


def test_language_of_the_page_follows_the_choice(client: FlaskClient) -> None:
    client.post("/language", data={"lang": "en"})
    assert '<html lang="en"' in client.get("/_ui").text


def test_the_style_guide_is_closed_on_a_live_installation(tmp_path: Path) -> None:
    closed = make_app(tmp_path, demo=False)
    assert closed.test_client().get("/_ui").status_code == 404


def test_the_style_guide_is_open_to_operators(tmp_path: Path) -> None:
    from tests.people import make_people

    closed = make_app(tmp_path, demo=False)
    with closed.app_context():
        people: People = make_people(closed)
        assert sign_in(closed.test_client(), people.alice).get("/_ui").status_code == 404
        assert sign_in(closed.test_client(), people.olga).get("/_ui").status_code == 200


def test_an_accent_becomes_a_style_sheet(tmp_path: Path, client: FlaskClient) -> None:
    assert client.get("/accent.css").status_code == 404
    labelled = make_app(tmp_path, accent="#7A1FA2").test_client()
    css = labelled.get("/accent.css")
    assert css.mimetype == "text/css"
    assert "--accent: light-dark(#7a1fa2," in css.text
    assert "/accent.css" in labelled.get("/_ui").text


def test_an_unreadable_accent_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"4\.5:1"):
        make_app(tmp_path, accent="#ffff00")


def test_licences_are_shown_to_everybody(client: FlaskClient) -> None:
    page = client.get("/lizenzen")
    assert page.status_code == 200
    assert "Flask" in page.text
    assert "BSD-3-Clause" in page.text
