"""What the commands of `nuncius kg` share: opening journal and graph for reading, and tables."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from kg.store import GraphStore
    from nuncius.journal import Journal
    from nuncius.settings import Settings


#: Columns that stay on one line.
#: Columns of a table that is not shown on a terminal.
PIPED = 140
#: What a value needs to be read at one glance, also on a narrow terminal.
_LEAST = {"says": 12, "note": 8, "by": 8}
_SHORT = frozenset({"predicate", "assertion", "since", "time", "circular", "withdrawn", "tense"})


def open_journal(settings: Settings) -> Journal:
    """The journal of an installation."""
    from nuncius.journal import Journal

    return Journal.open(settings.journal_url)


def open_graph(settings: Settings) -> GraphStore:
    """The graph as it is now, for reading."""
    from kg.store import GraphStore

    return GraphStore.read_only(settings.graph_dir)


def unknown(name: str) -> NoReturn:
    """Nobody has spoken of that object: say so and end with 1."""
    click.echo(f"nobody has spoken of {name!r} yet", err=True)
    sys.exit(1)


def print_table(title: str, columns: list[str], rows: Any) -> None:
    """A table on standard output; nothing where there are no rows."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table

    if not rows:
        return
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in _SHORT, min_width=_LEAST.get(column))
    for row in rows:
        table.add_row(*("" if row.get(c) is None else str(row[c]) for c in columns))
    console = Console()
    # In a pipe there is no terminal whose width would count; 80 columns would break every number.
    Console(width=None if console.is_terminal else PIPED).print(table)
