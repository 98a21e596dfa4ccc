"""`nuncius rules silences`: what is silenced now."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click


@click.command(short_help="What is silenced now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def command(as_json: bool, config: Path | None) -> None:
    """List the silences in force, the oldest first.

    \b
    Example:
      nuncius rules silences

    Exit status: 0.
    """
    import msgspec

    from nuncius.commands.rules._journal import journal_of

    with journal_of(config) as journal:
        found = journal.silences(datetime.now(UTC))
    for silence in found:
        if as_json:
            click.echo(msgspec.json.encode(silence).decode())
            continue
        about = f" about {silence.object}" if silence.object else ""
        until = f"{silence.until:%Y-%m-%d %H:%M:%S} UTC"
        click.echo(f"{silence.id}  {silence.rule or 'all rules'}{about} until {until}: {silence.why} ({silence.by})")
    if not found and not as_json:
        click.echo("nothing is silenced")
