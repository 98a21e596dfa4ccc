"""`nuncius regress`: test cases against their references, with new versions of what they stand on. Without the name of
another command it is `nuncius regress run`."""

from __future__ import annotations

import click

from nuncius.commands._modules import modules_of


class _Running(modules_of(__name__)):  # type: ignore[misc]  # a class that is made
    """The group whose first word may be a case or a package."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.list_commands(ctx) and args[0] not in ("-h", "--help")):
            args = ["run", *args]
        parsed: list[str] = super().parse_args(ctx, args)
        return parsed

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        run = self.get_command(ctx, "run")
        with formatter.section("Options of `run`, which need not be named"):
            formatter.write_dl([r for p in run.get_params(ctx) if (r := p.get_help_record(ctx)) is not None])
        self.format_commands(ctx, formatter)


@click.group("regress", cls=_Running, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Run test cases and compare with their references, quantity by quantity.

    A CASE is named; a PACKAGE stands for all cases that depend on it, also through other packages; without either, all
    cases are run. Each runs in a fresh environment, built from the package index and kept for the next time.

    \b
    Examples:
      nuncius regress                                   all, with the newest of everything
      nuncius regress scipy                             those that depend on scipy
      nuncius regress --package scipy --new 1.11.1      that release beside the one before it
      nuncius regress light-curve-fluence --bisect scipy --good 1.9.3 --bad 1.17.1
      nuncius regress --history light-curve-fluence --output history.png
      nuncius regress --here                            with what is installed here
      nuncius regress accept light-curve-fluence --package scipy --version 1.11.1 --why "the exact value"
      nuncius regress draft light-curve-fluence --package scipy --new 1.11.1

    Exit status: 0 equal or within tolerance, 1 something changed, is broken or could not be built, 2 there is no such
    case or version, or the package index cannot be asked.
    """
