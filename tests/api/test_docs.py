"""The description: valid OpenAPI 3.1 for programs, a page for people."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from app.kit.authz import access_of
from app.kit.rest import PREFIX, operations


def test_every_operation_is_described_and_marked(app: Flask, client: FlaskClient) -> None:
    described = client.get(f"{PREFIX}/openapi.json").json
    assert described is not None
    assert described["openapi"] == "3.1.0"
    ids = [op["operationId"] for methods in described["paths"].values() for op in methods.values()]
    assert len(ids) == len(set(ids)) == len(operations(app)) > 0
    for op in operations(app):
        found = described["paths"][PREFIX + op.path][op.method.lower()]
        assert found["summary"]
        assert {"401", "403", "422", "429", "503"} <= set(found["responses"])
        assert access_of(app.view_functions[op.endpoint]) == op.permission


def test_nothing_is_referenced_that_is_not_there(client: FlaskClient) -> None:
    answer = client.get(f"{PREFIX}/openapi.json")
    assert answer.json is not None
    parts = answer.json["components"]
    for kind, name in re.findall(r'"#/components/(\w+)/([\w-]+)"', answer.text):
        assert name in parts[kind], name


def test_every_operation_names_the_scope_a_token_needs(client: FlaskClient) -> None:
    described = client.get(f"{PREFIX}/openapi.json").json
    assert described is not None
    for methods in described["paths"].values():
        for op in methods.values():
            assert "Scope: `" in op["description"], op["operationId"]


def test_the_page_shows_every_operation_without_foreign_code(app: Flask, client: FlaskClient) -> None:
    page = client.get(f"{PREFIX}/docs")
    assert page.status_code == 200
    for op in operations(app):
        assert f'id="{op.id}"' in page.text
    assert not re.findall(r"""(?:src|href)=["']https?://""", page.text)


def test_unknown_addresses_answer_as_problems(client: FlaskClient) -> None:
    answer = client.get(f"{PREFIX}/nothing")
    assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")
