"""`nuncius kg validate`: does everything in the graph conform to our shapes?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_graph

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object per violation.")
@click.pass_obj
def command(settings: Settings, as_json: bool) -> None:
    """Check every graph against the shapes in kg/shapes.

    \b
    Example:
      nuncius kg validate

    Exit code: 0 all conform, 1 something does not.
    """
    import msgspec
    from rich.console import Console
    from rich.progress import Progress

    from kg.shapes import validate as check

    graph = open_graph(settings)
    wrong = 0
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("graphs", total=len(graph.graphs()))
        for _, violations in check(graph):
            bar.advance(task)
            for v in violations:
                wrong += 1
                click.echo(msgspec.json.encode(v) if as_json else f"{v.graph}: {v.node} {v.path}: {v.message}")
    if not as_json:
        click.echo(f"{wrong:,} violations" if wrong else "all graphs conform")
    sys.exit(1 if wrong else 0)
