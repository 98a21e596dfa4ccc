"""Records of Zenodo: software is a release of code, a dataset a release of data; other sorts of record are neither.

Reads what the API gives, the record as it was stored before 2023, and InvenioRDM's own shape, which other repositories
give too. The poller wraps a record in `{"action": …, "record": …}` where it is not new.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.formats._versions import is_package_name, is_prerelease, package_name, tagged_version
from listeners.words import utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id, iso

_TENSES = {"published": Tense.INITIAL, "edited": Tense.UPDATE, "deleted": Tense.RETRACTION}
_KINDS = {"software": "release.code", "dataset": "release.data"}
MOST_FILES = 500
_REPOSITORY = re.compile(r"https?://github\.com/([\w.-]+/[\w.-]+)(?:/tree/([^\s?#]+))?", re.ASCII)
_TAGS = re.compile(r"<[^>]{0,500}>")


def accepts(message: Message, content: Any) -> bool:
    """A record, one in the poller's wrapper, or a page of a search."""
    if not isinstance(content, dict):
        return False
    if _found(content) is not None:
        return True
    return _is_record(content.get("record") if {"action", "record"} <= content.keys() else content)


def _is_record(value: Any) -> bool:
    return isinstance(value, dict) and ("conceptrecid" in value or {"pids", "parent", "metadata"} <= value.keys())


def _found(content: dict[str, Any]) -> list[dict[str, Any]] | None:
    """The records on a page of a search."""
    found = _object(content.get("hits")).get("hits")
    if not isinstance(found, list) or not found or not all(_is_record(record) for record in found):
        return None
    return found


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is the same in all shapes of a record."""

    id: str
    concept: str
    sort: str
    title: str
    version: str
    doi: str
    date: str
    updated: str
    url: str
    body: str
    files: list[dict[str, Any]]
    repository: tuple[str, str] | None
    communities: list[str]

    @property
    def kind(self) -> str | None:
        """The kind of event, None where a record is neither software nor data."""
        return _KINDS.get(self.sort)

    @property
    def said(self) -> str:
        """A print of what counts: an edit of a description or a creator's name is no news for those who compute."""
        files = sorted((str(f["name"]), f.get("size"), f.get("checksum")) for f in self.files)
        raw = msgspec.json.encode([self.sort, self.title, self.version, self.doi, files])
        return content_id("said", raw).removeprefix("said:")


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one record, none for a paper or a poster; of a page of a search all. Raises FormatError."""
    found = _found(content)
    if found is not None:
        messages = [(msgspec.structs.replace(message, raw=msgspec.json.encode(record)), record) for record in found]
        return [event for of_one, record in messages for event in parse(of_one, record)]
    wrapped = {"action", "record"} <= content.keys()
    action = str(content["action"]) if wrapped else "published"
    if action not in _TENSES:
        raise FormatError(f"{message.label}: the action is one of {', '.join(_TENSES)}; received {action!r}")
    record = read(content["record"] if wrapped else content, message.label)
    kind = record.kind
    if kind is None:
        return []
    tense, date = _TENSES[action], utc(record.date)
    data: dict[str, Any] = {
        "index": "zenodo",
        "action": action,
        "version": record.version,
        "subject": record.title or f"Zenodo record {record.id}",
        "body": record.body,
        "url": record.url,
        "files": record.files[:MOST_FILES],
        "tense": tense.value,
        "ids": [f"doi:{record.doi}"] if record.doi else [],
        "event_name": [],
        "parameters": {"number_of_files": float(len(record.files)), "concept": f"zenodo:{record.concept}"},
    }
    if record.doi:
        data["doi"] = record.doi
    if date is not None:
        data["published"] = iso(date)
    data |= _software(record) if kind == "release.code" else _dataset(record, action)
    event_id = f"zenodo:{record.id}"
    event_id += {"published": "", "edited": f":edited:{record.said}", "deleted": ":deleted"}[action]
    return [
        Event(
            id=event_id,
            kind=kind,
            source="zenodo",
            received=message.received,
            tense=tense,
            trigger_time=date,
            data=data,
            raw=message.raw,
        )
    ]


def _software(record: Record) -> dict[str, Any]:
    """The package is the repository's name where the record names one, else the title's beginning."""
    words: dict[str, Any] = {"yanked": False}
    if record.repository is not None:
        words["repository"], tag = record.repository
        package = package_name(words["repository"].partition("/")[2])
        if tag:
            words["tag"] = tag
    else:
        begin = re.split(r"[:\s]", record.title.strip(), maxsplit=1)[0].rpartition("/")[2]
        package = package_name(begin) if is_package_name(begin) else f"zenodo-{record.concept}"
    words |= {"package": package, "version": tagged_version(record.version, package)}
    return words | {"prerelease": is_prerelease(words["version"])}


def _dataset(record: Record, action: str) -> dict[str, Any]:
    sizes = [file["size"] for file in record.files if isinstance(file.get("size"), float)]
    what = {"published": "a new version", "edited": "the record was edited", "deleted": "withdrawn"}[action]
    number = f"{len(record.files)} file{'' if len(record.files) == 1 else 's'}"
    return {"dataset": f"zenodo:{record.concept}", "changed": f"{what}: {number}, {sum(sizes) / 1e6:.3g} MB"}


def read(record: Any, label: str) -> Record:
    """A record of any shape. Raises FormatError."""
    if not isinstance(record, dict):
        raise FormatError(f"{label}: a record is an object; received {type(record).__name__}")
    meta = _object(record.get("metadata")) or record
    number = str(record.get("id") or record.get("recid") or "")
    concept = str(record.get("conceptrecid") or _object(record.get("parent")).get("id") or number)
    if not re.fullmatch(r"[A-Za-z0-9-]{1,40}", number):
        raise FormatError(f"{label}: a record has a number; received {number[:60]!r}")
    sort = _object(meta.get("resource_type"))
    doi = (
        _object(_object(record.get("pids")).get("doi")).get("identifier") or record.get("doi") or meta.get("doi") or ""
    )
    index = _object(record.get("versions")).get("index") or ""
    date = record.get("created") or meta.get("publication_date") or ""
    links = _object(record.get("links"))
    body = _TAGS.sub(" ", str(meta.get("description") or "")[:20_000])
    return Record(
        id=number,
        concept=concept,
        sort=str(sort.get("type") or sort.get("id") or "").partition("-")[0],
        title=str(meta.get("title") or record.get("title") or "")[:500],
        version=str(meta.get("version") or index or meta.get("publication_date") or number)[:100],
        doi=str(doi),
        date=str(date),
        updated=str(record.get("updated") or record.get("modified") or ""),
        url=_page(links.get("self_html") or links.get("html") or "", str(doi)),
        body=" ".join(body.split())[:2000],
        files=_files(record),
        repository=_repository(meta),
        communities=_communities(record, meta),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _page(link: Any, doi: str) -> str:
    """The page for people: its own link, else its DOI's."""
    text = str(link)
    return text if urlsplit(text).scheme in ("http", "https") else f"https://doi.org/{doi}" if doi else ""


