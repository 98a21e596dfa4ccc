"""The knowledge graph on disk: Oxigraph behind a thin interface. The only module that knows Oxigraph.

One process writes; others open it for reading. What is written comes as whole graphs, one per source document.
The journal is the truth: everything here can be made again from it.
"""

from __future__ import annotations

import shutil
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import IO, Any

import msgspec
import pyoxigraph as ox

from kg import generations, views
from kg.generations import Damaged
from kg.vocabulary import PREFIXES, XSD
from nuncius.core.errors import ConfigurationError, FormatError, PermanentError, TransientError

NamedNode = ox.NamedNode
Term = ox.NamedNode | ox.Literal
Triple = tuple[ox.NamedNode, ox.NamedNode, Term]

#: Formats of query results and of graphs, by the names that the command line uses.
RESULT_FORMATS = {
    "json": ox.QueryResultsFormat.JSON,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
    "xml": ox.QueryResultsFormat.XML,
}
GRAPH_FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "jsonld": ox.RdfFormat.JSON_LD,
}
#: Beyond this many quads a load writes files directly instead of going through a transaction.
BULK = 200_000


@lru_cache(maxsize=65536)
def iri(text: str) -> ox.NamedNode:
    """An IRI; FormatError where the text is none."""
    try:
        return ox.NamedNode(text)
    except ValueError as error:
        raise FormatError(f"{text!r} is not an absolute IRI: {error}") from error


@lru_cache(maxsize=64)
def _datatype(name: str) -> ox.NamedNode:
    return ox.NamedNode(XSD + name)


