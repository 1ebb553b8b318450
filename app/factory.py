"""create_app: settings, kit, core, modules. Nothing else."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from flask import Flask
from flask_migrate import Migrate
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from app.kit.authz import init_authz
from app.kit.config import ROOT, Settings
from app.kit.db import db, keep_private
from app.kit.forms import init_forms
from app.kit.htmx import init_htmx
from app.kit.i18n import init_i18n
from app.kit.live_parts import init_live
from app.kit.observe import init_observe
from app.kit.secrets import load_keys
from app.kit.web import init_web

GROUND = ("core", "accounts", "billing", "messaging", "privacy")
PRODUCTS = ("booking", "hosting", "nanos", "desk", "chambers")


def create_app(settings: Settings | None = None, **overrides: Any) -> Flask:
    """The application for one process. `overrides` go to Flask's config (tests)."""
    settings = settings or Settings()
    app = Flask(
        "app",
        root_path=str(ROOT / "app"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    if not settings.database_url:
        keep_private(settings.var_dir / "kontor.db")
    keys = load_keys(settings)
    app.extensions["kontor-settings"] = settings
    app.extensions["kontor-keys"] = keys
    postgres = settings.sqlalchemy_url.startswith("postgresql")
    app.config.update(
        SECRET_KEY=keys[0],
        SECRET_KEY_FALLBACKS=keys[1:],
        SESSION_COOKIE_NAME="kontor_form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        MAX_CONTENT_LENGTH=16 * 1024 * 1024,
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": 10,
            "max_overflow": 10,
            "pool_timeout": 10,
            "pool_pre_ping": True,
        }
        if postgres
        else {"connect_args": {"timeout": 10, "check_same_thread": False}},
    )
    app.config.update(overrides)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True)
    for init in (init_observe, init_web, init_forms, init_i18n, init_authz, init_htmx, init_live):
        init(app)
    if find_spec("app.kit.ui"):
        import_module("app.kit.ui").init_ui(app)
    unknown = set(settings.enabled_modules) - set(PRODUCTS)
    if unknown:
        raise SystemExit(f"KONTOR_MODULES names unknown products: {', '.join(sorted(unknown))}")
    modules = (*GROUND, *(name for name in PRODUCTS if name in settings.enabled_modules))
    for module in modules:
        if find_spec(f"app.{module}") and (ROOT / "app" / module / "__init__.py").exists():
            import_module(f"app.{module}").register(app)
    import_module("app.api").register(app, modules)
    if find_spec("app.cli"):
        import_module("app.cli").register(app)
    return app
