"""Makes the graph again from the journal, beside the old one, and puts it in its place when it is whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kg.consumer import CURSOR, GraphConsumer
from kg.store import GraphStore
from nuncius.journal import Journal


def rebuild(
    journal: Journal, folder: Path, *, progress: Callable[[int], None] = lambda _: None, batch: int = 2000
) -> int:
    """Read the whole journal into a new store in `folder`; `progress` hears how many events each batch had. Returns
    the number of events read. Killed at any point, the old graph stays. ConfigurationError while a service writes."""
    count = last = 0
    with GraphStore.rebuilding(folder) as store:
        consumer = GraphConsumer(journal, store)
        while stored := journal.read(last, limit=batch):
            consumer.write(stored, durable=False)
            last = stored[-1].seq
            count += len(stored)
            progress(len(stored))
    journal.rewind(CURSOR, last)
    return count
