"""`nuncius run`: the service."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path

import click

from nuncius.core.errors import ConfigurationError


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("-v", "--verbose", is_flag=True, help="Say more about what happens.")
def command(config: Path | None, verbose: bool) -> None:
    """Listen to GCN, ask for papers and releases, react, report; until Ctrl-C or SIGTERM.

    \b
    Credentials come from the environment (or NAME_FILE naming a file):
      GCN_CLIENT_ID, GCN_CLIENT_SECRET   from https://gcn.nasa.gov/quickstart
      SLACK_BOT_TOKEN                    optional; reports also go to Slack
      SLACK_APP_TOKEN                    optional; people on Slack can press buttons and ask
      ADS_API_TOKEN                      optional; with ads_query under [papers]
      GITHUB_TOKEN                       optional; with github under [releases]
      NUNCIUS_GITHUB_SECRET and others   optional; who sends webhooks (docs/webhooks.md)
    Any other Kafka: set bootstrap_servers under [kafka] in nuncius.toml. Papers: write [papers] there.

    \b
    Example:
      GCN_CLIENT_ID=... GCN_CLIENT_SECRET=... nuncius run

    Exit status: 0 stopped on request, 2 the configuration is wrong (`nuncius doctor` says what and how to mend it).
    """
    from listeners.contract import Listener
    from listeners.kafka import KafkaListener
    from listeners.polling.poller import duties
    from listeners.polling.web import Web
    from nuncius.app import assemble
    from nuncius.asking import sources_of
    from nuncius.core.clock import SystemClock
    from nuncius.settings import load

    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # astropy makes a logger of its own sort when it is imported, and fails where one of that name is there already.
    import astropy.logger  # noqa: F401

    # What they would say we say too, with the report or the event that it is about.
    quiet = {"slack_sdk": "CRITICAL", "httpx": "WARNING", "alembic": "WARNING", "astropy": "ERROR"}
    for library, level in quiet.items():
        logging.getLogger(library).setLevel(level)
    settings = load(config)
    sources = sources_of(settings)
    if settings.kafka is None and not sources and not (settings.web.enabled and settings.hooks.open_to()):
        raise ConfigurationError(
            "nothing to listen to: set GCN_CLIENT_ID and GCN_CLIENT_SECRET, or [kafka] bootstrap_servers, or [papers], "
            "or a webhook's secret, in nuncius.toml or the environment; `nuncius doctor` checks the rest, "
            "`nuncius demo` needs neither"
        )
    listeners: list[Listener] = [KafkaListener(settings.kafka)] if settings.kafka else []
    stop = threading.Event()
    web = Web(stop=stop)
    asking = duties(sources, web, SystemClock())
    app = assemble(settings, listeners, duties=asking, checks=settings.checks.enabled)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: app.stop.set())
    app.start()
    if settings.web.enabled:
        click.echo(f"Nuncius is listening; its page: {settings.web.url}", err=True)
    try:
        while not app.stop.wait(1.0):
            pass
    finally:
        stop.set()  # whoever waits for a server's pace waits no longer
        app.close()
        web.close()
