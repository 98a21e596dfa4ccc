"""`nuncius rules`: the author's tools for rules. Each is a module of this package with a `command`; adding one edits no
existing file."""

from __future__ import annotations

import importlib
import pkgutil

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
            ctx.fail(f"no command 'rules {args[0]}'{did_you_mean(args[0], self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


@click.group(cls=_Tools)
def command() -> None:
    """Check, test and try the rules that decide what happens, and explain decisions.

    \b
    Examples:
      nuncius rules check                            the shipped and the installation's rules
      nuncius rules test my-rules/                   their inline tests, on a virtual clock
      nuncius rules explain nearby-bns S190425z      why did it, why didn't it?
      nuncius rules backtest archive/ --rules my-rules/ --output page.html
      nuncius rules graph                            who listens to what, loops found
    """
