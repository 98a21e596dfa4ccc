"""Papers as NASA ADS tells them: one document of an answer of its search (https://ui.adsabs.harvard.edu/help/api).

ADS also indexes circulars and telegrams; they are papers here like any other, and `ids` says what they are besides.
"""

from __future__ import annotations

import re
from typing import Any

from listeners.formats import FORMATS, Format, Message, _cites
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

_BIBCODE = re.compile(r"\d{4}\S{15}")
#: Publishers put this before the title of a paper that was taken back.
_RETRACTED = re.compile(r"\A\W*(?:RETRACTED|WITHDRAWN)\b(?:\s+(?:article|paper))?\s*:", re.IGNORECASE)


def accepts(message: Message, content: Any) -> bool:
    """A document with a bibcode."""
    return isinstance(content, dict) and "bibcode" in content and ("title" in content or "identifier" in content)


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one document. Raises FormatError."""
    bibcode = content["bibcode"]
    if not isinstance(bibcode, str) or not _BIBCODE.fullmatch(bibcode):
        raise FormatError(f"{message.label}: a bibcode has 19 characters, the first four a year; received {bibcode!r}")
    title = " ".join(" ".join(_texts(content, "title")).split())
    if not title:
        raise FormatError(f"{message.label}: {bibcode} has no title; ask ADS for the field title")
    body = " ".join(_texts(content, "abstract"))
    comment = " ".join(_texts(content, "comment"))
    ids = _identifiers(bibcode, content)
    references = [name for reference in _texts(content, "reference") for name in _cites.of_bibcode(reference)]
    tense = Tense.RETRACTION if _RETRACTED.match(title) else Tense.INITIAL
    data: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": _texts(content, "author"),
        "ids": ids,
        "event_name": [],
        "categories": _texts(content, "arxiv_class"),
        "version": 1,
        "url": f"https://ui.adsabs.harvard.edu/abs/{bibcode.replace('&', '%26')}/abstract",
        "cites": _cites.without([*references, *_cites.of_text(title, body, comment)], ids),
        "tense": tense.value,
    }
    said = {
        "comment": comment,
        "journal_ref": " ".join(_texts(content, "pub_raw")),
        "published": _moment(content, "date", "pubdate"),
        "updated": _moment(content, "entry_date", "indexstamp"),
    }
    data |= {name: value for name, value in said.items() if value}
    if keywords := _texts(content, "keyword"):
        data["keywords"] = keywords
    return [
        Event(
            id=f"bibcode:{bibcode}",
            kind="paper.ads",
            source="ads",
            received=message.received,
            tense=tense,
            revision=1,
            data=data,
            raw=message.raw,
        )
    ]


def _texts(content: dict[str, Any], name: str) -> list[str]:
    """A field that may be a text or a list of texts."""
    value = content.get(name)
    items = value if isinstance(value, list) else [value]
    return [item.strip() for item in items if isinstance(item, str) and item.strip() not in ("", "-")]


def _identifiers(bibcode: str, content: dict[str, Any]) -> list[str]:
    """Every identifier that ADS knows the document by, the bibcode first."""
    found = _cites.of_bibcode(bibcode)
    for said in [*_texts(content, "identifier"), *_texts(content, "doi"), *_texts(content, "alternate_bibcode")]:
        if said.lower().startswith("arxiv:"):
            found.append(_cites.arxiv_id(said))
        elif said.startswith("10."):
            found.append(_cites.doi(said))
        elif _BIBCODE.fullmatch(said):
            found += _cites.of_bibcode(said)
    return [name for name in dict.fromkeys(found) if name]


def _moment(content: dict[str, Any], *names: str) -> str:
    """The first of these fields that is a moment. ADS writes 00 for a month or day that it does not know."""
    for name in names:
        said = " ".join(_texts(content, name))
        moment = utc(re.sub(r"-00(?=-|T|\Z)", "-01", said)) if said else None
        if moment is not None:
            return str(iso(moment))
    return ""


FORMATS.add("ads", Format(order=53, json=True, accepts=accepts, parse=parse))
