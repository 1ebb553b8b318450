"""The event log of an organisation: complete, readable, filtered as asked, for owners and admins only."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import describe
from app.core.api import Fact, describe_event, describe_subject, record
from app.core.queries.audit import Wanted, kinds, log_of, whole_log
from app.core.queries.event import Filter, history
from app.kit import clock
from app.kit.db import transaction
from tests.people import People, Someone, sign_in


@dataclass(frozen=True)
class Painted(Fact):
    name: ClassVar[str] = "trial.fence.painted"
    colour: str
    litres: int = 3


@dataclass(frozen=True)
class Unheard(Fact):
    name: ClassVar[str] = "trial.fence.unheard"


FENCE = uuid4()


@pytest.fixture(autouse=True)
def sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(describe, "_sentences", dict(describe._sentences))
    monkeypatch.setattr(describe, "_subjects", dict(describe._subjects))
    monkeypatch.setattr(describe, "_areas", dict(describe._areas))
    describe.describe_area("trial", "Zäune")
    describe_event(
        "trial.fence.painted", "Zaun %(colour)s gestrichen, 100%% deckend, %(litres)s Liter",
        values=lambda data: {"colour": {"red": "rot"}.get(data["colour"], data["colour"])}, fields={"colour": "Farbe"},
    )  # fmt: skip
    describe_subject(
        "trial.fence", "Zaun", names=lambda ids: {FENCE: "Südzaun"}, url=lambda one: f"/zaun/{one}"
    )


def paint(who: Someone, colour: str = "red", **more: object) -> UUID:
    with transaction():
        return record(Painted(colour), actor=who.actor, subject=("trial.fence", FENCE), **more)  # type: ignore[arg-type]


def lines(people: People, **wanted: str) -> list[str]:
    asked = Wanted(**{"kind": "trial.", **wanted}).parsed("Europe/Berlin")
    return [line.text for line in log_of(people.organisation_id, asked).rows]


class TestSentences:
    def test_values_become_words_and_changes_are_listed(self, app: Flask, people: People) -> None:
        paint(people.alice, before={"colour": "blue", "height": 2}, after={"colour": "red", "height": 2})
        line = log_of(people.organisation_id, Filter(name="trial.")).rows[0]
        assert line.text == "Zaun rot gestrichen, 100% deckend, 3 Liter"
        assert line.changes == [("Farbe", "blue", "rot")]
        assert (line.who, line.subject_name, line.subject_url) == ("Alice", "Südzaun", f"/zaun/{FENCE}")

    def test_an_event_nobody_described_reads_as_its_name(self, app: Flask, people: People) -> None:
        with transaction():
            record(Unheard(), actor=people.alice.actor)
        assert lines(people) == ["trial.fence.unheard"]

    def test_an_event_of_an_older_release_leaves_gaps_not_errors(self, app: Flask, people: People) -> None:
        describe_event("trial.fence.painted", "%(gone)s", values=lambda data: {"gone": data["gone"]})
        paint(people.alice)
        assert lines(people) == ["–"]

    def test_the_platform_and_erased_people_have_a_word(self, app: Flask, people: People) -> None:
        with transaction():
            record(Painted("red"), organisation_id=people.organisation_id)
        assert log_of(people.organisation_id, Filter(name="trial.")).rows[0].who == "Kontor"

    def test_every_event_class_of_the_product_has_a_sentence(self, app: Flask) -> None:
        def names(kind: type[Fact]) -> set[str]:
            own = {kind.name} if "name" in vars(kind) and kind.__module__.startswith("app.") else set()
            return own.union(*(names(child) for child in kind.__subclasses__()))

        assert sorted(names(Fact) - set(describe.described())) == []


class TestFilter:
    def test_kind_person_subject(self, app: Flask, people: People) -> None:
        paint(people.alice, "red")
        paint(people.dora, "blue")
        assert len(lines(people)) == 2
        assert lines(people, person=str(people.dora.id)) == ["Zaun blue gestrichen, 100% deckend, 3 Liter"]
        assert len(lines(people, subject=str(FENCE))) == 2
        assert lines(people, subject=str(uuid4())) == []
        assert lines(people, kind="trial.fence.painted") != []
        assert lines(people, kind="accounts.", person=str(people.cleo.id)) == []

    def test_days_are_the_readers_days(self, app: Flask, people: People, frozen: object) -> None:
        clock.advance(hours=10, minutes=59)  # 22:59 UTC = 23:59 in Berlin
        paint(people.alice, "late")
        clock.advance(minutes=2)
        paint(people.alice, "early")
        assert [text.split()[1] for text in lines(people, until="2026-11-21")] == ["late"]
        assert [text.split()[1] for text in lines(people, since="2026-11-22")] == ["early"]

    @pytest.mark.parametrize("bad", ["gestern", "2026-13-40", "9999-12-31", "'; DROP TABLE", ""])
    def test_what_cannot_be_read_does_not_filter(self, app: Flask, people: People, bad: str) -> None:
        paint(people.alice)
        assert len(lines(people, until=bad, person=bad, subject=bad)) == 1

    def test_the_filter_offers_every_kind_without_placeholders(self, app: Flask) -> None:
        offered = dict(kinds())
        assert offered["trial."] == "Zäune: alles"
        assert offered["trial.fence.painted"] == "Zäune: Zaun … gestrichen, 100% deckend, … Liter"

    def test_other_organisations_never_appear(self, app: Flask, people: People) -> None:
        paint(people.cleo)
        assert lines(people) == []
        assert len(log_of(people.other_organisation_id, Filter(name="trial.")).rows) == 1


class TestPaging:
    def test_every_event_once_while_new_ones_arrive(self, db_app: Flask, db_people: People) -> None:
        for n in range(7):
            paint(db_people.alice, str(n))
        seen, cursor = [], None
        while True:
            page = history(db_people.organisation_id, Filter(name="trial."), cursor=cursor, limit=3)
            seen += [row.data["colour"] for row in page.rows]
            cursor = page.next_cursor
            if cursor is None:
                break
            paint(db_people.alice, "new")
        assert seen == ["6", "5", "4", "3", "2", "1", "0"]

    def test_the_whole_log_is_read_in_pages(self, app: Flask, people: People) -> None:
        for n in range(12):
            paint(people.alice, str(n))
        assert len(list(whole_log(people.organisation_id, Filter(name="trial.")))) == 12


class TestPage:
    def test_who_may(self, app: Flask, client: FlaskClient, people: People) -> None:
        for url in ("/organisation/protokoll", "/organisation/protokoll/csv"):
            assert sign_in(client, people.alice).get(url).status_code == 200
            assert sign_in(client, people.dora).get(url).status_code == 200
            assert sign_in(client, people.bob).get(url).status_code == 403
            assert sign_in(client, None).get(url).status_code == 302

    def test_it_shows_what_changed_and_filters_by_address(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        paint(people.dora, before={"colour": "blue"}, after={"colour": "red"})
        sign_in(client, people.alice)
        page = client.get("/organisation/protokoll?kind=trial.").text
        assert "Zaun rot gestrichen" in page
        assert "blue" in page
        assert 'value="trial." selected' in page
        assert (
            "Kein Eintrag passt"
            in client.get(f"/organisation/protokoll?kind=trial.&person={people.bob.id}").text
        )

    def test_a_forged_cursor_is_refused(self, app: Flask, client: FlaskClient, people: People) -> None:
        assert sign_in(client, people.alice).get("/organisation/protokoll?cursor=AAAA").status_code == 422

    def test_csv_holds_the_same_and_no_formulas(
        self, app: Flask, client: FlaskClient, people: People
    ) -> None:
        paint(people.alice, "=HYPERLINK(1)")
        describe_event("trial.fence.painted", "%(colour)s")
        answer = sign_in(client, people.alice).get("/organisation/protokoll/csv?kind=trial.")
        assert answer.mimetype == "text/csv"
        assert "attachment" in answer.headers["Content-Disposition"]
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")), delimiter=";"))
        assert len(rows) == 2
        assert rows[1][1:5] == ["trial.fence.painted", "'=HYPERLINK(1)", "Alice", ""]
        assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)
