"""`nuncius review`: what rules ask people, and the answers."""

from __future__ import annotations

import getpass
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from nuncius.core.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chat.desk.figures import RuleFigures
    from nuncius.journal import Journal, Review
    from nuncius.journal.records import Verdict

_CONFIG = click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
_WHY = click.option("--why", default="", help="Your reason; it is kept and told.")
_BY = click.option("--by", default="", help="Who you are (default: your login name).")
_COLOURS = {"open": "yellow", "approved": "green", "rejected": "red"}


@click.group()
def command() -> None:
    """Answer what rules ask people: nothing that waits for an approval happens without one.

    \b
    Examples:
      nuncius review list
      nuncius review approve 57 --why "numbers checked against the notice"
      nuncius review reject 57 --why "the position is wrong"
      nuncius review acknowledge GRB230307A       seen: no need to wake anybody else
      nuncius review stats                        how often each rule was right
    """


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Answered, expired and withdrawn ones too.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@_CONFIG
def list_(everything: bool, as_json: bool, config: Path | None) -> None:
    """Show the questions that wait, the newest first.

    \b
    Example:
      nuncius review list --all

    Exit status: 0.
    """
    with _journal(config) as journal:
        found = journal.reviews(open_only=not everything, limit=1000)
    for review in found:
        if as_json:
            import msgspec

            click.echo(msgspec.json.encode(review).decode())
        else:
            _print(review)
    if not found and not as_json:
        click.echo("nothing was asked" if everything else "nothing waits for an answer")


@command.command()
@click.argument("number", type=int)
@_WHY
@_BY
@_CONFIG
def approve(number: int, why: str, by: str, config: Path | None) -> None:
    """Let what waits for question NUMBER go on.

    \b
    Example:
      nuncius review approve 57 --why "numbers checked against the notice"

    Exit status: 0 approved, 1 there is no open question of that number.
    """
    _answer(number, "approved", why, by, config)


@command.command()
@click.argument("number", type=int)
@click.option("--why", required=True, help="Your reason; it is kept and told.")
@_BY
@_CONFIG
def reject(number: int, why: str, by: str, config: Path | None) -> None:
    """Say no to question NUMBER: what waits for it is not done.

    \b
    Example:
      nuncius review reject 57 --why "the position is wrong"

    Exit status: 0 rejected, 1 there is no open question of that number.
    """
    _answer(number, "rejected", why, by, config)


@command.command()
@click.argument("what")
@_WHY
@_BY
@_CONFIG
def acknowledge(what: str, why: str, by: str, config: Path | None) -> None:
    """Say that you have seen WHAT rules reported: an object by any of its names, or a reaction by its number. An
    escalation `unless: acknowledged` then wakes nobody.

    \b
    Example:
      nuncius review acknowledge GRB230307A

    Exit status: 0 noted, 1 nothing was reported about it.
    """
    from kg.objects import resolve

    with _journal(config) as journal:
        if what.isdigit():
            numbers = [int(what)]
        else:
            obj = resolve(journal, what)
            found = journal.reactions(object=obj, limit=1000) if obj else []
            numbers = [reaction.id for reaction in found if reaction.retracts is None]
        now = datetime.now(UTC)
        try:
            noted = sum(journal.acknowledge(number, by=by or _login(), why=why, now=now) for number in numbers)
        except PermanentError as error:
            _refused(error)
    if not numbers:
        click.echo(f"nothing was done about '{what}'", err=True)
        sys.exit(1)
    click.echo(f"{noted} of {len(numbers)} reactions acknowledged" if noted else "acknowledged before")


