"""Stored queries by name: the only way rules and programs ask the graph, with typed parameters bound as terms.

A query is a file `NAME.rq`: comment lines say what it answers and each parameter as `# name: sort -- meaning`.
Values are bound by the engine and never become part of the text, so nothing can be injected. The engine binds only
what stands in the SELECT, so each parameter does, and a yes-or-no question is a SELECT that finds something or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from kg.names import normalise_name
from kg.store import GraphStore, Term, iri, literal
from kg.vocabulary import OBJECT, object_iri
from nuncius.core.errors import ConfigurationError, DeadlineExceeded, FormatError
from nuncius.core.registry import did_you_mean

FOLDER = Path(__file__).parent / "queries"
_PARAMETER = re.compile(r"^#\s*(?P<name>\w+):\s*(?P<sort>\w+)\s*--\s*(?P<meaning>.+)$", re.M)


class NamedQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A stored query: its text, what it answers, and the sort of each parameter."""

    name: str
    about: str
    sparql: str
    parameters: dict[str, str]


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
        out[file.stem] = NamedQuery(name=file.stem, about=first, sparql=text, parameters=parameters)
    return out


def _object(value: Any) -> Term:
    """An object by IRI or by any spelling of its name."""
    text = str(value)
    return iri(text) if text.startswith(OBJECT) else iri(object_iri(normalise_name(text) or text))


def _number(value: Any) -> Term:
    return literal(float(value))


def _integer(value: Any) -> Term:
    if float(value) != int(float(value)):
        raise ValueError(f"{value} is not whole")
    return literal(int(float(value)))


_SORTS: dict[str, Callable[[Any], Term]] = {
    "object": _object,
    "iri": lambda value: iri(str(value)),
    "text": lambda value: literal(str(value)),
    "number": _number,
    "integer": _integer,
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

    def ask(self, name: str, params: Mapping[str, Any]) -> bool:
        """Whether the query finds anything."""
        return bool(self.get(name, params))

    def get(self, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """All rows, by variable; unbound variables are None."""
        if name not in self._queries:
            raise ConfigurationError(f"no query is named '{name}'{did_you_mean(name, list(self._queries))}")
        query = self._queries[name]
        bind(query, params)  # a wrong question fails here, not in the thread
        work = self._threads.submit(_rows, self._store, query, params)
        try:
            return work.result(timeout=self._deadline)
        except FutureTimeout:
            raise DeadlineExceeded(f"query '{name}' took longer than {self._deadline:g} s") from None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def ask(store: GraphStore, name: str, params: Mapping[str, Any]) -> bool:
    """Whether the stored query `name` finds anything in `store`, without a deadline."""
    return bool(get(store, name, params))


def get(store: GraphStore, name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of the stored query `name` in `store`, without a deadline."""
    return _rows(store, _known(name), params)


def _rows(store: GraphStore, query: NamedQuery, params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows without the parameters, which the asker knows."""
    rows = store.query(query.sparql, bind(query, params)).rows
    return [{k: v for k, v in row.items() if k not in query.parameters} for row in rows]


def _known(name: str) -> NamedQuery:
    queries = named_queries()
    if name not in queries:
        raise ConfigurationError(f"no query is named '{name}'{did_you_mean(name, list(queries))}")
    return queries[name]
