"""How arXiv is asked, and what its answers say: slices of a query, papers by identifier, announcements of the day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
from lxml import etree

from listeners import syndication as xml
from listeners.formats import Message
from listeners.formats.arxiv import key as key_of
from listeners.papers.settings import PapersSettings
from listeners.polling.web import Answer, Web
from listeners.words import utc
from nuncius.core.errors import ConfigurationError, FormatError, PermanentError, TransientError

#: arXiv asks for one request in three seconds, by one connection (https://info.arxiv.org/help/api/tou.html).
PACE_S = 3.0
#: Entries in one answer; papers asked for by identifier at once.
SLICE, IDS = 200, 100
#: arXiv answers now and then with no entries where there are some: it is asked again so often.
RETRIES = 3
_CATEGORY = re.compile(r"[a-z][a-z-]*(?:\.[A-Za-z][A-Za-z-]*)?")

Key = tuple[str, int]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One paper in an answer: what is needed to order it, and its bytes."""

    key: Key | None
    updated: datetime | None
    message: Message


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """Some entries of a query, of how many, and the server's own time."""

    total: int
    moment: datetime | None
    entries: list[Entry]


def query(settings: PapersSettings) -> str:
    """The query in arXiv's words. Raises ConfigurationError for what is no category."""
    categories = []
    for category in settings.categories:
        if not _CATEGORY.fullmatch(category):
            raise ConfigurationError(f"papers.categories: {category!r} is none of arXiv's; write astro-ph.HE, say")
        # A whole archive is listed under its parts, if it has any.
        categories += [f"cat:{category}"] if "." in category else [f"cat:{category}", f"cat:{category}.*"]
    if not categories:
        raise ConfigurationError("papers.categories is empty; name one, astro-ph.HE say, or set papers.arxiv = false")
    words = [f"all:{_quoted(word)}" for word in settings.keywords]
    words += [f"au:{_quoted(name)}" for name in settings.authors]
    narrowed = f" AND ({' OR '.join(words)})" if words else ""
    return f"({' OR '.join(categories)}){narrowed}"


def _quoted(words: str) -> str:
    bare = " ".join(re.sub(r'["\\()]', " ", words).split())
    if not bare:
        raise ConfigurationError(f"papers.keywords and papers.authors are words; received {words!r}")
    return f'"{bare}"'


def feeds(settings: PapersSettings) -> list[str]:
    """Addresses of the announcements. Raises ConfigurationError for a pattern that names no category."""
    if not settings.arxiv_feed_url:
        return []
    if "{category}" not in settings.arxiv_feed_url:
        raise ConfigurationError(f"papers.arxiv_feed_url needs {{category}}; received {settings.arxiv_feed_url!r}")
    return [settings.arxiv_feed_url.replace("{category}", category) for category in settings.categories]


class Asking:
    """arXiv's API for one query and one turn."""

    def __init__(self, web: Web, url: str, query: str, now: datetime) -> None:
        self.web, self.url, self.query, self.now = web, url, query, now

    @property
    def narrow(self) -> bool:
        """Whether the query asks for more than categories."""
        return " AND " in self.query

    def slice(self, start: int, *, must_be_there: bool) -> Slice:
        """Entries from `start` on, the newest first. An empty answer where there are some is not believed."""
        params = {
            "search_query": self.query,
            "start": str(start),
            "max_results": str(SLICE),
            "sortBy": "lastUpdatedDate",
            "sortOrder": "descending",
        }
        for _ in range(RETRIES):
            found = self._ask(params)
            if found.entries or not (found.total > start or must_be_there):
                return found
        raise TransientError(f"{self.url}: no entries from {start} on, where there are some ({RETRIES} times)")

    def by_id(self, keys: Sequence[Key], *, narrow: bool = True) -> Iterator[Entry]:
        """Papers by identifier and version; with `narrow`, those that the query asks for only."""
        for start in range(0, len(keys), IDS):
            names = ",".join(f"{stem}v{version}" for stem, version in keys[start : start + IDS])
            params = {"id_list": names, "start": "0", "max_results": str(IDS)}
            if narrow and self.narrow:
                params["search_query"] = self.query
            yield from self._ask(params).entries

    def announced(
        self, feeds: Iterable[str], known: Mapping[str, dict[str, str]]
    ) -> tuple[list[Key], dict[str, dict[str, str]]]:
        """What the announcements of the day list, Atom or RSS, and what to send with the next question for them."""
        listed: dict[Key, None] = {}
        validators: dict[str, dict[str, str]] = {}
        for url in feeds:
            answer = self.web.get(url, headers=known.get(url), pace_s=PACE_S)
            if answer.unchanged:
                validators[url] = known.get(url, {})
                continue
            feed = _document(answer)
            title = xml.text(feed, "title")
            if "feed error" in title.lower():
                raise PermanentError(f"{url}: {title[:160]}; check papers.categories")
            keys = (key_of(element) for element in xml.elements(feed))
            listed |= dict.fromkeys(key for key in keys if key)
            validators[url] = answer.validators
        return list(listed), {url: sent for url, sent in validators.items() if sent}

    def _ask(self, params: dict[str, str]) -> Slice:
        answer = self.web.get(self.url, params=params, pace_s=PACE_S)
        feed = _document(answer)
        total = xml.text(feed, "totalResults")
        if xml.local(feed) != "feed" or not total.isdecimal():
            raise TransientError(f"{self.url}: a feed with totalResults is expected; received {answer.body[:80]!r}")
        elements = xml.elements(feed)
        if len(elements) == 1 and "api/errors" in xml.text(elements[0], "id"):
            raise PermanentError(f"{self.url}: {xml.text(elements[0], 'summary')[:200]}; asked for {params}")
        moment = utc(xml.text(feed, "updated"))
        return Slice(total=int(total), moment=moment, entries=[self._entry(element) for element in elements])

    def _entry(self, element: etree._Element) -> Entry:
        key = key_of(element)
        name = f"{self.url}#{key[0]}v{key[1]}" if key else self.url
        raw = xml.alone(element)
        return Entry(
            key=key,
            updated=utc(xml.text(element, "updated")),
            message=Message(raw=raw, received=self.now, name=name, content_type="application/atom+xml"),
        )


def _document(answer: Answer) -> etree._Element:
    """The feed in an answer. What is none (a page of HTML that says sorry, a body cut short) may be one later."""
    try:
        return xml.document(answer.body)
    except FormatError as error:
        raise TransientError(f"{answer.url}: {error}") from error
