"""Nanos: learning units of 1 to 20 minutes that organisations of a region offer each other.

Promises: nothing is public that nobody of the platform has read; what is public stays as it was read until its next
revision was; a nano keeps its ratings as long as it teaches the same; no file is given to who may not have it.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from flask import Flask

from app.kit.config import ROOT


def register(app: Flask) -> None:
    """Plug nanos into the application."""
    from app.core.api import search_provider, search_source
    from app.nanos import models, subscribers, subscribers_insight, subscribers_voices  # noqa: F401
    from app.nanos.catalog import vocabularies
    from app.nanos.describe import describe
    from app.nanos.describe_barter import register_barter
    from app.nanos.describe_learning import describe_learning
    from app.nanos.describe_lti import register_lti
    from app.nanos.describe_moderation import register_moderation
    from app.nanos.describe_module import register_modules
    from app.nanos.describe_voices import describe_voices
    from app.nanos.describe_voices_moderation import register_voice_moderation
    from app.nanos.notices import register_kinds
    from app.nanos.notices_learning import register_learning_kinds
    from app.nanos.notices_voices import register_voices
    from app.nanos.policies import grant_all
    from app.nanos.queries.document import KIND, list_documents
    from app.nanos.rooms import register_rooms
    from app.nanos.scopes import register_scopes
    from app.nanos.services.learning_personal import contribute_learning
    from app.nanos.services.personal import contribute
    from app.nanos.services.personal_voices import contribute_voices
    from app.nanos.views import init_views, nanos
    from app.nanos.views.palette import find_hits

    vocabularies()  # a broken vocabulary stops the start and says where
    grant_all()
    register_scopes()
    describe()
    register_kinds()
    contribute()
    describe_voices()
    register_voices()
    contribute_voices()
    register_rooms()
    describe_learning()
    register_learning_kinds()
    contribute_learning()
    search_source(KIND, list_documents)
    register_moderation()
    register_modules()
    register_voice_moderation()
    register_lti()
    for page in iter_modules([str(ROOT / "app/nanos/views")]):
        import_module(f"app.nanos.views.{page.name}")
    register_barter()
    search_provider("nanos", find_hits)
    app.register_blueprint(nanos)
    init_views(app)
