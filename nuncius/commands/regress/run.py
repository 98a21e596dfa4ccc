"""`nuncius regress [run]`: cases with new versions, beside the old ones and their references."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nuncius.commands.regress._setup import CONFIG, laboratory, show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyses.regression.cases import Case
    from analyses.regression.laboratory import Laboratory
    from analyses.regression.outcomes import Outcome, Pair


@click.command()
@click.argument("words", nargs=-1, metavar="[CASE|PACKAGE]...")
@click.option("--package", metavar="X", help="Try a release of this package, with the cases that depend on it.")
@click.option("--new", metavar="V", help="Its version (default: the newest).")
@click.option("--old", metavar="V", help="The version to compare with (default: the one before).")
@click.option("--bisect", "bisected", metavar="X", help="Find the version of this package at which a CASE changed.")
@click.option("--good", metavar="V", help="For --bisect: a version with the old result.")
@click.option("--bad", metavar="V", help="For --bisect: a version with the new result (default: the newest).")
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="Other packages as the index was then (default: a day after the newer version).",
)
@click.option("--history", metavar="CASE", help="What a case gave over versions, from what was run before.")
@click.option("--here", is_flag=True, help="Run with what is installed here, in no environment of its own.")
@click.option("--again", is_flag=True, help="Run also what ran before in the same environment.")
@click.option("--list", "listed", is_flag=True, help="Say which cases there are and what they depend on, and leave.")
@click.option("--output", type=click.Path(path_type=Path), help="A folder for figures; for --history, a PNG file.")
@click.option("--json", "as_json", is_flag=True, help="JSON on stdout, for machines.")
@CONFIG
def command(words: tuple[str, ...], config: Path | None, as_json: bool, **asked: Any) -> None:
    """Run test cases and compare with their references, quantity by quantity.

    Without --package the newest versions of everything are tried. With it, that release is run beside the version
    before it, with the same other packages as far as that goes; results that are known are not run again.

    \b
    Example:
      nuncius regress run --package scipy --new 1.11.1
      nuncius regress run light-curve-fluence --bisect scipy --good 1.9.3

    Exit status: 0 equal or within tolerance, 1 something changed, is broken or could not be built, 2 there is no such
    case or version, or the package index cannot be asked.
    """
    from analyses.regression.cases import choose, load_cases
    from nuncius.core.errors import TransientError
    from nuncius.settings import load

    asked["as_of"] = asked["as_of"].replace(tzinfo=UTC) if asked["as_of"] else None
    if asked["listed"] or asked["here"]:
        chosen = choose(words, load_cases(load(config).regress.testcases))
        sys.exit(_list(chosen, as_json) if asked["listed"] else _here(chosen, as_json))
    with laboratory(config) as (lab, _):
        try:
            if asked["history"]:
                status = _history(lab, asked, as_json)
            elif asked["bisected"]:
                status = _bisect(lab, words, asked, as_json)
            else:
                status = _release(lab, words, asked, as_json)
        except TransientError as error:
            click.echo(str(error), err=True)
            status = 2
    sys.exit(status)


def _list(chosen: list[Case], as_json: bool) -> int:
    if as_json:
        _print([case.test for case in chosen])
        return 0
    for case in chosen:
        test = case.test
        click.echo(f"{test.case}: {test.about}")
        click.echo(
            f"    {test.analysis or test.script}; depends on {', '.join(test.depends)}; protects: {test.protects}"
        )
    return 0


def _here(chosen: list[Case], as_json: bool) -> int:
    from nuncius.commands.regress._here import installed_here, run_here

    here = installed_here(chosen)
    return _report([run_here(case) for case in _counted(here, "test cases", len(here))], as_json)


def _release(lab: Laboratory, words: tuple[str, ...], asked: dict[str, Any], as_json: bool) -> int:
    from analyses.regression.outcomes import release_of
    from analyses.regression.versions import newest

    if asked["package"]:
        release = release_of(
            asked["package"], asked["new"] or newest(asked["package"]), asked["old"] or "", as_of=asked["as_of"]
        )
        chosen = lab.choose(words) if words else lab.dependents(release.package)
        click.echo(f"{release.package} {release.old or '(no older version)'} → {release.version}", err=True)
        pairs: Iterable[Pair] = lab.release(release, chosen, again=asked["again"])
    else:
        chosen = lab.choose(words)
        pairs = lab.newest(chosen, again=asked["again"])
    outcomes: list[Outcome] = []
    for pair in _counted(pairs, "test cases", len(chosen)):
        outcomes.append(pair.outcome)
        if asked["output"]:
            _save(lab, pair, asked["output"])
    return _report(outcomes, as_json)


def _save(lab: Laboratory, pair: Pair, folder: Path) -> None:
    from analyses.regression.plots import side_by_side

    figure = side_by_side(pair, lab.blob)
    if figure is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{figure.name}.png").write_bytes(figure.png)


def _history(lab: Laboratory, asked: dict[str, Any], as_json: bool) -> int:
    from nuncius.commands.regress._history import history

    return history(lab, asked["history"], asked["package"], asked["output"], as_json)


def _bisect(lab: Laboratory, words: tuple[str, ...], asked: dict[str, Any], as_json: bool) -> int:
    from nuncius.commands.regress._bisect import bisect_case

    return bisect_case(lab, words, asked, as_json)


def _counted(items: Iterable[Any], what: str, total: int) -> Iterable[Any]:
    """The items with a progress bar on stderr."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total, description=what)


def _report(outcomes: list[Outcome], as_json: bool) -> int:
    if as_json:
        _print(outcomes)
    else:
        for outcome in outcomes:
            show(outcome)
    return 1 if any(outcome.bad for outcome in outcomes) else 0


def _print(value: Any) -> None:
    import msgspec

    click.echo(msgspec.json.encode(value))
