"""Where texts to read come from: lines, folders and archives of circulars, telegrams and abstracts, one interface.

A GCN circular has `circularId`, `subject`, `body`; a telegram `atelId`, `title` and `body` (or `text`); a paper
`arxivId`, `doi` or `bibcode`, `title` and `abstract`. All are read by the same grammars, the title as the subject;
of a telegram or abstract kg/extraction/abstracts.py asks in addition whose each value is.
"""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from kg.extraction.abstracts import LATER_THAN_ALL
from kg.extraction.fact import Circular, read_circular
from nuncius.core.errors import FormatError

#: A file of one document that is larger is no document.
_LARGEST = 20_000_000
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """What is read: as a circular, and where it is none the name of the document (`ATel 7391`, `arXiv:1901.01234`)."""

    circular: Circular
    document: str | None = None


def documents(path: Path) -> Iterator[tuple[str, bytes]]:
    """Each document's place, for complaints, and its JSON: a file's lines, a folder's files, an archive's members."""
    name = path.name.lower()
    if path.is_dir():
        for file in sorted(path.rglob("*.json"), key=_numbered):
            yield str(file.relative_to(path)), _limited(file.read_bytes()) if file.stat().st_size else b""
    elif name.endswith(_TARS):
        yield from _members(path)
    elif name.endswith(".json"):
        yield from _whole(path)
    elif name.endswith(".gz"):
        with gzip.open(path, "rb") as lines:
            yield from numbered_lines(lines)
    else:
        with path.open("rb") as lines:
            yield from numbered_lines(lines)


def numbered_lines(lines: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Lines that hold anything, with their numbers."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield f"line {number}", line


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            if member.isfile() and member.name.endswith(".json") and not Path(member.name).name.startswith("."):
                file = archive.extractfile(member)
                yield member.name, _limited(file.read(_LARGEST + 1)) if file else b""


def _whole(path: Path) -> Iterator[tuple[str, bytes]]:
    """A JSON file holds one document, or a list of them."""
    content = path.read_bytes()
    try:
        decoded = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield from numbered_lines(content.splitlines())
        return
    if isinstance(decoded, list):
        for number, item in enumerate(decoded, 1):
            yield f"item {number}", msgspec.json.encode(item)
    else:
        yield path.name, content


def _limited(content: bytes) -> bytes:
    return content if len(content) <= _LARGEST else b'{"too large": true}'


def _numbered(file: Path) -> tuple[int, str]:
    """Archives name files by the circular's number: they are read in that order."""
    digits = "".join(c for c in file.stem if c.isdigit())
    return int(digits) if digits else 0, str(file)


def read_text(line: bytes) -> Text:
    """One document. Raises FormatError that names the field."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not JSON: {error}; received {line[:80]!r}") from error
    name = _document(row) if isinstance(row, dict) and "circularId" not in row else None
    if name is None:
        return Text(circular=read_circular(line))
    body = next((row[k] for k in ("body", "text", "abstract") if isinstance(row.get(k), str)), None)
    subject = next((row[k] for k in ("subject", "title") if isinstance(row.get(k), str)), None)
    if body is None or subject is None:
        missing = "its text (body, text or abstract)" if body is None else "its title"
        raise FormatError(f"{name}: {missing} is missing; it has {', '.join(sorted(map(str, row)))[:80]}")
    created = row.get("createdOn") or row.get("published")
    text = Circular(
        number=LATER_THAN_ALL, subject=subject, body=body, created=None if created is None else str(created)
    )
    return Text(circular=text, document=name)


def _document(row: dict[str, Any]) -> str | None:
    """The name of a document that is no circular; None where nothing names one."""
    atel = row.get("atelId")
    if isinstance(atel, int | str) and not isinstance(atel, bool) and str(atel).strip():
        return f"ATel {str(atel).strip().removeprefix('ATel').lstrip(' #')}"
    for key, prefix in (("arxivId", "arXiv:"), ("doi", "doi:"), ("bibcode", "")):
        if isinstance(row.get(key), str) and row[key].strip():
            return prefix + str(row[key]).strip().removeprefix(prefix)
    return None
