"""Documents by their identifiers: which page is whose, what people call it, and which identifiers name one work.

    arXiv:2511.14858v2   bibcode:2025ApJ...999...1A   doi:10.3847/…   atel:16123   gcn:34926

A page is the IRI of a document in the graph. arXiv's unversioned page stands for the newest version, as a circular's
page does; version 1 that was replaced is arXiv's own page of it, `…v1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote, unquote

CIRCULARS = "https://gcn.nasa.gov/circulars/"
TELEGRAMS = "https://www.astronomerstelegram.org/?read="
ARXIV = "https://arxiv.org/abs/"
ADS = "https://ui.adsabs.harvard.edu/abs/"
DOI = "https://doi.org/"

#: How an identifier may be written, and what its number is. The first that fits counts.
_FORMS: list[tuple[str, str]] = [
    ("gcn", r"(?:gcn|circular)(?:\s*circ(?:ular|\.)?)?[\s:#.]*(?:no\.?\s*)?(\d{1,6})(?:/\d+)?"),
    ("gcn", r"https?://gcn\.(?:nasa|gsfc\.nasa)\.gov/(?:circulars|gcn3|gcn/gcn3)/(\d{1,6})(?:/\d+|\.gcn3)?"),
    ("gcn", r"(?:bibcode:\s*)?\d{4}GCN[.]{0,2}(\d{4,6})[.]+\d+[A-Z.]"),
    ("atel", r"(?:atel|astronomer'?s telegram)[\s:#.]*(\d{1,6})(?:/\d+)?"),
    ("atel", r"https?://(?:www\.)?astronomerstelegram\.org/\?read=(\d{1,6})"),
    ("atel", r"(?:bibcode:\s*)?\d{4}ATel[.]{0,4}(\d{1,6})[.]+\d+[A-Z.]"),
    ("arXiv", r"(?:doi:\s*|https?://(?:dx\.)?doi\.org/)?10\.48550/arxiv\.(\d{4}\.\d{4,5})(?:v\d+)?"),
    ("arXiv", r"(?:arxiv[\s:]*|https?://(?:\w+\.)?arxiv\.org/(?:abs|pdf)/)?(\d{4}\.\d{4,5})(?:v\d+)?(?:\.pdf)?"),
    ("arXiv", r"(?:arxiv[\s:]*|https?://(?:\w+\.)?arxiv\.org/(?:abs|pdf)/)"
              r"([a-z]+(?:-[a-z]+)*(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?(?:\.pdf)?"),
    ("arXiv", r"(?:bibcode:\s*)?\d{4}arXiv(\d{4})\.?(?P<tail>\d{4,5})[A-Z.]"),
    ("arXiv", r"(?:bibcode:\s*)?\d{2}(?P<year>\d{2})astro\.ph\.{1,2}(\d{4,5})[A-Z.]"),
    ("doi", r"(?:doi[\s:]*|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)"),
    ("bibcode", r"(?:bibcode:\s*|https?://ui\.adsabs\.harvard\.edu/abs/)?(\d{4}[A-Za-z][A-Za-z0-9.&]{13}[A-Z.])"
                r"(?:/(?:abstract|\d+))?"),
]  # fmt: skip
_COMPILED = [(sort, re.compile(pattern, re.I if sort != "bibcode" else 0)) for sort, pattern in _FORMS]
#: Of several identifiers of one work, the one by which it is known.
_ORDER = ("arXiv", "atel", "gcn", "doi", "bibcode")
_VERSION = re.compile(r"(?<=\d)v(\d+)$")
#: An identifier is never longer.
_LONGEST = 300


def identifier(text: str) -> str | None:
    """How we write an identifier, without its version: `2013GCN.15250....1S` and `GCN Circ. 15250` → `gcn:15250`.
    None where the text is none."""
    plain = unquote(text.strip())
    if len(plain) > _LONGEST:
        return None
    for sort, pattern in _COMPILED:
        if match := pattern.fullmatch(plain):
            return f"{sort}:{_value(sort, match)}"
    return None


def _value(sort: str, match: re.Match[str]) -> str:
    value = match[1]
    parts = match.groupdict()
    if "tail" in parts:
        return f"{value}.{parts['tail']}"
    if "year" in parts:
        return f"astro-ph/{parts['year']}{int(match[2]):05d}"
    if sort in ("gcn", "atel"):
        return str(int(value))
    return value.lower().rstrip(".,;") if sort == "doi" else value


def page(name: str) -> str | None:
    """The IRI of the document that an identifier names, whatever its version; None where it names none."""
    known = identifier(name)
    if known is None:
        return None
    sort, _, value = known.partition(":")
    start = {"gcn": CIRCULARS, "atel": TELEGRAMS, "arXiv": ARXIV, "bibcode": ADS, "doi": DOI}[sort]
    return start + quote(value, safe="/:.-()" if sort != "bibcode" else ".")


def record(event_id: str) -> str | None:
    """The page of the record that an event of a paper is, by the event's id. An ADS record keeps its own page, also
    where it is about a circular that has another."""
    if event_id.startswith("bibcode:"):
        return ADS + quote(event_id.removeprefix("bibcode:").partition("/")[0], safe=".")
    return page(event_id) if event_id.startswith(("arXiv:", "atel:")) else None


def label(event_id: str) -> str:
    """What people call it: `arXiv:2511.14858v2`, `ATel 16123`, `GCN 34926`, `2025ApJ...999...1A`."""
    known = identifier(event_id)
    if known is None:
        return event_id
    sort, _, value = known.partition(":")
    version = _VERSION.search(event_id) if sort == "arXiv" else None
    plain = {"gcn": f"GCN {value}", "atel": f"ATel {value}", "bibcode": value}
    return plain.get(sort, known) + (version.group() if version else "")


def work(ids: Sequence[str]) -> str:
    """The identifier by which a work of several is known: a preprint and its journal's record are one work."""
    known = [i for text in ids if (i := identifier(text))]
    for sort in _ORDER:
        if found := [i for i in known if i.startswith(f"{sort}:")]:
            return min(found)
    return ids[0] if ids else ""
