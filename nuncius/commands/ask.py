"""`nuncius ask`: the words of the chat desk, from a terminal."""

from __future__ import annotations

import getpass
import sys
import uuid
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, required=True)
@click.option("--by", default="", help="Who you are (default: your login name).")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
@click.option("--config", type=click.Path(path_type=Path), help="Settings file.")
def command(words: tuple[str, ...], by: str, as_json: bool, config: Path | None) -> None:
    """Say to Nuncius what you would say in chat: the same WORDS, the same answers. `nuncius ask help` lists them.

    \b
    Examples:
      nuncius ask show GRB 230307A
      nuncius ask why gw-candidate S230518h
      nuncius ask subscribe "gravitational waves nearer than 200 Mpc"

    Whoever may open the journal may also review. Pictures are named by their digest; the web page shows them.

    Exit status: 0 answered, 1 it was declined (the answer says why).
    """
    import msgspec

    from chat.desk.answers import Asking, Person
    from chat.desk.desk import Desk
    from kg.store import GraphStore
    from nuncius.commands.status import open_to_look
    from nuncius.core.clock import SystemClock
    from nuncius.core.errors import NunciusError
    from nuncius.settings import load
    from reactors.rulebook import RuleBook

    settings = load(config)
    login = _login()
    person = Person(id=f"login:{login}", name=by or login, reviewer=True)
    asking = Asking(words=" ".join(words), person=person, delivery=f"command:{uuid.uuid4()}")
    with open_to_look(settings) as journal:
        book = RuleBook(settings.rule_paths, quiet=True)
        try:
            graph = GraphStore.read_only(settings.graph_dir)
        except NunciusError:
            graph = None  # nothing has been written to it yet: what circulars claim is left out
        answer = Desk(journal, lambda: book.rules, SystemClock(), graph=graph).hear(asking)
    if as_json:
        click.echo(msgspec.json.encode(answer).decode())
    else:
        from rich.console import Console

        from chat.terminal import answer_lines

        console = Console(highlight=False, soft_wrap=True)
        for part in answer_lines(answer):
            console.print(part)
    sys.exit(0 if answer.ok else 1)


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "somebody"
