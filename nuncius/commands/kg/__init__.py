"""`nuncius kg`: ask, show, export, check and rebuild the knowledge graph, and say which names mean one object. Reading
never disturbs a running service. Each command is a module of this package; adding one edits no existing file."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

import click


class _Tools(click.Group):
    """A group whose commands are the modules beside this one; only the one asked for is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{__name__}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from nuncius.core.registry import did_you_mean

        if args and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            ctx.fail(f"no command 'kg {args[0]}'{did_you_mean(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group("kg", cls=_Tools, context_settings={"help_option_names": ["-h", "--help"]})
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
