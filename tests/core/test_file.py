"""Files: whole or not at all, on disk and in S3 alike; fetched only by those they belong to."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from app.core.api import delete_file, file_for, file_kind, find_file, open_file, store_file, upload_file
from app.core.gateways.file import DiskStore, FileStore, store_for
from app.core.services.file import store, tidy_files
from app.kit import clock
from app.kit.authz import Actor
from app.kit.db import transaction
from app.kit.errors import NotAllowed, NotFound, Unavailable
from tests.services.s3 import running_s3

KEY = "ab/cd/" + "0" * 28 + "cdab"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    """A bucket on a real S3 server."""
    with running_s3() as server:
        server.client.create_bucket(Bucket="kontor")
        yield server.url("kontor", "files")


@pytest.fixture(params=["disk", "s3"])
def held(request: pytest.FixtureRequest, app: Flask, tmp_path: Path) -> FileStore:
    if request.param == "disk":
        return DiskStore(tmp_path)
    return store_for(request.getfixturevalue("s3_url"), tmp_path)


class TestEveryStore:
    def test_gives_back_what_it_got(self, held: FileStore) -> None:
        data = os.urandom(3_000_000)
        held.put(KEY, io.BytesIO(data))
        with held.open(KEY) as stream:
            assert stream.read() == data

    def test_replaces_whole_files(self, held: FileStore) -> None:
        held.put(KEY, io.BytesIO(b"first, longer"))
        held.put(KEY, io.BytesIO(b"second"))
        with held.open(KEY) as stream:
            assert stream.read() == b"second"

    def test_says_not_found(self, held: FileStore) -> None:
        with pytest.raises(NotFound):
            held.open("ff/ff/" + "f" * 32)

    def test_deletes_also_what_is_not_there(self, held: FileStore) -> None:
        held.put(KEY, io.BytesIO(b"x"))
        held.delete(KEY)
        held.delete(KEY)
        with pytest.raises(NotFound):
            held.open(KEY)

    def test_lists_keys_with_their_time(self, held: FileStore) -> None:
        held.put(KEY, io.BytesIO(b"x"))
        found = dict(held.keys())
        assert abs(found[KEY] - clock.now()) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "key", ["../../etc/passwd", "/etc/passwd", "ab/cd/x", "", "ab/cd/" + "0" * 31 + "/"]
    )
    def test_takes_only_keys_of_our_form(self, held: FileStore, key: str) -> None:
        with pytest.raises(ValueError, match="not a key"):
            held.put(key, io.BytesIO(b"x"))
        with pytest.raises(ValueError, match="not a key"):
            held.open(key)

    def test_a_broken_source_leaves_nothing(self, held: FileStore) -> None:
        class Torn(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                raise OSError("torn")

        with pytest.raises((OSError, Unavailable)):
            held.put(KEY.replace("0", "1"), Torn())
        assert KEY.replace("0", "1") not in dict(held.keys())


def test_an_s3_that_is_away_is_unavailable(app: Flask, tmp_path: Path) -> None:
    away = store_for("s3://k:s@kontor?endpoint=http://127.0.0.1:1&region=us-east-1", tmp_path)
    with pytest.raises(Unavailable):
        away.open(KEY)


def keep(**more: object) -> object:
    values: dict[str, object] = {"name": "Bericht.pdf", "mime": "application/pdf", "kind": "trial"}
    return store_file(b"hello", **{**values, **more})  # type: ignore[arg-type]


def test_a_stored_file_knows_its_size_and_digest(app: Flask) -> None:
    found = find_file(keep(organisation_id=uuid4()))  # type: ignore[arg-type]
    assert found is not None
    assert (found.size, found.sha256) == (5, hashlib.sha256(b"hello").hexdigest())
    with open_file(found.id) as stream:
        assert stream.read() == b"hello"


def test_uploading_inside_a_transaction_is_refused(app: Flask) -> None:
    with pytest.raises(RuntimeError), transaction():
        upload_file(b"x")


def test_names_cannot_lead_elsewhere(app: Flask) -> None:
    found = find_file(keep(name='../../x\r\n"; evil.exe'))  # type: ignore[arg-type]
    assert found is not None
    assert not set('/\\\r\n":') & set(found.name)


class TestWhoMayFetch:
    def test_the_organisation_by_its_kinds_rule(self, app: Flask) -> None:
        ours = uuid4()
        file_kind("trial", lambda actor: actor.role == "owner")
        file_id = keep(organisation_id=ours)
        assert file_for(Actor(uuid4(), ours, "owner"), file_id)  # type: ignore[arg-type]
        with pytest.raises(NotAllowed):
            file_for(Actor(uuid4(), ours, "member"), file_id)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            file_for(Actor(uuid4(), uuid4(), "owner"), file_id)  # type: ignore[arg-type]

    def test_a_kind_nobody_registered_is_closed(self, app: Flask) -> None:
        ours = uuid4()
        with pytest.raises(NotAllowed):
            file_for(Actor(uuid4(), ours, "owner"), keep(organisation_id=ours, kind="unheard"))  # type: ignore[arg-type]

    def test_a_persons_file_is_theirs_alone(self, app: Flask) -> None:
        me, ours = uuid4(), uuid4()
        file_id = keep(organisation_id=ours, person_id=me)
        assert file_for(Actor(me, uuid4(), None), file_id)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            file_for(Actor(uuid4(), ours, "owner"), file_id)  # type: ignore[arg-type]

    def test_an_expired_file_is_not_there(self, app: Flask, frozen: object) -> None:
        me = uuid4()
        file_id = keep(person_id=me, expires_at=clock.now() + timedelta(days=1))
        clock.advance(days=1)
        with pytest.raises(NotFound):
            file_for(Actor(me), file_id)  # type: ignore[arg-type]


def test_deleting_takes_the_bytes_after_the_commit(app: Flask) -> None:
    file_id = keep()
    with pytest.raises(ZeroDivisionError), transaction():
        delete_file(file_id)  # type: ignore[arg-type]
        raise ZeroDivisionError
    open_file(file_id).close()  # type: ignore[arg-type]
    with transaction():
        delete_file(file_id)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        open_file(file_id)  # type: ignore[arg-type]


def test_tidying_takes_expired_files_and_bytes_without_a_row(app: Flask) -> None:
    kept = keep()
    keep(expires_at=clock.now() - timedelta(seconds=1))
    fresh = upload_file(b"a job is about to write its row")
    stray = upload_file(b"its job died")
    path = store().folder / stray.key  # type: ignore[attr-defined]
    two_days_ago = clock.now().timestamp() - 172_800
    os.utime(path, (two_days_ago, two_days_ago))
    assert tidy_files() == 2
    open_file(kept).close()  # type: ignore[arg-type]
    assert fresh.key in dict(store().keys())
    assert stray.key not in dict(store().keys())
