"""Releases of one package on a Python package index: its page, conditionally, against the versions that are known."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from listeners.formats import Message
from listeners.formats._index_page import Project, Release, from_html, read
from listeners.formats.pypi import cut
from listeners.polling.contract import Page
from listeners.polling.web import Answer, Web
from listeners.releases.answers import Garbled, keeping
from listeners.releases.stock import Look, Told, compare, in_pages, recent
from nuncius.core.errors import ConfigurationError, FormatError

log = logging.getLogger(__name__)

#: Between two packages of one index.
PACE_S = 0.2


class PypiSource(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of one package, by its name as the index compares names."""

    package: str
    every_s: float
    since_days: float = 7.0
    address: str = ""
    """Of the index; empty: the one that pypi-simple knows."""

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"pypi:{self.package}"

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """Versions that are new, yanked, offered again or gone since `state`."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        import pypi_simple

        first, state = state is None, state or {}
        url = f"{(self.address or pypi_simple.PYPI_SIMPLE_ENDPOINT).rstrip('/')}/{self.package}/"
        waiting = state.get("waiting", {})
        # What waits for a second look wants the page again, even an unchanged one.
        validators = {} if waiting else state.get("validators", {})
        headers = {"Accept": pypi_simple.ACCEPT_JSON_PREFERRED, **validators}
        answer = web.get(url, headers=headers, pace_s=PACE_S, missing_is_well=True)
        if answer.unchanged:
            return
        if answer.status != 200:
            raise ConfigurationError(f"{self.package}: the index has no such package; correct [releases]")
        project = self._read(answer)
        serial = state.get("serial")
        if project.serial is not None and serial is not None and project.serial < serial:
            return  # an older page, from a cache that lags behind
        known: dict[str, int] = state.get("known", {})
        marks = {text: _mark(release, known.get(text)) for text, release in project.releases.items()}
        end = {"validators": answer.validators, "serial": project.serial}
        if first:
            chosen = recent({t: r.published for t, r in project.releases.items()}, now, self.since_days)
            told = [self._told(text, marks[text], project, now) for text in chosen]
            yield from in_pages(state, told, end | {"known": marks, "waiting": {}}, now)
            return
        if project.status == "quarantined":
            log.warning("%s: the index has put it in quarantine; nothing of it can be installed now", self.package)
        look = compare(known, waiting, marks)
        if look.held:
            log.warning("%s: %d of %d versions are gone at once; not believed", self.name, look.held, len(known))
        told = self._tell(look, marks, project, now)
        kept = {text: mark for text, mark in known.items() if text not in look.gone}
        changed = {**look.new, **look.changed}
        yield from in_pages(state, told, end | {"known": kept | changed, "waiting": look.waiting}, now)

    def _read(self, answer: Answer) -> Project:
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            body = answer.body
            if kind in ("text/html", "application/vnd.pypi.simple.v1+html"):
                body = from_html(self.package, body, answer.url)
            project = read(body, answer.url)
        except FormatError as error:
            raise Garbled(str(error), answer) from error
        if project.name != self.package:
            raise Garbled(f"the page is of {project.name[:60]!r}, asked for was {self.package!r}", answer)
        if not project.releases and project.status != "quarantined":
            raise Garbled("a page without any file of a release", answer)
        return project

    def _tell(self, look: Look, marks: dict[str, int], project: Project, now: datetime) -> list[Told]:
        fresh = [*look.new, *look.changed]
        fresh.sort(key=lambda text: project.releases[text].published or now)
        told = [self._told(text, marks[text], project, now) for text in fresh]
        for text in look.gone:
            raw = cut(self.package, Release(version=text), {"gone": text, "url": self._page(text)})
            told.append(Told(key=text, mark=None, message=self._message(raw, now)))
        return told

    def _told(self, text: str, mark: int, project: Project, now: datetime) -> Told:
        raw = cut(self.package, project.releases[text], {"changes": mark, "url": self._page(text)})
        return Told(key=text, mark=mark, message=self._message(raw, now))

    def _page(self, text: str) -> str:
        """The page for people: the index that the library knows has one for each version, others the list alone."""
        import pypi_simple

        root = (self.address or pypi_simple.PYPI_SIMPLE_ENDPOINT).rstrip("/")
        if self.address:
            return f"{root}/{self.package}/"
        return f"{root.removesuffix('simple')}project/{self.package}/{text}/"

    def _message(self, raw: bytes, now: datetime) -> Message:
        return Message(raw=raw, received=now, name=self.name, content_type="application/vnd.pypi.simple.v1+json")


def _mark(release: Release, before: int | None) -> int:
    """How often a version was yanked or offered again: odd while it is yanked."""
    if before is None:
        return int(release.yanked)
    return before + (before % 2 != int(release.yanked))
