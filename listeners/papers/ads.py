"""NASA ADS: what has been entered since the last question, among the answers to a query of the user's.

ADS dates entries by the day and may show them days later, so each question begins some days before where the last one
ended; it keeps everything, so that an outage of any length leaves no gap. Needs a token.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import msgspec

from listeners.formats import Message
from listeners.papers.settings import PapersSettings
from listeners.polling.contract import Gap, Page
from listeners.polling.web import Answer, Web
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError

FIELDS = (
    "bibcode,title,abstract,author,identifier,doi,alternate_bibcode,reference,arxiv_class,keyword,pub_raw,comment,"
    "doctype,date,pubdate,entry_date"
)
#: Documents in one answer, and in one transaction of the journal.
ROWS = 100
#: An entry is shown so long after its date, at most.
OVERLAP = timedelta(days=7)
#: No question reads more documents than this: ADS allows 5,000 questions a day.
MOST = 50_000
WHERE = "make one at https://ui.adsabs.harvard.edu/user/settings/token and set ADS_API_TOKEN"


class State(msgspec.Struct, kw_only=True):
    """What is remembered: for which query, and the newest day of entry kept."""

    query: str = ""
    mark: date | None = None


class _Docs(msgspec.Struct):
    numFound: int
    docs: list[msgspec.Raw]


class _Body(msgspec.Struct):
    response: _Docs
    nextCursorMark: str = ""


class _Dated(msgspec.Struct):
    bibcode: str = ""
    entry_date: str = ""


class Ads:
    """NASA ADS as a source."""

    name = "ads"

    def __init__(self, settings: PapersSettings) -> None:
        self.every_s = settings.every_s
        self._url = f"{settings.ads_url.rstrip('/')}/search/query"
        if urlsplit(self._url).scheme != "https" and urlsplit(self._url).hostname not in ("127.0.0.1", "localhost"):
            raise ConfigurationError(f"papers.ads_url: a token is sent by https only; received {settings.ads_url!r}")
        if not settings.ads_token:
            raise ConfigurationError(f"papers.ads_query is set, but there is no token for ADS: {WHERE}")
        self._headers = {"Authorization": f"Bearer {settings.ads_token}"}
        self._query = settings.ads_query
        self._since = timedelta(days=settings.since_days)

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """What was entered since the state, from old to new."""
        known = self._remembered(state)
        since = known.mark - OVERLAP if known.mark else (now - self._since).date()
        mark, cursor, read = known.mark, "*", 0
        while True:
            body = self._ask(web, since, cursor, read)
            read += len(body.response.docs)
            if not body.response.docs and read < body.response.numFound:
                raise TransientError(f"{self._url}: {body.response.numFound} documents promised, {read} given")
            mark = max([*self._days(body, now), *([mark] if mark else [])], default=None)
            end = read >= body.response.numFound or (cursor != "" and body.nextCursorMark == cursor)
            gaps = []
            if read >= MOST and not end:
                detail = f"more than {MOST} documents since {since}; those entered after {mark} are asked for next time"
                gaps, end = [Gap(key=f"{since}-{mark}", detail=detail)], True
            state_then = State(query=self._query, mark=mark)
            yield Page(messages=self._messages(body, now), gaps=gaps, state=msgspec.to_builtins(state_then))
            if end:
                return
            cursor = body.nextCursorMark

    def _remembered(self, state: Any) -> State:
        try:
            known = msgspec.convert(state or {}, type=State)
        except msgspec.ValidationError:
            known = State()
        return known if known.query == self._query else State(query=self._query)

    def _ask(self, web: Web, since: date, cursor: str, read: int) -> _Body:
        params = {
            "q": self._query,
            "fq": f"entdate:[{since} TO *]",
            "fl": FIELDS,
            "sort": "entry_date asc,id asc",  # a cursor needs the index's own key as the last word
            "rows": str(ROWS),
        }
        # A cursor holds while entries come in. ADS has refused them at times; then entries are counted through.
        if cursor:
            try:
                return self._get(web, params | {"cursorMark": cursor})
            except PermanentError:
                if cursor != "*":
                    raise
        return self._get(web, params | {"start": str(read)})

    def _get(self, web: Web, params: dict[str, str]) -> _Body:
        return _decoded(web.get(self._url, params=params, headers=self._headers, pace_s=1.0))

    def _days(self, body: _Body, now: datetime) -> list[date]:
        """Days of entry; a day that has not come yet is a slip, and nothing to go on from."""
        days = []
        for raw in body.response.docs:
            try:
                day = date.fromisoformat(msgspec.json.decode(raw, type=_Dated).entry_date[:10])
            except (msgspec.DecodeError, ValueError):
                continue
            days += [day] if day <= now.date() + timedelta(days=2) else []
        return days

    def _messages(self, body: _Body, now: datetime) -> list[Message]:
        found = []
        for raw in body.response.docs:
            try:
                name = f"{self._url}#{msgspec.json.decode(raw, type=_Dated).bibcode}"
            except msgspec.DecodeError:
                name = self._url
            found.append(Message(raw=bytes(raw), received=now, name=name, content_type="application/json"))
        return found


def _decoded(answer: Answer) -> _Body:
    try:
        return msgspec.json.decode(answer.body, type=_Body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TransientError(f"{answer.url}: no answer of ADS: {error}; begins {answer.body[:60]!r}") from error
