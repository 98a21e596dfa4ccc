"""`nuncius kg part`: takes back a claim that a name means an object."""

from __future__ import annotations

import getpass
from typing import TYPE_CHECKING

import click

from nuncius.commands.kg._open import open_journal, unknown

if TYPE_CHECKING:
    from nuncius.settings import Settings


@click.command()
@click.argument("object_name", metavar="OBJECT")
@click.argument("name")
@click.option("--why", required=True, help="The reason, kept with what was taken back.")
@click.option("--by", default=None, help="Who says so; by default the user of this machine.")
@click.pass_obj
def command(settings: Settings, object_name: str, name: str, why: str, by: str | None) -> None:
    """Say that NAME does not mean OBJECT after all: every claim of that is taken back, and stays visible as such.

    Documents that called their object by NAME alone get an object of their own again, with all that they say.

    \b
    Example:
      nuncius kg part "EP240414a" "GRB 240414B" --why "positions differ by 3 degrees"

    Exit code: 0, or 1 when nobody claims it.
    """
    from kg.parting import members, parting, resolve
    from kg.subjects import key_of
    from kg.vocabulary import OBJECT
    from nuncius.core.clock import SystemClock

    with open_journal(settings) as journal:
        obj = resolve(journal, object_name)
        if obj is None:
            unknown(object_name)
        own = name if name.startswith(OBJECT) else journal.object_of([key_of(name)])
        # An object of its own that leads here is let go; a mere name of this object is taken from it.
        wanted = own if own is not None and own != obj else key_of(name)
        links = [x for one in members(journal, obj) for x in journal.names_of(one) if x.name == wanted]
        standing = [x for x in links if not x.withdrawn]
        now, who = SystemClock().now(), by or getpass.getuser()
        journal.append([parting(link, why=why, by=who, now=now) for link in standing])
    if not standing:
        click.echo(f"nobody claims that {name!r} means {obj}", err=True)
        raise SystemExit(1)
    for link in standing:
        click.echo(f"taken back: {link.name} means {link.object}, claimed by {link.event_id} ({link.how})")
