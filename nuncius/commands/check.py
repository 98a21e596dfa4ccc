"""`nuncius check`: the platform's sanity checks, now."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("--list", "listed", is_flag=True, help="Say which checks there are, and leave.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
def command(names: tuple[str, ...], config: Path | None, listed: bool, as_json: bool) -> None:
    """Check that the platform runs smoothly: feeds, backlog, disk, messages not understood.

    Looks at the installation's journal and changes nothing; a rule can do the same with `check: all`. For settings
    and credentials ask `nuncius doctor`.

    \b
    Example:
      nuncius check
      nuncius check feeds backlog --json

    Exit status: 0 all is well, 1 something is broken, 2 there is no such check.
    """
    import msgspec

    from analyses.checks.contract import Platform, checks, perform
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal
    from nuncius.settings import load

    if listed:
        for name, one in checks().items():
            click.echo(f"{name}: {one.about}")
        return
    settings = load(config)
    file = settings.journal_url.removeprefix("sqlite:///")
    if file != settings.journal_url and not Path(file).exists():
        raise ConfigurationError(
            f"there is no journal at {file} yet: start `nuncius run` once, or name a settings file"
        )
    with Journal.open(settings.journal_url, synchronous=settings.journal.synchronous, migrate=False) as journal:
        platform = Platform(journal=journal, now=datetime.now(UTC), data_dir=settings.data_dir)
        findings = perform(names, platform)
    if as_json:
        click.echo(msgspec.json.encode(findings))
    else:
        for finding in findings:
            sign, colour = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}[finding.ok]
            click.echo(f"{click.style(sign, fg=colour)} {finding.name}: {finding.reason}")
            if finding.mend:
                click.echo(f"    {finding.mend}")
    sys.exit(1 if any(finding.ok is False for finding in findings) else 0)
