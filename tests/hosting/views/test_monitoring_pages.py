"""The page "Auslastung": what it shows, who may see it, what it says to bad addresses, its values as JSON and CSV."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from app.accounts.models import Person
from app.core.api import record
from app.hosting.events import ServerArchived
from app.hosting.gateways.fake import FakeRuntime
from app.hosting.models import Sample, Server
from app.hosting.queries.monitoring import measured
from app.hosting.rules.monitoring import WINDOWS, window_span
from app.hosting.services import server as services
from app.hosting.services.place import use_runtimes
from app.hosting.services.sample import roll_up
from app.hosting.views.monitoring_words import one_digit
from app.kit import clock, live
from app.kit.db import db, transaction
from app.kit.dom import dom_id
from app.kit.i18n import speaking
from tests.architecture.test_page_queries import MOST, counted
from tests.hosting.money import give_credit
from tests.people import People, sign_in

pytestmark = pytest.mark.slow

BERLIN = ZoneInfo("Europe/Berlin")
PARTS = ("monitoring", "monitoring/data", "monitoring.csv")


@pytest.fixture(autouse=True)
def _runtime(app: Flask, frozen: object) -> None:
    use_runtimes(app, {"process": FakeRuntime, "docker": FakeRuntime})


def now() -> int:
    return int(clock.now().timestamp())


def measure(server_id: UUID) -> None:
    """Two hours of ten seconds with half an hour in which the server was off."""
    with transaction() as session:
        for back in range(7200, 0, -10):
            if 1800 <= back < 3600:
                continue
            session.add(
                Sample(
                    server_id=server_id, seconds=10, at=now() - back, covered=10,
                    memory_bytes=(300 + back % 100) * 1024**2, memory_peak_bytes=(300 + back % 100) * 1024**2,
                    cpu_seconds=2.5, disk_bytes=1024**3, player_seconds=20.0, players_peak=2, played_seconds=10,
                    tps=19.5 if back % 40 else 12.25, network_received_bytes=1000, network_sent_bytes=5000,
                )
            )  # fmt: skip
    roll_up(8000)


@pytest.fixture
def server_id(people: People) -> UUID:
    give_credit(people)
    made = services.create_server(people.alice.actor, name="Bauwelt Nord", template="flying-squid")
    measure(made)
    return made


@pytest.fixture
def alice(client: FlaskClient, people: People) -> FlaskClient:
    return sign_in(client, people.alice)


@pytest.mark.parametrize("window", [*WINDOWS, ""])
def test_the_page_shows_each_window(alice: FlaskClient, server_id: UUID, window: str) -> None:
    answer = alice.get(
        f"/hosting/servers/{server_id}/monitoring", query_string={"window": window} if window else {}
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.count('<figure class="chart monitoring-chart"') == 7
    assert len(re.findall(r'<a [^>]*data-monitoring-window[^>]* aria-current="true"', text)) == 1
    assert "390\u00a0MB" in text
    assert "Werte im Zeitraum" in text


def test_eight_statements(alice: FlaskClient, server_id: UUID) -> None:
    for path in ("monitoring?window=1y", "monitoring/data?window=1y", "monitoring.csv?window=1y"):
        assert alice.get(f"/hosting/servers/{server_id}/{path}").status_code == 200
        with counted() as seen:
            alice.get(f"/hosting/servers/{server_id}/{path}").get_data()
        assert len(seen) <= MOST, "\n".join(seen)
        assert sum("hosting_sample" in one and "GROUP BY" in one for one in seen) == 1


def test_the_values_have_gaps_where_the_server_was_off(alice: FlaskClient, server_id: UUID) -> None:
    found = alice.get(f"/hosting/servers/{server_id}/monitoring/data?window=1h").get_json()
    assert found["step"] == 10
    for name, track in found["tracks"].items():
        assert len(track["mean"]) == len(found["at"]) <= 1000
        off = [
            value
            for at, value in zip(found["at"], track["mean"], strict=True)
            if now() - 3600 < at < now() - 1800
        ]
        assert set(off) == {None}, name
        on = [
            value for at, value in zip(found["at"], track["mean"], strict=True) if now() > at >= now() - 1790
        ]
        assert None not in on, name


def test_a_coarser_point_keeps_its_lowest_and_highest_ten_seconds(
    alice: FlaskClient, server_id: UUID
) -> None:
    found = alice.get(f"/hosting/servers/{server_id}/monitoring/data?window=30d").get_json()
    tps = found["tracks"]["tps"]
    assert {value for value in tps["low"] if value} == {12.25}
    assert {value for value in tps["peak"] if value} == {19.5}
    assert all(12.25 < value < 19.5 for value in tps["mean"] if value)
    assert found["figures"]["tps"][0] == "12,2"


def test_a_stretch_can_be_chosen_in_local_time(alice: FlaskClient, server_id: UUID) -> None:
    local = [
        (clock.now() - timedelta(minutes=m)).astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M") for m in (60, 20)
    ]
    found = alice.get(
        f"/hosting/servers/{server_id}/monitoring/data", query_string={"from": local[0], "to": local[1]}
    ).get_json()
    assert (found["since"], found["until"], found["window"]) == (now() - 3600, now() - 1200, None)
    page = alice.get(found["page"])
    assert page.status_code == 200
    assert f'value="{local[0]}"' in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("window=2h", "Diesen Zeitraum gibt es nicht"),
        ("window=", "Diesen Zeitraum gibt es nicht"),
        ("from=200&to=100", "Das Ende muss nach dem Anfang liegen"),
        ("from=100", "Das ist keine Zeit"),
        ("from=gestern&to=heute", "Das ist keine Zeit"),
        ("from=99999999999&to=999999999999", "noch nicht begonnen"),
        ("from=1000&to=5000", "höchstens zwei Jahre"),
        ("from=%F0%9F%92%A9&to=٣٤", "Das ist keine Zeit"),
        ("from=0001-01-01T00:00&to=9999-12-31T23:59", "höchstens zwei Jahre"),
    ],
)
@pytest.mark.parametrize("part", PARTS)
def test_a_bad_stretch_is_refused_with_words(
    alice: FlaskClient, server_id: UUID, query: str, words: str, part: str
) -> None:
    answer = alice.get(f"/hosting/servers/{server_id}/{part}?{query}")
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)


def test_a_bad_stretch_is_said_at_its_form(alice: FlaskClient, server_id: UUID) -> None:
    text = alice.get(f"/hosting/servers/{server_id}/monitoring?from=200&to=100").get_data(as_text=True)
    form = text.split('monitoring-custom" open')[1].split("</form>")[0]
    assert "Das Ende muss nach dem Anfang liegen" in form
    assert form.count('aria-invalid="true"') == 2
    assert text.count('<figure class="chart monitoring-chart"') == 7


def test_the_table_says_of_each_row_how_much_of_it_the_server_ran(
    alice: FlaskClient, server_id: UUID
) -> None:
    """24 h in rows of half an hour: it ran for an hour and a half, with half an hour's pause."""
    text = alice.get(f"/hosting/servers/{server_id}/monitoring?window=24h").get_data(as_text=True)
    table = text.split("data-monitoring-values")[1].split("</tbody>")[0]
    shares = [
        int(re.findall(r'<td class="number">([^<]*)</td>', row)[-1].rstrip("%\u00a0"))
        for row in table.split("<tr>")[1:]
    ]
    assert sum(shares) * 30 / 100 == pytest.approx(90, abs=1.5)
    data = alice.get(f"/hosting/servers/{server_id}/monitoring/data?window=24h").get_json()
    total = sum(int(row[-1].rstrip("%\u00a0")) for row in data["values"])
    length = -(-len(data["at"]) // 48) * data["step"] / 60
    assert total * length / 100 == pytest.approx(90, abs=1.5)


def test_the_tables_say_what_was_measured(alice: FlaskClient, server_id: UUID) -> None:
    """Worked out here from the readings themselves: each row of the means, and lowest, mean and highest of the hour."""
    since = now() - 3600
    readings = {
        row.at: row.tps
        for row in db.session.scalars(select(Sample).where(Sample.seconds == 10, Sample.at >= since))
    }
    text = alice.get(f"/hosting/servers/{server_id}/monitoring?window=1h").get_data(as_text=True)
    table = text.split("data-monitoring-values")[1].split("</tbody>")[0]
    head = text.split("monitoring-values")[1].split("</thead>")[0]
    place = re.findall(r"<th scope=\"col\"[^>]*>([^<]*)</th>", head).index("TPS") - 1
    shown = [re.findall(r'<td class="number">([^<]*)</td>', row)[place] for row in table.split("<tr>")[1:]]
    rows = [
        [readings[at] for at in range(start, start + 90, 10) if readings.get(at) is not None]
        for start in range(since, now(), 90)
    ]
    assert shown == [one_digit(sum(row) / len(row)) for row in rows if row]
    known = [value for value in readings.values() if value is not None]
    figures = re.findall(
        r"data-monitoring-figure>([^<]*)<", text.split('data-monitoring-row="tps"')[1].split("</tr>")[0]
    )
    assert figures == [one_digit(value) for value in (min(known), sum(known) / len(known), max(known))]


@pytest.mark.parametrize("part", PARTS)
def test_members_look_strangers_find_nothing(app: Flask, people: People, server_id: UUID, part: str) -> None:
    for person, status in ((people.bob, 200), (people.dora, 200), (people.cleo, 404), (None, 302)):
        client = sign_in(app.test_client(), person) if person else app.test_client()
        assert client.get(f"/hosting/servers/{server_id}/{part}").status_code == status
    assert (
        sign_in(app.test_client(), people.alice).get(f"/hosting/servers/{UUID(int=7)}/{part}").status_code
        == 404
    )


def read_back(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:]), delimiter=";"))


