"""What the engine must know of the past, as questions. `reactors/recollection.py` answers them, from the journal
(`JournalMemory`) or from what it has been told in this run (`RamMemory`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec

from nuncius.core.event import Event
from nuncius.journal.records import Member, NewReaction, Retraction, Silence, Stored, Wait
from reactors.shelves import Seen


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """The latest reaction in a slot: the event that caused it, its sender (None if never noted) and when that made
    it, what else it rests on and under which names, and for each action its inputs, key and revision."""

    event: str
    mission: str | None = None
    made: str = ""
    object: str | None
    standing: bool
    parts: list[dict[str, Any]]
    members: list[Member] = []
    aliases: dict[str, str] = {}


class Memory(Protocol):
    """What `decide` asks of the past, and tells for the future."""

    # --- what was done ---

    def latest(self, slot: str) -> Past | None:
        """The latest reaction in a slot."""
        ...

    def firings(self, rule: str, value: str, since: datetime) -> int:
        """How often a rule fired for a value of its limit's `per`, since then."""
        ...

    def only_mock(self, obj: str) -> bool:
        """Whether all that was done about an object was done on tests and mocks."""
        ...

    def unfinished(self, slot: str) -> int:
        """How many reactions of a slot have not ended."""
        ...

    def reached(self, slot: str, *, since: datetime | None = None) -> dict[str, bool]:
        """How the latest reaction of a slot stands: done, failed, acknowledged, approved, rejected. Empty where it
        was taken back. Whoever acknowledged an earlier one, or a page about it, `since` then acknowledged it too."""
        ...

    def note(self, reaction: NewReaction, now: datetime) -> None:
        """A reaction was decided."""
        ...

    def retract(self, retraction: Retraction) -> None:
        """What was done about an object is taken back by its mission."""
        ...

    # --- what was heard ---

    def hear(self, stored: Stored, kept: Sequence[tuple[str, float]]) -> None:
        """An event has been decided about. Rules may ask for it as one of each kind `kept`, for so many seconds."""
        ...

    def partners(self, kinds: Sequence[str], start: datetime, end: datetime) -> list[Seen]:
        """Events of these kinds, heard so far, with `start` <= T0 <= `end`, in order of T0."""
        ...

    def newest(self, kinds: Sequence[str], identity: tuple[str, ...], start: datetime) -> Seen | None:
        """The last word of what an identity stands for, among events of these kinds with T0 from `start` on."""
        ...

    def view(self, item: Seen) -> tuple[Event, dict[str, Any]]:
        """A partner's event, and how conditions see it; those asked for lately are at hand."""
        ...

    def retracted_by(self, event: Event, before: int) -> Event | None:
        """The newest retraction of the event's object by its mission that was journalled before number `before`."""
        ...

    def is_retracted(self, item: Seen) -> bool:
        """Whether its mission took an event back after it was made."""
        ...

    def event(self, event_id: str) -> Event | None:
        """An event that a wait rests on, by its id."""
        ...

    def held(self, rule_hash: str, event_id: str) -> str | None:
        """What was noted of an event for a rule's meaning; None where nothing was."""
        ...

    def hold(self, rule_hash: str, event_id: str, word: str) -> None:
        """Note whether an event fulfils a rule's conditions, so that counting asks once."""
        ...

    def questions(self, obj: str) -> list[tuple[str, str]]:
        """Rules that had no answer from the graph about an object, and the events that they asked about."""
        ...

    def question(self, obj: str, rule: str, event: Event | None) -> None:
        """A rule has no answer about an object's event, or (None) has one by now."""
        ...

    # --- what is waited for ---

    def waits(self, rule: str, per: str | None = None) -> list[Wait]:
        """What a rule waits for (in one place)."""
        ...

    def waits_on(self, retraction: Retraction) -> list[Wait]:
        """Waits that rest on what is taken back."""
        ...

    def full(self, rule: str) -> bool:
        """Whether a rule has as many open waits as it may."""
        ...

    def open(self, wait: Wait, events: Sequence[Event]) -> None:
        """A wait was opened, on these events."""
        ...

    def close(self, key: str) -> None:
        """A wait was rung or is no longer wanted."""
        ...

    def first_due(self, until: datetime) -> Wait | None:
        """The wait that is due first, if it is by then."""
        ...

    # --- what is not to be heard ---

    def mutes(self, rule: str, now: datetime) -> list[str]:
        """Values of `mutes.same` for which a rule that fired mutes others now; "" where it has no `same`."""
        ...

    def silence(self, rule: str, obj: str | None, now: datetime) -> Silence | None:
        """What people said that silences a rule about an object now."""
        ...

    # --- bounds ---

    def complain(self, text: str) -> None:
        """A bound was reached: it becomes an event, once."""
        ...


def window_start(now: datetime, seconds: float) -> datetime:
    """The beginning of a window that ends now."""
    return now - timedelta(seconds=seconds)


def past_of(reaction: NewReaction, *, standing: bool) -> Past:
    """A reaction as it is looked back at."""
    context = reaction.context
    return Past(
        event=str(context.get("event", "")),
        mission=context.get("mission"),
        made=str(context.get("made", "")),
        object=reaction.object,
        standing=standing,
        parts=context.get("parts", []),
        members=[msgspec.convert(m, Member) for m in context.get("members", [])],
        aliases=context.get("aliases", {}),
    )


def rests_on(past: Past, retraction: Retraction) -> bool:
    """Whether a reaction is undone by a retraction."""
    if past.object == retraction.object and retraction.covers(past.mission):
        return True
    return any(m.object == retraction.object and retraction.covers(m.mission) for m in past.members)
