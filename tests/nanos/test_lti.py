"""Launches from a real platform of another maker: who is let in, as whom, for how long, and what the platform hears."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

import jwt
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.models import Event, Job, Once
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import NotAllowed, NotFound
from app.kit.ids import new_id
from app.nanos.models import Certificate, Experience, Launch, Learner, Licence, NanoFile, Platform, Use
from app.nanos.queries.lti import list_choices
from app.nanos.rules.lti import LtiFault
from app.nanos.services import lti, lti_launch, lti_score
from app.nanos.services import use as uses
from app.nanos.services.ending import retire
from tests.nanos import rig
from tests.nanos.lti_platform import CLIENT, DEPLOYMENT, Moodle, pem, running_platform
from tests.people import People, Someone, make_people, sign_in

BASE = "http://localhost"


@pytest.fixture
def moodle() -> Iterator[Moodle]:
    with running_platform() as found:
        yield found


@contextmanager
def at_home(app: Flask, networks: str = "127.0.0.0/8") -> Iterator[None]:
    """The platform is on this machine, which nobody reaches who is not allowed to."""
    found = app.extensions["kontor-settings"]
    found.outbound_networks = networks
    try:
        yield
    finally:
        found.outbound_networks = ""


def typed(moodle: Moodle, **other: str) -> lti.Typed:
    values = {
        "name": "Moodle", "issuer": moodle.url, "client_id": CLIENT, "deployments": DEPLOYMENT,
        "auth_url": f"{moodle.url}/auth", "token_url": f"{moodle.url}/token", "keys_url": f"{moodle.url}/jwks",
    }  # fmt: skip
    return lti.Typed(**{**values, **other})


def connected(app: Flask, moodle: Moodle, who: Someone) -> UUID:
    """A platform of this person's organisation that holds the keys of the running one, and the other way round."""
    with at_home(app):
        made = lti.create_platform(who.actor, str(uuid4()), "Moodle")
        lti.connect_platform(who.actor, made, typed(moodle))
    keys = app.test_client().get(f"/nanos/lti/{made}/jwks.json").json
    moodle.registration.set_tool_key_set(keys)
    return made


