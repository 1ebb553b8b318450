"""The database: typed models, one way to write, compare-and-set.

Reads may happen anywhere. Writes happen inside `transaction()`, which services open and nobody nests. On SQLite
it takes the write lock at once (BEGIN IMMEDIATE), so that a later upgrade cannot fail with "database is locked".
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, Dialect, Engine, MetaData, Uuid, event, inspect, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from app.kit.errors import Conflict, NotFound
from app.kit.ids import new_id

log = structlog.get_logger(__name__)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware times only, kept in UTC to the microsecond."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive time refused: use app.kit.clock")
        value = value.astimezone(UTC)
        return value if dialect.name != "sqlite" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of all tables: constraint names follow one pattern so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


# Flask-SQLAlchemy makes its own base of ours and cannot take the map as a class attribute.
Base.registry.update_type_annotation_map(
    {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, UUID: Uuid}
)

db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


SEALED = {"sealed": True}
"""`info=SEALED` on a column that holds `secrets.seal(…)`: a rotation of keys seals its values again."""


def primary_key() -> Mapped[UUID]:
    """The usual key: a UUIDv7 made by us."""
    return mapped_column(Uuid, primary_key=True, default=new_id)


class _Transaction:
    def __init__(self) -> None:
        self.hooks: list[Callable[[], object]] = []


_open: ContextVar[_Transaction | None] = ContextVar("transaction", default=None)


def in_transaction() -> bool:
    """Whether a `transaction()` is open here."""
    return _open.get() is not None


def require_transaction() -> None:
    """For functions that write inside their caller's transaction."""
    if _open.get() is None:
        raise RuntimeError("this must be called inside a transaction()")


def after_commit(hook: Callable[[], object]) -> None:
    """Run `hook` once the open transaction is committed; it is dropped by a rollback.

    A hook is a courtesy (push to Redis, notify a browser): its failure is logged and never undoes what was written.
    """
    current = _open.get()
    if current is None:
        raise RuntimeError("after_commit needs an open transaction()")
    current.hooks.append(hook)


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commit at the end, roll back on any exception. Nesting is a programming error."""
    if _open.get() is not None:
        raise RuntimeError("transactions do not nest: one service function opens one")
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made outside a transaction()")
    session.rollback()  # end the read transaction: what was read before may be old
    current = _Transaction()
    token = _open.set(current)
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        _open.reset(token)
    for hook in current.hooks:
        try:
            hook()
        except Exception:
            log.warning("after_commit_failed", hook=getattr(hook, "__qualname__", str(hook)), exc_info=True)


M = TypeVar("M", bound=Base)


def lock(model: type[M], row_id: UUID) -> M:
    """The row, locked until the transaction ends (SQLite: the whole database already is). Raises NotFound."""
    require_transaction()
    row = db.session.get(model, row_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def move(model: type[M], row_id: UUID, *, from_: str | tuple[str, ...], to: str, **values: object) -> None:
    """Change `state` only where it still is one of `from_`; Conflict when someone was first."""
    require_transaction()
    allowed = (from_,) if isinstance(from_, str) else tuple(from_)
    columns: Any = model
    result = db.session.execute(
        update(model)
        .where(columns.id == row_id, columns.state.in_(allowed))
        .values(state=to, **values)
        .execution_options(synchronize_session=False)
    )
    known = db.session.identity_map.get(inspect(model).identity_key_from_primary_key((row_id,)))
    if known is not None:
        db.session.expire(known)
    if result.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict


def keep_private(file: Path) -> None:
    """Make SQLite's file for our user only, before SQLite makes it for everybody; its log files take over the mode.

    Game servers run under users of their own and pass through the folder it lies in.
    """
    with suppress(OSError):  # a folder that cannot be written is told by the database, with more words
        os.close(os.open(file, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
    for part in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        with suppress(OSError):  # not there yet, or another user's
            part.chmod(0o600)


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, _record: object) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # we say BEGIN ourselves, see _on_begin
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _on_begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _open.get() is not None else "BEGIN")
