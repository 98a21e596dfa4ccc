"""`nuncius rules explain`: why did it, why didn't it?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from nuncius.journal import StoredDecision

_COLOURS = {"true": "green", "false": "red", "unknown": "yellow", "error": "red"}


@click.command()
@click.argument("rule")
@click.argument("event")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per decision on stdout.")
def command(rule: str, event: str, config: Path | None, as_json: bool) -> None:
    """Why did it, why didn't it? From the trace that was kept when RULE decided about EVENT.

    EVENT is an event's id, or any name of an object: then every decision about the object is shown.

    \b
    Example:
      nuncius rules explain gw-candidate S190425z

    Exit status: 0 explained, 1 the rule has not decided about it.
    """
    from nuncius.journal import Journal
    from nuncius.settings import load

    settings = load(config)
    if settings.journal_url.startswith("sqlite:///") and not Path(settings.journal_url[10:]).exists():
        raise ConfigurationError(f"no journal at {settings.journal_url}; NUNCIUS_DATA_DIR names another folder")
    with Journal.open(settings.journal_url, migrate=False) as journal:
        decisions = _decisions(journal, rule, event)
    for decision in decisions:
        if as_json:
            import msgspec

            click.echo(msgspec.json.encode(decision).decode())
        else:
            _print(decision)
    if not decisions:
        click.echo(
            f"the rule '{rule}' has not decided about '{event}': it does not listen to its kind, "
            "was added later, or the event is not in the journal",
            err=True,
        )
        sys.exit(1)


def _decisions(journal: Any, rule: str, event: str) -> list[StoredDecision]:
    found: list[StoredDecision] = list(journal.decisions(event_id=event, rule=rule, limit=1000))
    if not found:
        from kg.objects import resolve

        obj = resolve(journal, event)
        for stored in journal.events_of(obj) if obj else ():
            found += journal.decisions(event_id=stored.event.id, rule=rule, limit=1000)
    return sorted(found, key=lambda decision: decision.id)


def _print(decision: StoredDecision) -> None:
    click.echo(f"{click.style(decision.outcome, bold=True)}  {decision.rule} on {decision.event_id}")
    click.echo(f"  {decision.reason}")
    for line in decision.trace:
        state = str(line["is"])
        click.echo(f"  line {line['line']}: {click.style(f'{state:8}', fg=_COLOURS.get(state))} {line['if']}")
        for name, value in line.get("seen", {}).items():
            click.echo(f"             {name} = {value}")
        if line.get("why"):
            click.echo(f"             {line['why']}")