def asked(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def message(moodle: Moodle, platform_id: UUID, **more: Any) -> dict[str, str]:
    """A launch as far as the browser's post."""
    return moodle.launch(asked(lti_launch.begin(platform_id, moodle.login())), **more)


def arrive(moodle: Moodle, platform_id: UUID, **more: Any) -> str:
    form = message(moodle, platform_id, **more)
    return lti_launch.arrive(platform_id, form["state"], form["id_token"]).key


def point(moodle: Moodle, nano_id: UUID) -> UUID:
    moodle.target = f"{BASE}/nanos/{nano_id}"
    return nano_id


def give_licence(people: People, nano_id: UUID, **other: Any) -> UUID:
    values = {"state": "active", "starts_at": clock.now(), "created_at": clock.now(), **other}
    with transaction() as session:
        row = Licence(id=new_id(), nano_id=nano_id, organisation_id=people.other_organisation_id, **values)
        session.add(row)
    return row.id


def refused(code: str, act: Callable[[], Any]) -> None:
    with pytest.raises(LtiFault) as fault:
        act()
    assert fault.value.code == code


def first_file() -> UUID:
    return db.session.query(NanoFile.id).order_by(NanoFile.id.desc()).first()[0]  # type: ignore[index]


def test_a_learner_plays_and_the_platform_hears_once(
    db_app: Flask, db_people: People, moodle: Moodle, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.alice)
    guest = lti_launch.open_play(arrive(moodle, platform_id))
    assert guest.actor.person_id and not guest.actor.name and not guest.actor.email
    told = uses.finish(guest.actor, nano_id, first_file())
    assert told.done
    uses.finish(guest.actor, nano_id, first_file())  # clicked twice
    with at_home(db_app):
        run_jobs()
        (said,) = moodle.scores
        assert (said["userId"], said["scoreGiven"], said["scoreMaximum"]) == ("4711", 100, 100)
        arrive(moodle, platform_id)
        lti_score.send_again()
        run_jobs()
    assert len(moodle.scores) == 1 and not moodle.faults, moodle.faults
    assert db.session.query(Certificate).count() == 0, "without a name there is none"
    (event,) = db.session.query(Event).filter_by(name="nanos.lti.completed")
    assert event.actor_id is None and event.organisation_id == db_people.organisation_id
    kept = " ".join(
        str(vars(one)) for kind in (Learner, Launch, Event, Job, Once) for one in db.session.query(kind)
    )
    assert "Frieda" not in kept and "frieda@" not in kept


def test_the_same_person_is_one_learner_in_all_activities_and_another_on_another_platform(
    db_app: Flask, db_people: People, moodle: Moodle
) -> None:
    point(moodle, rig.published(db_people, rig.OPEN))
    one, two = connected(db_app, moodle, db_people.alice), connected(db_app, moodle, db_people.cleo)
    same = [lti_launch.open_play(arrive(moodle, one)).actor.person_id for _ in range(2)]
    moodle.registration.set_tool_key_set(None)
    other = lti_launch.open_play(arrive(moodle, two)).actor
    assert same[0] == same[1] != other.person_id
    assert (db.session.query(Learner).count(), db.session.query(Launch).count()) == (2, 2)
    assert other.organisation_id == db_people.other_organisation_id


def test_a_message_is_taken_once_and_only_where_it_was_begun(
    db_app: Flask, db_people: People, moodle: Moodle, frozen: Any
) -> None:
    point(moodle, rig.published(db_people, rig.OPEN))
    one, two = connected(db_app, moodle, db_people.alice), connected(db_app, moodle, db_people.cleo)
    form = fresh(moodle, one)
    refused("state", lambda: lti_launch.arrive(two, form["state"], form["id_token"]))
    lti_launch.arrive(one, form["state"], form["id_token"])
    refused("replay", lambda: lti_launch.arrive(one, form["state"], form["id_token"]))
    other = fresh(moodle, one)
    refused("state", lambda: lti_launch.arrive(one, form["state"], other["id_token"]))
    refused("state", lambda: lti_launch.arrive(one, "x", other["id_token"]))
    clock.advance(seconds=601)
    refused("state", lambda: lti_launch.arrive(one, other["state"], other["id_token"]))


def fresh(moodle: Moodle, platform_id: UUID) -> dict[str, str]:
    """A launch signed by the held clock: the platform's library asks the machine."""
    form = message(moodle, platform_id)
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    now = int(clock.now().timestamp())
    kid = moodle.registration.get_kid()
    claims.update(iat=now, exp=now + 300)
    token = jwt.encode(claims, moodle.registration.get_platform_private_key() or "", "RS256", {"kid": kid})
    return {**form, "id_token": token}


def part(said: Any) -> str:
    """A part of a token by hand: libraries refuse to make forged ones."""
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


def test_who_else_signs_is_not_believed(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    point(moodle, rig.published(db_people, rig.OPEN))
    platform_id = connected(db_app, moodle, db_people.alice)
    form = message(moodle, platform_id)
    claims = jwt.decode(form["id_token"], options={"verify_signature": False})
    kid = str(moodle.registration.get_kid())
    public = str(moodle.registration.get_platform_public_key())
    head, body, tail = form["id_token"].split(".")
    confused = f"{part({'alg': 'HS256', 'kid': kid})}.{body}"
    mac = hmac.new(public.encode(), confused.encode(), hashlib.sha256).digest()
    for token in (
        jwt.encode(claims, pem()[0], "RS256", {"kid": kid}),
        f"{part({'alg': 'none', 'kid': kid})}.{body}.",
        f"{confused}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        f"{head}.{part({**claims, 'sub': '1'})}.{tail}",
        f"{head}.{body}.", "", "a.b.c", "ä.ö.ü", jwt.encode(claims, pem()[0], "RS256"),
    ):  # fmt: skip
        refused("signature", partial(lti_launch.arrive, platform_id, form["state"], token))
    assert db.session.query(Learner).count() == 0
    lti_launch.arrive(platform_id, form["state"], form["id_token"])


def test_the_platform_changes_its_key(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    point(moodle, rig.published(db_people, rig.OPEN))
    platform_id = connected(db_app, moodle, db_people.alice)
    old = message(moodle, platform_id)
    moodle.turn_key()
    with at_home(db_app):
        before = len(moodle.asked)
        arrive(moodle, platform_id)
        arrive(moodle, platform_id)
        assert moodle.asked[before:] == ["/jwks"], "fetched once, then kept"
        refused("signature", lambda: lti_launch.arrive(platform_id, old["state"], old["id_token"]))
        for _ in range(30):  # names of keys that nobody has
            refused("signature", lambda: lti_launch.arrive(platform_id, old["state"], old["id_token"]))
        assert len(moodle.asked) - before <= lti_launch.FETCHES, "a flood of names is no flood of requests"
        db.session.query(Platform).update({"keys_at": clock.now() - timedelta(hours=2)})
        db.session.commit()
        moodle.status = 503
        arrive(moodle, platform_id)
        db.session.query(Platform).update({"keys_at": clock.now() - timedelta(hours=25)})
        db.session.commit()
        refused("away", lambda: arrive(moodle, platform_id))


def test_only_as_long_as_the_organisation_may(
    db_app: Flask, db_people: People, moodle: Moodle, frozen: Any
) -> None:
    nano_id = point(moodle, rig.published(db_people, replace(rig.DETAILS, preview=True)))
    platform_id = connected(db_app, moodle, db_people.cleo)

    def go() -> str:
        form = fresh(moodle, platform_id)
        return lti_launch.arrive(platform_id, form["state"], form["id_token"]).key

    refused("licence", go)  # a preview is for people of the marketplace
    assert db.session.query(Learner).count() == 0
    give_licence(db_people, nano_id, ends_at=clock.now() + timedelta(hours=1))
    key = go()
    guest = lti_launch.open_play(key)
    retire(db_people.alice.actor, nano_id)
    assert lti_launch.open_play(key)
    clock.advance(seconds=3600)
    refused("licence", lambda: lti_launch.open_play(key))
    refused("licence", go)
    with pytest.raises(NotFound):
        uses.finish(replace(guest.actor, granted_on=uuid4()), nano_id, first_file())
    assert not [one for one in list_choices(db_people.other_organisation_id, "") if one.id == nano_id]
    give_licence(db_people, nano_id)
    clock.advance(seconds=4 * 3600)
    refused("over", lambda: lti_launch.open_play(key))


def test_a_licence_for_one_seat_lets_one_in(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.cleo)
    give_licence(db_people, nano_id, seats=1)
    arrive(moodle, platform_id)
    arrive(moodle, platform_id)
    moodle.subject = "4712"
    refused("seats", lambda: arrive(moodle, platform_id))
    with clock.freeze(clock.now() + timedelta(hours=5)):
        form = fresh(moodle, platform_id)
        assert lti_launch.arrive(platform_id, form["state"], form["id_token"])


def test_who_learns_here_has_the_seat_there(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.cleo)
    give_licence(db_people, nano_id, seats=1)
    uses.begin(db_people.cleo.actor, nano_id, first_file())
    refused("seats", lambda: arrive(moodle, platform_id))
    assert db.session.query(Learner).count() == 0


def test_a_launch_opens_one_nano_and_nothing_else(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    point(moodle, rig.published(db_people))
    other = rig.published(db_people, replace(rig.DETAILS, title="Ein anderes"))
    other_file = first_file()
    platform_id = connected(db_app, moodle, db_people.alice)
    actor = lti_launch.open_play(arrive(moodle, platform_id)).actor
    with pytest.raises(NotFound):
        uses.finish(actor, other, other_file)
    with pytest.raises(NotAllowed):
        lti.create_platform(actor, "x", "x")
    draft = rig.drafted(db_people.alice.actor, replace(rig.DETAILS, title="Entwurf"))
    for target, code in (
        (f"{BASE}/nanos/{draft}", "gone"), (f"{BASE}/nanos/{uuid4()}", "gone"), (f"{BASE}/nanos/own", "target"),
        (f"{BASE}/", "target"), (f"{BASE}.evil.example/nanos/{other}", "target"),
    ):  # fmt: skip
        moodle.target = target
        refused(code, lambda: arrive(moodle, platform_id))


def test_a_platform_that_is_away_or_refuses(
    db_app: Flask, db_people: People, moodle: Moodle, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.alice)
    guest = lti_launch.open_play(arrive(moodle, platform_id))
    uses.finish(guest.actor, nano_id, first_file())
    launch_id = db.session.query(Launch.id).scalar()
    with at_home(db_app):
        moodle.status = 503
        assert [one for one in run_jobs() if "lti" in one] == ["jobs.nanos.lti.send_score: postponed"]
        assert db.session.query(Launch.state, Launch.tries).one() == ("due", 1)
        moodle.status = 403
        assert lti_score.send(launch_id) == "failed"
        moodle.status = 0
        assert lti_score.send(launch_id) == "nothing"
        arrive(moodle, platform_id)  # opened again: tried again
        assert lti_score.send(launch_id) == "sent"
        assert lti_score.send(launch_id) == "nothing"
    assert [one["scoreGiven"] for one in moodle.scores] == [100] and not moodle.faults


def test_a_better_score_follows_and_a_worse_one_does_not(
    db_app: Flask, db_people: People, moodle: Moodle
) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.alice)
    guest = lti_launch.open_play(arrive(moodle, platform_id))
    uses.finish(guest.actor, nano_id, first_file())
    launch_id = db.session.query(Launch.id).scalar()

    def owe(score: int) -> str:
        with transaction():
            db.session.query(Use).update({"score": score})
            lti_score.owe(guest.actor.person_id, nano_id)  # type: ignore[arg-type]
        return lti_score.send(launch_id)

    with at_home(db_app):
        assert [owe(60), owe(40), owe(90), owe(90)] == ["sent", "nothing", "sent", "nothing"]
    assert [one["scoreGiven"] for one in moodle.scores] == [60, 90]


def test_an_activity_without_grades_hears_nothing(
    db_app: Flask, db_people: People, moodle: Moodle, run_jobs: Callable[..., list[str]]
) -> None:
    nano_id = point(moodle, rig.published(db_people))
    moodle.graded = False
    platform_id = connected(db_app, moodle, db_people.alice)
    guest = lti_launch.open_play(arrive(moodle, platform_id))
    uses.finish(guest.actor, nano_id, first_file())
    with at_home(db_app):
        assert not [one for one in run_jobs() if "lti" in one]
    assert db.session.query(Launch.state).scalar() == "none" and "/token" not in moodle.asked


@pytest.mark.postgres
def test_of_many_at_once_one_is_let_in_with_a_state(pg_app: Flask, moodle: Moodle) -> None:
    people = make_people(pg_app)
    point(moodle, rig.published(people))
    platform_id = connected(pg_app, moodle, people.alice)
    once, each = message(moodle, platform_id), [message(moodle, platform_id) for _ in range(6)]
    outcomes: list[str] = []

    def post(form: dict[str, str]) -> None:
        with pg_app.app_context():
            try:
                lti_launch.arrive(platform_id, form["state"], form["id_token"])
                outcomes.append("in")
            except LtiFault as fault:
                outcomes.append(fault.code)

    for forms in ([once] * 6, each):
        threads = [threading.Thread(target=post, args=(form,)) for form in forms]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
    assert sorted(outcomes[:6]) == ["in", *["replay"] * 5] and outcomes[6:] == ["in"] * 6
    assert (db.session.query(Learner).count(), db.session.query(Launch).count()) == (1, 1)


def test_platforms_belong_to_their_organisation(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    platform_id = connected(db_app, moodle, db_people.alice)
    for act in (
        lambda: lti.connect_platform(db_people.cleo.actor, platform_id, typed(moodle)),
        lambda: lti.remove_platform(db_people.cleo.actor, platform_id),
        lambda: lti.forget_learner(db_people.cleo.actor, platform_id, "4711"),
    ):
        with pytest.raises(NotFound):
            act()
    with pytest.raises(NotAllowed):
        lti.create_platform(db_people.bob.actor, "x", "x")


def told(nano_id: UUID, person_id: UUID) -> None:
    """What a package said of somebody."""
    with transaction() as session:
        session.add(
            Experience(
                id=new_id(), person_id=person_id, nano_id=nano_id, sha256="0" * 64, said_id=uuid4(),
                verb="answered", sub="1", at=clock.now(),
            )
        )  # fmt: skip


def test_forgetting(db_app: Flask, db_people: People, moodle: Moodle) -> None:
    nano_id = point(moodle, rig.published(db_people))
    platform_id = connected(db_app, moodle, db_people.alice)
    keys = []
    for moodle.subject in ("1", "2", "3"):
        keys.append(arrive(moodle, platform_id))
        learner = lti_launch.open_play(keys[-1]).actor
        uses.finish(learner, nano_id, first_file())
        told(nano_id, learner.person_id)
    lti.forget_learner(db_people.dora.actor, platform_id, " 2 ")
    refused("over", lambda: lti_launch.open_play(keys[1]))
    assert [one.subject for one in db.session.query(Learner).order_by(Learner.id)] == ["1", "3"]
    assert db.session.query(Use).count() == db.session.query(Experience).count() == 2
    db.session.query(Learner).filter_by(subject="1").update(
        {"last_at": clock.now() - lti.KEPT - timedelta(days=1)}
    )
    db.session.commit()
    assert lti.forget_old() == 1 and db.session.query(Use).count() == 1
    lti.remove_platform(db_people.alice.actor, platform_id)
    refused("over", lambda: lti_launch.open_play(keys[2]))
    kinds = (Platform, Learner, Launch, Use, Experience)
    assert [db.session.query(kind).count() for kind in kinds] == [0] * len(kinds)


def test_the_pages(client: FlaskClient, people: People, app: Flask, moodle: Moodle) -> None:
    sign_in(client, people.alice)
    assert "Noch kein LMS verbunden" in client.get("/nanos/lti").text
    assert client.post("/nanos/lti", data={"once": "1", "name": " "}).status_code == 422
    here = client.post("/nanos/lti", data={"once": "2", "name": "Moodle"}).location
    assert client.post("/nanos/lti", data={"once": "2", "name": "Moodle"}).status_code == 409
    page = client.get(here).text
    assert (
        f"http://localhost{urlsplit(here).path}/login" in page
        and "Angaben fehlen" in client.get("/nanos/lti").text
    )
    assert client.get(f"{here}/login").status_code == 404, "a draft launches nothing"
    values = vars(typed(moodle))
    with at_home(app):
        wrong = client.post(
            here, data={**values, "issuer": "a b", "deployments": "", "keys_url": "javascript:alert(1)"}
        )
        assert wrong.status_code == 422 and wrong.text.count("field-error") == 3 and "alert(1)" in wrong.text
        moodle.status = 404
        assert "antwortet gerade niemand" in client.post(here, data=values).text
        moodle.status = 0
        assert client.post(here, data=values).status_code == 303
    assert "verbunden" in client.get("/nanos/lti").text
    sign_in(client, people.bob)
    assert client.get("/nanos/lti").status_code == 403
    sign_in(client, people.cleo)
    for path in ("", "/remove"):
        assert client.get(f"{here}{path}").status_code == 404
    assert client.post(f"{here}/remove").status_code == 404
    sign_in(client, people.alice)
    assert client.post(f"{here}/forget", data={"subject": "x"}).status_code == 422
    assert "trennen?" in client.get(f"{here}/remove").text
    assert client.post(f"{here}/remove").status_code == 303
    assert client.get(here).status_code == 404


def test_the_whole_way_in_a_browser_without_cookies(
    client: FlaskClient, people: People, app: Flask, moodle: Moodle
) -> None:
    nano_id = point(moodle, rig.published(people))
    file_id = first_file()
    platform_id = connected(app, moodle, people.alice)
    browser = app.test_client(use_cookies=False)
    to = browser.get(f"/nanos/lti/{platform_id}/login", query_string=moodle.login())
    assert (
        to.status_code == 303
        and to.location.startswith(f"{moodle.url}/auth?")
        and "Set-Cookie" not in to.headers
    )
    form = moodle.launch(asked(to.location))
    assert urlsplit(form["launch_url"]).path == f"/nanos/lti/{platform_id}/launch"
    come = browser.post(form["launch_url"], data=form)
    play = browser.get(come.location)
    page = browser.get(play.location)
    assert page.status_code == 200 and "Durchgearbeitet" in page.text and "Set-Cookie" not in page.headers
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {moodle.url};" in policy and page.headers["Referrer-Policy"] == "no-referrer"
    view = browser.get(f"{play.location}/view")
    assert view.mimetype == "application/pdf"
    assert browser.post(f"{play.location}/finish").status_code == 303
    assert "erfährt das Ergebnis" in browser.get(play.location).text
    again = browser.post(form["launch_url"], data=form)
    assert again.status_code == 400 and "schon benutzt" in again.text
    assert moodle.url in again.headers["Content-Security-Policy"]
    said = browser.post(form["launch_url"], data={"error": "login_required", "state": form["state"]})
    assert said.status_code == 400 and "abgelehnt" in said.text
    assert browser.get("/nanos/lti/play/unsinn").status_code == 400
    for path in (f"/nanos/{nano_id}", f"/nanos/{nano_id}/files/{file_id}", "/nanos"):
        assert browser.get(path).status_code in (302, 303), "the key is no session"
    for body in ([], {}, {"seconds": -1, "spans": []}):
        assert browser.post(play.location, json=body).status_code == 400


def test_a_teacher_chooses(client: FlaskClient, people: People, app: Flask, moodle: Moodle) -> None:
    mine = rig.published(people)
    rig.published(people, replace(rig.OPEN, title="Offen, von anderen"), people.cleo.actor)
    platform_id = connected(app, moodle, people.alice)
    moodle.target = f"{BASE}/nanos/lti/{platform_id}/launch"
    browser = app.test_client(use_cookies=False)
    to = browser.get(f"/nanos/lti/{platform_id}/login", query_string=moodle.login())
    form = moodle.launch(asked(to.location), chooses=True)
    page = browser.post(form["launch_url"], data=form)
    assert page.status_code == 200 and str(mine) in page.text and "von anderen" not in page.text
    key = page.text.split('name="key" value="')[1].split('"')[0]
    assert (
        "Nichts gefunden"
        in browser.post("/nanos/lti/choose", data={"key": key, "q": "xyz", "look": "1"}).text
    )
    assert browser.post("/nanos/lti/choose", data={"key": key, "nano": str(uuid4())}).status_code == 422
    done = browser.post("/nanos/lti/choose", data={"key": key, "nano": str(mine)})
    token = done.text.split('name="JWT" value="')[1].split('"')[0]
    assert f"form-action {moodle.url};" in done.headers["Content-Security-Policy"]
    assert moodle.returned({"JWT": token}) == 200, moodle.faults
    assert (
        moodle.items[0]["url"] == f"{BASE}/nanos/{mine}"
        and moodle.items[0]["lineItem"]["scoreMaximum"] == 100
    )
    assert db.session.query(Learner).count() == 0, "who chooses is nobody here"
    assert browser.post("/nanos/lti/choose", data={"key": "x", "nano": str(mine)}).status_code == 400
