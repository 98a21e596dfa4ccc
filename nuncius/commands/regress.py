"""`nuncius regress`: test cases against their references, with the software that is installed now."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from analyses.testcases import Outcome, TestCase

_COLOURS = {"equal": "green", "within tolerance": "green", "changed": "red", "broken": "red"}


@click.command()
@click.argument("words", nargs=-1, metavar="[CASE|PACKAGE]...")
@click.option("--list", "listed", is_flag=True, help="Say which cases there are and what they depend on, and leave.")
@click.option("--deadline", default=600.0, show_default=True, metavar="SECONDS", help="Give a case up after this long.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list on stdout, for machines.")
def command(words: tuple[str, ...], listed: bool, deadline: float, as_json: bool) -> None:
    """Run test cases and compare with their references, quantity by quantity.

    A CASE is named; a PACKAGE stands for all cases that depend on it; without either, all cases are run. They run
    with the software that is installed here. A rule does the same with `regress: ${ev.package}`.

    \b
    Example:
      nuncius regress
      nuncius regress mocpy
      nuncius regress localization-circle --json

    Exit status: 0 equal or within tolerance, 1 something changed or is broken, 2 there is no such case.
    """
    from analyses.testcases import choose, load_cases

    chosen = choose(words, load_cases())
    if listed:
        for case in chosen:
            click.echo(f"{case.case}: {case.about} (analysis {case.analysis}; depends on {', '.join(case.depends)})")
        return
    outcomes = _run(chosen, deadline)
    if as_json:
        import msgspec

        click.echo(msgspec.json.encode(outcomes))
    else:
        for outcome in outcomes:
            _show(outcome)
    sys.exit(1 if any(outcome.verdict in ("changed", "broken") for outcome in outcomes) else 0)


def _run(chosen: list[TestCase], deadline: float) -> list[Outcome]:
    from rich.console import Console
    from rich.progress import Progress

    from analyses.executor import LocalExecutor
    from analyses.testcases import broken, compare
    from nuncius.core.errors import NunciusError

    executor = LocalExecutor(workers=2)
    outcomes = []
    try:
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("test cases", total=len(chosen))
            jobs = [(c, executor.submit(c.analysis, c.inputs, blobs={}, deadline_s=deadline)) for c in chosen]
            for case, job in jobs:
                try:
                    outcomes.append(compare(case, job.result()))
                except NunciusError as error:
                    outcomes.append(broken(case, error))
                progress.advance(task)
    finally:
        executor.close()
    return outcomes


def _show(outcome: Outcome) -> None:
    click.echo(f"{click.style(outcome.verdict, fg=_COLOURS[outcome.verdict])}  {outcome.case}")
    for one in outcome.quantities:
        got = "missing" if one.got is None else f"{one.got:.10g}"
        unit = f" {one.expected.unit}" if one.expected.unit else ""
        tolerance = f" ± {one.expected.tolerance:.3g}"
        click.echo(f"    {one.quantity}: {got}, expected {one.expected.value:.10g}{tolerance}{unit}: {one.verdict}")
    if outcome.error:
        click.echo(f"    {outcome.error}")
