"""`nuncius kg same`: a person says that two names mean one object."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_journal, unknown

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.argument("other_name", metavar="OTHER")
@click.option("--why", required=True, help="The reason, kept with the claim.")
@click.option("--by", default=None, help="Who says so; by default the user of this machine.")
@click.pass_obj
def command(settings: Settings, object_name: str, other_name: str, why: str, by: str | None) -> None:
    """Say that OTHER is the same object as OBJECT: from now on both are answered for together.

    It is an event in the journal like any other, kept with who said it and why, and taken back with `kg part`.
    Nothing that was said under either name moves or is lost.

    \b
    Example:
      nuncius kg same "GRB 230307A" "AT 2023abc" --why "same position and time, GCN 33439"

    Exit code: 0, or 1 when nobody has spoken of one of them.
    """
    from kg.parting import joining, resolve
    from nuncius.core.clock import SystemClock

    with open_journal(settings) as journal:
        one, other = resolve(journal, object_name), resolve(journal, other_name)
        if one is None or other is None:
            unknown(object_name if one is None else other_name)
        if one == other:
            click.echo(f"{other_name} and {object_name} are one object already: {one}")
            return
        journal.append([joining(one, other, why=why, by=by or getpass.getuser(), now=SystemClock().now())])
    click.echo(f"{other} now leads to {one}")
