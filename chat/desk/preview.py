"""What a subscription would have said: its rule on the journal's alerts of the last year, on the virtual clock, with
nothing outward behind it."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import msgspec

from kg.vocabulary import object_label
from nuncius.core.errors import NunciusError
from nuncius.journal import Journal
from reactors.backtest import heard_kinds
from reactors.rule import Rule
from reactors.ruleset import RuleSet
from reactors.trial import Heard, Trial

YEAR = timedelta(days=365)
#: Somebody waits for the answer: after so long it says how far it got.
PATIENCE_S = 15.0
_PAGE, MOST_SHOWN = 500, 5


class Would(msgspec.Struct, frozen=True, kw_only=True):
    """One notification that would have come: when, about what, and its words."""

    at: datetime
    object: str
    said: str


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """All that would have come, the first of them at the front. `looked` events of `since` to `until` were looked at;
    `unknown` counts those about which the rule had no answer, `whole` is false where time ran out."""

    would: list[Would]
    looked: int
    unknown: int
    since: datetime
    until: datetime
    whole: bool = True

    def words(self) -> str:
        """In a few lines of our markdown."""
        days = (self.until - self.since).days
        span = "in the last year" if days >= 364 else f"in the last {max(days, 1)} days of alerts here"
        count = len(self.would)
        times = "never" if not count else "once" if count == 1 else f"{count} times"
        lines = [f"Would have notified you **{times}** {span} ({self.looked} events looked at){':' if count else '.'}"]
        lines += [f"- {one.at:%Y-%m-%d %H:%M} {one.said}" for one in self.would[-MOST_SHOWN:]]
        if count > MOST_SHOWN:
            lines.append(f"- and {count - MOST_SHOWN} before these")
        if self.unknown:
            often = "Once" if self.unknown == 1 else f"{self.unknown} times"
            lines.append(f"{often} it had no answer, because a field or the graph was missing.")
        if not self.whole:
            lines.append(f"Only events up to {self.until:%Y-%m-%d} were looked at; more would have taken too long.")
        return "\n".join(lines)


def preview(journal: Journal, rule: Rule, now: datetime, *, patience_s: float = PATIENCE_S) -> Preview:
    """The rule on the journal's events of the last year. Revisions that would edit a notification are not counted."""
    deadline = time.monotonic() + patience_s
    since = now - YEAR
    trial = Trial(RuleSet([rule]), blob=journal.blob)
    would: dict[str, Would] = {}
    looked = unknown = 0
    first, last = None, since
    after, whole = journal.seq_before(since), True
    while whole and (page := journal.read(after, limit=_PAGE, kinds=heard_kinds([rule]))):
        for stored in page:
            looked, last = looked + 1, stored.event.received
            first = first or stored.event.received
            for heard in trial.hear(stored.event):
                unknown += sum(decision.outcome == "unknown" for decision in heard.decided.decisions)
                for slot, one in _would(trial, heard):
                    would.setdefault(slot, one)
        after = page[-1].seq
        whole = time.monotonic() < deadline
    return Preview(
        would=list(would.values()),
        looked=looked,
        unknown=unknown,
        since=first or since,
        until=now if whole else last,
        whole=whole,
    )


def _would(trial: Trial, heard: Heard) -> list[tuple[str, Would]]:
    found = []
    for reaction in heard.decided.reactions:
        about = object_label(reaction.object) if reaction.object else ""
        try:
            said = next((str(act) for act in trial.preview(heard, reaction)), "")
        except NunciusError as error:
            said = str(error)
        words = " ".join(said.partition("\n")[0].split())[:160]
        found.append((reaction.slot, Would(at=heard.event.received, object=about, said=words)))
    return found