def test_the_csv_holds_what_the_chart_holds(alice: FlaskClient, server_id: UUID) -> None:
    answer = alice.get(f"/hosting/servers/{server_id}/monitoring.csv?window=24h")
    assert answer.mimetype == "text/csv"
    assert re.search(r'filename="?server-[0-9a-f-]+-24h\.csv', answer.headers["Content-Disposition"])
    rows = read_back(answer.get_data(as_text=True))
    data = measured(server_id, window_span("24h", now()), BERLIN)
    assert len(rows) == len(data.at)
    for row, at, mean, low in zip(
        rows, data.at, data.tracks["tps"].mean, data.tracks["tps"].low, strict=True
    ):
        moment = datetime.fromisoformat(row["Zeit"])
        assert moment.utcoffset() == timedelta(hours=1)
        assert int(moment.timestamp()) == at
        for column, value in (("Mittel", mean), ("Minimum", low)):
            shown = row[f"Ticks pro Sekunde, {column} [1/s]"]
            if value is None:
                assert shown == ""
            else:
                assert math.isclose(float(shown.replace(",", ".")), value, abs_tol=1e-4)
    assert sum(int(row["Gemessen [s]"] or 0) for row in rows) == data.run_seconds == 5400
    assert any("," in row["Prozessor, Mittel [Kerne]"] for row in rows)


