"""`nuncius rules backtest`: what rules would have done on years of archived alerts."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getuser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.core.errors import ConfigurationError

if TYPE_CHECKING:
    from reactors.asking import Queries
    from reactors.backtest import Progress
    from reactors.ruleset import RuleSet


@click.command(short_help="What rules would have done on years of archived alerts.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--rules", multiple=True, type=click.Path(exists=True, path_type=Path), help="Rules (the shipped ones).")
@click.option("--diff", "other", type=click.Path(exists=True, path_type=Path), help="Edited rules to compare with.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Decide from then on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help="Read up to then (UTC).")
@click.option("--graph", type=click.Path(exists=True, path_type=Path), help="Graph to ask, as of the archive's time.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes that read the archive (one for each core).")
@click.option("--firings", "listed", default=200, show_default=True, help="List at most so many firings of each rule.")
@click.option("--json", "as_json", is_flag=True, help="All of it as one JSON object on stdout.")
@click.option("--keep", is_flag=True, help="Keep it in the journal of the settings, for the rules' pages.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file, for --keep.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write a page with a time line here.")
def command(
    paths: tuple[Path, ...],
    rules: tuple[Path, ...],
    other: Path | None,
    since: datetime | None,
    until: datetime | None,
    graph: Path | None,
    jobs: int | None,
    listed: int,
    as_json: bool,
    keep: bool,
    config: Path | None,
    output: Path | None,
) -> None:
    """Run rules over archived alerts: files, folders, tarballs, JSON lines. The clock follows the archive, and nothing
    is sent, run or written but what you ask for.

    With --diff the rules there are the ones under test: what they gain, lose and do otherwise than --rules is listed,
    each with the line that decided. A folder stands for a whole set; a file replaces the rules of the same names.

    \b
    Examples:
      nuncius rules backtest voevents/ --output page.html
      nuncius rules backtest voevents/ --diff my-edited-rule.yaml --since 2022-10-01
      nuncius rules backtest voevents/ --keep

    Exit status: 0 done, 2 an archive or a rule file cannot be read.
    """
    from reactors.backtest import backtest
    from reactors.backtestpage import page
    from reactors.backtestreport import report
    from reactors.rulebook import shipped

    # One file replaces rules of the same name; a folder stands for a whole set.
    before = _rules(list(rules))
    edited = None if other is None else _rules([other] if other.is_dir() else [*(rules or [shipped()]), other])
    if since and until and since >= until:
        raise click.UsageError(f"--since {since} is not before --until {until}")
    moments = [moment.replace(tzinfo=UTC) if moment else None for moment in (since, until)]
    with _graph(graph) as queries, _progress(sys.stderr.isatty()) as progress:
        run = backtest(
            paths,
            before,
            other=edited,
            since=moments[0],
            until=moments[1],
            jobs=jobs or len(os.sched_getaffinity(0)),
            progress=progress,
            queries=queries,
        )
    try:
        found = report(run, listed=listed)
    finally:
        run.findings.close()
    if output is not None:
        output.write_text(page(found), encoding="utf-8")
    if keep:
        _keep(found, ", ".join(path.name for path in paths), config)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        _print(found)
        if output is not None:
            click.echo(f"page: {output}")


def _keep(found: dict[str, Any], source: str, config: Path | None) -> None:
    """What is about each rule, in the journal of the settings."""
    from nuncius.journal import Journal
    from nuncius.journal.backtests import Backtests
    from nuncius.settings import load

    settings, now = load(config), datetime.now(UTC)
    common = {key: value for key, value in found.items() if key not in ("rules", "diff")}
    with Journal.open(settings.journal_url) as journal:
        kept = Backtests(journal)
        for row in found["rules"]:
            kept.keep(row["rule"], row["hash"], source[:200], getuser(), now, {**common, "rules": [row]})


def _rules(paths: list[Path]) -> RuleSet:
    """The rules at these paths, all of which must be good: half a set would give an answer to another question."""
    from nuncius.settings import load
    from reactors.rulebook import RuleBook

    load()  # rules may run the analyses that the settings name
    book = RuleBook(paths, quiet=True)
    errors = [str(problem) for problem in book.problems if problem.level == "error"]
    if errors:
        raise ConfigurationError("rules with errors cannot be backtested:\n" + "\n".join(errors[:5]))
    return book.rules


@contextmanager
def _graph(folder: Path | None) -> Iterator[Queries | None]:
    """The stored queries over a graph that nothing is written to."""
    if folder is None:
        yield None
        return
    from kg.named_queries import NamedQueries
    from kg.store import GraphStore

    store = GraphStore.read_only(folder)
    try:
        yield NamedQueries(store)
    finally:
        store.close()


@contextmanager
def _progress(show: bool) -> Iterator[Progress]:
    from reactors.backtest import Progress

    if not show:
        yield Progress()
        return
    from nuncius.progress import two_stages

    with two_stages("read", "decided") as (read, decided):
        yield Progress(read=read, decided=decided)


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from reactors.backtestreport import duration_text

    console = Console(width=None if sys.stdout.isatty() else 140)
    archive, took = found["archive"], found["took"]
    heard = f", heard from {archive['first']} to {archive['last']}" if archive["first"] else ""
    console.print(
        f"{archive['messages']:,} messages{heard}: {archive['rejected']:,} "
        f"rejected, {archive['seen_twice']:,} seen twice, {archive['decided']:,} heard by a rule; "
        f"{took['seconds']:.0f} s ({took['messages_per_s']:,}/s), peak memory {took['peak_memory_mb']:.0f} MB "
        f"and {took['peak_memory_of_a_reader_mb']:.0f} MB in a reader",
        highlight=False,
    )
    table = Table("rule", "fired", "objects", "on", "delay: median", "90 %", "else", title_justify="left")
    for rule in found["rules"]:
        delay = [duration_text(rule["delay_s"][name]) if rule["delay_s"] else "" for name in ("median", "p90")]
        others = ", ".join(f"{o} {n:,}" for o, n in rule["outcomes"].items() if o != "fired")
        kinds = ", ".join(kind.removeprefix("gcn.notice.") for kind in list(rule["kinds"])[:3])
        table.add_row(rule["rule"], f"{rule['fired']:,}", f"{rule['objects']:,}", kinds, *delay, others)
    console.print(table)
    for rule in found["rules"]:
        if not rule["fired"] and rule["because"]:
            top = rule["because"][0]
            console.print(f"{rule['rule']} never fired; most often ({top['times']:,}) {top['line']}", highlight=False)
    if "diff" in found:
        _print_diff(console, found["diff"])


def _print_diff(console: Any, diff: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table("rule", "", "gained", "lost", "changed", title="What the edited rules do otherwise")
    for row in diff["rules"]:
        table.add_row(row["rule"], row["state"], *(f"{row[change]:,}" for change in ("gained", "lost", "changed")))
    console.print(table)
    colours = {"gained": "green", "lost": "red", "changed": "yellow"}
    for one in diff["firings"][:40]:
        mark = f"[{colours[one['change']]}]{one['change']}[/]"
        console.print(f"{one['at'][:19]} {mark} {one['rule']}", highlight=False)
        console.print(f"    {one['title']}", markup=False, highlight=False)
        console.print(f"    {one['line']}", markup=False, highlight=False, style="dim")
    if diff["total"] > 40:
        console.print(f"{diff['total']:,} in all; --json and --output list more")
