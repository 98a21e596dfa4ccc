"""Which names and numbers an event itself gives to the object it is about. Looks at nothing but the event."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec

from kg.names import Name, catalogue_of, day_of, find_names, normalise_name
from kg.openings import compiled
from kg.triggers import trigger_key
from nuncius.core.event import Event, Tense

#: Kinds that speak of no astrophysical event.
_NO_OBJECT = ("gcn.heartbeat", "feed.", "timer", "platform", "release.", "paper")
_NO_OBJECT_TENSES = frozenset({Tense.UTILITY, Tense.COMMANDED, Tense.PLANNED})
#: What senders write where there is no number; 16777215 is Swift's (24 bits, all set).
_EMPTY_IDS = frozenset({"", "0", "-1", "16777215", "none", "null", "nan", "undefined", "n/a"})

#: Catalogues of which one event may have several: a slash between two of them says that they are one event.
#: Gravitational waves and neutrinos stand apart: that a burst coincides with one is a conclusion, not a name.
_LIGHT = frozenset(
    {"grb", "gbm", "ep", "tns", "svom", "xrf", "survey", "source", "frb", "place", "leia", "subthreshold"}
)
_WAVES = frozenset({"lvk", "gw"})


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """A name or scoped number of the object: `GRB 230307A`, `fermi-gbm:699896651`; `how` it was read."""

    key: str
    how: str


def keys_of(event: Event) -> list[Key]:
    """The keys that this event is sure about, best first; empty where it is about no object."""
    if event.kind.startswith(_NO_OBJECT) or event.tense in _NO_OBJECT_TENSES:
        return []
    keys = circular_keys(event) if event.kind == "gcn.circular" else _notice_keys(event)
    if event.tense in (Tense.TEST, Tense.INJECTION):
        # A test may carry the number of a real trigger; it must never meet it.
        keys = [k if k.key.startswith(("MS", "TS")) else Key(key=f"test:{k.key}", how=k.how) for k in keys]
    return list({k.key: k for k in keys}.values())


def _texts(value: object) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(v) for v in values if isinstance(v, str | int | float) and not isinstance(v, bool)]


def scope(event: Event) -> str:
    """Whose numbers an event's ids are. Swift numbers its triggers across instruments, others by instrument."""
    mission = str(event.data.get("mission") or event.source).lower()
    instrument = str(event.data.get("instrument") or "").lower()
    if "swift" in mission or mission in ("lvk", "lvc", "icecube"):
        word = "lvk" if mission == "lvc" else mission
    else:
        word = f"{mission}-{instrument}" if instrument and instrument != mission else mission
    return re.sub(r"[^a-z0-9]+", "-", word).strip("-")


def _notice_keys(event: Event) -> list[Key]:
    keys: list[Key] = []
    written = [normalise_name(text) for text in _texts(event.data.get("event_name"))]
    keys += [Key(key=trigger_key(name) or name, how="name") for name in written if name]
    for text in _texts(event.data.get("ids")):
        number = re.sub(r"\.0$", "", text.strip())
        if number.lower() in _EMPTY_IDS:
            continue
        if name := normalise_name(number):
            keys.append(Key(key=name, how="name"))
        else:
            keys.append(Key(key=f"{scope(event)}:{number}", how="id"))
    return keys


def circular_keys(event: Event) -> list[Key]:
    """Keys of a circular: the event that its subject is about, and names and numbers it equates with it."""
    subject, body = str(event.data.get("subject") or ""), str(event.data.get("body") or "")
    names = find_names(subject)
    keys: list[Key] = []
    if names:
        keys = [Key(key=name, how="subject") for name in equated(subject, names)]
    gbm = _gbm_pair(subject) or (_gbm_pair(body) if names else [])
    if gbm and (not names or any(k.key == gbm[1] or day_of(k.key) == day_of(gbm[1]) for k in keys)):
        same_kind = not names or find_names(keys[0].key)[0].catalogue in _LIGHT
        keys += [Key(key=k, how="stated") for k in gbm] if same_kind else []
    if names and (swift := _swift_trigger(body, keys[0].key)):
        keys.append(Key(key=swift, how="stated"))
    if not keys and not re.search(r"[Tt]riggers\b", subject):
        numbers = [f"{owner}:{n}" for owner, pattern in _NUMBERED for n in pattern.findall(subject)]
        keys = [Key(key=number, how="subject") for number in numbers if len(numbers) == 1]
    if not keys:
        archive = [n for t in _texts(event.data.get("event_name")) if (n := normalise_name(t))]
        keys = [Key(key=trigger_key(n) or n, how="archive") for n in archive]
    return keys


