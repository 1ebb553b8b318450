"""Migrations run against the application's own database, under a short lock so that a release never stalls the site."""

from __future__ import annotations

from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Column, text

from app.kit.db import UtcDateTime, db


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Our own column types are written as what the database sees, so old migrations need no code of today."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(
    _context: Any, _inspected: Column[Any], _column: Column[Any], inspected: Any, declared: Any
) -> bool | None:
    """SQLite keeps no zone; our type is the same either way."""
    return False if isinstance(declared, UtcDateTime) else None


def run() -> None:
    """Bring the database to the newest version."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET lock_timeout = '10s'"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_item=render_item,
            **{**current_app.extensions["migrate"].configure_args, "compare_type": compare_type},
        )
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()


run()
