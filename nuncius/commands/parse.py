"""`nuncius parse`: notices and circulars in any GCN format to normalised events, one JSON object a line."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from listeners.files import estimate, messages, walk
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, to_json

#: What a normalised notice must say; circulars and heartbeats are exempt.
WORDS = ("mission", "instrument", "type", "role")


class Tally(msgspec.Struct, kw_only=True):
    """Counts over one run."""

    events: int = 0
    rejected: int = 0
    notices: int = 0
    normalised: int = 0
    with_position: int = 0
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    lacking: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, event: Event) -> None:
        """Count an event, and whether it says all that a notice must."""
        self.events += 1
        self.kinds[event.kind] += 1
        if not event.is_a("gcn.notice") and not event.is_a("lvk.alert"):
            return
        self.notices += 1
        missing = [word for word in WORDS if not event.data.get(word)]
        if event.trigger_time is None:
            missing.append("trigger_time")
        self.normalised += not missing
        self.with_position += "ra" in event.data or "sky" in event.data
        self.lacking.update(f"{event.kind}: {word}" for word in missing)

    def as_json(self) -> dict[str, Any]:
        """The summary, for a machine."""
        return {
            "events": self.events,
            "rejected": self.rejected,
            "notices": self.notices,
            "normalised": self.normalised,
            "normalised_fraction": self.normalised / self.notices if self.notices else None,
            "with_position": self.with_position,
            "kinds": dict(self.kinds.most_common()),
            "lacking": dict(self.lacking.most_common()),
        }


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, allow_dash=True))
@click.option("--summary", is_flag=True, help="Print counts by kind instead of the events.")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object (implies --summary).")
@click.option("--raw", "with_raw", is_flag=True, help="Include each message's bytes, base64.")
@click.option("--types", is_flag=True, help="List the notice types known, and leave.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], summary: bool, as_json: bool, with_raw: bool, types: bool
) -> None:
    """Notices and circulars in any GCN format to normalised events, one JSON object a line.

    Files, folders, tarballs, gzip and JSON lines are walked through; `-` reads standard input. What cannot be read
    is reported on standard error, one line each, and never stops the rest.

    \b
    Examples:
      nuncius parse alert.xml
      nuncius parse --summary archive/2022-10.tar.bz2
      nuncius parse notices/ | jq -r 'select(.tense == "initial") | .data.event_name[]'

    Exit status: 0 all were read, 1 something was rejected, 2 the command line is wrong.
    """
    if types:
        _print_types()
        return
    if not paths:
        raise click.UsageError("name at least one FILE, or - for standard input")
    for path in paths:
        if str(path) != "-" and not path.exists():
            raise click.UsageError(f"{path} does not exist")
    tally = Tally()
    show = not (summary or as_json)
    out = sys.stdout.buffer
    for message in _progress(paths):
        try:
            events = parse(message)
        except FormatError as error:
            tally.rejected += 1
            click.echo(f"rejected: {_one_line(error)}", err=True)
            continue
        for event in events:
            tally.add(event)
            if show:
                out.write(to_json(event, with_raw=with_raw) + b"\n")
    out.flush()
    if as_json:
        click.echo(msgspec.json.encode(tally.as_json()).decode())
    elif summary:
        _print_summary(tally)
    ctx.exit(1 if tally.rejected else 0)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _read(paths: tuple[Path, ...]) -> Iterator[Message]:
    now = datetime.now(UTC)
    for path in paths:
        if str(path) == "-":
            yield from messages(sys.stdin.buffer.read(), name="standard input", now=now)
        else:
            yield from walk([path], now=now)


def _progress(paths: tuple[Path, ...]) -> Iterator[Message]:
    """The messages, with their number on standard error when a person is looking."""
    if not sys.stderr.isatty():
        yield from _read(paths)
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    work = estimate(p for p in paths if str(p) != "-")
    title = f"{work.files} file{'s' if work.files != 1 else ''}, {work.size / 1e6:.1f} MB"
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} messages"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        for message in _read(paths):
            yield message
            progress.advance(task)


def _print_summary(tally: Tally) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("kind", "events", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    for kind, count in tally.kinds.most_common():
        table.add_row(kind, str(count))
    console = Console()
    console.print(table)
    console.print(f"\n{tally.events} events, {tally.rejected} rejected")
    if tally.notices:
        share = 100.0 * tally.normalised / tally.notices
        console.print(
            f"{tally.normalised} of {tally.notices} notices ({share:.3f} %) say mission, instrument, type, role and "
            f"trigger time; {tally.with_position} have a position or a sky map"
        )
    for what, count in tally.lacking.most_common(20):
        kind, _, word = what.partition(": ")
        console.print(f"  {count} of {kind} without {word}")


def _print_types() -> None:
    from listeners.missions import catalogue

    for known in catalogue().types:
        number = "" if known.number is None else str(known.number)
        click.echo(f"{number:>4}  {known.name:28} {known.kind}")
