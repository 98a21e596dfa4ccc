"""Whether the knowledge graph can be read as a whole, and what was written last keeps to its shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from errno import ENOSPC
from typing import TYPE_CHECKING

from analyses.checks.contract import Finding, Platform, check
from nuncius.core.errors import ConfigurationError, NunciusError

if TYPE_CHECKING:
    from kg.store import GraphStore

ROOM = "make room on that disk (see the check `disk`); the graph itself is not said to be damaged"
MEND = "stop the service, then `nuncius kg rebuild` makes the graph again from the journal, in which nothing is lost"
#: Of the newest events so many are looked through for documents, and so many of their graphs are checked.
NEWEST_EVENTS = 500
NEWEST_GRAPHS = 25


@contextmanager
def _store(platform: Platform) -> Iterator[GraphStore | None]:
    """The service's own store, else a reader's picture of the files; None where there is no graph."""
    from kg.store import GraphStore

    if platform.graph is not None:
        yield platform.graph
    elif platform.graph_dir is None or not platform.graph_dir.exists():
        yield None
    else:
        store = GraphStore.read_only(platform.graph_dir)
        try:
            yield store
        finally:
            store.close()


def unreadable(name: str, error: Exception) -> Finding:
    """What cannot be looked at for want of room need not be damaged: a reader writes a few bytes beside the files."""
    if getattr(error, "errno", None) == ENOSPC or "no space left" in str(error).lower():
        return Finding(name=name, ok=None, reason=f"not to be told: no room is left to look: {error}", mend=ROOM)
    what = "it" if name == "graph" else "the graph"
    return Finding(name=name, ok=False, reason=f"{what} cannot be read: {str(error)[:300]}", mend=MEND)


@check(
    "graph",
    about="The graph can be read, all of it",
    every_s=6 * 3600.0,
    deadline_s=300.0,
    proves=("knowledge graph",),
)
def graph(platform: Platform) -> Finding:
    """Count all statements: each block of the files is read, and its checksum compared."""
    try:
        with _store(platform) as store:
            if store is None:
                return Finding(name="graph", ok=None, reason="there is no graph yet")
            count, documents = len(store), len(store.graphs())
            list(store.dump("nq", store.graphs()[-1:]))
    except ConfigurationError as error:
        return Finding(name="graph", ok=False, reason=str(error), mend=MEND)
    except (NunciusError, OSError, RuntimeError, ValueError) as error:
        return unreadable("graph", error)
    values = {"statements": float(count), "documents": float(documents)}
    return Finding(name="graph", ok=True, reason=f"{count} statements in {documents} documents", values=values)


@check(
    "shapes",
    about="The documents that came last keep to the shapes of the graph",
    every_s=3600.0,
    deadline_s=120.0,
    severity="info",
)
def shapes(platform: Platform) -> Finding:
    """Validate the graphs of the newest documents, at most twenty-five."""
    # Here, because what a document is comes with the grammars, which every other check can do without.
    from kg.shapes import validate
    from kg.triples import graph_of, is_document

    last = platform.book.last_seq()
    newest = platform.book.read(max(0, last - NEWEST_EVENTS), limit=NEWEST_EVENTS)
    names = list(dict.fromkeys(graph_of(s.event) for s in reversed(newest) if is_document(s.event)))[:NEWEST_GRAPHS]
    try:
        with _store(platform) as store:
            if store is None or not names:
                return Finding(name="shapes", ok=None, reason="no document is in the graph yet")
            looked, wrong = 0, []
            for _, violations in validate(store, names):
                looked += 1
                wrong += violations
    except (OSError, RuntimeError, ValueError) as error:
        return unreadable("shapes", error)
    if wrong:
        first = wrong[0]
        reason = f"{len(wrong)} violations in {looked} documents; the first, in {first.graph}: {first.message}"
        return Finding(name="shapes", ok=False, reason=reason, mend="`nuncius kg validate` lists all; please report it")
    return Finding(name="shapes", ok=True, reason=f"the {looked} newest documents", values={"documents": float(looked)})
