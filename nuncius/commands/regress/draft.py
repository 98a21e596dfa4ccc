"""`nuncius regress draft`: the text of an issue for a package's authors."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nuncius.commands.regress._setup import CONFIG, laboratory


@click.command()
@click.argument("case")
@click.option("--package", required=True, metavar="X", help="The package that changed.")
@click.option("--new", required=True, metavar="V", help="The version with the new result.")
@click.option("--old", metavar="V", help="The version to compare with (default: the one before).")
@click.option(
    "--output", type=click.Path(path_type=Path), help="A folder for issue.md and the figure; default: stdout."
)
@CONFIG
def command(case: str, package: str, new: str, old: str | None, output: Path | None, config: Path | None) -> None:
    """Draft an issue for the authors of a package: what CASE gave with both versions, and how to see it.

    The text is for you to read, mend and send; Nuncius sends none.

    \b
    Example:
      nuncius regress draft light-curve-fluence --package scipy --new 1.11.1 --output issue

    Exit status: 0 drafted, 1 nothing changed, so that there is nothing to report, 2 there is no such case or version.
    """
    from analyses.regression.issues import draft
    from analyses.regression.outcomes import release_of
    from analyses.regression.plots import side_by_side
    from analyses.regression.verdicts import BAD
    from nuncius.core.errors import TransientError

    try:
        with laboratory(config) as (lab, _):
            chosen = lab.case(case)
            (pair,) = lab.release(release_of(package, new, old or ""), [chosen])
            figure = side_by_side(pair, lab.blob)
    except TransientError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    if pair.outcome.verdict not in BAD:
        click.echo(f"{case} is {pair.outcome.verdict} with {package} {new}: there is nothing to report", err=True)
        sys.exit(1)
    text = draft(chosen, pair.outcome)
    if output is None:
        click.echo(text)
        return
    output.mkdir(parents=True, exist_ok=True)
    (output / "issue.md").write_text(text, encoding="utf-8")
    if figure is not None:
        (output / f"{figure.name}.png").write_bytes(figure.png)
    click.echo(f"{output / 'issue.md'}: read it, attach the figure, send it yourself", err=True)
