"""The description as the page shows it: plain rows instead of JSON schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """A field or parameter. `inner` are the fields of the objects in it."""

    name: str
    kind: str
    place: str = ""
    always: bool = False
    text: str = ""
    inner: list[Row] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """One operation."""

    id: str
    tag: str
    method: str
    path: str
    summary: str
    text: str
    parameters: list[Row]
    body: list[Row]
    status: str
    answer: list[Row]
    errors: list[str]


def kind_of(schema: dict[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    for joined in ("anyOf", "oneOf"):
        if joined in schema:
            return " | ".join(kind_of(one) for one in schema[joined])
    if "enum" in schema:
        return " | ".join(str(one) for one in schema["enum"])
    if schema.get("type") == "array":
        return f"[{kind_of(schema.get('items', {}))}]"
    text = str(schema.get("type", "any"))
    return f"{text} ({schema['format']})" if "format" in schema else text


def rows_of(schema: dict[str, Any], schemas: dict[str, Any]) -> list[Row]:
    """The fields of an object."""
    shape = schemas.get(kind_of(schema), schema)
    needed = shape.get("required", [])
    return [
        Row(name, kind_of(part), "", name in needed, part.get("description", ""), _inner(part, schemas))
        for name, part in shape.get("properties", {}).items()
    ]


def _inner(part: dict[str, Any], schemas: dict[str, Any]) -> list[Row]:
    inner = part.get("items", part)
    return rows_of(inner, schemas) if "$ref" in inner else []


def blocks_of(described: dict[str, Any]) -> list[Block]:
    """Every operation of the document."""
    schemas = described["components"]["schemas"]
    return [
        _block(path, method, op, schemas)
        for path, methods in described["paths"].items()
        for method, op in methods.items()
    ]


def _block(path: str, method: str, op: dict[str, Any], schemas: dict[str, Any]) -> Block:
    good = next(status for status in op["responses"] if status < "300")
    return Block(
        id=op["operationId"],
        tag=op["tags"][0],
        method=method.upper(),
        path=path,
        summary=op["summary"],
        text=op["description"].replace("`", ""),
        parameters=[
            Row(one["name"], kind_of(one["schema"]), one["in"], one["required"], one.get("description", ""))
            for one in op["parameters"]
        ],
        body=_content(op.get("requestBody", {}), schemas),
        status=good,
        answer=_content(op["responses"][good], schemas),
        errors=[status for status in op["responses"] if status >= "400"],
    )


def _content(holder: dict[str, Any], schemas: dict[str, Any]) -> list[Row]:
    content = holder.get("content", {})
    return rows_of(content["application/json"]["schema"], schemas) if "application/json" in content else []
