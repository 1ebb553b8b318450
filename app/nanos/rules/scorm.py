"""SCORM packages: what their manifest says. Pure; the manifest is a stranger's, so it is read without entities or networks.

Sources: SCORM 1.2 Content Aggregation Model; SCORM 2004 4th Edition CAM 3.4 (namespaces, `xml:base`, `parameters`).
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from lxml import etree

from app.nanos.rules.content import member_fault

MANIFEST = "imsmanifest.xml"
MOST_BYTES = 2 * 1024**2
MOST_PARTS = 200
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_NEW = re.compile(r"(CAM )?1\.3|2004 (2nd|3rd|4th) Edition")


class PackageFault(Exception):
    """A package that cannot be played. Codes: unreadable, empty, missing (a file it begins with), libraries."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.what = what


@dataclass(frozen=True)
class Part:
    """A learning object of the package. `path` is its file in the archive, `query` what follows it in its address."""

    key: str
    title: str
    path: str
    query: str
    talks: bool
    """Whether it reports itself; what does not is done when it was opened."""
    mastery: str


@dataclass(frozen=True)
class Package:
    """What there is to play. `edition`: "1.2" or "2004"."""

    edition: str
    title: str
    parts: tuple[Part, ...]


def read_manifest(data: bytes, names: Collection[str]) -> Package:
    """Parts in the order of the organisation that is the default. `names`: members of the archive. Raises PackageFault."""
    root = _parse(data)
    organisation = _organisation(root)
    resources = {one.get("identifier", ""): one for one in root.iter() if _tag(one) == "resource"}
    bases = _base(root) + _base(_child(root, "resources"))
    found = [
        part
        for item in (organisation.iter() if organisation is not None else ())
        if _tag(item) == "item" and (part := _part(item, resources, bases, names)) is not None
    ]
    if not found:
        raise PackageFault("empty")
    title = _text(organisation, "title") if organisation is not None else ""
    return Package(_edition(root), title, tuple(found[:MOST_PARTS]))


def _parse(data: bytes) -> etree._Element:
    if len(data) > MOST_BYTES:
        raise PackageFault("unreadable")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise PackageFault("unreadable") from error
    if root.getroottree().docinfo.internalDTD is not None or _tag(root) != "manifest":
        raise PackageFault("unreadable")
    return root


def _tag(element: etree._Element) -> str:
    """The name without its namespace: packages in the wild have all kinds of them."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _child(element: etree._Element | None, name: str) -> etree._Element | None:
    return next((one for one in element if _tag(one) == name), None) if element is not None else None


def _text(element: etree._Element | None, name: str) -> str:
    found = _child(element, name)
    return " ".join((found.text or "").split())[:200] if found is not None else ""


def _attribute(element: etree._Element, name: str) -> str:
    """By its name in any namespace and case: `scormtype` of 1.2 is `scormType` of 2004."""
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2].lower() == name:
            return str(value)
    return ""


def _organisation(root: etree._Element) -> etree._Element | None:
    holder = _child(root, "organizations")
    each = [one for one in holder if _tag(one) == "organization"] if holder is not None else []
    wanted = holder.get("default") if holder is not None else None
    return next((one for one in each if one.get("identifier") == wanted), each[0] if each else None)


def _edition(root: etree._Element) -> str:
    version = _text(_child(root, "metadata"), "schemaversion")
    if _NEW.fullmatch(version) or (not version and "adlcp_v1p3" in " ".join(root.nsmap.values())):
        return "2004"
    return "1.2"


def _base(element: etree._Element | None) -> str:
    return str(element.get(_BASE, "")) if element is not None else ""


def _part(
    item: etree._Element, resources: dict[str, etree._Element], base: str, names: Collection[str]
) -> Part | None:
    """None for a heading, and for what lies elsewhere: nothing is loaded from other places."""
    resource = resources.get(item.get("identifierref", ""))
    if resource is None:
        return None
    address = urlsplit(base + _base(resource) + str(resource.get("href", "")))
    if address.scheme or address.netloc or not address.path:
        return None
    path = normpath(unquote(address.path).lstrip("/"))
    if member_fault(path) or path not in names:
        raise PackageFault("missing", address.path[:200])
    more = str(item.get("parameters", "")).lstrip("?&#")
    query = "&".join(one for one in (address.query, more) if one)
    title = _text(item, "title") or path
    talks = _attribute(resource, "scormtype") != "asset"
    mastery = _text(item, "masteryscore")
    return Part(
        item.get("identifier", "")[:200] or path[:200], title, path, query[:1000], talks,
        mastery if re.fullmatch(r"\d{1,3}(\.\d+)?", mastery) else "",
    )  # fmt: skip