def literal(value: str | float | bool, *, kind: str | None = None) -> ox.Literal:
    """A literal typed by its Python type, or by an XML Schema type such as `dateTime`."""
    if kind is not None:
        return ox.Literal(str(value), datatype=_datatype(kind))
    if isinstance(value, bool | int):
        return ox.Literal(value)
    if isinstance(value, float):
        return ox.Literal(repr(value), datatype=_datatype("double"))
    return ox.Literal(value)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a query found: `truth` for ASK, else rows of Python values by variable."""

    truth: bool | None = None
    variables: list[str] = []
    rows: list[dict[str, Any]] = []


class GraphStore:
    """A store of named graphs. Threads may share one."""

    def __init__(self, store: ox.Store, folder: Path | None, *, writable: bool) -> None:
        self._store = store
        self.folder = folder
        self.writable = writable
        self._writing = threading.RLock()
        self._failed = False
        self._remove_view: Callable[[], object] = lambda: None

    @classmethod
    def open(cls, folder: Path) -> GraphStore:
        """Open for writing, made where there is none. ConfigurationError where another process writes it."""
        folder.mkdir(parents=True, exist_ok=True)
        current = generations.current(folder) or "g1"
        try:
            store = ox.Store(str(folder / current))
        except (OSError, RuntimeError) as error:
            if "lock" in str(error).lower() and "block" not in str(error).lower():
                raise ConfigurationError(
                    f"the graph in {folder} is open for writing elsewhere; stop `nuncius run` there, or read it only"
                ) from error
            raise Damaged(f"the graph in {folder} cannot be opened: {error}; `nuncius kg rebuild`") from error
        generations.point_to(folder, current)
        generations.clear_leftovers(folder, keep=current)
        return cls(store, folder, writable=True)

    @classmethod
    def read_only(cls, folder: Path) -> GraphStore:
        """A reading view of what has been committed so far (see `kg.views`); the writer need not stop, and what it
        writes afterwards is not seen. TransientError where it leaves no quiet moment."""
        current = generations.current(folder)
        if current is None:
            raise ConfigurationError(f"there is no graph in {folder}; `nuncius kg rebuild` or `nuncius run` makes one")
        view = views.take(folder / current, folder / "views")
        try:
            store = cls(ox.Store.read_only(str(view)), folder, writable=False)
        except (OSError, RuntimeError) as error:
            shutil.rmtree(view, ignore_errors=True)
            raise TransientError(f"the graph in {folder} could not be read just now: {error}") from error
        store._remove_view = weakref.finalize(store, shutil.rmtree, view, ignore_errors=True)
        return store

    @classmethod
    def in_memory(cls) -> GraphStore:
        """A store that is gone when closed: for tests and replays that keep nothing."""
        return cls(ox.Store(), None, writable=True)

    @classmethod
    @contextmanager
    def rebuilding(cls, folder: Path) -> Iterator[GraphStore]:
        """An empty store that takes the place of the one in `folder` when the block ends well. Readers go on with
        the old one; a crash leaves the old one in place, however damaged it may be."""
        old: GraphStore | None = None
        with suppress(Damaged):
            old = cls.open(folder)  # holds the write lock until the new one stands
        following = generations.following(folder)
        new = cls(ox.Store(str(folder / following)), folder, writable=True)
        try:
            yield new
            new.flush()
            generations.point_to(folder, following)
        except BaseException:
            new.close()
            shutil.rmtree(folder / following, ignore_errors=True)
            raise
        finally:
            if old is not None:
                old.close()
        new.close()
        generations.clear_leftovers(folder, keep=following)

    def close(self) -> None:
        """Let go of the files; the store must not be used afterwards."""
        self._store = ox.Store()
        self.writable = False
        self._remove_view()

    def replace(self, graphs: Mapping[str, Sequence[Triple]], *, durable: bool = True) -> int:
        """Make each named graph hold exactly these triples, all in one transaction; returns how many graphs changed.
        An empty sequence removes the graph. `durable` survives a power cut, not only the end of the process."""
        if not self.writable:
            raise PermanentError("this graph store is open for reading only")
        with self._disk():
            added: list[ox.Quad] = []
            removed: list[ox.Quad] = []
            changed = 0
            for name, triples in graphs.items():
                graph = iri(name)
                quads = [ox.Quad(s, p, o, graph) for s, p, o in triples]
                old = set(self._store.quads_for_pattern(None, None, None, graph))
                if old:
                    new = set(quads)
                    added.extend(new - old)
                    removed.extend(old - new)
                    changed += new != old
                else:
                    added.extend(quads)
                    changed += bool(quads)
            self._commit(added, removed)
            for name in (name for name, triples in graphs.items() if not triples):
                self._store.remove_graph(iri(name))
            if changed and durable:
                self._store.flush()
            return changed

    @contextmanager
    def _disk(self) -> Iterator[None]:
        """One thread at the files; what the disk refuses is a TransientError. Oxigraph takes nothing more after a
        failed write, even when there is room again: the next attempt opens the files anew."""
        with self._writing:
            try:
                if self._failed and self.folder is not None:
                    self._store = ox.Store()  # lets go of the files' lock
                    self._store = ox.Store(str(self.folder / (generations.current(self.folder) or "g1")))
                    self._failed = False
                yield
            except OSError as error:
                self._failed = self.writable
                raise TransientError(
                    f"graph {self.folder}: {error}; where no space is left, make room on its disk", retry_after_s=30.0
                ) from error

    def _commit(self, added: list[ox.Quad], removed: list[ox.Quad]) -> None:
        """One transaction. Only an update both takes away and adds in one; additions alone are far quicker."""
        if removed:
            gone, new = "".join(map(_block, removed)), "".join(map(_block, added))
            self._store.update(f"DELETE DATA {{ {gone} }}" + (f"; INSERT DATA {{ {new} }}" if new else ""))
        elif len(added) > BULK:
            self._store.bulk_extend(added)
        elif added:
            self._store.extend(added)

    def value(self, graph: str, subject: str, predicate: str) -> str | None:
        """The first value of a predicate in one graph, as text."""
        with self._disk():
            for quad in self._store.quads_for_pattern(iri(subject), iri(predicate), None, iri(graph)):
                return str(_plain(quad.object))
        return None

    def triples(self, graph: str) -> list[Triple]:
        """All of one graph; empty where there is none."""
        with self._disk():
            found: Iterable[Any] = self._store.quads_for_pattern(None, None, None, iri(graph))
            return [(q.subject, q.predicate, q.object) for q in found]

    def pointing(self, predicate: str, target: str) -> list[str]:
        """IRIs of the nodes that point at `target` by `predicate`, in any graph: an index look-up."""
        with self._disk():
            found: Iterable[Any] = self._store.quads_for_pattern(None, iri(predicate), iri(target), None)
            return list(dict.fromkeys(str(q.subject.value) for q in found))

    def edges(self, predicate: str, node: str) -> list[tuple[str, str]]:
        """Nodes joined to `node` by `predicate`, in either direction, each with the graph that says so."""
        word, here = iri(predicate), iri(node)
        with self._disk():
            to: Iterable[Any] = self._store.quads_for_pattern(None, word, here, None)
            out = [(str(q.subject.value), str(q.graph_name.value)) for q in to]
            start: Iterable[Any] = self._store.quads_for_pattern(here, word, None, None)
            return out + [(str(q.object.value), str(q.graph_name.value)) for q in start]

    def node(self, name: str) -> dict[str, list[Any]]:
        """What is said of a node, in any graph: predicate IRI → values as Python values."""
        out: dict[str, list[Any]] = {}
        with self._disk():
            for quad in self._store.quads_for_pattern(iri(name), None, None, None):
                out.setdefault(str(quad.predicate.value), []).append(_plain(quad.object))
        return out

    def query(self, sparql: str, parameters: Mapping[str, Term] | None = None) -> Answer:
        """Run a query of ours over the union of all graphs, with variables bound to terms. FormatError where it is
        not SPARQL. People's queries go through `kg.sandbox` instead: Oxigraph has no time limit."""
        result = self._run(sparql, parameters)
        if isinstance(result, ox.QueryBoolean):
            return Answer(truth=bool(result))
        if isinstance(result, ox.QueryTriples):
            rows = [{"s": _plain(t.subject), "p": _plain(t.predicate), "o": _plain(t.object)} for t in result]
            return Answer(variables=["s", "p", "o"], rows=rows)
        names = [v.value for v in result.variables]
        return Answer(variables=names, rows=[{n: _plain(row[n]) for n in names} for row in result])

    def serialise(self, sparql: str, form: str, graph_form: str = "ttl") -> tuple[bool, bytes]:
        """The result of a query, and whether it is a graph (CONSTRUCT, DESCRIBE): that comes as `graph_form`, rows and
        yes-or-no as `form`."""
        result = self._run(sparql, None)
        if isinstance(result, ox.QueryTriples):
            return True, bytes(ox.serialize(result, format=GRAPH_FORMATS[graph_form], prefixes=PREFIXES) or b"")
        return False, bytes(result.serialize(format=RESULT_FORMATS[form]) or b"")

    def describe(self, names: Iterable[str], form: str) -> bytes:
        """What is said of these nodes, in any graph; empty where nothing is."""
        found = {
            ox.Triple(q.subject, q.predicate, q.object): None
            for name in names
            for q in self._store.quads_for_pattern(iri(name), None, None, None)
        }
        return bytes(ox.serialize(found, format=GRAPH_FORMATS[form], prefixes=PREFIXES) or b"") if found else b""

    def _run(self, sparql: str, parameters: Mapping[str, Term] | None) -> Any:
        bound: dict[ox.Variable, Any] = {ox.Variable(name): term for name, term in (parameters or {}).items()}
        try:
            return self._store.query(
                sparql, prefixes=PREFIXES, use_default_graph_as_union=True, substitutions=bound or None
            )
        except SyntaxError as error:
            raise FormatError(f"not SPARQL: {error.msg}") from error
        except RuntimeError as error:
            if "orruption" in str(error):
                raise TransientError(f"the graph could not be read: {error}") from error
            raise FormatError(f"a parameter must stand in the SELECT of its query: {error}") from error
        except OSError as error:
            raise TransientError(f"the graph could not be read: {error}") from error

    def dump(self, form: str, graphs: Iterable[str] | None = None) -> bytes:
        """The store, or some of its graphs, as N-Quads, TriG, or (graph names lost) Turtle. N-Quads come sorted, so
        that two stores with the same content give the same bytes: nothing we write has blank nodes."""
        if graphs is None:
            quads: Iterable[ox.Quad] = self._store
        else:
            quads = (q for name in graphs for q in self._store.quads_for_pattern(None, None, None, iri(name)))
        if form == "nq":
            return b"".join(sorted(f"{q} .\n".encode() for q in quads))
        if form == "ttl":
            quads = (ox.Quad(q.subject, q.predicate, q.object) for q in quads)
        return bytes(ox.serialize(quads, format=GRAPH_FORMATS[form], prefixes=PREFIXES) or b"")

    def load(self, content: bytes, graph: str) -> None:
        """Add Turtle to a named graph."""
        try:
            self._store.load(content, format=GRAPH_FORMATS["ttl"], to_graph=iri(graph))
        except (SyntaxError, ValueError) as error:
            raise FormatError(f"not Turtle: {error}") from error

    def bulk(self, quads: IO[bytes]) -> None:
        """Add N-Quads quickly, past transactions: for a store that nobody reads yet."""
        self._store.bulk_load(quads, format=GRAPH_FORMATS["nq"])

    def graphs(self) -> list[str]:
        """Names of all graphs."""
        return sorted(str(g.value) for g in self._store.named_graphs())

    def __len__(self) -> int:
        return len(self._store)

    def flush(self) -> None:
        """Push everything to the disk."""
        self._store.flush()


def _block(quad: ox.Quad) -> str:
    return f"GRAPH {quad.graph_name} {{ {quad.subject} {quad.predicate} {quad.object} }} "


_NUMBERS = {f"{XSD}{n}": float for n in ("double", "float", "decimal")} | {
    f"{XSD}{n}": int for n in ("integer", "int", "long")
}


def _plain(term: Any) -> Any:
    """A term as a Python value: numbers and booleans as such, everything else as text."""
    if term is None:
        return None
    if isinstance(term, ox.Literal):
        kind = term.datatype.value
        if kind in _NUMBERS:
            return _NUMBERS[kind](term.value)
        return term.value == "true" if kind == f"{XSD}boolean" else term.value
    return getattr(term, "value", str(term))
