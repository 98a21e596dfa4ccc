"""`nuncius kg graph`: a picture of one object as the graph sees it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_graph, open_journal, unknown

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.option(
    "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="SVG, PNG or PDF, by its ending."
)
@click.pass_obj
def command(settings: Settings, object_name: str, output: Path) -> None:
    """Draw OBJECT as the graph sees it: who said what and when, who cites whom, what contradicts what.

    \b
    Example:
      nuncius kg graph "GRB 230812B" --output graph.svg

    Exit code: 0, or 1 when nobody has spoken of it.
    """
    from kg.graph_picture import draw
    from kg.knowledge import Reader
    from kg.parting import resolve
    from kg.vocabulary import object_label

    with open_journal(settings) as journal:
        obj = resolve(journal, object_name)
        names = [] if obj is None else [x.name for x in journal.names_of(obj) if ":" not in x.name and not x.withdrawn]
    reader = Reader(open_graph(settings))
    if obj is None or not reader.about(obj):
        unknown(object_name)
    shown = draw(reader, obj, output, name=names[0] if names else object_label(obj))
    click.echo(f"{output}: {len(shown.documents)} documents, {sum(shown.links.values()):,} claims")
