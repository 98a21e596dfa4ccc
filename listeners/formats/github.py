"""Releases of software as GitHub's webhooks tell them (https://docs.github.com/webhooks, event `release`).

GitHub tells one release several times (created, published, released): these are one event. An edit is an update, a
deletion a retraction. `package` is the repository's name, under which test cases are found that depend on it.
"""

from __future__ import annotations

from typing import Any

from listeners.formats import FORMATS, Format, Message
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


def accepts(message: Message, content: Any) -> bool:
    """A webhook's body about a release of a repository."""
    return isinstance(content, dict) and {"action", "release", "repository"} <= content.keys()


def parse(message: Message, content: dict[str, Any]) -> list[Event]:
    """The event of one release. Raises FormatError."""
    release, repository, action = content["release"], content["repository"], str(content["action"])
    if action not in _ACTIONS:
        raise FormatError(f"{message.label}: the action is one of {', '.join(_ACTIONS)}; received {action!r}")
    if not isinstance(release, dict) or not isinstance(repository, dict):
        raise FormatError(f"{message.label}: release and repository are objects")
    name, tag = str(repository.get("full_name") or ""), str(release.get("tag_name") or "")
    if "/" not in name or not tag:
        raise FormatError(
            f"{message.label}: a release needs repository.full_name and tag_name; received {name!r}, {tag!r}"
        )
    tense = Tense.PLANNED if release.get("draft") else _ACTIONS[action]
    published = utc(str(release.get("published_at") or release.get("created_at") or ""))
    version = tag[1:] if tag[:1] in "vV" and tag[1:2].isdigit() else tag
    data: dict[str, Any] = {
        "package": name.partition("/")[2].lower(),
        "version": version,
        "tag": tag,
        "repository": name,
        "prerelease": bool(release.get("prerelease")),
        "action": action,
        "subject": str(release.get("name") or f"{name} {tag}"),
        "body": str(release.get("body") or ""),
        "url": str(release.get("html_url") or ""),
        "tense": tense.value,
        "ids": [],
        "event_name": [],
        # The rest of the release; people and addresses of other pages are left out.
        "parameters": floats({k: v for k, v in release.items() if k not in _READ and not isinstance(v, dict | list)}),
    }
    if published is not None:
        data["published"] = iso(published)
    release_id = f"github:{name}@{tag}"
    if tense is Tense.UPDATE:  # every edit is an event of its own
        release_id = content_id(f"{release_id}:edited", message.raw)
    elif tense in (Tense.RETRACTION, Tense.PLANNED):
        release_id += ":draft" if tense is Tense.PLANNED else f":{action}"
    return [
        Event(
            id=release_id,
            kind="release.code",
            source="github",
            received=message.received,
            tense=tense,
            trigger_time=published,
            data=data,
            raw=message.raw,
        )
    ]


FORMATS.add("github", Format(order=58, json=True, accepts=accepts, parse=parse))
