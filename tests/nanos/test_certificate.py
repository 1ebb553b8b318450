"""Certificates: what they say stays, others can check it, and what is revoked verifies nowhere."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from openbadgeslib.ob3.status import decode_encoded_list, set_indices
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier
from pypdf import PdfReader

from app.core.api import open_file
from app.kit import clock
from app.kit.db import db, transaction
from app.kit.errors import Conflict, NotAllowed, NotFound
from app.nanos.models import BadgeKey, Certificate, Duty
from app.nanos.queries.certificate import find_by_number, get_own, issuer
from app.nanos.rules.credential import (
    ALPHABET,
    LIST_BITS,
    Issuer,
    did_web,
    identity,
    normal_number,
    status_list,
)
from app.nanos.services import badge_key as keys
from app.nanos.services import certificate as services
from app.nanos.services.assignment import Wish, assign, end
from app.nanos.services.certificate_paper import badge, revocations
from app.nanos.services.ending import today
from app.nanos.services.learning_personal import erase_learning
from app.nanos.services.reopening import reopen
from tests.nanos import rig
from tests.nanos.test_assignment import finish
from tests.people import People, sign_in

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@given(st.text(ALPHABET, min_size=12, max_size=12), st.sampled_from(["", " ", "-", ". "]))
def test_a_number_is_known_however_it_is_typed(letters: str, gap: str) -> None:
    number = normal_number(letters)
    assert normal_number(gap.join(number.lower())) == number
    assert normal_number(letters[:-1]) == "" and normal_number(letters[:-1] + "0") == ""


@given(st.sets(st.integers(0, LIST_BITS - 1), max_size=20))
def test_the_list_holds_the_bits_as_a_foreign_reader_reads_them(revoked: set[int]) -> None:
    made = status_list(Issuer("did:web:x", "x", "https://x"), "https://x/1", revoked, NOW)
    bits = decode_encoded_list(made["credentialSubject"]["encodedList"])
    assert set_indices(bits) == revoked and len(bits) * 8 == LIST_BITS


def test_the_issuer_is_named_by_its_address() -> None:
    assert did_web("https://a.example", "/nanos/badges") == "did:web:a.example:nanos:badges"
    assert (
        did_web("http://localhost:8000/app", "/nanos/badges") == "did:web:localhost%3A8000:app:nanos:badges"
    )


def earned(people: People) -> Certificate:
    """Bob was through a nano."""
    finish(people.bob.actor, rig.published(people, rig.OPEN))
    return db.session.query(Certificate).one()


def pem(key: BadgeKey) -> bytes:
    """A public key as a foreign library wants it."""
    raw = base64.urlsafe_b64decode(key.public + "=" * (-len(key.public) % 4))
    return Ed25519PublicKey.from_public_bytes(raw).public_bytes(
        Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
    )


def fetcher(app: Flask) -> Callable[[str], bytes]:
    """What a stranger's verifier downloads, from this application."""

    def fetch(url: str) -> bytes:
        path = "/" + url.split("/", 3)[3]
        answer = app.test_client().get(path)
        assert answer.status_code == 200, url
        return answer.data

    return fetch