_LINK = compiled(r"^\s*(?:=|/|\(=?|,?\s*(?:a\.?k\.?a\.?|also known as|also called|renamed)\s*:?)\s*$", re.I)
_EXPLICIT = compiled(r"=|a\.?k\.?a|known as|called|renamed", re.I)


def equated(subject: str, names: list[Name]) -> list[str]:
    """The first name, and those that follow it joined as equals: `EP250215a / GRB 250215A`, `G298048 (= GW170817)`.
    A second object beside the first (`S190425z: GRB 190425A not associated`) is no alias."""
    out = [names[0].name]
    for before, after in pairwise(names):
        between = subject[before.end : after.start]
        if not _LINK.match(between):
            break
        if not alike(before.name, after.name, explicit=bool(_EXPLICIT.search(between))):
            break
        out.append(after.name)
    return out


def alike(first: str, second: str, *, explicit: bool = True) -> bool:
    """Whether two names may be one event's: of catalogues that give names to the same things, and of the same day.
    Two names of one catalogue are so only where the text says it outright."""
    pair = {catalogue_of(first), catalogue_of(second)}
    kin = pair <= _WAVES or (pair <= _LIGHT and (len(pair) == 2 or explicit))
    return kin and _same_day(first, second)


def _same_day(a: str, b: str) -> bool:
    """Names that carry dates must agree to a day: triggers near midnight may differ by one."""
    days = [d for d in (day_of(a), day_of(b)) if d]
    if len(days) < 2:
        return True
    try:
        first, second = (datetime.strptime(d, "%y%m%d").replace(tzinfo=UTC) for d in days)
    except ValueError:  # 31 June: no day at all
        return False
    return abs(first - second) <= timedelta(days=1)


_GBM = compiled(
    r"[Tt]riggers?\s*(?:No\.?|number|ID|#)?\s*:?\s*(?:(?P<met>\d{9})(?:\.\d+)?\s*/\s*(?:GRB\s*|"
    r"bn)?(?P<bn>\d{6}\.?\d{3})"
    r"|(?:GRB\s*|bn)?(?P<bn2>\d{6}\.?\d{3})\s*/\s*(?P<met2>\d{9}))\b"
)
_MET_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)


def _gbm_pair(text: str) -> list[str]:
    """The trigger number and burst number of the one GBM trigger that a text names, as `trigger 699896651 /
    230307656`. The number counts seconds from 2001, so the two must tell the same day; a slip of the pen is none."""
    pairs: set[tuple[str, str]] = set()
    for match in _GBM.finditer(text):
        met, burst = match["met"] or match["met2"], (match["bn"] or match["bn2"]).replace(".", "")
        moment = _MET_EPOCH + timedelta(seconds=int(met))
        if moment.strftime("%y%m%d") == burst[:6]:
            pairs.add((f"fermi-gbm:{met}", f"bn{burst}"))
    return list(pairs.pop()) if len(pairs) == 1 else []


#: Subjects that name no event but one trigger, `Swift Trigger 1078701 is probably not a GRB`, by whose number it is.
_NUMBERED = [
    ("swift", compiled(r"\bSwift(?:[/-]BAT)?\s+[Tt]rigger\s*(?:No\.?\s*|#|=)?\s*(\d{6,7})\b")),
    ("fermi-gbm", compiled(r"\bFermi(?:[ /-]GBM)?\s+[Tt]rigger\s*(?:No\.?\s*|#|=)?\s*(\d{9})\b")),
    ("einstein-probe-wxt", compiled(r"\bEP[- ]?WXT\s*(?:[Tt]rigger\s*)?(\d{11})\b")),
]


def _swift_trigger(body: str, name: str) -> str | None:
    """The trigger number in `BAT triggered and located GRB 221009A (trigger=1126853)`, for that burst only."""
    match = re.search(
        r"\bBAT\)?\s+(?:triggered|"
        r"located)[^.;()]{0,60}?(GRB\s?\d{6}[A-Za-z]?)\s*\(trigger\s*[=#:]?\s*(\d{6,7})\)",
        body,
    )
    return f"swift:{match[2]}" if match and normalise_name(match[1]) == name else None
