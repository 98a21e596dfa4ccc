"""A page with people and a year of alerts behind it, for the tests of subscriptions and of the rule editor:
`python tests/console_year.py FOLDER PORT` serves it in a process of its own, for a browser."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rules_samples import gw

from chat import unsubscribing
from chat.people import People, Person, Role
from console.server import serve
from console.web_settings import WebSettings
from kg.objects import identify
from nuncius.core.event import Event, Tense
from nuncius.journal import Journal
from nuncius.journal.access import Access
from reactors.rulebook import RuleBook
from reactors.subscribed import Subscribed

#: Who there is: an operator who is known in the settings, and two who only have tokens.
PEOPLE = {"ann": Person(email="ann@example.org", slack="U0ANN", site="paranal", role=Role.OPERATOR, sign_in=("ann",))}
RULES = """rule: near
about: Mergers that are near.
when: lvk.alert
if:
  - ev.significant
  - ev.luminosity_distance < 200
do: {post: "Near: ${ev.name}"}
test:
  - given: {kind: lvk.alert.initial, significant: true, luminosity_distance: 40}
    expect: fires
---
rule: far
when: lvk.alert
if: ev.luminosity_distance > 3000
do: {post: "Far: ${ev.name}"}
"""


def alerts(until: datetime) -> list[Event]:
    """Forty alerts of the year before `until`, the oldest first; every fifth is a mock."""
    found = []
    for number in range(40):
        at = until - timedelta(days=9 * (40 - number))
        mock = number % 5 == 0
        name = f"{'M' if mock else ''}S{at:%y%m%d}{'abcdefghij'[number % 10]}"
        data: dict[str, Any] = {
            "ids": [name],
            "luminosity_distance": 40.0 + 20 * ((number * 7) % 40),
            "far": 1e-9 * (1 + (number * 11) % 40),
            "properties": {"HasNS": 0.9 if number % 3 else 0.1},
            "url": f"https://example.org/{name}",
        }
        told = {"object": None, "received": at, "trigger_time": at - timedelta(minutes=5), "data": data}
        found.append(gw(f"alert-{number}", tense=Tense.TEST if mock else Tense.INITIAL, **told))
    return found


def fill(journal: Journal, until: datetime) -> dict[str, str]:
    """Put the year into a journal; returns a token for each name."""
    journal.append(alerts(until))
    identify(journal, journal.read(0, limit=100))
    journal.advance("reactors", journal.last_seq())  # it is the past, on which no rule acts any more
    access = Access(journal)
    roles = {"ann": "operator", "bob": "reviewer", "cy": "viewer"}
    return {name: access.new_token("token", name, role, by="test", now=until) for name, role in roles.items()}


@contextmanager
def year(folder: Path, *, saved: bool = True) -> Iterator[tuple[Journal, RuleBook, WebSettings]]:
    """The journal, the rules in force and the settings of the page; `saved`: operators may save rules."""
    (folder / "shipped").mkdir(parents=True, exist_ok=True)
    (folder / "saved").mkdir(exist_ok=True)
    (folder / "shipped" / "rules.yaml").write_text(RULES, encoding="utf-8")
    with Journal.open(f"sqlite:///{folder / 'journal.db'}", synchronous="normal") as journal:
        book = RuleBook([folder / "shipped", folder / "saved"], quiet=True, beside=Subscribed(journal))
        yield journal, book, WebSettings(rules_folder=folder / "saved" if saved else None)


def main(folder: Path, port: int) -> None:
    """Serve; the tokens stand on the first line."""
    with year(folder) as (journal, book, web):
        print(fill(journal, datetime.now(UTC)), flush=True)
        unsubscribing.use(folder, f"http://127.0.0.1:{port}")

        def rules() -> Any:
            book.refresh_if_due()
            return book.rules

        settings = WebSettings(port=port, rules_folder=web.rules_folder)
        serve(journal, settings, threading.Event(), rules=rules, people=People(PEOPLE), reached=lambda _: ["email"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
