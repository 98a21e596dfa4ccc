"""What a rule waits for: `when`, `within`, `without`, `count`, read into the shapes of `reactors/rule.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import get_args

import msgspec

from nuncius.core.errors import NunciusError
from nuncius.core.registry import did_you_mean
from reactors import cron, durations
from reactors.reading import Reading
from reactors.rule import After, Alias, Missed, Schedule, Window
from reactors.vocabulary import KINDS
from reactors.yamlsource import Value

MAX_ALIASES = 6
MAX_COUNT = 10_000
MIN_EVERY_S = 10.0
#: A longer look back would keep too many events at hand.
MAX_WINDOW_S = 400 * 86_400.0
MAX_MOMENTS = 100
#: Moments after T0 of one rule.
MAX_OFFSETS = 20
MISSED = get_args(Missed)
FORMS = "a kind; a list (any of); {alias: kind} (all of); {cron, tz}; {every}; {at}; {after, of}"
_KIND = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*$")


class Listening(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule waits for. `absent` is the alias of `without`, its conditions are read later."""

    when: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    window: Window | None = None
    absent: Alias | None = None
    count: int = 1
    after: After | None = None
    schedule: Schedule | None = None
    missed: Missed = "once"

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The kinds that each name in a condition can be: `ev` and the aliases."""
        named = {alias.name: alias.kinds for alias in self.aliases}
        anchor = self.window.of if self.window else ""
        own = named.get(anchor) or (self.aliases[0].kinds if self.aliases else self.when)
        return {"ev": ("timer",) if self.schedule else own, **named}


def read_listening(fields: dict[str, Value], reading: Reading) -> Listening:
    """All that says when a rule is looked at."""
    listening = _when(fields.get("when"), reading)
    absent = _without(fields.get("without"), reading, [a.name for a in listening.aliases])
    count = _count(fields.get("count"), reading)
    listening = msgspec.structs.replace(listening, absent=absent, count=count)
    window = _window(fields.get("within"), reading, listening)
    _check(fields, reading, listening)
    return msgspec.structs.replace(listening, window=window)


def _when(value: Value | None, reading: Reading) -> Listening:
    if value is None or value.content is None:
        return Listening()
    if not isinstance(value.content, dict):
        return Listening(when=read_kinds(value, reading))
    keys = set(value.content)
    if "after" in keys or keys in ({"of"}, {"of", "missed"}):
        after, missed = _after(value, reading)
        return Listening(when=after.kinds if after else (), after=after, missed=missed)
    if keys & {"cron", "tz", "every", "at", "missed"}:
        schedule, missed = _schedule(value, reading)
        return Listening(schedule=schedule, missed=missed)
    aliases = _aliases(value, reading)
    kinds = tuple(dict.fromkeys(kind for alias in aliases for kind in alias.kinds))
    return Listening(when=kinds, aliases=aliases)


def read_kinds(value: Value, reading: Reading) -> tuple[str, ...]:
    """One kind or several."""
    found = []
    for item in value.content if isinstance(value.content, list) else [value]:
        kind = item.content
        if not isinstance(kind, str) or not _KIND.fullmatch(kind) or len(kind) > 200:
            hint = f"'when' is {FORMS}" if isinstance(kind, dict) else ""
            reading.wrong(item, "a kind is dotted small letters, such as lvk.alert or gcn.notice.fermi.gbm", hint)
        elif not any(kind == k or kind.startswith(k + ".") or k.startswith(kind + ".") for k in KINDS):
            reading.add(item, f"no event is of kind '{kind}'{did_you_mean(kind, list(KINDS))}")
        else:
            found.append(kind)
    if value.content == []:
        reading.wrong(value, "a kind, or a list of kinds")
    return tuple(dict.fromkeys(found))


def _aliases(value: Value, reading: Reading) -> tuple[Alias, ...]:
    aliases: list[Alias] = []
    for name, place, kinds in reading.pairs(value, "'when' is " + FORMS):
        if name.startswith(("gcn.", "lvk.")) or "." in name:
            reading.add(place, f"a kind stands where a name is expected: '{name}'", f"write gw: {name}")
        elif reading.name(name, place, [alias.name for alias in aliases]):
            aliases.append(Alias(name=name, kinds=read_kinds(kinds, reading)))
    if not aliases and not reading.failed:
        reading.wrong(value, "'when' is " + FORMS)
    if len(aliases) > MAX_ALIASES:
        reading.add(value, f"{len(aliases)} events at once; at most {MAX_ALIASES}")
    return tuple(aliases)


def _fields(value: Value, reading: Reading, known: tuple[str, ...], where: str) -> dict[str, Value]:
    """The values of a map whose keys are closed."""
    found = {}
    for name, place, item in reading.pairs(value, f"{where} is a map of {', '.join(known)}"):
        if name in known:
            found[name] = item
        else:
            reading.add(place, f"unknown key '{name}' in {where}{did_you_mean(name, list(known))}")
    return found


def _schedule(value: Value, reading: Reading) -> tuple[Schedule | None, Missed]:
    fields = _fields(value, reading, ("cron", "tz", "every", "at", "missed"), "a schedule")
    missed = _missed(fields.get("missed"), reading)
    forms = {"cron", "every", "at"} & set(fields)
    if len(forms) != 1 or ("tz" in fields and "every" in fields):
        told = "for example {cron: '0 7 * * *', tz: Europe/Zurich}"
        reading.add(value, "a schedule is {cron, tz}, {every} or {at, tz}", told)
        return None, missed
    if "every" in fields:
        every = _duration(fields["every"], reading, durations.seconds)
        if every is not None and every < MIN_EVERY_S:
            reading.wrong(fields["every"], f"at most every {MIN_EVERY_S:g} s")
        return Schedule(every_s=every), missed
    tz = reading.text(fields.get("tz")) or "UTC"
    if "at" in fields:
        return Schedule(at=_moments(fields["at"], fields.get("tz"), tz, reading)), missed
    schedule = reading.text(fields["cron"], required=True)
    if schedule:
        reading.guard(fields["cron"], lambda: cron.check(schedule, tz))
    return Schedule(cron=schedule, tz=tz), missed


def _missed(value: Value | None, reading: Reading) -> Missed:
    """What becomes of moments that passed while the service did not run."""
    chosen: Missed = reading.choice(value, MISSED, "once")  # type: ignore[assignment]  # one of them
    return chosen


def _moments(value: Value, place: Value | None, tz: str, reading: Reading) -> tuple[datetime, ...]:
    """One moment or several, in UTC and in order; without a zone of their own they are read in `tz`."""
    if reading.guard(place or value, lambda: cron.zone(tz)) is None:
        return ()
    moments: list[datetime] = []
    items = value.content if isinstance(value.content, list) else [value]
    for item in items:
        moment = cron.moment(str(item.content), tz)
        if moment is None:
            reading.wrong(item, "a moment such as 2026-12-01T09:00Z")
        else:
            moments.append(moment)
    if not items or len(items) > MAX_MOMENTS:
        reading.wrong(value, f"one moment, or a list of at most {MAX_MOMENTS}")
    return tuple(sorted(set(moments)))


def _after(value: Value, reading: Reading) -> tuple[After | None, Missed]:
    fields = _fields(value, reading, ("after", "of", "missed"), "a moment after T0")
    missed = _missed(fields.get("missed"), reading)
    if not {"after", "of"} <= set(fields):
        reading.add(value, "a moment after T0 is {after, of}", "for example {after: 1h, of: lvk.alert}")
        return None, missed
    kinds = read_kinds(fields["of"], reading)
    several = fields["after"].content
    items = several if isinstance(several, list) else [fields["after"]]
    delays: set[float] = set()
    for item in items:
        delay = _duration(item, reading, durations.signed)
        if delay is not None and not 0 <= delay <= MAX_WINDOW_S:
            reading.wrong(item, "a time after T0, of at most 400 days")
        delays.add(delay or 0.0)
    if not items or len(items) > MAX_OFFSETS:
        reading.wrong(fields["after"], f"a time after T0, or a list of at most {MAX_OFFSETS}")
    first, *more = sorted(delays) or [0.0]
    return After(delay_s=first, kinds=kinds, more_s=tuple(more)), missed


def _without(value: Value | None, reading: Reading, taken: list[str]) -> Alias | None:
    if value is None or value.content is None:
        return None
    example = "for example without: {grb: gcn.notice.fermi.gbm}"
    if not isinstance(value.content, dict) or len(value.content) != 1:
        reading.wrong(value, "'without' is one name with its kind", example)
        return None
    ((name, (place, kinds)),) = value.content.items()
    known = reading.name(name, place, taken)
    return Alias(name=name, kinds=read_kinds(kinds, reading)) if known else None


def _count(value: Value | None, reading: Reading) -> int:
    if value is None or value.content is None:
        return 1
    number = value.content
    if (
        isinstance(number, bool)
        or not isinstance(number, float)
        or not number.is_integer()
        or not 2 <= number <= MAX_COUNT
    ):
        reading.wrong(value, f"'count' is a whole number from 2 to {MAX_COUNT}")
        return 1
    return int(number)


def _window(value: Value | None, reading: Reading, listening: Listening) -> Window | None:
    if value is None or value.content is None:
        only = listening.aliases[0].name if len(listening.aliases) == 1 and listening.absent is None else ""
        return Window(start_s=0.0, end_s=0.0, of=only) if only else None
    first = listening.aliases[0].name if listening.aliases else ""
    if not isinstance(value.content, dict):
        width = _duration(value, reading, durations.seconds) or 0.0
        window = Window(start_s=-width, end_s=0.0 if listening.count > 1 else width, of=first)
    else:
        window = _asymmetric(value, reading, listening, first)
    if max(-window.start_s, window.end_s, window.end_s - window.start_s) > MAX_WINDOW_S:
        reading.wrong(value, "a window of at most 400 days")
    return window


def _asymmetric(value: Value, reading: Reading, listening: Listening, first: str) -> Window:
    fields = _fields(value, reading, ("of", "from", "to"), "'within'")
    if listening.count > 1:
        reading.add(value, "'count' takes a plain duration", "for example within: 1h")
    for end in ("from", "to"):
        if end not in fields and not reading.failed:
            reading.add(value, f"'within' needs '{end}'", "for example {of: gw, from: -1m, to: 2h}, relative to its T0")
    start = _duration(fields["from"], reading, durations.signed) if "from" in fields else None
    end_s = _duration(fields["to"], reading, durations.signed) if "to" in fields else None
    if start is not None and end_s is not None and start > end_s:
        reading.add(fields["from"], "the window ends before it begins", "an hour before T0 is -1h")
    names = [alias.name for alias in listening.aliases]
    of = reading.choice(fields.get("of"), names or ["ev"], first)
    return Window(start_s=start or 0.0, end_s=end_s or 0.0, of="" if of == "ev" else of)


def _duration(value: Value, reading: Reading, read: Callable[[object], float]) -> float | None:
    try:
        return read(value.content)
    except NunciusError as error:
        reading.add(value, str(error))
        return None


def _check(fields: dict[str, Value], reading: Reading, listening: Listening) -> None:
    """Keys that do not go together."""
    several, counts, absent = len(listening.aliases) > 1, listening.count > 1, "without" in fields
    window = fields.get("within")
    if window is None or window.content is None:
        for key, needs in (("when", several), ("without", absent), ("count", counts)):
            if needs:
                what = "'when' with several names" if key == "when" else f"'{key}'"
                reading.add(fields[key], f"{what} needs 'within', a time around T0", "for example within: 2h")
                break
    elif not (listening.aliases or absent or counts or listening.schedule or listening.after or reading.failed):
        reading.add(window, "'within' goes with several names in 'when', with 'without' or with 'count'")
    if "where" in fields and not absent:
        reading.add(fields["where"], "'where' belongs to 'without'", "conditions on what came go under 'if'")
    if counts and (listening.aliases or absent):
        reading.add(fields["count"], "'count' goes with one kind or a list of kinds in 'when'")
    for form, there in (("a schedule", listening.schedule), ("{after, of}", listening.after)):
        for key in ("within", "without", "count"):
            if there is not None and fields.get(key) is not None:
                reading.add(fields[key], f"'{key}' does not go with {form} in 'when'")
