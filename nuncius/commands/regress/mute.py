"""`nuncius regress mute`: hear nothing of a case for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from nuncius.commands.regress._setup import CONFIG, laboratory
from nuncius.commands.regress.accept import login

MAX_S = 90 * 86_400.0


@click.command()
@click.argument("case")
@click.option("--for", "duration", required=True, help="How long: 2h, 7d; at most 90d.")
@click.option("--why", required=True, help="Your reason; it is kept.")
@click.option("--by", default="", help="Who you are (default: your login name).")
@CONFIG
def command(case: str, duration: str, why: str, by: str, config: Path | None) -> None:
    """Leave CASE out of reports for a while. It runs all the same, and what it gives is kept.

    `nuncius rules silences` lists it, `nuncius rules unsilence` ends it.

    \b
    Example:
      nuncius regress mute dark-energy-by-position --for 30d --why "we pass parameters by name now"

    Exit status: 0 muted, 2 there is no such case, or the duration is none.
    """
    from analyses.regression.muting import mute
    from nuncius.core.errors import FormatError
    from reactors.durations import seconds

    try:
        span_s = seconds(duration)
    except FormatError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    if span_s > MAX_S:
        raise click.BadParameter(f"at most 90d; received {duration}", param_hint="--for")
    with laboratory(config) as (lab, journal):
        chosen = lab.case(case)
        now = datetime.now(UTC)
        until = now + timedelta(seconds=span_s)
        number = mute(journal, chosen.name, until=until, why=why, by=by or login(), now=now)
    click.echo(f"silence {number}: {chosen.name} until {until:%Y-%m-%d %H:%M:%S} UTC")
