"""`nuncius chat`: whether messages reach the places and people that the settings name."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click


@click.group()
def command() -> None:
    """Try the places where reports go, and the people whom rules tell.

    \b
    Examples:
      nuncius chat test ann --dry-run    where ann would be told, and what
      nuncius chat test email            one marked message
    """


@command.command()
@click.argument("name", metavar="TARGET|PERSON")
@click.option("--dry-run", is_flag=True, help="Show what would go where, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a message on stdout.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def test(name: str, dry_run: bool, as_json: bool, config: Path | None) -> None:
    """Send one clearly marked message to a TARGET (`email`, `slack`, the NAME of `[apprise.NAME]`), or to a PERSON
    wherever they are reached; quiet hours do not count. Nothing is journalled.

    \b
    Example:
      nuncius chat test ann --dry-run && nuncius chat test ann

    Exit status: 0 sent (or shown), 1 a place did not take it, 2 no such target or person, or wrongly set up.
    """
    import msgspec

    from chat.targets import open_targets
    from chat.trying import send, trials
    from nuncius.core.errors import PermanentError, TransientError
    from nuncius.settings import load

    settings = load(config)
    means, failed = settings.means, False
    for trial in trials(means, name, datetime.now(UTC)):
        why = ""
        if not dry_run:
            (target,) = open_targets([trial.target], means)
            try:
                why = send(target, trial)
            except (PermanentError, TransientError) as error:
                why = str(error)
        failed = failed or bool(why)
        done = "not sent" if why else "would be sent" if dry_run else "sent"
        if as_json:
            told = {"target": trial.target, "to": trial.whom, "text": trial.text, "state": done, "why": why}
            click.echo(msgspec.json.encode(told).decode())
            continue
        click.echo(f"{done} by {trial.target} to {trial.whom}{f': {why}' if why else ''}")
        if dry_run:
            click.echo("".join(f"    {line}".rstrip() + "\n" for line in trial.text.strip().splitlines()))
    sys.exit(1 if failed else 0)
