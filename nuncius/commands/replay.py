"""`nuncius replay`: stored messages through the very same pipeline."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from nuncius.core.event import iso


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--speed", type=click.FloatRange(min=0.001), help="Archive seconds per second (default: at once).")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Keep the journal and graph here (default: a folder that is removed).",
)
@click.option(
    "--rules",
    "rules",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Rules to use instead of the shipped ones.",
)
@click.option("--live", is_flag=True, help="Into the installation's own journal, rules and chat targets.")
@click.option("--rejects", is_flag=True, help="Read the installation's rejected messages again, after a fix.")
@click.option(
    "--config", type=click.Path(path_type=Path), help="Settings; without --live only [analyses] and [data] count."
)
@click.option("--threads", "show_threads", default=12, show_default=True, help="List this many of the busiest threads.")
@click.option("--object", "objects", multiple=True, help="Print the reports about this object (any of its names).")
@click.option("--json", "as_json", is_flag=True, help="The summary as one JSON object on stdout.")
def command(
    paths: tuple[Path, ...],
    speed: float | None,
    data_dir: Path | None,
    rules: tuple[Path, ...],
    live: bool,
    rejects: bool,
    config: Path | None,
    show_threads: int,
    objects: tuple[str, ...],
    as_json: bool,
) -> None:
    """Feed stored notices and circulars through the pipeline: files, folders, tarballs, JSON lines.

    Without --live nothing leaves this machine: a journal of its own, no chat. Limits in rules run on the archive's
    time, which never goes back: files are read in order of name, so a folder whose names do not follow time is better
    asked of `nuncius rules backtest`. What was rejected is kept in the journal with its bytes and reason.

    \b
    Examples:
      nuncius replay 2022-10.001.tar.bz2 --object "GRB 221009A"
      nuncius replay night/ --speed 60          an hour in a minute
      nuncius replay outage.jsonl --live        fill a gap; what was seen before does nothing again
      nuncius replay --rejects                  what was not understood before, after an upgrade

    Exit status: 0 done, 1 some messages were rejected.
    """
    from nuncius.replaying import replay, replay_settings, summarise
    from nuncius.settings import load

    if rejects:
        _again(config)
        return
    if not paths:
        raise click.UsageError("name at least one file or folder, or --rejects")
    own = load(config)
    with tempfile.TemporaryDirectory(prefix="nuncius-replay-") as scratch:
        settings = own if live else replay_settings(data_dir or Path(scratch), list(rules), own)
        app, replayed, timing = replay(settings, list(paths), speed=speed, live=live, progress=sys.stderr.isatty())
        try:
            summary = summarise(app, replayed, timing)
            if as_json:
                click.echo(json.dumps(summary | {"reports": [_report(app, name) for name in objects]}))
            else:
                _print(app, summary, objects, show_threads)
        finally:
            app.close()
    if replayed.rejected:
        sys.exit(1)


def _again(config: Path | None) -> None:
    """Rejected messages of the installation once more."""
    from nuncius.journal import Journal
    from nuncius.replaying import replay_rejects
    from nuncius.settings import load

    settings = load(config)
    with Journal.open(settings.journal_url) as journal:
        understood, left = replay_rejects(journal, settings.hooks)
    click.echo(f"{understood} understood now, {left} left; `nuncius status` lists what is left")
    if left:
        sys.exit(1)


def _report(app: Any, name: str) -> dict[str, Any]:
    from nuncius.replaying import reports_about

    found = reports_about(app, name)
    return {"object": name, "reports": [{"title": r.title, "text": r.text, "rule": r.rule} for r in found]}


def _print(app: Any, summary: dict[str, Any], objects: tuple[str, ...], show_threads: int) -> None:
    from rich.console import Console
    from rich.table import Table

    from nuncius.replaying import reports_about, same_day

    console = Console()
    console.print(
        f"{summary['messages']:,} messages: {summary['new']:,} new, {summary['duplicates']:,} seen before, "
        f"{summary['rejected']:,} rejected; {summary['reactions']:,} reactions, {summary['reports']:,} reports in "
        f"{summary['threads']:,} threads"
    )
    seconds = summary["seconds"]
    console.print(
        f"journalled after {seconds['journalled']:.1f} s, decided after {seconds['decided']:.1f} s "
        f"({summary['decided_per_s']:,.0f} messages/s), analysed and reported after {seconds['reported']:.1f} s"
    )
    kinds = Table("events", "kind", title="What arrived", title_justify="left")
    for kind, count in sorted(summary["kinds"].items(), key=lambda pair: -pair[1])[:40]:
        kinds.add_row(f"{count:,}", kind)
    console.print(kinds)
    fired = Table(
        "rule", "fired", "unchanged", "test", "unknown", "limited", title="What the rules did", title_justify="left"
    )
    for rule, outcomes in sorted(summary["rules"].items()):
        fired.add_row(rule, *(f"{outcomes.get(o, 0):,}" for o in ("fired", "unchanged", "test", "unknown", "limited")))
    console.print(fired)
    busiest = Table("events", "object", "first trigger", title="Busiest objects", title_justify="left")
    for item in sorted(app.journal.objects(limit=10**6), key=lambda o: -o.events)[:show_threads]:
        busiest.add_row(f"{item.events:,}", ", ".join(item.names[:4]), iso(item.trigger_time) or "")
    console.print(busiest)
    for name in objects:
        found = reports_about(app, name)
        console.rule(f"{name}: {len(found)} reports")
        if not found and (near := same_day(app, name)):
            console.print(f"nothing here carries that name; objects of that day: {'; '.join(near[:8])}")
        for report in found:
            console.print(f"[bold]{report.title}[/bold] [dim]{report.rule}[/dim]", highlight=False)
            console.print(report.text, markup=False, highlight=False)
