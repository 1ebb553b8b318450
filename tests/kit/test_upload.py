"""Uploads as they arrive: whole whatever is in them, and refused before anything is kept."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask_wtf.csrf import CSRFError, generate_csrf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from app.kit import upload
from app.kit.errors import Malformed, Unsupported
from app.kit.upload import TooLarge, Upload

BOUNDARY = "grenze"
LIKE_A_BOUNDARY = st.sampled_from(
    [b"\r\n--grenze", b"--grenze--\r\n", b"\r\n", b"\r", b"\n", b"--", b"\r\n\r\n"]
)
contents = st.lists(st.one_of(LIKE_A_BOUNDARY, st.binary(max_size=40)), max_size=8).map(b"".join)


def body(*parts: tuple[str, bytes]) -> bytes:
    made = b"".join(b"--grenze\r\n%b\r\n\r\n%b\r\n" % (head.encode(), data) for head, data in parts)
    return made + b"--grenze--\r\n"


def field(name: str, value: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', value


def file(name: str, data: bytes) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="files"; filename="{name}"\r\nContent-Type: text/html', data


def sent(
    app: Flask, data: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}", **headers: str
) -> Any:
    builder = EnvironBuilder(
        method="POST", input_stream=io.BytesIO(data), content_length=len(data), content_type=kind, headers=list(headers.items())
    )  # fmt: skip
    return app.request_context(builder.get_environ())


def taken(most: int = 10_000) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    found = Upload(most)
    files = [(one.name, b"".join(one.pieces)) for one in found.files()]
    return found.fields, files


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(contents.filter(lambda data: b"\r\n--grenze" not in b"\r\n" + data), max_size=3),
    st.integers(1, 70),
)
def test_files_arrive_byte_for_byte_however_they_are_cut(app: Flask, files: list[bytes], piece: int) -> None:
    kept, upload.PIECE = upload.PIECE, piece
    try:
        parts = [file(f"f{number}", data) for number, data in enumerate(files)]
        with sent(app, body(field("replace", "jä".encode()), *parts)):
            fields, found = taken()
    finally:
        upload.PIECE = kept
    assert fields == {"replace": "jä"}
    assert found == [(f"f{number}", data) for number, data in enumerate(files)]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (body(file("a", bytes(400_000))), TooLarge),
        (body(field("a", bytes(70_000)), file("a", b"x")), TooLarge),
        (body(("X-Long: " + "x" * 300_000, b"")), TooLarge),
        (body(*(field(f"f{n}", b"") for n in range(300))), TooLarge),
        (body(("X-Nothing: 1", b"x")), Malformed),
        (body(file("a", b"x"))[:-15], Malformed),
        (b"", Malformed),
        (b"--grenze\r\n", Malformed),
        (b"x" * 100, Malformed),
    ],
    ids=["file", "field", "header", "parts", "no name", "cut off", "empty", "begun", "no border"],
)
def test_what_is_too_much_or_no_form_is_refused(app: Flask, data: bytes, error: type[Exception]) -> None:
    with sent(app, data), pytest.raises(error):
        taken()


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "application/x-www-form-urlencoded", "text/plain", ""]
)
def test_other_kinds_are_refused(app: Flask, kind: str) -> None:
    with sent(app, b"x", kind), pytest.raises(Unsupported):
        taken()


def test_a_file_that_nobody_reads_does_not_hide_the_next(app: Flask) -> None:
    with sent(app, body(file("a", b"1" * 5000), file("b", b"2"))):
        assert [one.name for one in Upload(10_000).files()] == ["a", "b"]


def test_the_token_is_checked_before_a_file_is_given(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    for parts in (
        [file("a", b"x")],
        [field("csrf_token", b"wrong"), file("a", b"x")],
        [field("other", b"x")],
    ):
        with sent(app, body(*parts)), pytest.raises(CSRFError):
            next(Upload(10_000).files())
    with sent(app, b"") as context:
        token = generate_csrf()
        session = dict(context.session or {})
    for parts, headers in (
        ([field("csrf_token", token.encode()), file("a", b"x")], {}),
        ([file("a", b"x")], {"X-CSRF-Token": token}),
    ):
        with sent(app, body(*parts), **headers) as context:
            assert context.session is not None
            context.session.update(session)
            assert taken()[1] == [("a", b"x")]


def test_a_part_without_content_may_end_with_its_head(app: Flask) -> None:
    """As some programs write it: the empty line belongs to the border."""
    head = b'--grenze\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
    with sent(app, head + body(file("b", b"x"))):
        assert taken()[1] == [("a", b""), ("b", b"x")]
