"""`nuncius doctor`: what is misconfigured and how to mend it. Repairs nothing, prints no secret."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

import click


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("--connect", is_flag=True, help="Also log in to Kafka and ask which topics match (needs the network).")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
def command(config: Path | None, connect: bool, as_json: bool) -> None:
    """Check the installation: settings, credentials, journal, folders, Kafka, Slack, offline tables.

    Without --connect nothing leaves this machine. Credentials are checked for being there, never printed.

    \b
    Examples:
      nuncius doctor
      nuncius doctor --connect
      nuncius doctor --json | jq '.[] | select(.ok == false) | .mend'

    Exit status: 0 all is well (or not set up, which is said), 1 something is broken.
    """
    from nuncius.checkup import examine

    logging.disable(logging.WARNING)  # what the Kafka client has to say is in the findings, in plainer words
    try:
        findings = examine(config, connect=connect, now=datetime.now(UTC))
    finally:
        logging.disable(logging.NOTSET)
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(findings), indent=2).decode() + "\n")
    else:
        for finding in findings:
            sign, colour = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}[finding.ok]
            click.echo(f"{click.style(sign, fg=colour)} {finding.name}: {finding.reason}")
            if finding.mend:
                click.echo(f"    {finding.mend}")
    if any(finding.ok is False for finding in findings):
        sys.exit(1)
