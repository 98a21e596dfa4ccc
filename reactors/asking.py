"""The knowledge graph as rules see it: stored queries by name, answered as of the moment of the decision, each question
put once while the graph stays the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import msgspec

#: Answers kept. One is a few rows.
KEEP = 4096


class Graph(Protocol):
    """What functions of rules ask. Raises TransientError where no answer came in time."""

    def ask(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether a stored query finds anything."""
        ...

    def get(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Its rows."""
        ...

    def freshness(self, name: str) -> float:
        """Seconds by which the answer lags behind what has arrived."""
        ...


class Queries(Protocol):
    """The stored queries of `kg.named_queries`."""

    def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """Rows, of documents received up to `as_of`."""
        ...


class GraphAnswers:
    """Graph over stored queries. `version` changes whenever the graph does, which ends what is remembered; `moment` is
    the time as of which is asked (None: now); `lag` gives seconds by which the graph is behind."""

    def __init__(
        self,
        queries: Queries,
        *,
        version: Callable[[], int],
        moment: Callable[[], datetime | None],
        lag: Callable[[], float],
    ) -> None:
        self._queries = queries
        self._version = version
        self._moment = moment
        self._lag = lag
        self._kept: OrderedDict[bytes, list[dict[str, Any]]] = OrderedDict()
        self._kept_version = -1

    def ask(self, name: str, params: Mapping[str, Any]) -> bool:
        return bool(self.get(name, params))

    def get(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        version, moment = self._version(), self._moment()
        if version != self._kept_version:
            self._kept.clear()
            self._kept_version = version
        key = msgspec.json.encode([name, params, moment], order="sorted")
        if key not in self._kept:
            self._kept[key] = self._queries.get(name, params, as_of=moment)
            if len(self._kept) > KEEP:
                self._kept.popitem(last=False)
        return self._kept[key]

    def freshness(self, name: str) -> float:
        return self._lag()
