"""Stored queries by name: the only way rules and programs ask the graph, with typed parameters bound as terms.

A query is a file `NAME.rq`: comment lines say what it answers and each parameter as `# name: sort -- meaning`; answers
that need arithmetic stand in `kg/computed.py` under the same rules. Values are bound by the engine and never become
part of the text, so nothing can be injected. The engine binds only what stands in the SELECT, so each parameter does,
and a yes-or-no question is a SELECT that finds something or not. What a query answers *as of* a moment rests only on
documents received up to it: the variable `?as_of`, which the asker may leave out (then it is now).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from kg.computed import COMPUTED
from kg.knowledge import Reader
from kg.store import GraphStore, Term, iri, literal
from kg.subjects import key_of
from kg.vocabulary import OBJECT, object_iri
from kg.works import page
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, FormatError
from nuncius.core.event import iso
from nuncius.core.registry import did_you_mean

T = TypeVar("T")
FOLDER = Path(__file__).parent / "queries"
_PARAMETER = re.compile(r"^#\s*(?P<name>\w+):\s*(?P<sort>\w+)\s*--\s*(?P<meaning>.+)$", re.M)


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A stored query: its text (empty for a computed one), what it answers, and the sort of each parameter. `timed`:
    it can answer as of a moment."""

    name: str
    about: str
    sparql: str
    parameters: dict[str, str]
    timed: bool


@cache
def named_queries(folder: Path = FOLDER) -> dict[str, NamedQuery]:
    """All stored queries by name. ConfigurationError where one declares a parameter of an unknown sort."""
    out: dict[str, NamedQuery] = {}
    for file in sorted(folder.glob("*.rq")):
        text = file.read_text(encoding="utf-8")
        parameters = {m["name"]: m["sort"] for m in _PARAMETER.finditer(text)}
        for name, sort in parameters.items():
            if sort not in _SORTS:
                raise ConfigurationError(
                    f"{file.name}: parameter {name} is of sort '{sort}'{did_you_mean(sort, list(_SORTS))}"
                )
        first = text.partition("\n")[0].lstrip("# ")
        timed = parameters.pop("as_of", None) is not None
        out[file.stem] = NamedQuery(name=file.stem, about=first, sparql=text, parameters=parameters, timed=timed)
    if folder == FOLDER:
        out |= {
            name: NamedQuery(name=name, about=about, sparql="", parameters={"object": "object"}, timed=True)
            for name, (about, _) in COMPUTED.items()
        }
    return out


def _object(value: Any) -> Term:
    """An object by IRI or by any spelling of its name."""
    text = str(value)
    return iri(text) if text.startswith(OBJECT) else iri(object_iri(key_of(text)))


def _document(value: Any) -> Term:
    """A document by its IRI or any of its identifiers."""
    text = str(value)
    return iri(page(text) or text)


def _number(value: Any) -> Term:
    return literal(float(value))


def _integer(value: Any) -> Term:
    if float(value) != int(float(value)):
        raise ValueError(f"{value} is not whole")
    return literal(int(float(value)))


def _moment(value: Any) -> Term:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return literal(str(iso(moment if moment.tzinfo else moment.replace(tzinfo=UTC))), kind="dateTime")


_SORTS: dict[str, Callable[[Any], Term]] = {
    "object": _object,
    "document": _document,
    "iri": lambda value: iri(str(value)),
    "text": lambda value: literal(str(value)),
    "number": _number,
    "integer": _integer,
    "moment": _moment,
}


def bind(query: NamedQuery, params: Mapping[str, Any]) -> dict[str, Term]:
    """The parameters as terms. ConfigurationError naming the one that is missing, unknown or of the wrong sort."""
    for name in params:
        if name not in query.parameters:
            raise ConfigurationError(
                f"query '{query.name}' has no parameter '{name}'{did_you_mean(name, list(query.parameters))}"
            )
    bound: dict[str, Term] = {}
    for name, sort in query.parameters.items():
        if name not in params:
            raise ConfigurationError(f"query '{query.name}' needs the parameter '{name}' ({sort})")
        try:
            bound[name] = _SORTS[sort](params[name])
        except (ValueError, TypeError, FormatError) as error:
            raise ConfigurationError(
                f"query '{query.name}': {name} must be of sort {sort}, received {params[name]!r}"
            ) from error
    return bound


