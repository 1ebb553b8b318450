"""Writing packages other platforms play: SCORM 1.2, SCORM 2004 4th Edition, cmi5. Pure: manifests and pages as text.

Sources: SCORM 1.2 CAM 2.3, SCORM 2004 4th Edition CAM 3.4, cmi5 (AICC, Quartz 1st Edition) section 13.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from html import escape

from lxml import etree

from app.nanos.rules.content import VIDEOS, Kind

_XSI = "http://www.w3.org/2001/XMLSchema-instance"
_CMI5 = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"
START, SCRIPT, STYLE = "index.html", "player.js", "player.css"


class Form(StrEnum):
    """What a nano is exported as."""

    SCORM_12 = "scorm12"
    SCORM_2004 = "scorm2004"
    CMI5 = "cmi5"


@dataclass(frozen=True)
class Content:
    """A piece: its place in the package, or the address of a link."""

    kind: Kind
    title: str
    href: str
    mime: str


@dataclass(frozen=True)
class Course:
    """What goes into a package. `url` is the nano's own address, which names it everywhere."""

    key: str
    url: str
    title: str
    description: str
    language: str
    minutes: int
    provider: str
    licence: str
    contents: Sequence[Content]

    @property
    def files(self) -> list[str]:
        """All files of the package besides its manifest."""
        return [START, SCRIPT, STYLE, *(one.href for one in self.contents if one.kind is not Kind.LINK)]


@dataclass(frozen=True)
class Words:
    """What the player says, in the language of the nano."""

    done: str
    tick: str
    open: str
    watch: str
    offline: str


def manifest(course: Course, form: Form) -> tuple[str, bytes]:
    """Name and text of the file that says what the package is."""
    if form is Form.CMI5:
        return "cmi5.xml", _cmi5(course)
    return "imsmanifest.xml", _scorm(course, new=form is Form.SCORM_2004)


def _text(parent: etree._Element, name: str, text: str) -> etree._Element:
    made = etree.SubElement(parent, name)
    made.text = text
    return made


def _written(root: etree._Element) -> bytes:
    made: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return made


def _scorm(course: Course, *, new: bool) -> bytes:
    ims = (
        "http://www.imsglobal.org/xsd/imscp_v1p1" if new else "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
    )
    adl = "http://www.adlnet.org/xsd/adlcp_v1p3" if new else "http://www.adlnet.org/xsd/adlcp_rootv1p2"
    root = etree.Element(f"{{{ims}}}manifest", nsmap={None: ims, "adlcp": adl, "xsi": _XSI})
    root.set("identifier", f"kontor-{course.key}")
    root.set("version", "1.3" if new else "1.1")
    q = f"{{{ims}}}"
    metadata = etree.SubElement(root, f"{q}metadata")
    _text(metadata, f"{q}schema", "ADL SCORM")
    _text(metadata, f"{q}schemaversion", "2004 4th Edition" if new else "1.2")
    holder = etree.SubElement(root, f"{q}organizations", default="nano")
    organisation = etree.SubElement(holder, f"{q}organization", identifier="nano")
    _text(organisation, f"{q}title", course.title)
    item = etree.SubElement(organisation, f"{q}item", identifier="item-1", identifierref="resource-1")
    _text(item, f"{q}title", course.title)
    resources = etree.SubElement(root, f"{q}resources")
    resource = etree.SubElement(
        resources, f"{q}resource", identifier="resource-1", type="webcontent", href=START
    )
    resource.set(f"{{{adl}}}scormType" if new else f"{{{adl}}}scormtype", "sco")
    for name in course.files:
        etree.SubElement(resource, f"{q}file", href=name)
    return _written(root)


def _cmi5(course: Course) -> bytes:
    root = etree.Element(f"{{{_CMI5}}}courseStructure", nsmap={None: _CMI5})
    q = f"{{{_CMI5}}}"

    def said(parent: etree._Element, name: str, text: str) -> None:
        _text(etree.SubElement(parent, f"{q}{name}"), f"{q}langstring", text).set("lang", course.language)

    top = etree.SubElement(root, f"{q}course", id=course.url)
    said(top, "title", course.title)
    said(top, "description", course.description or course.title)
    unit = etree.SubElement(
        root, f"{q}au", id=f"{course.url}#lernen", moveOn="Completed", launchMethod="AnyWindow"
    )
    said(unit, "title", course.title)
    said(unit, "description", course.description or course.title)
    _text(unit, f"{q}url", START)
    return _written(root)


def page(course: Course, form: Form, words: Words) -> str:
    """The one page of a package: its pieces below each other, each with what it takes to be through with it."""
    told = json.dumps({"form": form.value, "pieces": len(course.contents), "url": course.url}).replace(
        "<", "\\u003c"
    )
    pieces = "".join(_piece(number, one, words) for number, one in enumerate(course.contents))
    about = " · ".join(
        escape(one) for one in (course.provider, f"{course.minutes} min", course.licence) if one
    )
    return (
        f'<!doctype html><html lang="{escape(course.language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(course.title)}</title>'
        f'<link rel="stylesheet" href="{STYLE}"></head><body><main><h1>{escape(course.title)}</h1>'
        f'<p class="about">{about}</p>'
        f'<div class="total"><progress max="100" value="0" aria-label="{escape(words.done)}"></progress>'
        f'<p role="status" id="done" hidden>{escape(words.done)}</p></div>'
        f'<p id="offline" role="status" hidden>{escape(words.offline)}</p>'
        f'{pieces}</main><script type="application/json" id="course">{told}</script>'
        f'<script src="{SCRIPT}"></script></body></html>'
    )


def _piece(number: int, one: Content, words: Words) -> str:
    href, title = escape(one.href), escape(one.title)
    head = f'<section data-piece="{number}"><h2>{title}</h2>'
    if one.kind in VIDEOS:
        return (
            f'{head}<video controls preload="metadata" aria-label="{title}"><source src="{href}" type="{escape(one.mime)}">'
            f"</video><p>{escape(words.watch)}</p></section>"
        )
    return (
        f'{head}<p><a href="{href}" target="_blank" rel="noopener noreferrer">{escape(words.open)}</a></p>'
        f'<p><button type="button" data-tick>{escape(words.tick)}</button></p></section>'
    )
