"""`nuncius kg export`: the graph, or one object's part of it, as RDF."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_graph, open_journal, unknown

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.option("--object", "object_name", help="Only graphs of documents about this object.")
@click.option("--format", "form", default="nq", show_default=True, type=click.Choice(["ttl", "nq", "trig"]))
@click.pass_obj
def command(settings: Settings, object_name: str | None, form: str) -> None:
    """Write the graph to standard output; N-Quads come sorted, Turtle loses which document said what.

    \b
    Example:
      nuncius kg export --object "GRB 230307A" --format trig

    Exit code: 0, or 1 when the object is unknown.
    """
    from kg.named_queries import get
    from kg.objects import resolve

    graph, graphs = open_graph(settings), None
    if object_name:
        journal = open_journal(settings)
        obj = resolve(journal, object_name)
        journal.close()
        if obj is None:
            unknown(object_name)
        graphs = [row["document"] for row in get(graph, "object_timeline", {"object": obj})]
    sys.stdout.buffer.write(graph.dump(form, graphs))
