"""`nuncius regress accept`: from now on, this is the reference."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from nuncius.commands.regress._setup import CONFIG, laboratory


@click.command()
@click.argument("case")
@click.option("--package", metavar="X", help="The package whose version gave the new result (default: what ran last).")
@click.option("--version", metavar="V", help="Its version.")
@click.option("--quantity", "quantities", multiple=True, help="Only this one; may be given again.")
@click.option("--why", required=True, help="Your reason; it is kept.")
@click.option("--by", default="", help="Who you are (default: your login name).")
@CONFIG
def command(
    case: str,
    package: str | None,
    version: str | None,
    quantities: tuple[str, ...],
    why: str,
    by: str,
    config: Path | None,
) -> None:
    """Take what CASE gave last, or with a version, as its new reference.

    It stands in the journal with your name and reason and goes before the file's, until the file says something else.

    \b
    Example:
      nuncius regress accept light-curve-fluence --package scipy --version 1.11.1 --why "the exact value"

    Exit status: 0 accepted, 1 the case never ran so, 2 there is no such case.
    """
    from analyses.regression.accepting import accept
    from nuncius.core.errors import PermanentError

    with laboratory(config) as (lab, _):
        try:
            accepted = accept(
                lab, case, package or "", version or "", quantities, why=why, by=by or login(), now=datetime.now(UTC)
            )
        except PermanentError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    for one in accepted:
        unit = f" {one.unit}" if one.unit else ""
        error_ = f" ± {one.error:.2g}" if one.error else ""
        click.echo(f"{one.case}, {one.quantity}: {one.value:.10g}{error_}{unit} accepted by {one.by}: {one.why}")


def login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"
