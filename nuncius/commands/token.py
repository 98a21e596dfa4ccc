"""`nuncius token`: who may sign in to the web page without a provider of accounts."""

from __future__ import annotations

import getpass
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nuncius.journal.access import Access
    from nuncius.settings import Settings

_CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings file (default: nuncius.toml here).")
_ROLES = click.Choice(["viewer", "reviewer", "operator"])
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,79}")
#: How long a link that signs in once may lie about.
LINK_FOR = timedelta(minutes=15)


@click.group()
def command() -> None:
    """Tokens by which people and programs sign in to the web page.

    A token is shown once and kept as a digest only. People type it into the sign-in page; programs send it as
    `Authorization: Bearer TOKEN`. Where `[people.NAME] sign_in` names the token, its reviews are signed by that person.

    \b
    Example:
      nuncius token new ann --role reviewer --expires 90d
    """


@command.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", show_default=True, help="What its bearer may do.")
@click.option("--expires", default="90d", show_default=True, help="For how long, like 90d; `never` for always.")
@_CONFIG
def new(name: str, role: str, expires: str, config: Path | None) -> None:
    """Make a token for NAME, and print it: it is not shown again.

    \b
    Example:
      nuncius token new shift-leader --role reviewer

    Exit status: 0 made, 1 a token of that name stands, 2 the name or the time is wrong.
    """
    from nuncius.core.errors import PermanentError

    if not _NAME.fullmatch(name):
        raise click.BadParameter(f"letters, digits and . _ @ + -, at most 80; received {name!r}", param_hint="NAME")
    now = datetime.now(UTC)
    until = None if expires == "never" else now + _span(expires)
    with _access(config) as (access, _):
        try:
            token = access.new_token("token", name, role, by=_login(), now=now, expires=until)
        except PermanentError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
    click.echo(token)
    lasts = f"until {until:%Y-%m-%d %H:%M} UTC" if until else "until you end it"
    click.echo(f"The token of {name}, role {role}, {lasts}. It is not shown again.", err=True)


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Ended ones, links and those of feeds too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@_CONFIG
def list_(everything: bool, as_json: bool, config: Path | None) -> None:
    """Show the tokens: whose, which role, until when, when last used; never the tokens themselves.

    \b
    Example:
      nuncius token list --json | jq 'select(.used == null)'

    Exit status: 0.
    """
    import msgspec

    now = datetime.now(UTC)
    with _access(config) as (access, _):
        found = [token for token in access.tokens(all_of_them=everything) if everything or token.kind == "token"]
    for token in found:
        if as_json:
            click.echo(msgspec.json.encode(token).decode())
            continue
        until = f"until {token.expires:%Y-%m-%d %H:%M}" if token.expires else "without end"
        used = f"used {token.used:%Y-%m-%d %H:%M}" if token.used else "never used"
        state = "" if token.stands(now) else "  (ended)" if token.ended else "  (over)"
        kind = "" if token.kind == "token" else f" {token.kind}"
        click.echo(f"{token.name}{kind}  {token.role}  {until}, {used}, made by {token.by}{state}")
    if not found and not as_json:
        click.echo("nobody has a token; `nuncius token new NAME` makes one")


@command.command()
@click.argument("name")
@_CONFIG
def end(name: str, config: Path | None) -> None:
    """End the token of NAME. Whoever is signed in by it is signed out at once; addresses of feeds made by it end too.

    \b
    Example:
      nuncius token end ann

    Exit status: 0 ended, 1 no token of that name stands.
    """
    with _access(config) as (access, settings):
        person = settings.everybody.by_sign_in(name)
        ended = access.end_token(name, datetime.now(UTC), person=person.id if person else "")
    click.echo(
        f"ended: {name}" if ended else f"no token is named {name!r}; `nuncius token list` shows them", err=not ended
    )
    sys.exit(0 if ended else 1)


@command.command()
@click.argument("name")
@click.argument("role", type=_ROLES)
@_CONFIG
def role(name: str, role: str, config: Path | None) -> None:
    """Give the token of NAME another ROLE; it counts from the next click on.

    \b
    Example:
      nuncius token role ann operator

    Exit status: 0 changed, 1 no token of that name stands.
    """
    with _access(config) as (access, _):
        changed = access.change_role(name, role)
    click.echo(f"{name} has the role {role} now" if changed else f"no token is named {name!r}", err=not changed)
    sys.exit(0 if changed else 1)


@command.command()
@click.option("--name", default="", help="Who is signed in by it (default: your login).")
@click.option("--role", type=_ROLES, default="operator", show_default=True, help="What they may do.")
@_CONFIG
def link(name: str, role: str, config: Path | None) -> None:
    """Print an address that signs in once, within a quarter of an hour.

    \b
    Example:
      nuncius token link

    Exit status: 0.
    """
    with _access(config) as (access, settings):
        click.echo(one_time_link(access, settings.web.base, name or _login(), role))


@command.command("sign-out")
@click.argument("person")
@_CONFIG
def sign_out(person: str, config: Path | None) -> None:
    """End every session of PERSON, named as `nuncius audit` names them, and their addresses of feeds.

    \b
    Example:
      nuncius token sign-out person:ann

    Exit status: 0 signed out, 1 nobody of that name was signed in.
    """
    with _access(config) as (access, _):
        ended = access.end_all(person, datetime.now(UTC))
    click.echo(f"{ended} session{'' if ended == 1 else 's'} of {person} ended", err=not ended)
    sys.exit(0 if ended else 1)


def one_time_link(access: Access, base: str, name: str, role: str) -> str:
    """An address that signs somebody in once, soon."""
    now = datetime.now(UTC)
    key = access.new_token("link", name, role, by=_login(), now=now, expires=now + LINK_FOR)
    return f"{base}/sign-in/link?key={key}"


def _span(text: str) -> timedelta:
    from nuncius.core.errors import FormatError
    from reactors.durations import seconds

    try:
        span = timedelta(seconds=seconds(text))
    except (FormatError, OverflowError) as error:
        raise click.BadParameter(f"a time like 90d, or never; received {text!r}", param_hint="--expires") from error
    if not timedelta(0) < span < timedelta(days=3660):
        raise click.BadParameter(f"more than nothing and at most ten years; received {text!r}", param_hint="--expires")
    return span


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"


@contextmanager
def _access(config: Path | None) -> Iterator[tuple[Access, Settings]]:
    from nuncius.journal import Journal
    from nuncius.journal.access import Access
    from nuncius.settings import load

    settings = load(config)
    settings.data_dir.mkdir(parents=True, exist_ok=True)  # the first token may be made before the first start
    with Journal.open(settings.journal_url, synchronous=settings.journal.synchronous) as journal:
        yield Access(journal), settings
