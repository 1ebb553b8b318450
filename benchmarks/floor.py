"""The floor: a bare Flask page with one ORM query and a Jinja template of fifty rows. Nothing else: no session, no
languages, no permissions, no layout. What a page costs above this is ours.
"""

from __future__ import annotations

import os

from flask import Flask, render_template_string
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """Its own tables beside Kontor's."""


db = SQLAlchemy(model_class=Base)
PAGE = """<!doctype html><html lang="de"><head><title>{{ title }}</title></head><body><h1>{{ title }}</h1>
<table><tr><th>Name</th><th>Vorlage</th><th>Zustand</th><th>Speicher</th><th>Adresse</th></tr>
{% for row in rows %}<tr><td><a href="/server/{{ row.id }}">{{ row.name }}</a></td><td>{{ row.template }}</td>
<td>{{ row.state }}</td><td>{{ row.memory }} MB</td><td>127.0.0.1:{{ row.port }}</td></tr>
{% endfor %}</table></body></html>"""


class Line(db.Model):  # type: ignore[name-defined]
    """Something to show."""

    __tablename__ = "bench_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    template: Mapped[str]
    state: Mapped[str]
    memory: Mapped[int]
    port: Mapped[int]


def create() -> Flask:
    app = Flask("floor")
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["FLOOR_DATABASE_URL"]
    db.init_app(app)

    @app.get("/healthz")
    def alive() -> str:
        return "ok"

    @app.get("/")
    def page() -> str:
        rows = db.session.scalars(select(Line).order_by(Line.name).limit(50)).all()
        return render_template_string(PAGE, title="Server", rows=rows)

    with app.app_context():
        db.create_all()
        if db.session.get(Line, 1) is None:
            db.session.add_all(
                Line(
                    id=n,
                    name=f"Server {n:03d}",
                    template="vanilla",
                    state="running",
                    memory=1024,
                    port=25000 + n,
                )
                for n in range(1, 201)
            )
            db.session.commit()
    return app
