"""`nuncius rules graph`: which rule listens to what and emits what; loops found."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click


@click.command(short_help="Which rule listens to what and emits what; loops found.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, whose rules are shown too.")
@click.option("--format", "form", type=click.Choice(["text", "dot", "svg", "json"]), default="text", show_default=True)
def command(paths: tuple[Path, ...], config: Path | None, form: str) -> None:
    """Show which rule listens to what, what it does and emits, and whether rules feed each other in a circle.

    Without PATHS: the shipped rules, and those that the settings name.

    \b
    Examples:
      nuncius rules graph
      nuncius rules graph my-rules/ --format svg > rules.svg
      nuncius rules graph --format dot | dot -Tpdf > rules.pdf

    Exit status: 0 no loop, 1 a loop (named on stderr), 2 rules cannot be read.
    """
    import msgspec

    from nuncius.commands.rules.check import rule_paths
    from reactors.graphpicture import as_dot, as_svg, as_text
    from reactors.rulebook import RuleBook
    from reactors.rulegraph import edges, graph_of, loop_text

    graph = graph_of(RuleBook(rule_paths(paths, config)).rules.rules)
    if form == "json":
        links = [{"from": a, "to": b, "sort": sort} for a, b, sort in edges(graph)]
        click.echo(json.dumps(msgspec.to_builtins(graph) | {"edges": links}))
    else:
        click.echo({"text": as_text, "dot": as_dot, "svg": as_svg}[form](graph))
    for loop in graph.loops:
        click.echo(loop_text(loop), err=True)
    if graph.loops:
        sys.exit(1)
