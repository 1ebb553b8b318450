"""Files: bytes first, then the row. A row without bytes cannot exist; bytes without a row are swept after a day."""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO
from uuid import UUID

from flask import current_app
from sqlalchemy import select

from app.core.gateways.file import FileStore, store_for
from app.core.models.file import File
from app.kit import clock
from app.kit.config import settings
from app.kit.db import after_commit, db, in_transaction, require_transaction, transaction
from app.kit.errors import NotFound
from app.kit.ids import new_id

ORPHAN_AFTER = timedelta(days=1)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")


@dataclass(frozen=True)
class Upload:
    """Bytes that are in the store and wait for their row."""

    key: str
    size: int
    sha256: str


def store() -> FileStore:
    """This process's file store, made on first use."""
    url = settings().files_url
    known: dict[str, FileStore] = current_app.extensions.setdefault("kontor-files", {})
    if url not in known:
        known[url] = store_for(url, settings().var_dir)
    return known[url]


def upload_file(data: bytes | BinaryIO) -> Upload:
    """Put bytes into the store. Outside a transaction: it may take long. Raises Unavailable."""
    if in_transaction():
        raise RuntimeError("upload before the transaction: the store may be slow")
    key_hex = new_id().hex
    key = f"{key_hex[-2:]}/{key_hex[-4:-2]}/{key_hex}"
    digest, size = hashlib.sha256(), 0
    with tempfile.SpooledTemporaryFile(max_size=8 << 20) as copy:
        source = io.BytesIO(data) if isinstance(data, bytes) else data
        while chunk := source.read(1 << 20):
            digest.update(chunk)
            size += len(chunk)
            copy.write(chunk)
        copy.seek(0)
        store().put(key, copy)  # type: ignore[arg-type]
    return Upload(key, size, digest.hexdigest())


def open_upload(key: str) -> BinaryIO:
    """The bytes of an `Upload` that has no row yet; the caller closes. Raises NotFound (swept), Unavailable."""
    return store().open(key)


def drop_upload(key: str) -> None:
    """Forget bytes that get no row. Nobody has to: what is forgotten here is swept after a day."""
    store().delete(key)


def keep_file(
    upload: Upload,
    *,
    name: str,
    mime: str,
    kind: str,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> UUID:
    """Give uploaded bytes their row. Joins the caller's transaction. Returns the file's id.

    With `person_id` it is that person's alone, otherwise the organisation's, under the rule of its `kind`.
    """
    require_transaction()
    row = File(
        id=new_id(),
        organisation_id=organisation_id,
        person_id=person_id,
        kind=kind,
        name=_UNSAFE.sub("_", name).strip(" .")[:200] or "datei",
        mime=mime,
        size=upload.size,
        sha256=upload.sha256,
        key=upload.key,
        created_at=clock.now(),
        expires_at=expires_at,
    )
    db.session.add(row)
    db.session.flush()
    return row.id


def store_file(
    data: bytes | BinaryIO,
    *,
    name: str,
    mime: str,
    kind: str,
    organisation_id: UUID | None = None,
    person_id: UUID | None = None,
    expires_at: datetime | None = None,
) -> UUID:
    """`upload_file` and `keep_file` in one step, in a transaction of its own."""
    upload = upload_file(data)
    with transaction():
        return keep_file(
            upload, name=name, mime=mime, kind=kind, organisation_id=organisation_id, person_id=person_id,
            expires_at=expires_at,
        )  # fmt: skip


def open_file(file_id: UUID) -> BinaryIO:
    """The bytes; the caller has checked who asks, and closes. Raises NotFound, Unavailable."""
    key = db.session.scalar(select(File.key).where(File.id == file_id))
    if key is None:
        raise NotFound
    return store().open(key)


def delete_file(file_id: UUID) -> None:
    """Remove a file: the row now, the bytes after the commit. Joins the caller's transaction."""
    require_transaction()
    row = db.session.get(File, file_id)
    if row is not None:
        key = row.key
        db.session.delete(row)
        after_commit(lambda: store().delete(key))


def tidy_files() -> int:
    """Delete expired files, and bytes without a row that are older than a day. Returns how many went."""
    now, count = clock.now(), 0
    with transaction() as session:
        for file_id in session.scalars(select(File.id).where(File.expires_at < now).limit(1000)).all():
            delete_file(file_id)
            count += 1
    written = store().keys()
    old = [key for key, at in written if at < now - ORPHAN_AFTER]
    for start in range(0, len(old), 500):
        some = old[start : start + 500]
        known = set(db.session.scalars(select(File.key).where(File.key.in_(some))))
        for key in some:
            if key not in known:
                store().delete(key)
                count += 1
    return count
