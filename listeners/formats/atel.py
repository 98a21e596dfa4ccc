"""Telegrams as The Astronomer's Telegram tells them: items of its feed (https://www.astronomerstelegram.org/?rss)."""

from __future__ import annotations

import re
from email.utils import parsedate_to_datetime
from typing import Any

from lxml import etree

from listeners import syndication as xml
from listeners.formats import FORMATS, Format, Message, _cites
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso

_ADDRESS = re.compile(r"astronomerstelegram\.org/\?read=(\d{1,7})", re.IGNORECASE)
_TITLE = re.compile(r"\A\s*ATel\s*#?\s*(\d{1,7})\s*[:.]?\s*", re.IGNORECASE)
_MAIL = re.compile(r"\s*\(?<?[A-Za-z0-9._%+\-]+@[A-Za-z0-9.\-]+\.[A-Za-z]{2,}>?\)?")
#: Telegrams that take one back say so first.
_RETRACTS = re.compile(r"\A\W*(?:retraction|retracting|withdrawal)\b", re.IGNORECASE)


def accepts(message: Message, content: bytes) -> bool:
    """An item that leads to a telegram."""
    return xml.is_entry(content) and _ADDRESS.search(content.decode("latin-1")) is not None


def number(item: etree._Element) -> int | None:
    """The telegram's number; None where the item leads to none."""
    title = _TITLE.match(xml.text(item, "title"))
    about = next((str(v) for k, v in item.attrib.items() if str(k).endswith("about")), "")
    address = _ADDRESS.search(" ".join([xml.text(item, "link"), about, xml.text(item, "guid", "identifier")]))
    found = int(address[1]) if address else int(title[1]) if title else 0
    return found or None


def parse(message: Message, content: bytes) -> list[Event]:
    """The event of one telegram. Raises FormatError."""
    try:
        item = xml.root(content)
    except FormatError as error:
        raise FormatError(f"{message.label}: {error}") from error
    found = number(item) if xml.local(item) == "item" else None
    title = " ".join(_TITLE.sub("", xml.plain(xml.text(item, "title"))).split())
    if found is None or not title:
        raise FormatError(f"{message.label}: a telegram needs a link with its number and a title; received {title!r}")
    body = xml.plain(xml.text(item, "encoded", "description"))
    ids = [f"atel:{found}"]
    # A telegram that takes back another is news of its own; which one, `cites` says.
    data: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": authors(_MAIL.sub("", xml.plain(xml.text(item, "creator", "author")))),
        "ids": ids,
        "event_name": [],
        "categories": [c for child in xml.children(item, "subject") for c in _split(child.text or "")],
        "version": 1,
        "url": f"https://www.astronomerstelegram.org/?read={found}",
        "cites": _cites.without(_cites.of_text(title, body), ids),
        "tense": Tense.INITIAL.value,
    }
    published = _moment(xml.text(item, "date", "pubDate"))
    if published:
        data["published"] = data["updated"] = published
    if _RETRACTS.match(title):
        data["mentions_retraction"] = True
    return [
        Event(
            id=f"atel:{found}",
            kind="paper.atel",
            source="atel",
            received=message.received,
            revision=1,
            data=data,
            raw=message.raw,
            content_type="application/rss+xml",
        )
    ]


def authors(line: str) -> list[str]:
    """Names in a line of them, without the institutes in brackets."""
    bare = line
    while (shorter := re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", bare)) != bare:
        bare = shorter
    bare = re.sub(r"\s+(?:on behalf of|for)\s+(?=the\b)", ", ", bare)
    names = re.split(r"\s*[,;]\s*|\s+and\s+|\s*&\s*", bare)
    return [name for name in (" ".join(n.split()).removeprefix("and ") for n in names) if name and name != "et al."]


def _split(text: str) -> list[str]:
    return [word for word in (part.strip() for part in re.split(r"[,;]", text)) if word]


def _moment(said: str) -> str:
    """ISO 8601, or the date of an e-mail as RSS 2.0 writes it."""
    moment = utc(said)
    if moment is None and said:
        try:
            moment = utc(parsedate_to_datetime(said).isoformat())
        except (ValueError, TypeError):
            return ""
    return str(iso(moment)) if moment else ""


FORMATS.add("atel", Format(order=9, json=False, accepts=accepts, parse=parse))
