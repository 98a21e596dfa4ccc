"""Files, folders, archives and JSON lines as messages, one at a time: memory stays flat however large the archive.

What cannot be read, or is too large, comes as a message without bytes that says why (`Message.refused`).
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from listeners import syndication
from listeners.formats import MAX_MESSAGE_BYTES, Message
from listeners.words import utc
from nuncius.core.errors import FormatError

_TAR = (".tar", ".tar.bz2", ".tar.gz", ".tar.xz", ".tbz2", ".tgz")
_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")
_HEAD = 4096

#: The moment a notice was made, in each format's words.
_JSON_DATE = re.compile(rb'"(?:alert_datetime|time_created|createdOn|published_at)"\s*:\s*"?([0-9T:.+\- Z]{10,40})')
_TRIGGER = re.compile(rb'"trigger_time"\s*:\s*"([0-9T:.+\- Z]{10,40})"')
#: When what webhooks tell happened (Flux, Alertmanager, GitHub), looked for where nothing else is.
_TOLD_DATE = re.compile(rb'"(?:timestamp|startsAt|published_at|updated_at)"\s*:\s*"([0-9T:.+\- Z]{10,40})"')
#: The moment that an entry of a feed, or a document of ADS, was published or revised.
_ENTRY_DATE = re.compile(rb"<(?:\w+:)?(?:updated|date)>\s*([0-9T:.+\- Z]{10,40})")
_ADS_DATE = re.compile(rb'"(?:entry_date|indexstamp)"\s*:\s*"([0-9T:.+\- Z]{10,40})"')
#: Keys that an answer of ADS begins with.
_ADS_ANSWER = re.compile(rb'\A\s*\{\s*"responseHeader"')
_AVRO_DATE = re.compile(rb"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)")


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """How much there is to walk: files (a tarball is one) and their bytes on disk."""

    files: int
    size: int


def _refused(name: str, reason: str, now: datetime) -> Message:
    return Message(raw=b"", received=now, name=name, refused=reason)


def estimate(paths: Iterable[Path]) -> Estimate:
    """Size of the work, for a progress bar; opens nothing."""
    sizes = [file.stat().st_size for path in paths for file in _files(path)]
    return Estimate(files=len(sizes), size=sum(sizes))


def walk(paths: Iterable[Path], *, now: datetime, max_bytes: int = MAX_MESSAGE_BYTES) -> Iterator[Message]:
    """Every message in files, folders, tarballs (streamed), JSON lines and JSON lists, in order of name.

    `received` is the notice's own date where it has one, so that an archive can be replayed on a virtual clock, and
    `now` where not. What is larger than `max_bytes` is refused.
    """
    for path in paths:
        for file in _files(path):
            try:
                yield from _file(file, now, max_bytes)
            except (OSError, tarfile.TarError, EOFError, zlib.error) as error:
                yield _refused(str(file), f"cannot be read: {error}", now)


def _files(path: Path) -> list[Path]:
    return sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]


def _file(file: Path, now: datetime, max_bytes: int) -> Iterator[Message]:
    name = file.name.lower()
    if name.endswith(_TAR):
        yield from _tar(file, now, max_bytes)
    elif name.endswith(_LINES):
        yield from _lines(file, now, max_bytes)
    elif file.stat().st_size > max_bytes:
        yield _refused(str(file), f"{file.stat().st_size} bytes; more than {max_bytes} are refused", now)
    else:
        raw = file.read_bytes()
        if name.endswith(".gz") and not name.endswith((".fits.gz", ".fit.gz")):
            with _open(file) as unpacked:
                raw = unpacked.read(max_bytes + 1)
            if len(raw) > max_bytes:
                yield _refused(str(file), f"more than {max_bytes} bytes unpacked are refused", now)
                return
        yield from messages(raw, name=str(file), now=now)


def _tar(file: Path, now: datetime, max_bytes: int) -> Iterator[Message]:
    """Streamed: `r|*` reads forward only, and each member is forgotten once given."""
    with tarfile.open(file, "r|*") as archive:
        for member in archive:
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile remembers every header otherwise
            if not member.isfile():
                continue
            name = f"{file.name}:{member.name}"
            if member.size > max_bytes:
                yield _refused(name, f"{member.size} bytes; more than {max_bytes} are refused", now)
                continue
            content = archive.extractfile(member)
            if content is not None:
                yield from messages(content.read(), name=name, now=now)


def _lines(file: Path, now: datetime, max_bytes: int) -> Iterator[Message]:
    with _open(file) as lines:
        number = 0
        while line := lines.readline(max_bytes + 1):
            number += 1
            name = f"{file}:{number}"
            if len(line) > max_bytes:
                yield _refused(name, f"a line over {max_bytes} bytes is refused, with the rest of the file", now)
                return
            if line.strip():
                yield Message(raw=line.strip(), received=stamp(line, now), name=name)


def _open(file: Path) -> gzip.GzipFile | io.BufferedReader:
    return gzip.GzipFile(file) if file.name.lower().endswith(".gz") else file.open("rb")


def messages(raw: bytes, *, name: str, now: datetime) -> Iterator[Message]:
    """The messages in one file's bytes: the whole, the items of a JSON list, the lines of JSON lines, the entries of
    an Atom or RSS document, or the documents of an answer of ADS."""
    head = raw[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if head == b"[" and raw.rstrip()[-1:] == b"]":
        try:
            items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            yield _refused(name, f"not a JSON list: {error}", now)
            return
        for number, item in enumerate(items, start=1):
            content = bytes(item)
            yield Message(raw=content, received=stamp(content, now), name=f"{name}[{number}]")
    elif head == b"<" and syndication.is_feed(raw):
        yield from _entries(raw, name, now)
    elif head == b"{" and _ADS_ANSWER.match(raw):
        yield from _documents(raw, name, now)
    elif head == b"{" and _is_json_lines(raw):
        for number, line in enumerate(raw.splitlines(), start=1):
            if line.strip():
                yield Message(raw=line.strip(), received=stamp(line, now), name=f"{name}:{number}")
    else:
        yield Message(raw=raw, received=stamp(raw, now), name=name)


def _entries(raw: bytes, name: str, now: datetime) -> Iterator[Message]:
    try:
        items = syndication.entries(raw)
    except FormatError as error:
        yield _refused(name, str(error), now)
        return
    for number, item in enumerate(items, start=1):
        yield Message(raw=item, received=stamp(item, now), name=f"{name}[{number}]")


class _Docs(msgspec.Struct):
    docs: list[msgspec.Raw]


class _Answer(msgspec.Struct):
    response: _Docs


def _documents(raw: bytes, name: str, now: datetime) -> Iterator[Message]:
    try:
        items = msgspec.json.decode(raw, type=_Answer).response.docs
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        yield _refused(name, f"not an answer of ADS: {error}", now)
        return
    for number, item in enumerate(map(bytes, items), start=1):
        yield Message(raw=item, received=stamp(item, now), name=f"{name}[{number}]")


def _is_json_lines(raw: bytes) -> bool:
    """Whether the first line closes the object that it opens and another one begins below."""
    first, _, rest = raw.strip().partition(b"\n")
    return first.rstrip()[-1:] == b"}" and rest.lstrip()[:1] == b"{"


def stamp(raw: bytes, now: datetime) -> datetime:
    """The date that the notice itself states, else `now`. A look at the beginning and the end, not a parser."""
    begin = raw.find(b"<Date>", 0, _HEAD)
    if begin >= 0:  # VOEvent, first because archives hold hundreds of thousands
        end = raw.find(b"</Date>", begin, begin + 60)
        return utc(raw[begin + 6 : end].decode("ascii", "replace")) or now
    if raw[:4] == b"Obj\x01":
        found = _AVRO_DATE.search(raw[: 4 * _HEAD])
        return (utc(found[1].decode("ascii")) if found else None) or now
    begin = raw.find(b"NOTICE_DATE:", 0, _HEAD)
    if begin >= 0:
        line = raw[begin + 12 : begin + 60].partition(b"\n")[0].decode("ascii", "replace")
        try:
            return datetime.strptime(line.strip().removesuffix("UT").strip(), "%a %d %b %y %H:%M:%S").replace(
                tzinfo=UTC
            )
        except ValueError:
            return now
    if raw[:1] == b"<":
        entry = _ENTRY_DATE.search(raw)
        return (utc(entry[1].decode("ascii")) if entry else None) or now
    head = raw if len(raw) <= 2 * _HEAD else raw[:_HEAD] + raw[-_HEAD:]
    match = _JSON_DATE.search(head) or _TRIGGER.search(head) or _ADS_DATE.search(head) or _TOLD_DATE.search(head)
    if match is None:
        return now
    text = match[1].decode("ascii").strip()
    if text.isdigit():
        milliseconds = int(text)  # circulars: milliseconds since 1970
        return datetime.fromtimestamp(milliseconds / 1000.0, UTC) if milliseconds < 32_503_680_000_000 else now
    return utc(text) or now
