"""`nuncius check`: the platform's sanity checks, now, and how they stood lately."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from analyses.checks.contract import Check
    from analyses.checks.looking import Looked
    from nuncius.journal.checks import CheckRun
    from nuncius.settings import Settings

SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("–", "yellow")}


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here, if any).")
@click.option("--list", "listed", is_flag=True, help="Say which checks there are, and leave.")
@click.option("--history", is_flag=True, help="Show the looks of the last days at the checks named, and leave.")
@click.option("--limit", default=20, show_default=True, help="How many looks --history shows of each check.")
@click.option("--record", is_flag=True, help="Keep what is found in the history, as the service does by itself.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
def command(
    names: tuple[str, ...],
    config: Path | None,
    listed: bool,
    history: bool,
    limit: int,
    record: bool,
    as_json: bool,
) -> None:
    """Check that the platform runs smoothly: each check says how one thing is and how to mend it.

    NAME is a check or a platform (`nuncius` is this installation); without one all are made, side by side. Works beside
    the running service and without it. Only `canary` writes: a test event, which nobody is told of. For the settings
    alone ask `nuncius doctor`.

    \b
    Examples:
      nuncius check
      nuncius check feeds canary
      nuncius check mmoda --json
      nuncius check --history canary

    Exit status: 0 nothing is broken, 1 something is, 2 there is no such check, no journal yet or a wrong configuration.
    """
    from analyses.checks.catalogue import catalogue, choose
    from nuncius.settings import load

    settings = load(config)
    chosen = choose(names, catalogue(settings.checks))
    if listed:
        _list(chosen, as_json)
    elif history:
        _history(chosen, settings, limit, as_json)
    else:
        sys.exit(_check(chosen, settings, record, as_json))


def _list(chosen: list[Check], as_json: bool) -> None:
    if as_json:
        fields = ("name", "about", "platform", "kind", "every_s", "deadline_s", "severity", "proves")
        _print_json([{field: getattr(one, field) for field in fields} for one in chosen])
        return
    width = max((len(one.name) for one in chosen), default=0)
    for one in chosen:
        click.echo(f"{one.name:{width}}  {one.platform:8}  {_span(one.every_s):>6}  {one.about}")


def _check(chosen: list[Check], settings: Settings, keep: bool, as_json: bool) -> int:
    """Make them, tell each as it is known, and give the exit status."""
    from analyses.checks.looking import look
    from analyses.checks.recording import record
    from nuncius.sanity import beside

    platform = beside(settings, datetime.now(UTC))
    try:
        found = look(chosen, platform, done=(lambda looked: None) if as_json else _tell)
        if keep:
            for looked in found:
                record(platform.book, looked, datetime.now(UTC))
    finally:
        if platform.journal is not None:
            platform.journal.close()
    if as_json:
        _print_json([_plain(looked) for looked in found])
    return int(any(looked.finding.ok is False for looked in found))


def _plain(looked: Looked) -> dict[str, Any]:
    import msgspec

    check = looked.check
    more = {"platform": check.platform, "severity": check.severity, "took_s": round(looked.took_s, 4)}
    return msgspec.structs.asdict(looked.finding) | more


def _tell(looked: Looked) -> None:
    finding = looked.finding
    sign, colour = SIGNS[finding.ok]
    click.echo(f"{click.style(sign, fg=colour)} {finding.name}: {finding.reason}")
    if finding.mend:
        click.echo(f"    mend: {finding.mend}")


def _history(chosen: list[Check], settings: Settings, limit: int, as_json: bool) -> None:
    from nuncius.commands.status import open_to_look
    from nuncius.journal.checks import Looks

    with open_to_look(settings) as journal:
        looks = Looks(journal)
        runs = {one.name: looks.history(one.name, limit=limit) for one in chosen}
    if as_json:
        import msgspec

        _print_json([msgspec.to_builtins(run) for one in runs.values() for run in one])
        return
    for name, of_one in runs.items():
        if of_one or len(runs) == 1:
            _tell_history(name, of_one)


def _tell_history(name: str, runs: list[CheckRun]) -> None:
    if not runs:
        click.echo(
            f"{name}: the service has not made it yet; it does while it runs, or `nuncius check --record {name}`"
        )
        return
    click.echo(f"{name}: {runs[-1].state}  {''.join(click.style(*_mark(run)) for run in runs)}")
    for run in runs:
        values = ", ".join(f"{key} {value:g}" for key, value in sorted(run.values.items()))
        sign = click.style(*_mark(run))
        click.echo(f"  {run.at:%Y-%m-%d %H:%M:%S}  {sign} {run.state:8} {run.took_s:6.2f} s  {values or run.reason}")


def _mark(run: CheckRun) -> tuple[str, str]:
    return SIGNS[run.ok]


def _span(seconds: float) -> str:
    from listeners.feeds import span

    return span(seconds)


def _print_json(content: Any) -> None:
    import msgspec

    click.echo(msgspec.json.encode(content))
