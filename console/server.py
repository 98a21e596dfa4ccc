"""Serves the web page beside the other parts of the flow, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec

from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from chat.slack_settings import SlackSettings
    from console.hook_settings import HookSettings
    from console.metrics_settings import MetricsSettings
    from kg.store import GraphStore
    from nuncius.journal import Journal
    from reactors.ruleset import RuleSet

log = logging.getLogger(__name__)


class WebSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the web page is served. It has no sign-in yet: keep it on this machine, or behind something that has."""

    enabled: bool = True
    """Whether to serve it at all."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8765
    """Port to listen on; 0 takes any free one."""
    hosts: list[str] = []
    """Further host names under which the page may be asked for, as set up in a reverse proxy."""
    address: str = ""
    """The page as people reach it, `https://nuncius.example.org`: messages link to it, so that one press ends a
    subscription. Empty: they have no such links."""
    rules_folder: Path | None = None
    """Folder in which operators may save rules on the page; they count after all other rules. None: rules can be tried
    there and not saved."""

    @property
    def url(self) -> str:
        """What to type into a browser on this machine."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/"


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
) -> None:
    """Serve until `stop` is set. Raises ConfigurationError when the address cannot be had."""
    # Here, so that `nuncius -h` does not load a web server.
    import uvicorn

    from console.app import LOCAL_HOSTS, create_app

    hosts = [*LOCAL_HOSTS, settings.host, *settings.hosts]
    app = create_app(journal, hosts=hosts, hooks=hooks, metrics=metrics, slack=slack, graph=graph, rules=rules)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            log_level="warning",
            access_log=False,
            server_header=False,
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
