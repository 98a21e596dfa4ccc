"""Groups whose commands are modules: adding one edits no existing file; only the one that is asked for is imported."""

from __future__ import annotations

import importlib
import pkgutil

import click


class Modules(click.Group):
    """A group over a package; each public module of it has a click command called `command`."""

    package = ""

    def list_commands(self, ctx: click.Context) -> list[str]:
        path = importlib.import_module(self.package).__path__
        return sorted(m.name for m in pkgutil.iter_modules(path) if not m.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = importlib.import_module(f"{self.package}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from nuncius.core.registry import did_you_mean

        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            called = " ".join([*ctx.command_path.split()[1:], args[0]])
            ctx.fail(f"no command '{called}'{did_you_mean(args[0], known)}")
        return super().resolve_command(ctx, args)


def modules_of(name: str) -> type[Modules]:
    """The sort of group that shows the modules of the package `name`."""
    return type("Modules", (Modules,), {"package": name})
