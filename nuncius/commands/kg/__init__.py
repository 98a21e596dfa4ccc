"""`nuncius kg`: ask, show, export, check and rebuild the knowledge graph, and say which names mean one object. Reading
never disturbs a running service. Each command is a module of this package; adding one edits no existing file."""

from __future__ import annotations

from pathlib import Path

import click

from nuncius.commands._modules import modules_of


@click.group("kg", cls=modules_of(__name__), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--data-dir", type=click.Path(path_type=Path), help="Folder of the journal and the graph.")
@click.pass_context
def command(ctx: click.Context, config: Path | None, data_dir: Path | None) -> None:
    """Ask, show, export and rebuild the knowledge graph.

    \b
    Examples:
      nuncius kg show "GRB 230307A"
      nuncius kg show "GRB 230307A" --plot curve.png
      nuncius kg graph "GRB 230307A" --output graph.svg
      nuncius kg query "SELECT ?o ?z { ?c nuncius:predicate nuncius:redshift; nuncius:subject ?o; nuncius:value ?z }"
      nuncius kg export --format trig > graph.trig

    Exit code: 0 done, 1 nothing found or something failed, 2 wrong usage or configuration.
    """
    import msgspec

    from nuncius.settings import load

    settings = load(config)
    ctx.obj = settings if data_dir is None else msgspec.structs.replace(settings, data_dir=data_dir)
