"""`nuncius demo`: a shipped night through the real pipeline."""

from __future__ import annotations

import os
import signal
import socket
import tempfile
from datetime import UTC, datetime
from importlib.resources import as_file, files
from pathlib import Path

import click


@click.command()
@click.option("--port", default=8765, show_default=True, help="Of the page; the next free one is taken.")
@click.option("--exit", "leave", is_flag=True, help="End when the night is reported (also: NUNCIUS_DEMO_EXIT=1).")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Keep the journal and graph here (default: a folder that is removed).",
)
def command(port: int, leave: bool, data_dir: Path | None) -> None:
    """Replay the night of GW170817 through the real pipeline: no key, no server, no network.

    Notices and circulars go through the journal, the graph, the rules, the analyses and chat, as they would from
    GCN; threads appear here and on a local page, which stays up until Ctrl-C. One candidate of that night is
    retracted and one is a mock alert that reaches nobody; those two are invented.

    \b
    Example:
      nuncius demo
      NUNCIUS_DEMO_EXIT=1 nuncius demo

    Exit status: 0 the night was replayed and reported, 1 it was not.
    """
    from console.server import WebSettings
    from listeners.replay import Replay
    from nuncius.app import assemble
    from nuncius.commands.token import one_time_link
    from nuncius.core.clock import SystemClock
    from nuncius.journal.access import Access
    from nuncius.replaying import settle
    from nuncius.settings import JournalSettings, Settings

    started = datetime.now(UTC)
    done = False
    leave = leave or os.environ.get("NUNCIUS_DEMO_EXIT") == "1"
    with tempfile.TemporaryDirectory(prefix="nuncius-demo-") as scratch:
        settings = Settings(
            data_dir=data_dir or Path(scratch),
            journal=JournalSettings(synchronous="normal"),
            targets=("terminal", "web"),
            web=WebSettings(port=_free_port(port)),
        )
        app = assemble(settings, [])
        app.start()
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, it tidies up as well
        if not leave:
            click.echo(f"The night appears on {settings.web.url} too, as it goes on.\n")
        try:
            with as_file(files("config") / "demo" / "2017-08-17") as night:
                # One message at a time, each reported before the next, as a night on duty would see it.
                listener = Replay([night], clock=SystemClock(), batch=1, progress=lambda _: settle(app, timeout_s=120))
                listener.run(app.journal, app.stop)
            done = settle(app, timeout_s=300)
            said = [stored.updated for stored in app.journal.reports(limit=10_000) if stored.state == "delivered"]
            done = done and bool(said)
            if said:
                first, last = ((moment - started).total_seconds() for moment in (min(said), max(said)))
                click.echo(
                    f"\n{listener.messages} messages, {len(said)} reports delivered; the first after {first:.1f} s, "
                    f"the last after {last:.1f} s"
                )
            else:
                click.echo("\nnothing was reported", err=True)
            if done and not leave:
                click.echo(f"Threads and plots: {settings.web.url}   (Ctrl-C ends)")
                link = one_time_link(Access(app.journal), settings.web.base, "demo", "operator")
                click.echo(f"To review and subscribe too, sign in once, within a quarter of an hour:\n  {link}")
                while not app.stop.wait(1.0):
                    pass
        except KeyboardInterrupt:
            click.echo("\nended")
        finally:
            app.close()
    if not done:
        raise SystemExit(1)


def _free_port(wanted: int) -> int:
    """The wanted port, or the next one that nobody holds."""
    for port in range(wanted, wanted + 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    return 0
