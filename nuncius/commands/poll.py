"""`nuncius poll`: ask the sources that do not call for news, now."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from listeners.polling.contract import Source
    from listeners.polling.poller import Brought
    from nuncius.asking import Asked
    from nuncius.journal import Journal
    from nuncius.settings import Settings

#: Titles that a person is shown of each source in a dry run.
SHOWN = 20


@click.command()
@click.argument("names", nargs=-1, metavar="[SOURCE]...")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("-n", "--dry-run", is_flag=True, help="Ask, show what there is, keep nothing.")
@click.option("--list", "only_list", is_flag=True, help="List the sources and how they stand; ask nobody.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
@click.pass_context
def command(
    ctx: click.Context, names: tuple[str, ...], config: Path | None, dry_run: bool, only_list: bool, as_json: bool
) -> None:
    """Ask for new papers and releases now, whether or not they are due; all sources, or those named (`*` allowed).

    What comes is kept as the running service keeps it, and the service goes on from there. Each source is asked at
    the pace that it wants, so a long absence takes minutes. A source that the service is just asking is left to it.

    \b
    Examples:
      nuncius poll
      nuncius poll arxiv atel
      nuncius poll --dry-run --json 'github:*' | jq -r '.[].events[].data.subject'
      nuncius poll --list

    Exit status: 0 all were asked, 1 a source failed or is being asked by another process, 2 the configuration or the
    command line is wrong, or nothing is set up to be asked.
    """
    from nuncius.asking import chosen, sources_of
    from nuncius.core.errors import ConfigurationError
    from nuncius.settings import load

    logging.disable(logging.WARNING)  # what goes wrong is told below, with the source it is about
    ctx.call_on_close(lambda: logging.disable(logging.NOTSET))
    settings = load(config)
    sources = sources_of(settings)
    if not sources:
        raise ConfigurationError(
            "nothing is set up to be asked: write [papers] or [releases] in nuncius.toml; see docs/listeners.md"
        )
    sources = chosen(sources, names)
    if only_list:
        _list(sources, settings, as_json)
        return
    asked = list(_asked(sources, settings, dry_run, quiet=as_json))
    if as_json:
        import msgspec

        told = [_record(one) for one in asked]
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n")
    ctx.exit(0 if all(one.well for one in asked) else 1)


def _asked(sources: list[Source], settings: Settings, dry_run: bool, *, quiet: bool) -> Iterator[Asked]:
    """Each source, asked and told of."""
    from listeners.polling.web import Web
    from nuncius.asking import ask, look
    from nuncius.core.clock import SystemClock
    from nuncius.journal import Journal
    from nuncius.ownership import take_over, this_process

    clock, web, owner = SystemClock(), Web(), this_process()
    states = _states(settings) if dry_run else {}
    journal: Journal | None = None
    try:
        if not dry_run:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            journal = Journal.open(settings.journal_url, synchronous=settings.journal.synchronous)
            take_over(journal, owner)
        for source in sources:
            with _progress(source.name) as told:
                if journal is None:
                    one = look(source, states.get(source.name), web, clock.now(), told)
                else:
                    one = ask(source, journal, web, clock, owner, told)
            if not quiet:
                _tell(one, dry_run)
            yield one
    finally:
        web.close()
        if journal is not None:
            journal.close()


def _states(settings: Settings) -> dict[str, Any]:
    """Where each source stands; nothing, where nothing has run here yet."""
    return {turn.name: turn.state for turn in _turns(settings).values()}


def _turns(settings: Settings) -> dict[str, Any]:
    from nuncius.commands.status import open_to_look
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Turns

    try:
        with open_to_look(settings) as journal:
            return {turn.name: turn for turn in Turns(journal, "nobody").all()}
    except ConfigurationError:
        return {}


@contextmanager
def _progress(name: str) -> Iterator[Callable[[Brought], None]]:
    """What has come so far, on standard error when a person is looking."""
    if not sys.stderr.isatty():
        yield lambda brought: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"{name}: asking")
        yield lambda brought: progress.update(task, description=f"{name}: {brought.messages} messages")


def _tell(one: Asked, dry_run: bool) -> None:
    """One source for people."""
    brought = one.brought
    if one.busy:
        click.echo(f"{one.source}: another process is asking it just now; nothing done")
        return
    counts = (
        f"{len(one.events)} found, nothing kept" if dry_run else f"{brought.new} new, {brought.known} known already"
    )
    rejected = f", {brought.rejected} not understood" if brought.rejected else ""
    click.echo(f"{one.source}: {counts}{rejected}")
    for event in one.events[:SHOWN]:
        click.echo(f"  {event.id}  {event.data.get('subject', '')}"[:160])
    if len(one.events) > SHOWN:
        click.echo(f"  … and {len(one.events) - SHOWN} more; --json has all")
    for gap in one.gaps:
        click.echo(f"  gap: {gap}")
    if one.error:
        click.echo(click.style(f"  failed: {one.error}", fg="red"))


def _record(one: Asked) -> dict[str, Any]:
    import msgspec

    from nuncius.core.event import to_json

    record: dict[str, Any] = msgspec.to_builtins(msgspec.structs.replace(one, events=[]))
    return record | {"events": [msgspec.json.decode(to_json(event)) for event in one.events]}


def _list(sources: list[Source], settings: Settings, as_json: bool) -> None:
    turns = _turns(settings)
    rows: list[dict[str, Any]] = []
    for source in sources:
        turn = turns.get(source.name)
        rows.append(
            {
                "source": source.name,
                "every_s": source.every_s,
                "due": turn.due if turn else None,
                "succeeded": turn.succeeded if turn else None,
                "failures": turn.failures if turn else 0,
                "error": turn.error if turn else "",
            }
        )
    if as_json:
        import msgspec

        sys.stdout.write(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode() + "\n")
        return
    from listeners.feeds import span

    now = datetime.now(UTC)
    for row in rows:
        last = row["succeeded"]
        ago = f"asked {span(max(0.0, (now - last).total_seconds()))} ago" if last else "never asked"
        failed = f"; {row['failures']} failures, the last: {row['error']}" if row["failures"] else ""
        click.echo(f"{row['source']}: every {span(row['every_s'])}, {ago}{failed}")