def test_the_csv_of_an_english_reader_has_points_and_their_zone(
    alice: FlaskClient, people: People, server_id: UUID
) -> None:
    with transaction() as session:
        session.execute(
            update(Person)
            .where(Person.id == people.alice.id)
            .values(locale="en", timezone="America/New_York")
        )
    db.session.expire_all()
    rows = read_back(
        alice.get(f"/hosting/servers/{server_id}/monitoring.csv?window=1h").get_data(as_text=True)
    )
    names = list(rows[0])
    assert datetime.fromisoformat(rows[0][names[0]]).utcoffset() == timedelta(hours=-5)
    assert {row[names[6]] for row in rows} == {"", "0.25"}


def test_uptime_counts_the_time_it_was_off(alice: FlaskClient, server_id: UUID) -> None:
    for window, words in (("1h", ["0", "50", "100"]), ("24h", ["0", "6", "100"])):
        found = alice.get(f"/hosting/servers/{server_id}/monitoring/data?window={window}").get_json()
        assert [one.rstrip("%\u00a0") for one in found["figures"]["uptime"]] == words, window


def test_a_running_server_without_readings_is_not_said_to_be_off(alice: FlaskClient, server_id: UUID) -> None:
    clock.advance(120)
    for state, words in (
        ("running", "Gerade kommen keine Messwerte an"),
        ("stopped", "Der Server läuft nicht"),
    ):
        with transaction() as session:
            session.execute(update(Server).where(Server.id == server_id).values(state=state))
        assert words in alice.get(f"/hosting/servers/{server_id}/monitoring").get_data(as_text=True)


def test_a_server_without_a_measurement_says_so(alice: FlaskClient, people: People) -> None:
    made = services.create_server(people.alice.actor, name="Neu", template="flying-squid")
    text = alice.get(f"/hosting/servers/{made}/monitoring").get_data(as_text=True)
    assert "Gerade wird nichts gemessen" in text
    assert "Keine Werte in diesem Zeitraum" in text
    assert "In diesem Zeitraum ist nichts passiert" in text


def test_the_live_part_is_the_pages_own_and_for_nobody_else(
    app: Flask, alice: FlaskClient, people: People, server_id: UUID
) -> None:
    topic = dom_id("hosting-server", server_id, "monitoring")
    found = live.find(topic)
    assert found is not None
    part, row_id = found
    with speaking("de"):
        shown = part.render(row_id)
    assert shown in alice.get(f"/hosting/servers/{server_id}/monitoring").get_data(as_text=True)
    assert f'data-monitoring-now="{(clock.now() - timedelta(seconds=10)).isoformat()}"' in shown
    assert part.authorise(people.bob.actor, row_id)
    assert not part.authorise(people.cleo.actor, row_id)


def test_the_server_draws_a_band_with_its_gap_and_what_happened(
    alice: FlaskClient, people: People, server_id: UUID
) -> None:
    with transaction():
        record(
            ServerArchived(size_bytes=1, raw_bytes=2, seconds=3),
            actor=people.alice.actor,
            organisation_id=people.organisation_id,
            subject=("hosting.server", server_id),
        )
    clock.advance(seconds=5)
    text = alice.get(f"/hosting/servers/{server_id}/monitoring?window=6h").get_data(as_text=True)
    chart = text.split('data-monitoring-panel="memory"')[1].split("</svg>")[0]
    assert chart.count('fill-opacity="0.18"') == 2  # before and after the half hour it was off
    assert "<title>Welt im Archiv, jeder Hash geprüft</title>" in chart
    assert "Welt im Archiv" in text.split("data-monitoring-events")[1]
