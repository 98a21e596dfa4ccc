"""`nuncius rules silence`: people do not want to hear of something for a while."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

MAX_S = 90 * 86_400.0


@click.command(short_help="Hear nothing from a rule, or about an object, for a while.")
@click.argument("rule")
@click.option("--object", "name", default="", help="Only about this object: any of its names.")
@click.option("--for", "duration", required=True, help="How long: 30m, 2h, 3d; at most 90d.")
@click.option("--why", required=True, help="Your reason; every decision that it silences names it.")
@click.option("--by", default="", help="Who you are (default: your login name).")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def command(rule: str, name: str, duration: str, why: str, by: str, config: Path | None) -> None:
    """Silence RULE from now on: it goes on deciding and keeps its reasons, and nothing is done. `all` means every rule.

    \b
    Examples:
      nuncius rules silence gw-candidate --for 2h --why "the pipeline is being tested"
      nuncius rules silence all --object S230518h --for 1d --why "we know"

    Exit status: 0 silenced, 1 no rule or object is called so.
    """
    from kg.objects import resolve
    from nuncius.commands.rules._journal import journal_of, login
    from nuncius.commands.rules.check import rule_paths
    from nuncius.core.errors import FormatError
    from nuncius.core.registry import did_you_mean
    from nuncius.journal import Silence
    from reactors.durations import seconds
    from reactors.rulebook import RuleBook

    try:
        span_s = seconds(duration)
    except FormatError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    if span_s > MAX_S:
        raise click.BadParameter(f"at most 90d; received {duration}", param_hint="--for")
    names = [r.name for r in RuleBook(rule_paths((), config), quiet=True).rules.rules]
    if rule != "all" and rule not in names:
        click.echo(f"no rule is called '{rule}'{did_you_mean(rule, names)}", err=True)
        sys.exit(1)
    with journal_of(config) as journal:
        obj = resolve(journal, name) if name else ""
        if obj is None:
            click.echo(f"nothing in the journal is called '{name}'", err=True)
            sys.exit(1)
        now = datetime.now(UTC)
        until = now + timedelta(seconds=span_s)
        wanted = Silence(
            rule="" if rule == "all" else rule, object=obj, why=why, by=by or login(), since=now, until=until
        )
        number = journal.silence(wanted)
    about = f" about {name}" if name else ""
    click.echo(f"silence {number}: {rule}{about} until {until:%Y-%m-%d %H:%M:%S} UTC")
