"""Serves the web page beside the other parts of the flow, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from console.web_settings import WebSettings
from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from chat.people import People, Person
    from chat.slack_settings import SlackSettings
    from console.hook_settings import HookSettings
    from console.metrics_settings import MetricsSettings
    from console.oidc_settings import OidcSettings
    from kg.store import GraphStore
    from nuncius.journal import Journal
    from reactors.ruleset import RuleSet

log = logging.getLogger(__name__)

__all__ = ["WebSettings", "serve"]


def serve(
    journal: Journal,
    settings: WebSettings,
    stop: threading.Event,
    *,
    hooks: HookSettings | None = None,
    metrics: MetricsSettings | None = None,
    slack: SlackSettings | None = None,
    graph: GraphStore | None = None,
    rules: Callable[[], RuleSet] | None = None,
    people: People | None = None,
    oidc: OidcSettings | None = None,
    reached: Callable[[Person], Sequence[str]] = lambda person: (),
) -> None:
    """Serve until `stop` is set. Raises ConfigurationError when the address cannot be had, or nobody has said who may
    read what others would reach."""
    # Here, so that `nuncius -h` does not load a web server.
    import uvicorn

    from console.app import create_app

    settings.check()
    app = create_app(
        journal,
        hosts=settings.names,
        hooks=hooks,
        metrics=metrics,
        slack=slack,
        graph=graph,
        rules=rules,
        web=settings,
        people=people,
        oidc=oidc,
        reached=reached,
    )
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
            # Believed of nobody unless the settings name them: uvicorn itself would believe this machine.
            proxy_headers=bool(settings.forwarded),
            forwarded_allow_ips=list(settings.forwarded),
            timeout_graceful_shutdown=2,
        )
    )
    # uvicorn only looks at its own flag; something has to carry ours over.
    watcher = threading.Thread(target=_stop_with, args=(stop, server), name="console.stop", daemon=True)
    watcher.start()
    try:
        server.run()
    except SystemExit as error:  # uvicorn's way to say that the port is taken
        raise ConfigurationError(
            f"the web page cannot listen on {settings.host}:{settings.port}; is another Nuncius running? "
            "Set [web] port to another one"
        ) from error


def _stop_with(stop: threading.Event, server: object) -> None:
    stop.wait()
    server.should_exit = True  # type: ignore[attr-defined]
