"""Releases and tags of one GitHub repository, by its REST API: conditional requests, every page, old to new.

A tag is told where it names a version and has no release at two looks: the release usually follows its tag.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from listeners.formats import Message
from listeners.formats._versions import is_release_tag, package_name
from listeners.formats.github import LONGEST, repository_of, said
from listeners.polling.contract import Page
from listeners.polling.web import Web
from listeners.releases.answers import decode, keeping, next_page
from listeners.releases.stock import Look, Told, compare, in_pages, recent
from listeners.words import utc
from nuncius.core.errors import PermanentError

log = logging.getLogger(__name__)

ADDRESS = "https://api.github.com"
PER_PAGE = 100
#: 10,000 releases or tags; a repository that has more is refused.
MOST_PAGES = 100
#: GitHub asks for requests one after the other, not at once.
PACE_S = 0.5


class Listed(msgspec.Struct, kw_only=True):
    """A list as it was read: marks by key, the bytes of what was sent anew, and what each page remembers."""

    marks: dict[str, Any] = {}
    raw: dict[str, bytes] = {}
    dates: dict[str, datetime | None] = {}
    pages: dict[str, Any] = {}


class GithubSource(msgspec.Struct, frozen=True, kw_only=True):
    """The releases of `owner/name`."""

    repository: str
    every_s: float
    since_days: float = 7.0
    token: str = ""
    address: str = ADDRESS

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"github:{self.repository}"

    def __repr__(self) -> str:
        return f"GithubSource({self.repository!r}, token={'•••' if self.token else 'none'})"

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """Releases and tags that are new, edited or gone since `state`."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        first, state = state is None, state or {}
        memory, known, waiting = state.get("pages", {}), state.get("known", {}), state.get("waiting", {})
        releases = self._list("releases", memory, web)
        tags = self._list("tags", memory, web)
        pages = releases.pages | tags.pages
        if first:
            chosen = recent(releases.dates, now, self.since_days)
            told = [Told(key=k, mark=releases.marks[k], message=self._release(k, releases, now)) for k in chosen]
            end = {"known": releases.marks | tags.marks, "waiting": {}, "pages": pages}
            yield from in_pages(state, told, end, now)
            return
        of_releases = compare(_part(known, "r"), _part(waiting, "r"), _renamed(known, releases.marks))
        of_tags = compare(_part(known, "t"), _part(waiting, "t"), _renamed(known, tags.marks), settle=True)
        for look in (of_releases, of_tags):
            if look.held:
                log.warning("%s: %d of what was known is gone at once; not believed", self.name, look.held)
        told = self._tell_releases(of_releases, releases, known, now)
        told += self._tell_tags(of_tags, releases, known, now)
        end = {"known": _after(known, told), "waiting": of_releases.waiting | of_tags.waiting, "pages": pages}
        spoken = [item for item in told if item.message.raw]
        yield from in_pages(state, spoken, end, now)

    # --- asking ---

    def _list(self, what: str, memory: dict[str, Any], web: Web) -> Listed:
        """All pages of a list; a page that did not change (304) costs nothing and is remembered."""
        listed = Listed()
        url: str | None = f"{self.address}/repos/{quote(self.repository)}/{what}?per_page={PER_PAGE}"
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        while url is not None:
            if len(listed.pages) >= MOST_PAGES or url in listed.pages:
                raise PermanentError(f"{self.name}: more than {MOST_PAGES} pages of {what}, or pages in a circle")
            before = memory.get(url, {})
            answer = web.get(url, headers=headers | before.get("validators", {}), pace_s=PACE_S)
            if answer.unchanged:
                listed.pages[url], marks = before, before.get("marks", {})
            else:
                marks = self._read(what, decode(answer, list[msgspec.Raw]), listed)
                validators = {"If-None-Match": answer.headers["etag"]} if "etag" in answer.headers else {}
                listed.pages[url] = {"validators": validators, "marks": marks, "next": next_page(answer)}
            listed.marks |= marks
            url = listed.pages[url].get("next")
        return listed

    def _read(self, what: str, items: list[msgspec.Raw], listed: Listed) -> dict[str, Any]:
        marks: dict[str, Any] = {}
        for item in items:
            content = msgspec.json.decode(item)
            fields = content if isinstance(content, dict) else {}
            if what == "tags":
                commit = fields.get("commit")
                commit = commit if isinstance(commit, dict) else {}
                name = str(fields.get("name") or "")[:LONGEST]
                if is_release_tag(name, package_name(self.repository.partition("/")[2])):
                    marks[f"t{name}"] = [repository_of(commit) or self.repository, name, str(commit.get("sha") or "")]
                continue
            tag = str(fields.get("tag_name") or "")[:LONGEST]
            key = f"r{str(fields.get('id') or said(fields))[:LONGEST]}"
            flags = [bool(fields.get("draft")), bool(fields.get("prerelease"))]
            marks[key] = [repository_of(fields) or self.repository, tag, said(fields), *flags]
            listed.raw[key] = bytes(item)
            listed.dates[key] = utc(str(fields.get("published_at") or fields.get("created_at") or ""))
        return marks

    # --- telling ---

    def _tell_releases(self, look: Look, listed: Listed, known: dict[str, Any], now: datetime) -> list[Told]:
        tags_before = {mark[1] for key, mark in known.items() if key.startswith("r") and not mark[3]}
        told = []
        for key in [*look.new, *look.changed]:
            mark, before = listed.marks[key], known.get(key)
            # A release made anew under an old tag, or an edited one, is an edit; a draft that is out now is new.
            out_before = not before[3] if before else mark[1] in tags_before
            action = ("unpublished" if mark[3] else "edited") if out_before else "published"
            if action == "edited" and before and before[4] and not mark[4]:
                action = "released"
            told.append(Told(key=key, mark=mark, message=self._release(key, listed, now, action)))
        oldest = datetime.min.replace(tzinfo=now.tzinfo)
        told.sort(key=lambda item: listed.dates.get(item.key) or oldest)
        now_there = {mark[1] for mark in listed.marks.values()}
        for key in look.gone:
            repository, tag, _, draft, _ = known[key]
            said_of = {"id": key[1:], "tag_name": tag, "draft": draft}
            body = {"action": "deleted", "release": said_of, "repository": {"full_name": repository}}
            silent = draft or tag in now_there  # made anew under the same tag: told as an edit
            told.append(Told(key=key, mark=None, message=self._message(b"" if silent else _json(body), now)))
        return told

    def _tell_tags(self, look: Look, releases: Listed, known: dict[str, Any], now: datetime) -> list[Told]:
        released = {mark[1] for mark in releases.marks.values() if not mark[3]}
        told = []
        for key, mark in [*look.new.items(), *look.changed.items()]:
            repository, tag, commit = mark
            body = {"ref": tag, "ref_type": "tag", "commit": commit, "repository": {"full_name": repository}}
            if key in known:
                body["moved"] = True
            silent = key not in known and tag in released
            told.append(Told(key=key, mark=mark, message=self._message(b"" if silent else _json(body), now)))
        for key in look.gone:
            repository, tag, commit = known[key]
            body = {"ref": tag, "ref_type": "tag", "commit": commit, "repository": {"full_name": repository}}
            told.append(Told(key=key, mark=None, message=self._message(_json(body | {"deleted": True}), now)))
        return told

    def _release(self, key: str, listed: Listed, now: datetime, action: str = "published") -> Message:
        """A release as a webhook would tell it, around the bytes as they came."""
        head = _json({"action": action, "repository": {"full_name": listed.marks[key][0]}})
        return self._message(head[:-1] + b',"release":' + listed.raw[key] + b"}", now)

    def _message(self, raw: bytes, now: datetime) -> Message:
        return Message(raw=raw, received=now, name=self.name, content_type="application/json")


def _renamed(known: dict[str, Any], marks: dict[str, Any]) -> dict[str, Any]:
    """Marks in which what only moved to another name with its repository is as it was: that is no edit."""
    return {k: known[k] if k in known and known[k][1:] == mark[1:] else mark for k, mark in marks.items()}


def _part(marks: dict[str, Any], letter: str) -> dict[str, Any]:
    return {key: mark for key, mark in marks.items() if key.startswith(letter)}


def _after(known: dict[str, Any], told: list[Told]) -> dict[str, Any]:
    gone = {item.key for item in told if item.mark is None}
    kept = {key: mark for key, mark in known.items() if key not in gone}
    return kept | {item.key: item.mark for item in told if item.mark is not None}


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)
