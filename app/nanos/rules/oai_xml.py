"""Answers of OAI-PMH as XML. Pure; every word is put in as text, never as markup.

The format `amb` carries a document of AMB as it is, JSON in one element: `<json xmlns="urn:x-kontor:amb-json">{…}</json>`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lxml import etree

from app.nanos.rules.oai import OaiFault, stamp

OAI = "http://www.openarchives.org/OAI/2.0/"
OAI_DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
DC = "http://purl.org/dc/elements/1.1/"
AMB = "urn:x-kontor:amb-json"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """A record. Without `document` it is gone."""

    identifier: str
    changed_at: datetime
    subject: str
    document: Mapping[str, Any] | None = None
    words: Sequence[str] = ()
    """The subject, in words."""


@dataclass(frozen=True)
class Envelope:
    """What stands around every answer. `arguments`: as they were sent, empty where they could not be read."""

    url: str
    now: datetime
    arguments: Mapping[str, str]


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)


def _put(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    made = etree.SubElement(parent, name, {key: _clean(value) for key, value in attributes.items()})
    if text:
        made.text = _clean(text)
    return made


def _oai(parent: Any, name: str, text: str = "", **attributes: str) -> Any:
    return _put(parent, f"{{{OAI}}}{name}", text, **attributes)


def _root(envelope: Envelope) -> Any:
    root = etree.Element(f"{{{OAI}}}OAI-PMH", nsmap={None: OAI, "xsi": _XSI})
    root.set(f"{{{_XSI}}}schemaLocation", f"{OAI} http://www.openarchives.org/OAI/2.0/OAI-PMH.xsd")
    _oai(root, "responseDate", stamp(envelope.now))
    _oai(root, "request", envelope.url, **envelope.arguments)
    return root


def _bytes(root: Any) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return made


def fault(envelope: Envelope, error: OaiFault) -> bytes:
    """An answer that says what is wrong."""
    root = _root(envelope)
    _oai(root, "error", error.message, code=error.code)
    return _bytes(root)


def identify(envelope: Envelope, *, name: str, mail: str, earliest: datetime) -> bytes:
    """Who answers here."""
    root = _root(envelope)
    part = _oai(root, "Identify")
    for tag, text in (
        ("repositoryName", name), ("baseURL", envelope.url), ("protocolVersion", "2.0"), ("adminEmail", mail),
        ("earliestDatestamp", stamp(earliest)), ("deletedRecord", "persistent"), ("granularity", "YYYY-MM-DDThh:mm:ssZ"),
    ):  # fmt: skip
        _oai(part, tag, text)
    return _bytes(root)


def formats(envelope: Envelope, amb_schema: str) -> bytes:
    """Both formats, which all records have. `amb_schema` is the address of the schema of ours."""
    root = _root(envelope)
    part = _oai(root, "ListMetadataFormats")
    for prefix, schema, space in (
        ("oai_dc", "http://www.openarchives.org/OAI/2.0/oai_dc.xsd", OAI_DC),
        ("amb", amb_schema, AMB),
    ):
        one = _oai(part, "metadataFormat")
        _oai(one, "metadataPrefix", prefix)
        _oai(one, "schema", schema)
        _oai(one, "metadataNamespace", space)
    return _bytes(root)


def sets(envelope: Envelope, known: Iterable[tuple[str, str]]) -> bytes:
    """The subjects: their keys and words."""
    root = _root(envelope)
    part = _oai(root, "ListSets")
    for key, word in known:
        one = _oai(part, "set")
        _oai(one, "setSpec", key)
        _oai(one, "setName", word)
    return _bytes(root)


def records(
    envelope: Envelope,
    verb: str,
    prefix: str,
    entries: Sequence[Entry],
    *,
    token: str | None = None,
    sent: int = 0,
) -> bytes:
    """One record or a list of them, or of their heads. `token`: "" ends a list that came in parts, None is no list of parts."""
    root = _root(envelope)
    part = _oai(root, verb)
    for entry in entries:
        if verb == "ListIdentifiers":
            _head(part, entry)
            continue
        one = _oai(part, "record")
        _head(one, entry)
        if entry.document is not None:
            metadata = _oai(one, "metadata")
            (_dc if prefix == "oai_dc" else _amb)(metadata, entry, entry.document)
    if token is not None:
        _oai(part, "resumptionToken", token, cursor=str(sent))
    return _bytes(root)


def _head(parent: Any, entry: Entry) -> None:
    head = _oai(parent, "header", **({} if entry.document is not None else {"status": "deleted"}))
    _oai(head, "identifier", entry.identifier)
    _oai(head, "datestamp", stamp(entry.changed_at))
    _oai(head, "setSpec", entry.subject)


def _amb(parent: Any, _entry: Entry, document: Mapping[str, Any]) -> None:
    made = etree.SubElement(parent, f"{{{AMB}}}json", nsmap={None: AMB})
    made.text = _clean(json.dumps(document, ensure_ascii=False))


def _dc(parent: Any, entry: Entry, said: Mapping[str, Any]) -> None:
    made = etree.SubElement(parent, f"{{{OAI_DC}}}dc", nsmap={"oai_dc": OAI_DC, "dc": DC})
    made.set(f"{{{_XSI}}}schemaLocation", f"{OAI_DC} http://www.openarchives.org/OAI/2.0/oai_dc.xsd")
    kinds = [one["prefLabel"].get("en", "") for one in said.get("learningResourceType", ())]
    for name, texts in (
        ("title", [said["name"]]), ("creator", [one["name"] for one in said["creator"]]),
        ("subject", [*entry.words, *(one["id"] for one in said.get("about", ()))]),
        ("description", [said["description"]]), ("publisher", [one["name"] for one in said["publisher"]]),
        ("date", [said["datePublished"]]), ("type", ["LearningResource", *filter(None, kinds)]),
        ("identifier", [said["id"]]), ("language", said["inLanguage"]), ("rights", [said["license"]["id"]]),
    ):  # fmt: skip
        for text in texts:
            one = _put(made, f"{{{DC}}}{name}", text)
            if name in ("title", "description"):
                one.set(_LANG, said["inLanguage"][0])


SCHEMA = f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="{AMB}" elementFormDefault="qualified">
  <xs:element name="json" type="xs:string">
    <xs:annotation>
      <xs:documentation>A document of AMB (https://w3id.org/kim/amb/), JSON-LD as text.</xs:documentation>
    </xs:annotation>
  </xs:element>
</xs:schema>
"""
"""Of the format `amb`."""


def sitemap(found: Iterable[tuple[str, datetime]]) -> bytes:
    """Addresses with the time of their last change, for search engines (sitemaps.org 0.9)."""
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    root = etree.Element(f"{{{space}}}urlset", nsmap={None: space})
    for address, changed in found:
        one = _put(root, f"{{{space}}}url")
        _put(one, f"{{{space}}}loc", address)
        _put(one, f"{{{space}}}lastmod", stamp(changed))
    return _bytes(root)