def test_a_foreign_library_verifies_the_badge_and_refuses_what_was_touched(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    row = earned(db_people)
    token = badge(db_people.bob.actor, row.id)
    verifier = OB3Verifier.for_issuer_did(issuer().did, download=fetcher(db_app))
    found = verifier.verify(token, check_status=True, download=fetcher(db_app))
    assert found.achievement.name == rig.OPEN.title and found.issuer.id == issuer().did
    said = jwt.decode(token, verifier.pubkey_pem, algorithms=["EdDSA"])
    plain = json.dumps(said)
    assert "bob" not in plain.casefold() and "mailto" not in plain and "@example" not in plain
    (one,) = said["credentialSubject"]["identifier"]
    assert one["identityHash"] == identity(db_people.bob.email, row.salt) and one["hashed"] is True
    head, body, mark = token.split(".")
    other = json.loads(base64.urlsafe_b64decode(body + "=="))
    other["credentialSubject"]["achievement"]["name"] = "Facharzt"
    forged = base64.urlsafe_b64encode(json.dumps(other).encode()).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for touched in (f"{head}.{forged}.{mark}", f"{none}.{body}.", f"{head}.{body}.{mark[:-4]}AAAA"):
        with pytest.raises(OB3VerificationError):
            verifier.verify(touched)


def test_what_is_revoked_verifies_nowhere(db_app: Flask, db_people: People, frozen: object) -> None:
    bob, row = db_people.bob.actor, earned(db_people)
    token, key = badge(bob, row.id), db.session.query(BadgeKey).one()
    verifier = OB3Verifier(pem(key))
    services.revoke_own(bob, row.id)
    with pytest.raises(OB3VerificationError, match="revocation"):
        verifier.verify(token, check_status=True, download=fetcher(db_app))
    with pytest.raises(NotFound):
        badge(bob, row.id)
    with pytest.raises(Conflict):
        services.revoke_own(bob, row.id)
    with pytest.raises(NotFound):
        revocations(uuid4(), 0)
    with pytest.raises(NotFound):
        revocations(key.id, 1)


def test_after_a_change_of_keys_old_badges_verify_and_after_a_revocation_not(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    bob, olga, row = db_people.bob.actor, db_people.olga.actor, earned(db_people)
    old = badge(bob, row.id)
    first = db.session.query(BadgeKey).one()
    assert first.private.startswith("gAAAA") and '"d"' not in first.private
    with pytest.raises(NotAllowed):
        keys.change_key(db_people.alice.actor)
    assert keys.change_key(olga) == 2
    new = badge(bob, row.id)
    assert jwt.get_unverified_header(new)["kid"].endswith("#key-2")

    def verify(token: str) -> Any:
        return OB3Verifier.for_issuer_did(issuer().did, download=fetcher(db_app)).verify(token)

    verify(old), verify(new)
    keys.revoke_key(olga, first.id)
    verify(new)
    with pytest.raises(OB3VerificationError):
        verify(old)
    with pytest.raises(Conflict):
        keys.revoke_key(olga, first.id)
    second = db.session.query(BadgeKey).filter_by(serial=2).one()
    keys.revoke_key(olga, second.id)
    assert [one.state for one in keys.list_keys()] == ["active", "revoked", "revoked"]
    verify(badge(bob, row.id))


def test_the_paper_says_who_and_what(
    client: FlaskClient, people: People, frozen: object, run_jobs: Callable[..., list[str]]
) -> None:
    row = earned(people)
    assert "jobs.nanos.certificate.make: done" in run_jobs()
    row = db.session.query(Certificate).populate_existing().one()
    assert row.file_id is not None
    with open_file(row.file_id) as source:
        text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(source.read())).pages)
    for word in ("Bob", rig.OPEN.title, "10 Minuten", "Nordlicht", row.number, f"/nanos/verify/{row.number}"):
        assert word in " ".join(text.split()), word
    sign_in(client, people.alice)
    assert client.get(f"/nanos/certificates/{row.id}").status_code == 404
    sign_in(client, people.bob)
    page = client.get(f"/nanos/certificates/{row.id}").text
    assert str(row.file_id) in page
    services.revoke_own(people.bob.actor, row.id)
    with pytest.raises(NotFound):
        open_file(row.file_id)


