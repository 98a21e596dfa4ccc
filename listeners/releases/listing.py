"""A list of files as a release of data: what came, changed and went since the last look, in one event and in words.

A list is told once it is the same at two looks, so that a release that is still being uploaded is told once and whole.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import msgspec

from listeners.formats import Message
from listeners.polling.contract import Page
from listeners.releases.stock import Look, compare
from nuncius.core.event import Event, Tense, to_cloudevent

log = logging.getLogger(__name__)

#: A list that never comes to rest is told after so many looks, as far as it is.
MOST_LOOKS = 8
#: A list with more files is refused; of those that came or changed so many stand in the event.
MOST_FILES = 100_000
SHOWN_FILES = 200
#: Names in the words on what changed.
SHOWN_NAMES = 5
LONGEST_NAME = 1000


class File(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A file as it was listed. `modified` is the list's own word on when."""

    size: float | None = None
    modified: str = ""
    checksum: str = ""

    def same(self, other: File) -> bool:
        """Whether it is the same content: by checksum where both have one, else by size and date."""
        if self.checksum and other.checksum:
            return (self.size, self.checksum) == (other.size, other.checksum)
        return (self.size, self.modified) == (other.size, other.modified)

    @property
    def content(self) -> list[Any]:
        """What its content is known by: a checksum, else its date."""
        return [self.size, self.checksum or self.modified]

    @property
    def mark(self) -> list[Any]:
        """As the state keeps it."""
        return [self.size, self.modified, self.checksum]


def of_mark(mark: list[Any]) -> File:
    """A file as the state kept it."""
    return File(size=mark[0], modified=mark[1], checksum=mark[2])


def remembered(state: Any) -> dict[str, File]:
    """The files that the last looks saw, so that what did not change need not be read again."""
    kept = {**(state or {}).get("known", {}), **(state or {}).get("waiting", {})}
    return {name: of_mark(mark) for name, mark in kept.items() if mark is not None}


def look(
    state: Any, files: Mapping[str, File], tell: Callable[[str, Look, dict[str, Any]], Message], name: str
) -> Iterator[Page]:
    """The page of one look, where anything is new: `tell` makes the message of an event's number and what changed."""
    if state is None:
        yield Page(state={"known": {key: file.mark for key, file in files.items()}, "chain": "", "looks": 0})
        return
    known: dict[str, list[Any]] = state["known"]
    found = {k: known[k] if k in known and file.same(of_mark(known[k])) else file.mark for k, file in files.items()}
    seen = compare(known, state.get("waiting", {}), found, settle=True)
    if seen.held:
        log.warning("%s: %d of %d files are gone at once; not believed", name, seen.held, len(known))
    ripe = {**seen.new, **seen.changed, **dict.fromkeys(seen.gone)}
    looks = state.get("looks", 0) + 1
    if not ripe or (seen.waiting and looks < MOST_LOOKS):
        end = {**state, "waiting": {**seen.waiting, **ripe}, "looks": looks if seen.waiting else 0}
        if end["waiting"] != state.get("waiting", {}) or looks > 1:
            yield Page(state=end)
        return
    chain = chained(state["chain"], ripe)
    message = tell(chain, seen, known)
    kept = {key: mark for key, mark in known.items() if key not in seen.gone} | seen.new | seen.changed
    yield Page(messages=[message], state={"known": kept, "waiting": seen.waiting, "chain": chain, "looks": 0})


def chained(before: str, changes: Mapping[str, Any]) -> str:
    """A number for a change that is the same for whoever sees it, and another when the same comes again later."""
    raw = msgspec.json.encode([before, sorted(changes.items())])
    return hashlib.sha256(raw).hexdigest()[:16]


def version_of(known: Mapping[str, Any]) -> str:
    """A version for a content: the same files are the same version."""
    return hashlib.sha256(msgspec.json.encode(sorted(known.items()))).hexdigest()[:12]


def files_event(
    index: str, dataset: str, url: str, chain: str, seen: Look, known: Mapping[str, list[Any]], now: datetime
) -> Message:
    """The event of a change in a list of files, as a message that any reader of CloudEvents knows."""
    after = {key: mark for key, mark in known.items() if key not in seen.gone} | seen.new | seen.changed
    moved = [*seen.new.items(), *seen.changed.items()]
    files = [_shown(key, of_mark(mark)) for key, mark in moved[:SHOWN_FILES]]
    sizes = [mark[0] for mark in after.values() if mark[0] is not None]
    words = changed_words("file", list(seen.new), list(seen.changed), seen.gone)
    data = {
        "dataset": dataset,
        "version": version_of({key: of_mark(mark).content for key, mark in after.items()}),
        "index": index,
        "url": url,
        "files": files,
        "changed": words,
        "subject": f"{dataset}: {words}",
        "parameters": {"number_of_files": float(len(after)), "bytes": float(sum(sizes))},
    }
    return event_message(f"{index}:{dataset}@{chain}", data, now, initial=bool(seen.new))


def event_message(event_id: str, data: dict[str, Any], now: datetime, *, initial: bool) -> Message:
    """A release of data as a CloudEvent, which the formats read like any other message."""
    tense = Tense.INITIAL if initial else Tense.UPDATE
    words = {"body": "", "ids": [], "event_name": [], "tense": tense.value}
    event = Event(
        id=event_id,
        kind="release.data",
        source=event_id.rpartition("@")[0],
        received=now,
        tense=tense,
        data=words | data,
    )
    raw = msgspec.json.encode(to_cloudevent(event))
    return Message(raw=raw, received=now, name=event_id, content_type="application/cloudevents+json")


def _shown(name: str, file: File) -> dict[str, Any]:
    words = {"name": name, "size": file.size, "checksum": file.checksum, "modified": file.modified}
    return {key: value for key, value in words.items() if value not in (None, "")}


def changed_words(thing: str, came: list[str], changed: list[str], gone: list[str]) -> str:
    """`2 files came (a.fits, b.fits), 1 changed (c.fits)`."""
    parts: list[str] = []
    for names, verb, verbs in ((came, "came", "came"), (changed, "changed", "changed"), (gone, "is gone", "are gone")):
        if names:
            what = "" if parts else f" {thing}{'' if len(names) == 1 else 's'}"
            shown = ", ".join(name[:80] for name in names[:SHOWN_NAMES]) + (" …" if len(names) > SHOWN_NAMES else "")
            parts.append(f"{len(names)}{what} {verb if len(names) == 1 else verbs} ({shown})")
    return ", ".join(parts)
