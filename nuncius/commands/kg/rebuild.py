"""`nuncius kg rebuild`: the graph again from the journal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_graph, open_journal

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.pass_obj
def command(settings: Settings) -> None:
    """Make the graph again from the journal; the old one serves until the new one is whole. Stop the service first.

    \b
    Example:
      nuncius kg rebuild

    Exit code: 0, or 2 while a service has the graph open for writing.
    """
    from rich.console import Console
    from rich.progress import Progress

    from kg.rebuild import rebuild as make_again

    journal = open_journal(settings)
    try:
        with Progress(console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task("events", total=journal.last_seq())
            count = make_again(journal, settings.graph_dir, progress=lambda n: bar.advance(task, n))
    finally:
        journal.close()
    click.echo(f"{count:,} events read, {len(open_graph(settings)):,} quads")
