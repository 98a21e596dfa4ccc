"""Papers as arXiv tells them: an entry of its API (https://info.arxiv.org/help/api) or of its daily announcements
(https://info.arxiv.org/help/rss.html), each version an event of its own.

An announcement says less than the API: no comment, no dates of submission. A version that its authors call withdrawn,
which by arXiv's custom its comment or the first words of its abstract say, is a retraction.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from listeners import syndication as xml
from listeners.formats import FORMATS, Format, Message, _cites
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

_ID = re.compile(
    r"(?:arxiv\.org/abs/|oai:arXiv\.org:)(?P<stem>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})v(?P<v>\d{1,3})$"
)
_ANNOUNCED = re.compile(r"\AarXiv:\S+\s+Announce Type:\s*\S+\s*(?:Abstract:\s*)?", re.IGNORECASE)
#: Of the paper itself; "withdrawn from the journal" is another matter.
_WITHDRAWN = re.compile(r"\bwithdrawn\b(?!\s+from\b)", re.IGNORECASE)
_WITHDRAWN_ABSTRACT = re.compile(
    r"\A\W*(?:this|the)\s+(?:paper|article|manuscript|submission|work|preprint)\s+(?:has\s+been|is|was)\s+withdrawn\b",
    re.IGNORECASE,
)


def accepts(message: Message, content: bytes) -> bool:
    """An entry that bears an arXiv identifier."""
    return xml.is_entry(content) and (
        b"arxiv.org/abs/" in content or b"oai:arXiv.org:" in content or b"arxiv.org/api/errors" in content
    )


def key(entry: etree._Element) -> tuple[str, int] | None:
    """Identifier and version of an entry, `("2511.14858", 1)`; None where it bears none."""
    match = _ID.search(xml.text(entry, "id", "guid"))
    return (match["stem"], int(match["v"])) if match and int(match["v"]) else None


def parse(message: Message, content: bytes) -> list[Event]:
    """The event of one entry. Raises FormatError."""
    try:
        entry = xml.root(content)
    except FormatError as error:
        raise FormatError(f"{message.label}: {error}") from error
    if xml.local(entry) not in ("entry", "item"):
        raise FormatError(f"{message.label}: an arXiv entry is expected; received <{xml.local(entry)}>")
    found = key(entry)
    title = " ".join(xml.text(entry, "title").split())
    if found is None or not title:
        said = xml.text(entry, "id", "guid")
        why = xml.text(entry, "summary")[:200] if "api/errors" in said else "a title and an id like arXiv's are needed"
        raise FormatError(f"{message.label}: no paper of arXiv's: id {said[:80]!r}, title {title[:60]!r}; {why}")
    stem, version = found
    body = _ANNOUNCED.sub("", xml.text(entry, "summary", "description"))
    comment = " ".join(xml.text(entry, "comment").split())
    withdrawn = bool(_WITHDRAWN.search(comment) or _WITHDRAWN_ABSTRACT.search(body))
    tense = Tense.RETRACTION if withdrawn else Tense.UPDATE if version > 1 else Tense.INITIAL
    own_doi = _cites.doi(xml.text(entry, "doi", "DOI"))
    ids = [f"arXiv:{stem}", *([own_doi] if own_doi else [])]
    data: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": _authors(entry),
        "ids": ids,
        "event_name": [],
        "categories": _categories(entry),
        "version": version,
        "url": f"https://arxiv.org/abs/{stem}v{version}",
        "cites": _cites.without(_cites.of_text(title, body, comment), ids),
        "tense": tense.value,
    }
    rest = {"comment": comment, "journal_ref": " ".join(xml.text(entry, "journal_ref").split())}
    data |= {name: value for name, value in rest.items() if value} | _moments(entry)
    return [
        Event(
            id=f"arXiv:{stem}v{version}",
            kind="paper.arxiv",
            source="arxiv",
            received=message.received,
            tense=tense,
            revision=version,
            data=data,
            raw=message.raw,
            content_type="application/atom+xml",
        )
    ]


def _authors(entry: etree._Element) -> list[str]:
    named = [" ".join(xml.text(author, "name").split()) for author in xml.children(entry, "author")]
    if not any(named):  # an announcement names all of them in one line
        named = [name.strip() for name in re.split(r",\s+", xml.text(entry, "creator"))]
    return [name for name in named if name]


def _categories(entry: etree._Element) -> list[str]:
    """The primary category first."""
    primary = [str(c.get("term", "")) for c in xml.children(entry, "primary_category")]
    terms = [str(c.get("term") or c.text or "").strip() for c in xml.children(entry, "category")]
    return [term for term in dict.fromkeys([*primary, *terms]) if term]


def _moments(entry: etree._Element) -> dict[str, str]:
    """When the first version and this one were submitted. In an announcement the same words tell of announcing, so
    nothing is taken from it."""
    if xml.children(entry, "announce_type"):
        return {}
    moments = {name: utc(xml.text(entry, name)) for name in ("published", "updated")}
    return {name: str(iso(moment)) for name, moment in moments.items() if moment is not None}


FORMATS.add("arxiv", Format(order=8, json=False, accepts=accepts, parse=parse))