def _files(record: dict[str, Any]) -> list[dict[str, Any]]:
    files = record.get("files") or record.get("_files") or []
    if isinstance(files, dict):  # InvenioRDM: by name, under entries
        entries = files.get("entries")
        files = list(entries.values()) if isinstance(entries, dict) else entries or []
    found = []
    for file in files if isinstance(files, list) else []:
        name = file.get("key") or file.get("filename") if isinstance(file, dict) else None
        if not isinstance(name, str):
            continue
        entry: dict[str, Any] = {"name": name[:300]}
        size = file.get("size", file.get("filesize"))
        if isinstance(size, (int, float)) and not isinstance(size, bool):
            entry["size"] = float(size)
        if file.get("checksum"):
            entry["checksum"] = str(file["checksum"])[:200]
        found.append(entry)
    return found


def _communities(record: dict[str, Any], meta: dict[str, Any]) -> list[str]:
    """Short names of the communities that took a record in."""
    entries = meta.get("communities") or _object(_object(record.get("parent")).get("communities")).get("entries")
    items = [_object(item) for item in entries] if isinstance(entries, list) else []
    return [str(item.get("slug") or item.get("id") or item.get("identifier") or "") for item in items]


def _repository(meta: dict[str, Any]) -> tuple[str, str] | None:
    """The repository, and the tag, that a record is a copy of."""
    related = meta.get("related_identifiers")
    for item in related if isinstance(related, list) else []:
        found = _REPOSITORY.match(str(_object(item).get("identifier") or ""))
        if found:
            return found[1].removesuffix(".git"), found[2] or ""
    return None


FORMATS.add("zenodo", Format(order=60, json=True, accepts=accepts, parse=parse))
