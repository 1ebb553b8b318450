"""The second factor: set up with a code, asked at every sign-in, each code good once."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.accounts.errors import WrongCode
from app.accounts.models import BackupCode, Person
from app.accounts.services import sign_in as service
from app.accounts.services import totp
from app.accounts.services.session import Visitor
from app.accounts.services.sign_in import Pending
from app.kit import clock
from app.kit.db import db
from app.kit.secrets import unseal
from tests.accounts.mailbox import last
from tests.people import PASSWORD, People, Someone, make_people, sign_in

ALICE = {"email": "alice@example.org", "password": PASSWORD}


def code_of(person: Someone, ahead: int = 0) -> str:
    """What the app on the phone shows, `ahead` seconds from now."""
    db.session.rollback()
    row = db.session.get_one(Person, person.id, populate_existing=True)
    return pyotp.TOTP(unseal(row.totp_secret or row.totp_pending or "")).at(
        int(clock.now().timestamp()) + ahead
    )


def codes_on(page: str) -> list[str]:
    """The backup codes a page shows."""
    return re.findall(r"^(?:.*<code>)?([2-9a-z]{4}-[2-9a-z]{4}-[2-9a-z]{4})(?=$|</code>)", page, re.MULTILINE)


def enable(person: Someone) -> list[str]:
    """Switch it on through the service; the next code is 30 seconds later."""
    totp.begin(person.actor)
    codes = totp.enable(person.actor, code_of(person), password=PASSWORD)
    clock.advance(60)
    return codes


def test_setting_up_in_the_browser(client: FlaskClient, people: People, frozen: object) -> None:
    sign_in(client, people.alice)
    page = client.get("/konto/zweiter-faktor").text
    assert "<svg" in page
    assert "style=" not in page[page.index("<svg role") :][:3000]
    secret = re.search(r"<code>([A-Z2-7 ]{32,})</code>", page)
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).at(int(clock.now().timestamp()))
    answer = client.post("/konto/zweiter-faktor", data={"code": code, "current": PASSWORD})
    assert answer.status_code == 200
    codes = codes_on(answer.text)
    assert len(set(codes)) == 10
    sealed = re.search(r'name="sealed" value="([^"]+)"', answer.text)
    assert sealed is not None
    file = client.post("/konto/ersatzcodes/datei", data={"sealed": sealed[1]})
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert all(code in file.text for code in codes)
    assert last(people.alice.email).subject == "Zweiter Faktor eingeschaltet"


def test_the_file_is_for_its_owner_only(client: FlaskClient, people: People) -> None:
    import json

    from app.kit.secrets import seal

    sign_in(client, people.bob)
    foreign = seal(json.dumps({"codes": ["x"], "person": str(people.alice.id)}))
    assert client.post("/konto/ersatzcodes/datei", data={"sealed": foreign}).status_code == 422
    assert client.post("/konto/ersatzcodes/datei", data={"sealed": "made up"}).status_code == 422


def test_a_wrong_code_or_password_does_not_switch_it_on(
    client: FlaskClient, people: People, frozen: object
) -> None:
    sign_in(client, people.alice)
    client.get("/konto/zweiter-faktor")
    right = code_of(people.alice)
    wrong = client.post("/konto/zweiter-faktor", data={"code": "000000", "current": PASSWORD})
    assert wrong.status_code == 422
    assert 'id="code-error"' in wrong.text
    assert client.post("/konto/zweiter-faktor", data={"code": right, "current": "falsch"}).status_code == 422
    assert client.post("/konto/zweiter-faktor", data={"code": right}).status_code == 422
    db.session.rollback()
    assert db.session.scalar(select(Person.totp_secret).where(Person.id == people.alice.id)) is None


def test_switching_it_on_ends_other_sessions(client: FlaskClient, people: People, frozen: object) -> None:
    elsewhere = sign_in(client.application.test_client(), people.alice)
    sign_in(client, people.alice)
    client.get("/konto/zweiter-faktor")
    client.post("/konto/zweiter-faktor", data={"code": code_of(people.alice), "current": PASSWORD})
    assert client.get("/konto/profil").status_code == 200
    assert elsewhere.get("/konto/profil").status_code == 302


def test_the_secret_is_sealed(app: Flask, people: People, frozen: object) -> None:
    secret, address = totp.begin(people.alice.actor)
    stored = db.session.scalar(select(Person.totp_pending).where(Person.id == people.alice.id))
    assert stored is not None
    assert secret not in stored
    assert address.startswith("otpauth://totp/Kontor:alice%40example.org?secret=")


def test_signing_in_takes_both(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    answer = client.post("/anmelden", data={**ALICE, "next": "/konto/profil"})
    assert answer.location == "/anmelden/code"
    assert client.get("/konto/profil").status_code == 302
    answer = client.post("/anmelden/code", data={"code": code_of(people.alice)})
    assert answer.location == "/konto/profil"
    assert client.get("/konto/profil").status_code == 200


def test_a_mailed_link_takes_both_too(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    client.post("/anmelden/link", data={"email": people.alice.email})
    assert client.post(last(people.alice.email).path).location == "/anmelden/code"
    assert client.get("/konto/profil").status_code == 302
    assert client.post("/anmelden/code", data={"code": code_of(people.alice)}).status_code == 303


def test_without_the_first_proof_there_is_no_second(
    client: FlaskClient, people: People, frozen: object
) -> None:
    enable(people.alice)
    assert client.get("/anmelden/code").location == "/anmelden"
    assert client.post("/anmelden/code", data={"code": code_of(people.alice)}).location == "/anmelden"


def test_the_first_proof_runs_out(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    client.post("/anmelden", data=ALICE)
    clock.advance(601)
    assert client.post("/anmelden/code", data={"code": code_of(people.alice)}).location == "/anmelden"
    assert client.get("/konto/profil").status_code == 302


def test_one_code_opens_once(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    code = code_of(people.alice)
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": code}).status_code == 303
    thief = client.application.test_client()
    thief.post("/anmelden", data=ALICE)
    assert thief.post("/anmelden/code", data={"code": code}).status_code == 422


def test_the_code_of_the_setup_is_used_up(client: FlaskClient, people: People, frozen: object) -> None:
    totp.begin(people.alice.actor)
    code = code_of(people.alice)
    totp.enable(people.alice.actor, code, password=PASSWORD)
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": code}).status_code == 422


@pytest.mark.parametrize(
    ("ahead", "status"), [(-30, 303), (0, 303), (30, 303), (60, 422), (-60, 422), (600, 422)]
)
def test_a_phone_may_be_half_a_minute_off(
    client: FlaskClient, people: People, frozen: object, ahead: int, status: int
) -> None:
    enable(people.alice)
    clock.advance(120)
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": code_of(people.alice, ahead)}).status_code == status


def test_an_older_code_does_not_work_after_a_newer_one(
    client: FlaskClient, people: People, frozen: object
) -> None:
    enable(people.alice)
    older, newer = code_of(people.alice, -30), code_of(people.alice)
    client.post("/anmelden", data=ALICE)
    client.post("/anmelden/code", data={"code": newer})
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": older}).status_code == 422


def test_guessing_codes_is_slowed_down(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    client.post("/anmelden", data=ALICE)
    codes = [client.post("/anmelden/code", data={"code": f"{n:06}"}).status_code for n in range(9)]
    assert codes == [422] * 8 + [429]
    assert client.post("/anmelden/code", data={"code": code_of(people.alice)}).status_code == 429


def test_a_backup_code_opens_once_and_tells_by_mail(
    client: FlaskClient, people: People, frozen: object
) -> None:
    codes = enable(people.alice)
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": codes[3].upper().replace("-", " ")}).status_code == 303
    assert "noch 9 übrig" in last(people.alice.email).text
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": codes[3]}).status_code == 422
    assert client.post("/anmelden/code", data={"code": codes[4]}).status_code == 303


def test_backup_codes_are_kept_as_digests(app: Flask, people: People, frozen: object) -> None:
    codes = enable(people.alice)
    stored = set(db.session.scalars(select(BackupCode.digest)))
    assert len(stored) == 10
    assert not stored & {code.replace("-", "") for code in codes}


def test_another_persons_backup_code_is_worth_nothing(
    client: FlaskClient, people: People, frozen: object
) -> None:
    enable(people.alice)
    codes = enable(people.bob)
    client.post("/anmelden", data=ALICE)
    assert client.post("/anmelden/code", data={"code": codes[0]}).status_code == 422


def test_new_codes_replace_the_old(client: FlaskClient, people: People, frozen: object) -> None:
    old = enable(people.alice)
    sign_in(client, people.alice)
    assert client.post("/konto/ersatzcodes", data={"current": "falsch"}).status_code == 422
    answer = client.post("/konto/ersatzcodes", data={"current": PASSWORD})
    new = codes_on(answer.text)
    other = client.application.test_client()
    other.post("/anmelden", data=ALICE)
    assert other.post("/anmelden/code", data={"code": old[0]}).status_code == 422
    assert other.post("/anmelden/code", data={"code": new[0]}).status_code == 303


def test_switching_it_off_takes_password_and_code(
    client: FlaskClient, people: People, frozen: object
) -> None:
    enable(people.alice)
    sign_in(client, people.alice)
    code = code_of(people.alice)
    assert (
        client.post("/konto/zweiter-faktor/aus", data={"code": code, "current": "falsch"}).status_code == 422
    )
    assert (
        client.post("/konto/zweiter-faktor/aus", data={"code": "123456", "current": PASSWORD}).status_code
        == 422
    )
    assert (
        client.post("/konto/zweiter-faktor/aus", data={"code": code, "current": PASSWORD}).status_code == 303
    )
    assert last(people.alice.email).subject == "Zweiter Faktor ausgeschaltet"
    other = client.application.test_client()
    assert other.post("/anmelden", data=ALICE).location == "/"


def test_setting_up_twice_is_refused(client: FlaskClient, people: People, frozen: object) -> None:
    enable(people.alice)
    sign_in(client, people.alice)
    assert client.get("/konto/zweiter-faktor").status_code == 409
    data = {"code": code_of(people.alice), "current": PASSWORD}
    assert client.post("/konto/zweiter-faktor", data=data).status_code == 409


@pytest.mark.postgres
def test_of_many_with_one_code_at_the_same_moment_one_gets_in(pg_app: Flask) -> None:
    people = make_people(pg_app)
    totp.begin(people.alice.actor)
    secret = totp.begin(people.alice.actor)[0]
    app_code = pyotp.TOTP(secret)
    now = int(clock.now().timestamp())
    codes = totp.enable(people.alice.actor, app_code.at(now - 30), password=PASSWORD)

    def one(code: str) -> bool:
        with pg_app.app_context():
            pending = Pending(people.alice.id, "password", False, int(clock.now().timestamp()))
            try:
                service.with_code(pending, code, visitor=Visitor())
            except WrongCode:
                return False
            return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(one, [app_code.at(int(clock.now().timestamp()))] * 6)) == 1
    with pg_app.app_context():
        from app.accounts.rules import limits
        from app.accounts.services import throttle

        throttle.forgive({limits.CODE_PAIR: f"{people.alice.id} {Visitor().network}"})
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(one, [codes[0]] * 6)) == 1
