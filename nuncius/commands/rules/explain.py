"""`nuncius rules explain`: why did it, why didn't it?"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reactors.explaining import Explanation

_COLOURS = {"true": "green", "false": "red", "unknown": "yellow", "error": "red"}
_OUTCOMES = {"fired": "green", "not": "red", "unknown": "yellow", "error": "red", "waiting": "cyan"}


@click.command(short_help="Why did it, why didn't it? Condition by condition.")
@click.argument("rule")
@click.argument("event")
@click.option("--rules", multiple=True, type=click.Path(exists=True, path_type=Path), help="Rules instead of yours.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per decision on stdout.")
def command(rule: str, event: str, rules: tuple[Path, ...], config: Path | None, as_json: bool) -> None:
    """Why did RULE, or didn't it, do something about EVENT? Each condition with the values it saw, and what holds the
    rule back now: windows still open, limits, silences, mutes.

    EVENT is an event's id, any name of an object (every event about it is shown), or a FILE that holds a notice or a
    circular. What was decided is shown as it was kept; anything else is worked out as of now.

    \b
    Examples:
      nuncius rules explain gw-candidate S190425z
      nuncius rules explain nearby-bns alert.xml --rules my-rules/

    Exit status: 0 explained, 2 there is no such rule or event.
    """
    from contextlib import nullcontext

    from nuncius.commands.rules.check import rule_paths
    from nuncius.journal import Journal
    from nuncius.settings import load
    from reactors.explaining import explain
    from reactors.rulebook import RuleBook

    settings = load(config)
    url = settings.journal_url
    absent = url.startswith("sqlite:///") and not Path(url[10:]).exists()
    book = RuleBook(list(rules) or rule_paths((), config), quiet=True)
    with nullcontext() if absent else Journal.open(url, migrate=False) as journal:
        told = explain(journal, book.rules, rule, event, now=datetime.now(UTC), files=True)
    for one in told:
        if as_json:
            import msgspec

            click.echo(msgspec.json.encode(one).decode())
        else:
            _print(one)
    if not told:
        click.echo(f"the rule '{rule}' has not decided about '{event}'", err=True)
        sys.exit(2)


def _print(one: Explanation) -> None:
    outcome = click.style(one.outcome, bold=True, fg=_OUTCOMES.get(one.outcome))
    how = "" if one.source == "kept" else "  (computed now)"
    click.echo(f"{outcome}  {one.rule} on {one.event}{how}")
    click.echo(f"  {one.reason}")
    for line in one.trace:
        if not line.get("if"):
            continue
        state = str(line["is"])
        click.echo(f"  line {line['line']}: {click.style(f'{state:8}', fg=_COLOURS.get(state))} {line['if']}")
        for name, value in line.get("seen", {}).items():
            click.echo(f"             {name} = {value}")
        if line.get("why"):
            click.echo(f"             {line['why']}")
        if line.get("with"):
            click.echo(f"             with {', '.join(f'{name} = {event}' for name, event in line['with'].items())}")
    for act in one.would:
        click.echo(f"  would: {act}")
    for text in one.circumstances:
        click.echo(f"  now: {text}")
