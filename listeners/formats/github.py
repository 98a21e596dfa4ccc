"""Releases and tags of software as GitHub tells them: its webhooks `release` and `create` (of a tag), one release as
its REST API lists it, and what the poller makes of that list (https://docs.github.com/webhooks).

GitHub tells one release several times (created, published, released), and the poller sees it too: these are one event.
An edit is an update, one event for each text however it is heard of; a deletion is a retraction. `package` is the
repository's name, under which test cases are found that depend on it.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from listeners.formats import FORMATS, Format, Message
from listeners.formats._versions import is_prerelease, is_release_tag, package_name, tagged_version
from listeners.words import floats, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id, iso

#: Actions and what they say; `created` is told of drafts too, which `draft` marks.
_ACTIONS = {
    "created": Tense.INITIAL,
    "published": Tense.INITIAL,
    "released": Tense.INITIAL,
    "prereleased": Tense.INITIAL,
    "edited": Tense.UPDATE,
    "unpublished": Tense.RETRACTION,
    "deleted": Tense.RETRACTION,
}

#: Fields of a release that have words of their own here.
_READ = frozenset({"tag_name", "draft", "prerelease", "name", "body", "html_url", "published_at"})
#: What people read and rules decide on: an edit of anything else (downloads, assets) is none.
_SAID = ("tag_name", "name", "body", "draft", "prerelease")
#: Names and tags that are longer together are nobody's.
LONGEST = 400
_ADDRESS = re.compile(r"/repos/([^/\s]+/[^/\s]+)/(?:releases|commits|git)/")
_PAGE = re.compile(r"https?://[^/\s]+/([^/\s]+/[^/\s]+)/releases/")


def accepts(message: Message, content: Any) -> bool:
    """A webhook's body about a release or a tag of a repository, or a release of the API's list."""
    if not isinstance(content, dict):
        return False
    hook = {"action", "release", "repository"} <= content.keys()
    tag = content.get("ref_type") == "tag" and {"ref", "repository"} <= content.keys()
    return hook or tag or {"tag_name", "draft", "html_url"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one release, or of a tag that names a version. Raises FormatError."""
    if "tag_name" in content:
        content = {"action": "published", "release": content, "repository": {"full_name": repository_of(content)}}
    repository = content["repository"]
    name = str(repository.get("full_name") or "") if isinstance(repository, dict) else ""
    if "ref_type" in content:
        return _tag(message, content, name)
    release, action = content["release"], str(content["action"])
    if action not in _ACTIONS:
        raise FormatError(f"{message.label}: the action is one of {', '.join(_ACTIONS)}; received {action!r}")
    if not isinstance(release, dict) or not isinstance(repository, dict):
        raise FormatError(f"{message.label}: release and repository are objects")
    return [_release(message, release, name, action)]


def repository_of(release: dict[str, Any]) -> str:
    """`owner/name` by a release's or commit's own address, which a move of the repository changes; else empty."""
    found = _ADDRESS.search(str(release.get("url") or "")) or _PAGE.match(str(release.get("html_url") or ""))
    return found[1] if found else ""


def said(release: dict[str, Any]) -> str:
    """A print of what a release says, the same from a webhook and from the API."""
    content = [release.get(word) or "" for word in _SAID]
    return content_id("said", msgspec.json.encode(content)).removeprefix("said:")


def _release(message: Message, release: dict[str, Any], name: str, action: str) -> Event:
    tag = str(release.get("tag_name") or "")
    _check(message, name, tag)
    # What is unpublished is a draft again.
    tense = Tense.PLANNED if release.get("draft") and action != "unpublished" else _ACTIONS[action]
    release_id = f"github:{name}@{tag}"
    if tense is Tense.UPDATE:  # every edit is an event of its own
        release_id += f":edited:{said(release)}"
    elif tense in (Tense.RETRACTION, Tense.PLANNED):
        release_id += ":draft" if tense is Tense.PLANNED else f":{action}"
    elif release.get("prerelease"):  # the release that it may become is another event
        release_id += ":prerelease"
    published = utc(str(release.get("published_at") or release.get("created_at") or ""))
    data = _data(name, tag, tense) | {
        "action": action,
        "subject": str(release.get("name") or f"{name} {tag}"),
        "body": str(release.get("body") or ""),
        "url": str(release.get("html_url") or ""),
        # The rest of the release; people and addresses of other pages are left out.
        "parameters": floats({k: v for k, v in release.items() if k not in _READ and not isinstance(v, dict | list)}),
    }
    data["prerelease"] = bool(release.get("prerelease")) or data["prerelease"]
    if published is not None:
        data["published"] = iso(published)
    return Event(
        id=release_id,
        kind="release.code",
        source="github",
        received=message.received,
        tense=tense,
        trigger_time=published,
        data=data,
        raw=message.raw,
    )


def _tag(message: Message, content: dict[str, Any], name: str) -> list[Event]:
    """A tag without a release. `commit`, `moved` and `deleted` are the poller's own words."""
    tag = str(content["ref"])
    _check(message, name, tag)
    if not is_release_tag(tag, package_name(name.partition("/")[2])):
        return []
    commit = str(content.get("commit") or "")
    action = "deleted" if content.get("deleted") else "moved" if content.get("moved") else "tagged"
    tense = {"deleted": Tense.RETRACTION, "moved": Tense.UPDATE, "tagged": Tense.INITIAL}[action]
    tag_id = f"github:{name}@{tag}:tag"
    tag_id += {"deleted": ":deleted", "moved": f":{commit[:12]}", "tagged": ""}[action]
    subject = {"deleted": "was deleted", "moved": f"now is commit {commit[:12]}", "tagged": "was tagged"}[action]
    data = _data(name, tag, tense) | {
        "action": action,
        "subject": f"{name} {tag} {subject}",
        "body": "",
        "url": f"https://github.com/{name}/releases/tag/{tag}",
        "parameters": {"commit": commit} if commit else {},
    }
    return [
        Event(
            id=tag_id,
            kind="release.code",
            source="github",
            received=message.received,
            tense=tense,
            data=data,
            raw=message.raw,
        )
    ]


def _check(message: Message, name: str, tag: str) -> None:
    if "/" not in name or not tag or len(name) + len(tag) > LONGEST:
        shown = f"{name[:100]!r}, {tag[:100]!r}"
        raise FormatError(f"{message.label}: a release needs repository.full_name and tag_name; received {shown}")


def _data(name: str, tag: str, tense: Tense) -> dict[str, Any]:
    """What releases and tags have in common."""
    package = package_name(name.partition("/")[2])
    version = tagged_version(tag, package)
    return {
        "package": package,
        "version": version,
        "tag": tag,
        "repository": name,
        "index": "github",
        "prerelease": is_prerelease(version),
        "tense": tense.value,
        "ids": [],
        "event_name": [],
    }


FORMATS.add("github", Format(order=58, json=True, accepts=accepts, parse=parse))
