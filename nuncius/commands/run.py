"""`nuncius run`: the service."""

from __future__ import annotations

import logging
import signal
from pathlib import Path

import click

from nuncius.core.errors import ConfigurationError


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what happens.")
def command(config: Path | None, verbose: bool) -> None:
    """Listen to GCN, react, report; until Ctrl-C or SIGTERM.

    \b
    Credentials come from the environment (or NAME_FILE naming a file):
      GCN_CLIENT_ID, GCN_CLIENT_SECRET   from https://gcn.nasa.gov/quickstart
      SLACK_BOT_TOKEN                    optional; reports also go to Slack
    Any other Kafka: set bootstrap_servers under [kafka] in nuncius.toml.

    \b
    Example:
      GCN_CLIENT_ID=... GCN_CLIENT_SECRET=... nuncius run

    Exit status: 0 stopped on request, 2 the configuration is wrong (`nuncius doctor` says what and how to mend it).
    """
    from listeners.kafka import KafkaListener
    from nuncius.app import assemble
    from nuncius.settings import load

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # What they would say we say too, with the report or the event that it is about.
    for library, level in {"slack_sdk": "CRITICAL", "alembic": "WARNING", "astropy": "ERROR"}.items():
        logging.getLogger(library).setLevel(level)
    settings = load(config)
    if settings.kafka is None:
        raise ConfigurationError(
            "nothing to listen to: set GCN_CLIENT_ID and GCN_CLIENT_SECRET, or [kafka] bootstrap_servers in "
            "nuncius.toml; `nuncius doctor` checks the rest, `nuncius demo` needs neither"
        )
    app = assemble(settings, [KafkaListener(settings.kafka)], checks=settings.checks.enabled)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.stop.set())
    app.start()
    if settings.web.enabled:
        click.echo(f"Nuncius is listening; its page: {settings.web.url}", err=True)
    try:
        while not app.stop.wait(1.0):
            pass
    finally:
        app.close()
