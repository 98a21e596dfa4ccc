"""A question to a TAP service as a source: its answer against the last one, row by row, in whatever order they come."""

from __future__ import annotations

import hashlib
import io
import logging
import math
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec

from listeners.formats import Message
from listeners.polling.contract import Page
from listeners.polling.web import Answer, Web
from listeners.releases.answers import Garbled, keeping
from listeners.releases.listing import chained, changed_words, event_message, version_of
from listeners.releases.settings import QuerySettings
from listeners.releases.stock import Look, compare
from nuncius.core.errors import ConfigurationError

log = logging.getLogger(__name__)

PACE_S = 1.0
#: A longer row is known by its hash only, and so many rows of each sort stand in the event.
LONGEST_ROW = 300
SHOWN_ROWS = 20


class QuerySource(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to one question in ADQL (IVOA TAP 1.1, synchronous)."""

    settings: QuerySettings

    @property
    def name(self) -> str:
        """The name of the duty."""
        return f"tap:{self.settings.name}"

    @property
    def every_s(self) -> float:
        """How often it is asked, in seconds."""
        return self.settings.every_s

    def pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        """Which rows came, changed or went since `state`."""
        return keeping(self._pages(state, web, now), state, now)

    def _pages(self, state: Any, web: Web, now: datetime) -> Iterator[Page]:
        asked = hashlib.sha256(repr([self.settings.adql, self.settings.key]).encode()).hexdigest()[:16]
        columns, found = self._rows(web)
        if state is None or state.get("asked") != asked:  # another question: what it answers is no news
            yield Page(state={"known": found, "waiting": {}, "chain": "", "asked": asked})
            return
        known: dict[str, str] = state["known"]
        look = compare(known, state.get("waiting", {}), found)
        if look.held:
            log.warning("%s: %d of %d rows are gone at once; not believed", self.name, look.held, len(known))
        ripe = {**look.new, **look.changed, **dict.fromkeys(look.gone)}
        if not ripe:
            if look.waiting != state.get("waiting", {}):
                yield Page(state={**state, "waiting": look.waiting})
            return
        kept = {row: mark for row, mark in known.items() if row not in look.gone} | look.new | look.changed
        chain = chained(state["chain"], ripe)
        message = self._message(chain, look, known, kept, columns, now)
        yield Page(messages=[message], state={"known": kept, "waiting": look.waiting, "chain": chain, "asked": asked})

    def _rows(self, web: Web) -> tuple[list[str], dict[str, str]]:
        query = self.settings
        which = {"REQUEST": "doQuery", "LANG": "ADQL", "QUERY": query.adql, "MAXREC": str(query.maxrec)}
        which |= {"FORMAT": "votable", "RESPONSEFORMAT": "votable"}
        answer = web.get(f"{query.url.rstrip('/')}/sync?{urlencode(which)}", pace_s=PACE_S)
        columns, rows = read(answer)
        if len(rows) >= query.maxrec:
            raise ConfigurationError(f"{self.name}: {len(rows)} rows and perhaps more: ask for less, or raise maxrec")
        missing = [name for name in query.key if name not in columns]
        if missing:
            raise ConfigurationError(f"{self.name}: key: no column {missing[0]!r}; there are {', '.join(columns[:30])}")
        at = [columns.index(name) for name in query.key]
        found: dict[str, str] = {}
        for row in rows:
            text = msgspec.json.encode(row).decode()
            mark = text if len(text) <= LONGEST_ROW else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
            key = ", ".join(str(row[index]) for index in at)[:LONGEST_ROW] if at else mark
            number = 2
            while key in found:  # the same row again, or a key that is none
                key, number = f"{key.partition(' #')[0]} #{number}", number + 1
            found[key] = mark
        return columns, dict(sorted(found.items()))

    def _message(
        self, chain: str, look: Look, known: dict[str, str], kept: dict[str, str], columns: list[str], now: datetime
    ) -> Message:
        words = changed_words("row", list(look.new), list(look.changed), look.gone)
        details = [_difference(row, known[row], mark, columns) for row, mark in list(look.changed.items())[:SHOWN_ROWS]]
        data = {
            "dataset": self.settings.name,
            "version": version_of(kept),
            "index": "tap",
            "url": self.settings.url,
            "files": [],
            "changed": words + (f": {'; '.join(details[:3])}" if details else ""),
            "subject": f"{self.settings.name}: {words}",
            "parameters": {
                "rows": float(len(kept)),
                "came": list(look.new.values())[:SHOWN_ROWS],
                "went": [known[row] for row in look.gone[:SHOWN_ROWS]],
                "changed": details,
            },
        }
        return event_message(f"tap:{self.settings.name}@{chain}", data, now, initial=bool(look.new))


def _difference(key: str, before: str, after: str, columns: list[str]) -> str:
    """`OBS7: exposure 1200.0 → 1250.0`."""
    if not (before.startswith("[") and after.startswith("[")):
        return f"{key[:80]}: changed"
    pairs = zip(columns, msgspec.json.decode(before), msgspec.json.decode(after), strict=False)
    return f"{key[:80]}: " + ", ".join(f"{name} {old} → {new}" for name, old, new in pairs if old != new)[:300]


def read(answer: Answer) -> tuple[list[str], list[list[Any]]]:
    """Columns and rows of a VOTable. Raises ConfigurationError for what the service says against the question,
    Garbled for anything that is no VOTable."""
    if b"<!DOCTYPE" in answer.body or b"<!ENTITY" in answer.body or b"VOTABLE" not in answer.body[:4096]:
        raise Garbled("no VOTable", answer)
    from astropy.io.votable import parse

    try:
        table = parse(io.BytesIO(answer.body), verify="ignore")
    except Exception as error:  # a broken table breaks the reader in many ways
        raise Garbled(f"no VOTable that can be read: {error}", answer) from error
    for resource in table.resources:
        for info in [*resource.infos, *(info for inner in resource.tables for info in inner.infos)]:
            said = " ".join(str(info.content or "").split())[:300]
            if info.name == "QUERY_STATUS" and str(info.value).upper() == "ERROR":
                raise ConfigurationError(f"{plain(answer.url)}: the service refuses the question: {said}")
            if info.name == "QUERY_STATUS" and str(info.value).upper() == "OVERFLOW":
                raise ConfigurationError(f"{plain(answer.url)}: not all rows came: ask for less, or raise maxrec")
    try:
        first = table.get_first_table()
    except IndexError as error:
        raise Garbled("a VOTable without a table", answer) from error
    names = [str(field.name) for field in first.fields]
    return names, [[_cell(cell) for cell in row] for row in first.array]


def plain(url: str) -> str:
    """An address without its question."""
    return re.sub(r"\?.*", "", url, flags=re.DOTALL)


def _cell(value: Any) -> Any:
    """A cell as JSON; what is not there is null."""
    import numpy as np

    if value is np.ma.masked:
        return None
    if isinstance(value, np.ma.MaskedArray):
        return [_cell(item) for item in value]
    if isinstance(value, np.ndarray):
        return [_cell(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, (bool, int, str)) else str(value)
