"""A new key for secrets at rest: everything sealed is sealed again, then old keys may go."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from cryptography.fernet import InvalidToken
from flask import current_app
from sqlalchemy import Column, select, update

from app.kit.config import settings
from app.kit.db import db, transaction
from app.kit.secrets import reseal

BATCH = 500


@dataclass
class Rotation:
    """What a rotation came to."""

    resealed: int = 0
    unreadable: int = 0


def sealed_columns() -> list[Column[str]]:
    """Every column that holds sealed text."""
    return [c for table in db.metadata.sorted_tables for c in table.columns if c.info.get("sealed")]


def add_key() -> Path:
    """Put a new key before the others in var/secret.key, for this process too.

    RuntimeError where the keys come from KONTOR_SECRET_KEYS: there the operator puts the new one first.
    """
    if settings().secret_keys.get_secret_value():
        raise RuntimeError(
            "the keys come from KONTOR_SECRET_KEYS: put a new one first there, restart, then --reseal"
        )
    path = settings().var_dir / "secret.key"
    keys = [token_urlsafe(48), *path.read_text().split()]
    _replace(path, keys)
    current_app.extensions["kontor-keys"] = keys
    return path


def drop_old_keys() -> int:
    """Keep only the newest key in var/secret.key. Returns how many went."""
    path = settings().var_dir / "secret.key"
    keys = path.read_text().split()
    _replace(path, keys[:1])
    return len(keys) - 1


def _replace(path: Path, keys: list[str]) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(keys) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)


def reseal_all() -> Rotation:
    """Seal every stored secret under the newest key, in batches; a value changed meanwhile is left to its writer."""
    total = Rotation()
    for column in sealed_columns():
        _reseal(column, total)
    return total


def _reseal(column: Column[str], total: Rotation) -> None:
    table = column.table
    [key] = table.primary_key.columns
    last = None
    while True:
        rows = select(key, column).where(column.is_not(None), column != "").order_by(key).limit(BATCH)
        found = db.session.execute(rows if last is None else rows.where(key > last)).all()
        db.session.rollback()
        if not found:
            return
        with transaction() as session:
            for identity, old in found:
                try:
                    new = reseal(old)
                except InvalidToken:
                    total.unreadable += 1
                    continue
                session.execute(
                    update(table).where(key == identity, column == old).values({column.name: new})
                )
                total.resealed += 1
        last = found[-1][0]
