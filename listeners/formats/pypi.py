"""Releases of Python packages: a project's page of a package index (PEP 691, 700, 592), one event for each version.

The poller cuts a page down to one version that is new, and says under `_nuncius` (keys with an underscore are the
reader's own) how often it was yanked or offered again, that it is gone, and its page for people. A yanked version is a
retraction: it can still be installed by those who pin it, but nobody should begin with it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.formats._index_page import Release, read
from listeners.formats._versions import is_package_name, is_prerelease, version
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, iso


def accepts(message: Message, content: Any) -> bool:
    """A page of a project."""
    return isinstance(content, dict) and {"meta", "name", "files"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The events of a page, one for each version that has files. Raises FormatError."""
    project = read(message.raw, message.label)
    if not is_package_name(project.name):
        raise FormatError(f"{message.label}: no package can be named {project.name!r}; names are ASCII")
    ours = content.get("_nuncius")
    ours = ours if isinstance(ours, dict) else {}
    if isinstance(ours.get("gone"), str):
        project.releases = {ours["gone"]: Release(version=ours["gone"])}
    wrong = [text for text in project.releases if version(text) is None]
    if wrong:
        shown = ", ".join(repr(text[:60]) for text in wrong[:5])
        raise FormatError(f"{message.label}: {project.name}: {shown} is no version of PEP 440, and cannot be installed")
    events = [_event(message, project.name, release, ours) for release in project.releases.values()]
    return sorted(events, key=lambda event: (event.trigger_time or event.received, event.id))


def _event(message: Message, package: str, release: Release, ours: dict[str, Any]) -> Event:
    gone = "gone" in ours
    said = ours.get("changes")
    turns = said if isinstance(said, int) else int(release.yanked)  # odd: yanked, even: offered
    if gone:
        action, tense = "deleted", Tense.RETRACTION
    elif turns % 2:
        action, tense = "yanked", Tense.RETRACTION
    else:
        action, tense = ("unyanked", Tense.UPDATE) if turns else ("published", Tense.INITIAL)
    event_id = f"pypi:{package}=={release.version}"
    if action != "published":
        event_id += f":{action}" + (f":{turns}" if turns > 2 else "")
    data: dict[str, Any] = {
        "package": package,
        "version": release.version,
        "index": "pypi",
        "action": action,
        "prerelease": is_prerelease(release.version),
        "yanked": action == "yanked",
        "subject": f"{package} {release.version}" + ("" if action == "published" else f" was {action}"),
        "body": release.reason[:2000],
        "url": str(ours.get("url") or ""),
        "tense": tense.value,
        "ids": [],
        "event_name": [],
        "parameters": {"files": float(len(release.files))},
    }
    if release.requires_python:
        data["parameters"]["requires_python"] = release.requires_python[:200]
    if release.published is not None:
        data["published"] = iso(release.published)
    return Event(
        id=event_id,
        kind="release.code",
        source="pypi",
        received=message.received,
        tense=tense,
        trigger_time=release.published,
        data=data,
        raw=message.raw,
    )


def cut(project: str, release: Release, ours: dict[str, Any]) -> bytes:
    """A page with one version only, its files as they came, for one message."""
    page = {"meta": {"api-version": "1.1"}, "name": project, "versions": [release.version], "files": release.files[:40]}
    return msgspec.json.encode(page | {"_nuncius": ours})


FORMATS.add("pypi", Format(order=59, json=True, accepts=accepts, parse=parse))
