"""What the commands share: the journal, the cases and a graph to ask; and how outcomes are printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analyses.regression.laboratory import Laboratory
    from analyses.regression.outcomes import Outcome
    from nuncius.journal import Journal

CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here).")
COLOURS = {"equal": "green", "within tolerance": "green"}
#: Environments whose packages are looked at; each is some hundred statements.
MOST_ENVIRONMENTS = 40


@contextmanager
def laboratory(config: Path | None) -> Iterator[tuple[Laboratory, Journal]]:
    """A laboratory over the installation's journal, which is made where there is none."""
    from analyses.regression.announcing import announce
    from analyses.regression.cases import load_cases
    from analyses.regression.laboratory import Laboratory
    from nuncius.journal import Journal
    from nuncius.settings import load

    settings = load(config)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with Journal.open(settings.journal_url, synchronous=settings.journal.synchronous) as journal:
        announce(journal, load_cases(settings.regress.testcases), datetime.now(UTC))
        yield (
            Laboratory(journal, settings.regress, settings.data_dir, _ask(journal), now=lambda: datetime.now(UTC)),
            journal,
        )


def _ask(journal: Journal) -> Any:
    """The stored queries over what the journal says of software, because the service alone writes its graph."""
    from analyses.regression.announcing import CASE, ENVIRONMENT
    from kg.named_queries import get
    from kg.software import graph_of, triples
    from kg.store import GraphStore

    store = GraphStore.in_memory()

    def ask(name: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        events = [s.event for kind in (CASE, ENVIRONMENT) for s in _all(journal, kind)]
        old = [e.id for e in events if e.kind == ENVIRONMENT][:-MOST_ENVIRONMENTS]
        store.replace({graph_of(e): triples(e) for e in events if e.id not in old})
        return get(store, name, params)

    return ask


def _all(journal: Journal, kind: str) -> Iterator[Any]:
    after = 0
    while stored := journal.read(after, kinds=[kind], limit=500):
        yield from stored
        after = stored[-1].seq


def show(outcome: Outcome) -> None:
    """One case, its worst first line, then its quantities."""
    from analyses.regression.wording import headline, quantity_line

    click.echo(f"{click.style(outcome.verdict, fg=COLOURS.get(outcome.verdict, 'red'))}  {headline(outcome)}")
    for one in outcome.quantities:
        click.echo(f"    {quantity_line(one)}")
    if outcome.error:
        click.echo(f"    {outcome.error.strip().replace(chr(10), chr(10) + '    ')}")
    if outcome.old_error:
        click.echo(f"    with {outcome.old_version}: {outcome.old_error.strip().splitlines()[0]}")
    if outcome.also:
        click.echo(f"    not only this changed: {', '.join(outcome.also)}")