def test_everybody_checks_it_and_sees_what_the_holder_shows(
    client: FlaskClient, people: People, frozen: object
) -> None:
    row = earned(people)
    db.session.query(Certificate).update({"holder": "Bob Sander"})
    db.session.commit()
    address = f"/nanos/verify/{row.number}"
    page = client.get(address)
    assert (
        page.status_code == 200
        and "Echt und gültig" in page.text
        and "B. S." in page.text
        and "Sander" not in page.text
    )
    assert (
        client.get("/nanos/verify", query_string={"number": row.number.lower().replace("-", " ")}).status_code
        == 200
    )
    assert client.get("/nanos/verify/ABCD-EFGH-JKMN").status_code == 404
    assert client.get("/nanos/verify").status_code == 200
    sign_in(client, people.bob)
    for shows, there in (("name", True), ("nothing", False), ("nonsense", False)):
        client.post(f"/nanos/certificates/{row.id}/shows", data={"shows": shows})
        assert ("Bob Sander" in client.get(address).text) == there
    assert client.get(f"/nanos/certificates/{row.id}/badge.jwt").mimetype == "application/vc+jwt"
    assert client.get(f"/nanos/certificates/{row.id}/revoke").status_code == 200
    assert client.post(f"/nanos/certificates/{row.id}/revoke").status_code == 303
    page = client.get(address).text
    assert "Nicht mehr gültig" in page and rig.OPEN.title not in page and "B. S." not in page


def test_an_erased_person_leaves_a_number_without_a_name(
    client: FlaskClient, people: People, frozen: object
) -> None:
    row = earned(people)
    with transaction():
        erase_learning(people.bob.id)
    found = find_by_number(row.number)
    assert found is not None and not found.valid and found.public_name == "" and found.holder == ""
    assert "das Konto wurde gelöscht" in client.get(f"/nanos/verify/{row.number}").text


def test_what_it_says_stays(app: Flask, people: People, frozen: object) -> None:
    row = earned(people)
    from app.nanos.models import Revision

    db.session.query(Revision).update({"title": "Anders"})
    db.session.commit()
    clock.advance(days=1)
    assert get_own(people.bob.actor, row.id).title == rig.OPEN.title


def test_the_operator_changes_keys_on_a_page(client: FlaskClient, people: People) -> None:
    sign_in(client, people.olga)
    assert "Noch kein Schlüssel" in client.get("/nanos/badges/keys").text
    client.post("/nanos/badges/keys")
    key: UUID = db.session.query(BadgeKey).one().id
    assert "unterschreibt" in client.get("/nanos/badges/keys").text
    assert client.get(f"/nanos/badges/keys/{key}/revoke").status_code == 200
    client.post(f"/nanos/badges/keys/{key}/revoke")
    assert "widerrufen" in client.get("/nanos/badges/keys").text
    sign_in(client, people.alice)
    assert client.get("/nanos/badges/keys").status_code == 403
    assert len(client.get("/nanos/badges/jwks.json").json["keys"]) == 1
    assert client.get("/nanos/badges/issuer.json").json["id"].startswith("did:web:")


def test_a_completion_that_is_taken_back_revokes_its_certificate(
    db_app: Flask, db_people: People, frozen: object
) -> None:
    people, bob = db_people, db_people.bob
    nano_id = rig.published(people, rig.OPEN)
    wanted = Wish((bob.id,), due_on=today())
    made = assign(people.alice.actor, nano_id, wanted, once=str(uuid4()))
    duty = db.session.query(Duty).one().id
    with pytest.raises(Conflict):
        reopen(people.alice.actor, duty)
    finish(bob.actor, nano_id)
    with pytest.raises(NotFound):
        reopen(people.cleo.actor, duty)
    with pytest.raises(NotAllowed):
        reopen(bob.actor, duty)
    assert reopen(people.alice.actor, duty) == made.id
    row = db.session.query(Certificate).populate_existing().one()
    assert (row.state, row.why) == ("revoked", "withdrawn")
    clock.advance(hours=1)
    finish(bob.actor, nano_id)
    again = db.session.query(Duty).populate_existing().one()
    assert again.state == "done" and again.completed_at == clock.now()
    assert db.session.query(Certificate).filter_by(state="valid").count() == 1
    end(people.alice.actor, made.id)
    with pytest.raises(Conflict):
        reopen(people.alice.actor, duty)
