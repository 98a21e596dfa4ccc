"""Folders as sources: of this machine, and as web servers (Apache, nginx and their like) list them."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import msgspec
from lxml import etree

from listeners.polling.contract import Page
from listeners.polling.web import Answer, Web
from listeners.releases.answers import Garbled, keeping
from listeners.releases.listing import LONGEST_NAME, MOST_FILES, File, files_event, look, remembered
from listeners.releases.settings import FolderSettings
from nuncius.core.errors import PermanentError, TransientError
from nuncius.core.event import iso

#: Larger files are told apart by size and date alone; of all that changed no more is read at one look.
HASHED_BYTES, HASHED_AT_ONCE = 64 * 1024**2, 1024**3
#: Folders below a listed one that are asked for at one look.
MOST_FOLDERS = 500
PACE_S = 0.2
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LISTING = re.compile(rb"(?i)index of|directory listing|autoindex|listing of|parent directory")
_SIZE = re.compile(r"(?<![\w:.-])(\d+)(?![\w:.-])\s*$")


class FolderSource(msgspec.Struct, frozen=True, kw_only=True):
    """A folder's files; hidden ones and links are left out."""

    settings: FolderSettings

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"folder:{self.settings.name}"

    @property
    def every_s(self) -> float:
        """How often it is looked at, in seconds."""
        return self.settings.every_s

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """What came, changed and went since `state`, once it has come to rest."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        url = self.settings.url
        files = web_files(web, self.settings) if urlsplit(url).scheme in ("http", "https") else self._local(state)
        kept = {name: file for name, file in files if fnmatch(name.rpartition("/")[2], self.settings.match)}
        tell = partial(files_event, "folder", self.settings.name, url)
        yield from look(state, kept, lambda chain, seen, known: tell(chain, seen, known, now), self.name)

    def _local(self, state: Any) -> list[tuple[str, File]]:
        root = Path(self.settings.url.removeprefix("file://")).expanduser()
        before, budget, found = remembered(state), HASHED_AT_ONCE, []
        for name, path, size, modified in local_files(root, self.settings.depth):
            file, known = File(size=float(size), modified=modified), before.get(name)
            if known is not None and (known.size, known.modified) == (file.size, file.modified):
                file = known
            elif size <= min(HASHED_BYTES, budget):
                budget -= size
                file = File(size=float(size), modified=modified, checksum=_hash(path))
            found.append((name, file))
        return found


def local_files(root: Path, depth: int) -> Iterator[tuple[str, Path, int, str]]:
    """Name below the root, path, size and date of each file. Raises TransientError where the root is not there: a disk
    that is not mounted is no deletion."""
    count = 0
    folders = [(root, "", 1)]
    while folders:
        folder, lead, level = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            if folder == root:
                raise TransientError(f"{root}: the folder cannot be read: {error.strerror}") from error
            continue
        for entry in entries:
            name = lead + os.fsencode(entry.name).decode("utf-8", "backslashreplace")
            if entry.name.startswith(".") or entry.is_symlink():
                continue
            try:
                if entry.is_dir():
                    folders += [(Path(entry.path), f"{name}/", level + 1)] if level < depth else []
                    continue
                said = entry.stat()
            except OSError:
                continue  # gone in the meantime
            if entry.is_file():
                count += 1
                if count > MOST_FILES:
                    raise PermanentError(f"{root}: more than {MOST_FILES} files; name a folder with fewer")
                modified = iso(_EPOCH + timedelta(microseconds=said.st_mtime_ns // 1000)) or ""
                yield name, Path(entry.path), said.st_size, modified


def _hash(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return "sha256:" + hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def web_files(web: Web, settings: FolderSettings) -> Iterator[tuple[str, File]]:
    """Files of a listing and of those below it, as far as `depth`."""
    root = settings.url.rstrip("/") + "/"
    folders, asked, count = [(root, 1)], set(), 0
    while folders:
        url, level = folders.pop()
        if url in asked:
            continue
        asked.add(url)
        if len(asked) > MOST_FOLDERS:
            raise PermanentError(f"{root}: more than {MOST_FOLDERS} folders; set a smaller depth")
        for link, file in listed(web.get(url, pace_s=PACE_S), url):
            if link.endswith("/"):
                folders += [(link, level + 1)] if level < settings.depth else []
                continue
            count += 1
            if count > MOST_FILES:
                raise PermanentError(f"{root}: more than {MOST_FILES} files; name a folder with fewer")
            yield unquote(link.removeprefix(root)), file


def listed(answer: Answer, url: str) -> list[tuple[str, File]]:
    """Addresses below `url` that a listing names; folders end with a slash. Raises Garbled for any other page."""
    if answer.body.lstrip()[:1] == b"[":
        return _json_listing(answer, url)
    head = answer.body[:20_000]
    if not _LISTING.search(head):
        raise Garbled("no listing of a folder", answer)
    try:
        tree = etree.fromstring(answer.body, etree.HTMLParser(no_network=True, huge_tree=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Garbled(f"no listing of a folder: {error}", answer) from error
    if b"</html" not in answer.body[-4096:].lower():
        raise Garbled("a listing that is cut short", answer)
    found: dict[str, File] = {}
    for anchor in tree.iter("a") if tree is not None else []:
        link = _below(str(anchor.get("href") or ""), url)
        if link is not None:
            text = " ".join(_beside(anchor).split())
            size = _SIZE.search(text)
            found[link] = File(size=float(size[1]) if size else None, modified=text[:100])
    return list(found.items())


def _below(href: str, url: str) -> str | None:
    """A link's whole address where it is one step below the folder; sorting links and the way up are not."""
    try:
        link = urljoin(url, href.partition("#")[0])
    except ValueError:
        return None
    rest = link.removeprefix(url)
    if rest == link or not rest or "?" in rest or len(rest) > LONGEST_NAME or rest.startswith("."):
        return None
    return link if "/" not in rest.rstrip("/") else None


def _beside(anchor: Any) -> str:
    """Date and size: the text after a link, or the cells beside it."""
    cell = anchor.getparent()
    if cell is not None and cell.tag == "td":
        return " ".join("".join(other.itertext()) for other in cell.itersiblings())
    return str(anchor.tail or "").rstrip("\n").strip(" -")


class _Entry(msgspec.Struct):
    name: str
    type: str
    mtime: str = ""
    size: float | None = None


def _json_listing(answer: Answer, url: str) -> list[tuple[str, File]]:
    """nginx's `autoindex_format json`."""
    try:
        entries = msgspec.json.decode(answer.body, type=list[_Entry])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Garbled(f"no listing of a folder: {error}", answer) from error
    return [
        (url + entry.name + ("/" if entry.type == "directory" else ""), File(size=entry.size, modified=entry.mtime))
        for entry in entries
        if "/" not in entry.name and not entry.name.startswith(".") and len(entry.name) <= LONGEST_NAME
    ]
