"""The command line: `nuncius COMMAND`. Commands are found in `nuncius/commands`, and only the one asked for is
imported, so that `nuncius -h` answers at once."""

from __future__ import annotations

import sys

import click

from nuncius import __version__
from nuncius.commands._modules import Modules
from nuncius.core.errors import NunciusError

#: One line each, kept here so that help needs no import of the command; a test compares them with the commands.
SUMMARIES = {
    "run": "The service: listeners, reactors, chat and the web page.",
    "demo": "Replay a shipped night through the real pipeline; no key, no network.",
    "replay": "Feed stored notices and circulars through the pipeline.",
    "parse": "Notices and circulars in any GCN format to normalised events.",
    "poll": "Ask for new papers and releases now.",
    "extract": "Circulars to facts, each with the span it was read from.",
    "rules": "Check, test, explain and backtest the rules that decide what happens.",
    "review": "Answer what rules ask people before they go on.",
    "ask": "Say to Nuncius what you would say in chat: show, why, status, subscribe.",
    "token": "Tokens by which people and programs sign in to the web page.",
    "audit": "Who signed in to the web page, and who did what there.",
    "chat": "Try whether messages reach the places and people of the settings.",
    "kg": "Ask, show, export and rebuild the knowledge graph.",
    "analyse": "Run one analysis now.",
    "assumptions": "What is assumed about physical reality, and how each assumption stands.",
    "draft": "Print a draft circular on an event, with sources; nothing is sent.",
    "regress": "Test cases against their references.",
    "check": "Sanity checks of the platform.",
    "status": "What runs, lags and failed.",
    "doctor": "What is misconfigured, and how to mend it.",
}


class Lazy(Modules):
    """The commands in the order in which people meet them."""

    package = "nuncius.commands"

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = set(super().list_commands(ctx))
        return [name for name in SUMMARIES if name in found] + sorted(found - set(SUMMARIES))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, SUMMARIES.get(name, "")) for name in self.list_commands(ctx)])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="nuncius")
def cli() -> None:
    """Nuncius reacts to what arrives in astronomy: alerts and circulars in, reviewed reports out.

    \b
    See it work, without a key or a network:   nuncius demo
    Listen to GCN for real:                    nuncius doctor && nuncius run

    Exit status: 0 done, 1 something was rejected or failed, 2 the command line or the configuration is wrong.
    """


def main() -> None:
    """Entry point: our own errors become one readable line on stderr and exit status 2."""
    try:
        cli(standalone_mode=True)
    except NunciusError as error:
        click.echo(f"nuncius: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
