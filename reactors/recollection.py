"""Answers what `decide` asks of the past: from what it was told, and from its `Source` what was before that."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec

from nuncius.core.event import Event
from nuncius.journal.records import NewReaction, Retraction, Silence, Stored, Wait
from reactors.context import context
from reactors.memory import Past, past_of, rests_on
from reactors.shelves import MAX_EVENTS, Seen, Shelf, made, pack, seen, unpack
from reactors.waitbook import WaitBook

KEEP_OBJECTS = 50_000
KEEP_HELD = 100_000
#: Partners whose events are kept unpacked; one takes about 20 kB.
KEEP_VIEWS = 1_000
KEEP_QUESTIONS = 5_000
_EVER = datetime(1, 1, 1, tzinfo=UTC)


class Source(Protocol):
    """Where the past before this run is read from."""

    def latest(self, slot: str) -> Past | None:
        """The latest reaction in a slot."""
        ...

    def reactions(self, rule: str) -> Iterable[tuple[NewReaction, bool]]:
        """The last reactions of a rule, the oldest first, and whether each stands."""
        ...

    def reactions_about(self, obj: str) -> Iterable[NewReaction]:
        """Reactions about an object."""
        ...

    def unfinished(self, slot: str) -> int:
        """How many reactions of a slot have not ended."""
        ...

    def reached(self, slot: str, since: datetime | None) -> dict[str, bool] | None:
        """See `Memory.reached`; None where this source does not know of any."""
        ...

    def events(self, kind: str, start: datetime, end: datetime | None, upto: int) -> Iterable[Stored]:
        """Events of a kind with T0 from `start` to before `end`, numbered up to `upto`."""
        ...

    def retractions(self, objects: Sequence[str]) -> Mapping[str, Sequence[Stored]]:
        """Retractions of each of these objects; objects without any may be left out."""
        ...

    def questions(self, obj: str) -> Iterable[tuple[str, str]]:
        """Rules whose last word on an object was that they do not know, and the event that it was on."""
        ...

    def event(self, event_id: str) -> Event | None:
        """An event by its id."""
        ...

    def silences(self, now: datetime) -> list[Silence]:
        """Silences in force."""
        ...


class Recollection:
    """A `Memory`. Belongs to one consumer; made anew after a failed transaction. `whole`: nothing was before this run,
    so all that may be asked for has to be kept; `keep` is how many places are remembered."""

    def __init__(
        self, source: Source, *, whole: bool, waits: Iterable[Wait] = (), upto: int = 0, keep: int = 20_000
    ) -> None:
        self._source = source
        self._whole = whole
        self._keep = keep
        self._upto = upto
        self._latest: OrderedDict[str, Past | None] = OrderedDict()
        self._fired: dict[str, dict[str, deque[datetime]]] = {}
        self._mutes: dict[str, list[tuple[datetime, str, str]]] = {}
        self._mock: OrderedDict[str, bool] = OrderedDict()
        self._shelves: dict[str, Shelf] = {}
        self._retractions: OrderedDict[str, dict[int, Event]] = OrderedDict()
        self._waits = WaitBook(waits)
        self._packed: dict[str, tuple[int, bytes]] = {}
        self._held: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._questions: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._questioned: OrderedDict[str, bytes] = OrderedDict()
        self._views: OrderedDict[int, tuple[Event, dict[str, Any]]] = OrderedDict()
        self._noted: set[str] = set()
        self._silences: list[Silence] | None = None
        self.complaints: list[str] = []

    def fresh_batch(self) -> None:
        """What was noted is stored by now, and people may have said something meanwhile."""
        self._noted.clear()
        self._silences = None

    def foresee(self, objects: Iterable[str]) -> None:
        """Read at once what will be asked about the objects of a batch one by one."""
        new = [obj for obj in dict.fromkeys(objects) if obj not in self._retractions]
        told = self._source.retractions(new) if new else {}
        for obj in new:
            _keep(self._retractions, obj, {s.seq: s.event for s in told.get(obj, ())}, KEEP_OBJECTS)

    # --- what was done ---

    def latest(self, slot: str) -> Past | None:
        if slot not in self._latest:
            _keep(self._latest, slot, self._source.latest(slot), self._keep)
        return self._latest[slot]

    def firings(self, rule: str, value: str, since: datetime) -> int:
        log = self._log(rule)
        moments = log.get(value, deque())
        while moments and moments[0] <= since:
            moments.popleft()
        if not moments:
            log.pop(value, None)  # objects come and go
        return len(moments)

    def _log(self, rule: str) -> dict[str, deque[datetime]]:
        if rule not in self._fired:
            log = self._fired[rule] = {}
            for reaction, _ in self._source.reactions(rule):
                _add(log, reaction)
        return self._fired[rule]

    def only_mock(self, obj: str) -> bool:
        if obj not in self._mock:
            told = all(bool(r.context.get("mock")) for r in self._source.reactions_about(obj))
            _keep(self._mock, obj, told, self._keep)
        return self._mock[obj]

    def unfinished(self, slot: str) -> int:
        # What was noted in this batch is not in the journal yet, and so cannot have ended.
        return self._source.unfinished(slot) + (slot in self._noted)

    def reached(self, slot: str, *, since: datetime | None = None) -> dict[str, bool]:
        past = self.latest(slot)
        if past is None or not past.standing:
            return {}
        told = self._source.reached(slot, since)
        return dict.fromkeys(("done", "failed", "acknowledged", "approved", "rejected"), False) | (told or {})

    def note(self, reaction: NewReaction, now: datetime) -> None:
        _keep(self._latest, reaction.slot, past_of(reaction, standing=True), self._keep)
        if not self._whole:
            self._noted.add(reaction.slot)
        if reaction.rule in self._fired:
            _add(self._fired[reaction.rule], reaction)
        if mute := _mute(reaction):
            self._muting(reaction.rule).append(mute)
        for obj in {reaction.object, *(m.object for m in reaction.members)} - {None}:
            mock = bool(reaction.context.get("mock"))
            if obj is not None:
                _keep(self._mock, obj, mock and self.only_mock(obj), self._keep)

    def retract(self, retraction: Retraction) -> None:
        for slot, past in self._latest.items():
            if past is not None and rests_on(past, retraction):
                self._latest[slot] = msgspec.structs.replace(past, standing=False)
        for entries in self._mutes.values():
            entries[:] = [entry for entry in entries if entry[2] != retraction.object]

    # --- what was heard ---

    def hear(self, stored: Stored, kept: Sequence[tuple[str, float]]) -> None:
        self._upto = max(self._upto, stored.seq)
        event = stored.event
        if event.is_retraction and event.object is not None:
            self._taken_back(event.object)[stored.seq] = event
        item: Seen | None = None
        for kind, keep_s in kept:
            if self._whole and kind not in self._shelves:
                self._shelves[kind] = Shelf(_EVER)
            shelf = self._shelves.get(kind)  # else the journal fills it when it is first asked for
            if shelf is not None:
                item = item or seen(stored)
                shelf.add(item, event.received - timedelta(seconds=keep_s))
                if shelf.overflowed:
                    shelf.overflowed = False
                    self.complain(f"more than {MAX_EVENTS} events of {kind} within the windows of the rules")

    def partners(self, kinds: Sequence[str], start: datetime, end: datetime) -> list[Seen]:
        if len(kinds) == 1:
            return self._shelf(kinds[0], start).between(start, end)
        found = {item.seq: item for kind in kinds for item in self._shelf(kind, start).between(start, end)}
        return sorted(found.values(), key=lambda item: (item.t0, item.seq))

    def newest(self, kinds: Sequence[str], identity: tuple[str, ...], start: datetime) -> Seen | None:
        words = (self._shelf(kind, start).newest(identity) for kind in kinds)
        return max((word for word in words if word is not None), key=lambda word: word.order, default=None)

    def _shelf(self, kind: str, start: datetime) -> Shelf:
        """The shelf of a kind, filled from the journal back to `start`."""
        shelf = self._shelves.get(kind)
        if shelf is None:
            begin = _EVER if self._whole else start
            shelf = self._shelves[kind] = Shelf(begin)
            shelf.extend([seen(s) for s in self._source.events(kind, start, None, self._upto)], begin)
        elif start < shelf.complete_from:
            before = self._source.events(kind, start, shelf.complete_from, self._upto)
            shelf.extend([seen(s) for s in before], start)
        return shelf

    def view(self, item: Seen) -> tuple[Event, dict[str, Any]]:
        if item.seq not in self._views:
            event = item.event
            _keep(self._views, item.seq, (event, context(event)), KEEP_VIEWS)
        return self._views[item.seq]

    def retracted_by(self, event: Event, before: int) -> Event | None:
        if event.object is None:
            return None
        mission = event.data.get("mission")
        told = self._taken_back(event.object)
        return next(
            (
                told[seq]
                for seq in sorted(told, reverse=True)
                if seq < before and told[seq].is_real and told[seq].data.get("mission") == mission
            ),
            None,
        )

    def is_retracted(self, item: Seen) -> bool:
        if item.object is None or item.retraction:
            return False
        for seq, event in self._taken_back(item.object).items():
            mission = str(event.data.get("mission") or "")
            if seq <= self._upto and (not mission or mission == item.mission) and event.is_real >= item.real:
                # One that was made after its retraction stands again; without the times, one that came after.
                when = made(event)
                if item.order[0] <= when if when and item.order[0] else item.seq < seq:
                    return True
        return False

    def _taken_back(self, obj: str) -> dict[int, Event]:
        if obj not in self._retractions:
            self.foresee([obj])
        return self._retractions[obj]

    def event(self, event_id: str) -> Event | None:
        held = self._packed.get(event_id)
        packed = held[1] if held else self._questioned.get(event_id)
        return unpack(packed) if packed else self._source.event(event_id)

    def held(self, rule_hash: str, event_id: str) -> str | None:
        return self._held.get((rule_hash, event_id))

    def hold(self, rule_hash: str, event_id: str, word: str) -> None:
        self._held[rule_hash, event_id] = word
        if len(self._held) > KEEP_HELD:
            self._held.popitem(last=False)

    def questions(self, obj: str) -> list[tuple[str, str]]:
        return sorted(self._asked(obj).items())

    def question(self, obj: str, rule: str, event: Event | None) -> None:
        asked = self._asked(obj)
        if event is None:
            asked.pop(rule, None)
            return
        asked[rule] = event.id
        if self._whole:
            _keep(self._questioned, event.id, pack(event), KEEP_QUESTIONS)

    def _asked(self, obj: str) -> dict[str, str]:
        if obj not in self._questions:
            _keep(self._questions, obj, dict(self._source.questions(obj)), KEEP_OBJECTS)
        return self._questions[obj]

    # --- what is waited for ---

    def waits(self, rule: str, per: str | None = None) -> list[Wait]:
        return self._waits.of(rule, per)

    def waits_on(self, retraction: Retraction) -> list[Wait]:
        return self._waits.on(retraction)

    def full(self, rule: str) -> bool:
        return self._waits.full(rule)

    def open(self, wait: Wait, events: Sequence[Event]) -> None:
        self._waits.open(wait)
        for event in events if self._whole else ():
            count, packed = self._packed.get(event.id) or (0, pack(event))
            self._packed[event.id] = (count + 1, packed)

    def close(self, key: str) -> None:
        wait = self._waits.get(key)
        self._waits.close(key)
        for event_id in wait_events(wait) if wait else ():
            count, packed = self._packed.get(event_id, (0, b""))
            if count > 1:
                self._packed[event_id] = (count - 1, packed)
            else:
                self._packed.pop(event_id, None)

    def first_due(self, until: datetime) -> Wait | None:
        return self._waits.first_due(until)

    @property
    def open_waits(self) -> WaitBook:
        """All that is waited for."""
        return self._waits

    # --- what is not to be heard ---

    def mutes(self, rule: str, now: datetime) -> list[str]:
        entries = self._muting(rule)
        entries[:] = [entry for entry in entries if entry[0] > now]
        return [value for _, value, _ in entries]

    def _muting(self, rule: str) -> list[tuple[datetime, str, str]]:
        if rule not in self._mutes:
            stood = [_mute(reaction) for reaction, standing in self._source.reactions(rule) if standing]
            self._mutes[rule] = [mute for mute in stood if mute is not None]
        return self._mutes[rule]

    def silence(self, rule: str, obj: str | None, now: datetime) -> Silence | None:
        if self._silences is None:
            self._silences = self._source.silences(now)
        for silence in self._silences:
            if (
                silence.rule in ("", rule)
                and silence.object in ("", obj or "")
                and silence.since <= now < silence.until
            ):
                return silence
        return None

    # --- bounds ---

    def complain(self, text: str) -> None:
        if text not in self.complaints:
            self.complaints.append(text)


def _keep(store: OrderedDict[Any, Any], key: Any, value: Any, bound: int) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > bound:
        store.popitem(last=False)


def wait_events(wait: Wait) -> list[str]:
    """Ids of the events that a wait rests on."""
    return list(dict.fromkeys([wait.event, *(m.event for m in wait.members)] if wait.event else []))


def _add(log: dict[str, deque[datetime]], reaction: NewReaction) -> None:
    fired = datetime.fromisoformat(reaction.context["fired"])
    log.setdefault(str(reaction.context.get("limit", "")), deque()).append(fired)


def _mute(reaction: NewReaction) -> tuple[datetime, str, str] | None:
    mutes = reaction.context.get("mutes")
    if not mutes:
        return None
    return datetime.fromisoformat(mutes["until"]), str(mutes["value"]), reaction.object or ""
