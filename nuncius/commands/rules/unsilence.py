"""`nuncius rules unsilence`: a silence ends before its time."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command(short_help="End a silence.")
@click.argument("number", type=int)
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def command(number: int, config: Path | None) -> None:
    """End silence NUMBER; `nuncius rules silences` lists them. What was silenced meanwhile stays undone; the next
    revision is heard.

    \b
    Example:
      nuncius rules unsilence 3

    Exit status: 0 ended, 1 none of that number is in force.
    """
    from nuncius.commands.rules._journal import journal_of
    from nuncius.core.errors import PermanentError

    with journal_of(config) as journal:
        try:
            journal.unsilence(number, now=datetime.now(UTC))
        except PermanentError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    click.echo(f"silence {number} has ended")