class NamedQueries:
    """Asks a store by name. A query that overruns `deadline_s` counts as failed (DeadlineExceeded); it runs on in a
    thread of its own until done, because the engine cannot be interrupted, which is why only shipped or reviewed
    queries run here."""

    def __init__(self, store: GraphStore, *, deadline_s: float = 1.0, folder: Path = FOLDER) -> None:
        self._store = store
        self._deadline = deadline_s
        self._queries = named_queries(folder)
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="kg-query")

    def ask(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> bool:
        """Whether the query finds anything."""
        return bool(self.get(name, params, as_of=as_of))

    def get(self, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> list[dict[str, Any]]:
        """All rows, by variable; unbound variables are None. `as_of`: as documents received up to then would have
        answered."""
        query = _known(name, self._queries)
        bind(query, params)  # a wrong question fails here, not in the thread
        return self._in_time(name, lambda: _rows(self._store, query, params, as_of))

    def freshness(self, name: str, params: Mapping[str, Any], *, now: datetime) -> float | None:
        """Age in seconds, at `now`, of the newest document that an answer rests on; None where it rests on none."""
        query = _known(name, self._queries)
        bind(query, params)
        return self._in_time(name, lambda: _age(self._store, query, params, now))

    def _in_time(self, name: str, work: Callable[[], T]) -> T:
        running = self._threads.submit(work)
        try:
            return running.result(timeout=self._deadline)
        except FutureTimeout:
            raise DeadlineExceeded(f"query '{name}' took longer than {self._deadline:g} s") from None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def ask(store: GraphStore, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None) -> bool:
    """Whether the stored query `name` finds anything in `store`, without a deadline."""
    return bool(get(store, name, params, as_of=as_of))


def get(
    store: GraphStore, name: str, params: Mapping[str, Any], *, as_of: datetime | None = None
) -> list[dict[str, Any]]:
    """The rows of the stored query `name` in `store`, without a deadline."""
    return _rows(store, _known(name, named_queries()), params, as_of)


def freshness(store: GraphStore, name: str, params: Mapping[str, Any], *, now: datetime) -> float | None:
    """Age in seconds, at `now`, of the newest document that the answer of `name` rests on (its column `document`);
    None where the answer is empty or rests on no document. Without a deadline."""
    return _age(store, _known(name, named_queries()), params, now)


def _age(store: GraphStore, query: NamedQuery, params: Mapping[str, Any], now: datetime) -> float | None:
    reader = Reader(store)
    sources = {str(row["document"]) for row in _rows(store, query, params, None) if row.get("document")}
    received = [document.received for source in sources if (document := reader.document(source)) is not None]
    return (now - max(received)).total_seconds() if received else None


def _rows(
    store: GraphStore, query: NamedQuery, params: Mapping[str, Any], as_of: datetime | None
) -> list[dict[str, Any]]:
    """The rows without the parameters, which the asker knows."""
    if as_of is not None and not query.timed:
        raise ConfigurationError(f"query '{query.name}' cannot answer as of a moment; add ?as_of to its SELECT")
    bound = bind(query, params)
    reader = Reader(store, as_of=as_of)
    if not query.sparql:
        return COMPUTED[query.name][1](reader, str(getattr(bound["object"], "value", "")))
    if query.timed:
        bound["as_of"] = literal(str(iso(reader.as_of)), kind="dateTime")
    sparql = query.sparql
    for name, sort in query.parameters.items():
        if sort == "object":
            members = reader.members(str(getattr(bound[name], "value", "")))
            if len(members) > 1:
                sparql = _one_of(sparql, name, members)
                del bound[name]
    hidden = {*query.parameters, "as_of"}
    rows = store.query(sparql, bound).rows
    return [{k: v for k, v in row.items() if k not in hidden} for row in rows]


def _one_of(sparql: str, name: str, members: list[str]) -> str:
    """The query for an object that has several IRIs. Each passed as an IRI (which cannot hold a bracket or a blank)
    through the engine's own type, so that this stays a set of terms."""
    at = sparql.index("{", sparql.index("WHERE")) + 1
    return f"{sparql[:at]} VALUES ?{name} {{ {' '.join(str(iri(m)) for m in members)} }} {sparql[at:]}"


def _known(name: str, queries: Mapping[str, NamedQuery]) -> NamedQuery:
    if name not in queries:
        raise ConfigurationError(f"no query is named '{name}'{did_you_mean(name, list(queries))}")
    return queries[name]