@command.command()
@click.option("--rule", default="", help="Only this rule.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@_CONFIG
def stats(rule: str, as_json: bool, config: Path | None) -> None:
    """How often people found each rule right, and how long they took to say so.

    Precision is approved / (approved + rejected + not related); of several verdicts on one report the newest counts.

    \b
    Example:
      nuncius review stats --json | jq 'select(.precision < 0.9)'

    Exit status: 0 shown, 1 no review is about that rule.
    """
    from chat.desk.figures import per_rule

    with _journal(config) as journal:
        found = [figures for figures in per_rule(journal) if not rule or figures.rule == rule]
    if as_json:
        import msgspec

        for figures in found:
            click.echo(msgspec.json.encode(figures).decode())
    elif found:
        _table(found)
    else:
        click.echo(f"nobody has reviewed '{rule}'" if rule else "nothing was reviewed")
    sys.exit(1 if rule and not found else 0)


@command.command()
@_CONFIG
def facts(config: Path | None) -> None:
    """Verdicts on facts that were read from circulars, as JSON lines: gold for the extractor's evaluation.

    \b
    Example:
      nuncius review facts | jq 'select(.verdict == "wrong")'

    Exit status: 0.
    """
    import msgspec

    from chat.desk.figures import facts as verdicts

    with _journal(config) as journal:
        for verdict in verdicts(journal):
            click.echo(msgspec.json.encode(verdict).decode())


def _answer(number: int, verdict: Verdict, why: str, by: str, config: Path | None) -> None:
    import uuid

    from chat.desk.answers import Asking, Person
    from chat.desk.matters import find
    from chat.desk.reviewing import answer

    who = by or _login()
    person = Person(id=f"login:{_login()}", name=who, reviewer=True)
    asking = Asking(words=verdict, person=person, delivery=f"command:{uuid.uuid4()}")
    with _journal(config) as journal:
        try:
            matter = find(journal, str(number))
            answer(journal, asking, matter, verdict, why, datetime.now(UTC))
        except PermanentError as error:
            _refused(error)
    click.echo(f"{verdict} by {who}: {matter.title}")


def _table(found: list[RuleFigures]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    columns = ("rule", "right", "wrong", "not related", "precision", "median time", "open", "expired", "withdrawn")
    for column in columns:
        table.add_column(column, justify="left" if column == "rule" else "right")
    for f in found:
        precision = "" if f.precision is None else f"{100 * f.precision:.0f} %"
        took = "" if f.median_s is None else f"{f.median_s / 60:.1f} min"
        counts = [str(n) for n in (f.open, f.expired, f.withdrawn)]
        table.add_row(f.rule, str(f.approved), str(f.rejected), str(f.unrelated), precision, took, *counts)
    Console().print(table)


def _refused(error: PermanentError) -> NoReturn:
    click.echo(str(error), err=True)
    sys.exit(1)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"


@contextmanager
def _journal(config: Path | None) -> Iterator[Journal]:
    from nuncius.core.errors import ConfigurationError
    from nuncius.journal import Journal
    from nuncius.settings import load

    settings = load(config)
    url = settings.journal_url
    if url.startswith("sqlite:///") and not Path(url[10:]).exists():
        raise ConfigurationError(f"no journal at {url[10:]}; NUNCIUS_DATA_DIR names another folder")
    with Journal.open(url, synchronous=settings.journal.synchronous, migrate=False) as journal:
        yield journal


def _print(review: Review) -> None:
    state = click.style(review.state, bold=True, fg=_COLOURS.get(review.state))
    head, _, rest = review.question.partition("\n")
    click.echo(f"{review.id}  {state}  {click.style(head, bold=True)}")
    until = "until" if review.state == "open" else "was open until"
    click.echo(f"    {review.rule}, asked {review.asked:%Y-%m-%d %H:%M:%S} UTC, {until} {review.due:%Y-%m-%d %H:%M:%S}")
    if review.decided is not None:
        why = f": {review.why}" if review.why else ""
        click.echo(f"    {review.state} by {review.by} at {review.decided:%Y-%m-%d %H:%M:%S}{why}")
    for line in rest.strip().splitlines():
        click.echo(f"    | {line}")
