"""`nuncius assumptions`: what is assumed about physical reality, and how each assumption stands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analyses.verdictbook import Entry, Standing

COLOURS = {"violated": "red", "holds": "green", "cannot be told": "yellow"}


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("--history", metavar="NAME", help="The verdicts on one assumption, and leave.")
@click.option("--limit", default=20, show_default=True, help="How many verdicts --history shows, the newest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
def command(config: Path | None, history: str | None, limit: int, as_json: bool) -> None:
    """What is assumed about physical reality, and how many verdicts of each sort stand.

    Rules test each assumption at every observation or claim that bears on it. What rests on a claim that was withdrawn
    does not stand any more, and neither does what a newer verdict on the same object replaced. Works beside the running
    service and before it ever ran.

    \b
    Examples:
      nuncius assumptions
      nuncius assumptions --history amati-relation
      nuncius assumptions --json | jq '.[] | select(.violated > 0)'

    Exit status: 0 none is violated, 1 one is (with --history: that one), 2 there is no such assumption or the
    configuration is wrong.
    """
    from analyses.assumptions import assumption, problems
    from analyses.verdictbook import standings, verdicts
    from nuncius.commands.status import open_to_look
    from nuncius.core.errors import ConfigurationError
    from nuncius.settings import load

    settings = load(config)
    for problem in problems():
        click.echo(f"nuncius: {problem}", err=True)
    entries: list[Entry] = []
    try:
        with open_to_look(settings) as journal:
            entries = verdicts(journal, history or "")
    except ConfigurationError:
        # Before the service has run there are no verdicts; what is assumed can be told all the same.
        if settings.journal.url:
            raise
    if history is None:
        found = standings(entries)
        _print_json(found) if as_json else _list(found)
        sys.exit(int(any(one.violated for one in found)))
    if not entries:
        assumption(history)  # a wrong name is told with the nearest known one
    shown = entries[-limit:] if limit > 0 else []
    _print_json(shown) if as_json else _tell(history, shown)
    sys.exit(int(any(e.verdict == "violated" and e.state == "stands" for e in entries)))


def _list(found: list[Standing]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for column in ("assumption", "violated", "holds", "untold", "last tested", "assumed"):
        table.add_column(column, no_wrap=column != "assumed")
    for one in found:
        counts = [str(n) if n else "–" for n in (one.violated, one.holds, one.cannot_be_told)]
        if one.violated:
            counts[0] = f"[bold red]{one.violated}[/]"
        last = f"{one.last:%Y-%m-%d %H:%M}" if one.last is not None else "never"
        table.add_row(one.assumption, *counts, last, one.about if one.known else "no file declares it any more")
    console = Console()
    Console(width=None if console.is_terminal else 140).print(table)


def _tell(name: str, entries: list[Entry]) -> None:
    if not entries:
        click.echo(f"{name}: never tested so far; a rule with `assume: {name}` does, see docs/assumptions.md")
        return
    for one in entries:
        word = click.style(f"{one.verdict:14}", fg=COLOURS.get(one.verdict))
        whose = (one.object or one.place).rsplit("/", 1)[-1]
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {word}  {whose}: {one.why}")
        for item in one.evidence[:5]:
            click.echo(f"    {item.get('input')}: {item.get('said') or ''} ({item.get('document')})")
        if one.state != "stands":
            click.echo(f"    {one.state} {one.until:%Y-%m-%d %H:%M}: {one.ended}")


def _print_json(content: Any) -> None:
    import msgspec

    click.echo(msgspec.json.encode(content))
