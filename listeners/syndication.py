"""Atom and RSS documents into their entries, each as bytes of its own; what is hostile or cut short is refused.

Stands before the formats: a service's answer and a file of it are taken apart here in the same way. Nothing is fetched
and no entity is expanded.
"""

from __future__ import annotations

import re
from html import unescape

from lxml import etree

from nuncius.core.errors import FormatError

#: Roots of documents that hold entries, by their local name.
_ROOTS = {"feed": "entry", "RDF": "item", "rss": "item"}
_TAG = re.compile(r"<[^<>]{0,2000}>")
_HEAD = 2048
_ENTRY = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:\w{1,20}:)?(?:entry|item)[\s>]")


def is_feed(raw: bytes) -> bool:
    """Whether bytes begin as an Atom or RSS document; a look at the head, not a parser."""
    head = raw[:_HEAD].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head[:1] == b"<" and re.search(rb"<(?:\w+:)?(?:feed|RDF|rss)[\s>]", head) is not None


def is_entry(raw: bytes) -> bool:
    """Whether bytes begin as one entry of such a document; as quick as can be, because every message is asked."""
    return _ENTRY.match(raw) is not None


def root(raw: bytes) -> etree._Element:
    """The root of an XML document. Raises FormatError for what is not well-formed or brings its own entities."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        found = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FormatError(f"not XML: {error}; begins {raw[:60]!r}") from error
    if getattr(found.getroottree().docinfo, "doctype", ""):  # whatever its encoding
        raise FormatError(f"XML with a document type is refused; begins {raw[:60]!r}")
    return found


def document(raw: bytes) -> etree._Element:
    """The root of an Atom or RSS document. Raises FormatError for anything else, such as a page of HTML."""
    found = root(raw)
    if local(found) not in _ROOTS:
        raise FormatError(f"an Atom or RSS document is expected; received <{local(found)}>, begins {raw[:60]!r}")
    return found


def elements(feed: etree._Element) -> list[etree._Element]:
    """The entries of a document, in its order."""
    name = _ROOTS[local(feed)]
    return [element for element in feed.iter() if local(element) == name]


def entries(raw: bytes) -> list[bytes]:
    """The entries of a document as bytes that stand alone. Raises FormatError."""
    return [alone(element) for element in elements(document(raw))]


def alone(element: etree._Element) -> bytes:
    """An entry as bytes that stand alone: with the namespaces that it had in its document."""
    return etree.tostring(element, encoding="utf-8", xml_declaration=False, with_tail=False)


def local(element: etree._Element) -> str:
    """An element's name without its namespace; empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def text(element: etree._Element, *names: str) -> str:
    """The text of the first child that bears one of these names, in any namespace; empty where there is none."""
    for name in names:
        for child in element:
            if local(child) == name:
                return "".join(str(part) for part in child.itertext()).strip()
    return ""


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """The children of that name, in any namespace."""
    return [child for child in element if local(child) == name]


def plain(html: str) -> str:
    """HTML as plain text, paragraphs kept."""
    broken = re.sub(r"(?i)<(?:br|/p|/div|/li)\b[^<>]{0,200}>", "\n", html)
    lines = (" ".join(line.split()) for line in unescape(_TAG.sub("", broken)).splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
