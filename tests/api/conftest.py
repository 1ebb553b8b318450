"""API clients: one with each kind of token."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts.api import all_scopes
from app.accounts.services.token import create_token
from app.kit.rest import PREFIX
from tests.people import Someone

EVERYTHING = "everything"


class Caller:
    """Speaks to the API with one token."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {
            "Authorization": f"Bearer {self.token}",
            **{k.replace("_", "-"): v for k, v in headers.items()},
        }
        return self.client.open(PREFIX + path, method=method, json=body, headers=sent)


def token_for(person: Someone, *scopes: str) -> str:
    """A token of this person; EVERYTHING gives it every scope there is."""
    wanted = [scope.name for scope in all_scopes()] if scopes == (EVERYTHING,) else list(scopes)
    return create_token(person.actor, name="test", scopes=wanted, days=30)[1]


def caller(app: Flask, person: Someone, *scopes: str) -> Caller:
    return Caller(app.test_client(), token_for(person, *(scopes or (EVERYTHING,))))
