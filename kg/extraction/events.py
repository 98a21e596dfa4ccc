"""Whose event a circular is about: `event_name`, and the names and numbers that it says are the same, `alias`.

The subject speaks first. Where it names nothing, its trigger number does; where that is missing too, the body's only
name. Several objects of one circular each get their `event_name`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import msgspec

from kg.extraction.fact import Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.names import Name, catalogue_of, day_of, find_names, normalise_name
from kg.naming import alike, equated
from kg.openings import compiled
from kg.triggers import Trigger, day_of_number, find_triggers


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """A name of the circular's event, or of another one it is about, and where it stands in the even text. `of` is
    the event that an alias belongs to."""

    alias: bool = False
    value: str
    of: str
    where: Where
    start: int
    end: int
    confidence: float
    taken: bool = True
    why: str


def shown(found: Name, text: str) -> str:
    """A name as facts give it: a burst with its fraction of a day stays as it was written, `GRB 230827.256`."""
    if found.catalogue == "gbm" and text[found.start : found.start + 1] in "Gg":
        return f"GRB {found.name[2:8]}.{found.name[8:]}"
    return found.name


def named(subject: Even, body: Even) -> list[Named]:
    """All names of the circular's events, the main one first."""
    names = find_names(subject.text)
    triggers = find_triggers(subject.text)
    if not names or (_only_source(names) and triggers):
        malformed = _malformed(subject.text, body.text)
        if malformed is not None:
            return [malformed, *_stated(body.text, malformed, subject.text)]
        if triggers:
            return _by_trigger(triggers, body.text)
        return _only(subject.text, body.text)
    out = list(_lettered(_subject_names(subject.text, names), body.text))
    main = out[0]
    out += _subject_triggers(subject.text, triggers, out)
    out += _stated(body.text, main, subject.text)
    return out


def _lettered(names: Iterator[Named], body: str) -> Iterator[Named]:
    """A burst of our days whose letter the subject leaves out, `GRB080825`: the body's only burst of that day."""
    for name in names:
        bare = re.fullmatch(r"GRB (?:0[4-9]|[1-3]\d)\d{4}", name.value)
        letters = {n.name for n in find_names(body) if n.name.startswith(name.value)} if bare and not name.alias else ()
        if len(letters) == 1 and (full := letters.pop()) != name.value:
            place = next(n for n in find_names(body) if n.name == full)
            yield msgspec.structs.replace(name, value=full, of=full, where="body", start=place.start, end=place.end,
                                          confidence=0.9, why="the body has its letter")  # fmt: skip
        else:
            yield name


def _only_source(names: list[Name]) -> bool:
    """Whether the subject names nothing but a known source: `Trigger 1148770: Swift detection of AX J1749`."""
    return all(n.catalogue in ("place", "source") for n in names)


#: Between a transient's official name and its survey's.
_TWIN = compiled(r"\s?[(/=]\s?")
#: Between two names of a subject: both are what the circular is about.
_BESIDE = compiled(r"^[\s,;/]*(?:and|&|,|/|;|\+)[\s,;]*(?:\w+ ){0,1}$")
#: In front of a second name: it is only compared with, or a relation to it is told.
_COMPARED = compiled(
    r"\b(?:not|similar|twin|analog\w*|like|compar\w+|unrelated|consistent|associat\w+|counterpart (?:of|to)|"
    r"coincid\w+|"
    r"connection|versus|vs|correction|originally|formerly|host|instead|known source|due to|of the|following|near|"
    r"misidentif\w+|detection of)\b[^,;]{0,40}$",
    re.I,
)


def _subject_names(text: str, names: list[Name]) -> Iterator[Named]:
    """The first name, its equals, and the other objects of the subject."""
    first = names[0]
    if len(names) > 1 and first.catalogue == "survey" and names[1].catalogue == "tns" and _twins(text, *names[:2]):
        # The official name of a transient is the object, a survey's name before it an alias.
        official, survey = names[1], first
        yield from _subject_names(text, [official, *names[2:]])
        yield Named(alias=True, value=survey.name, of=official.name, where="subject", start=survey.start,
                    end=survey.end, confidence=0.9, why="a survey's name of it")  # fmt: skip
        return
    same = [n for n in equated(text, names) if not _supernova_of(first, n)]
    main = shown(first, text)
    yield Named(value=main, of=main, where="subject", start=first.start, end=first.end, confidence=0.99,
                why="the first name of the subject")  # fmt: skip
    before, seen = first, {first.name}
    for found in names[1:]:
        between, last = text[before.end : found.start], before
        before = found
        if found.name in seen:
            continue
        seen.add(found.name)
        where = {"where": "subject", "start": found.start, "end": found.end}
        value = shown(found, text)
        own_burst = found.catalogue == "gbm" and day_of(found.name) == day_of(first.name) and first.catalogue == "grb"
        if found.name in same or own_burst:
            yield Named(alias=True, value=value, of=main, confidence=0.95, why="the subject equates it", **where)  # type: ignore[arg-type]
            continue
        if last.catalogue == "tns" and found.catalogue == "survey" and _TWIN.fullmatch(between):
            yield Named(alias=True, value=value, of=last.name, confidence=0.9, why="a survey's name of it", **where)  # type: ignore[arg-type]
            continue
        follower = next((n for n in names if n.start > found.start), None)
        if found.catalogue == "survey" and follower and follower.catalogue == "tns" and _twins(text, found, follower):
            yield Named(alias=True, value=value, of=follower.name, confidence=0.9, why="a survey's name of it", **where)  # type: ignore[arg-type]
            continue
        beside = bool(_BESIDE.match(between))
        compared = bool(_COMPARED.search(text[first.end : found.start]))
        taken = beside or (not compared and found.catalogue in ("tns", "survey", "ep", "source", "grb"))
        why = "named beside the first" if beside else "another object of the subject"
        yield Named(value=value, of=value, confidence=0.9 if beside else 0.7, taken=taken,
                    why=why if taken else "only compared or connected with the first", **where)  # type: ignore[arg-type]  # fmt: skip


def _twins(text: str, first: Name, second: Name) -> bool:
    """Whether two names stand side by side as one transient's."""
    return bool(_TWIN.fullmatch(text[first.end : second.start]))


def _supernova_of(first: Name, other: str) -> bool:
    """A supernova beside its burst is an object of its own, which coincides with it."""
    return first.catalogue in ("grb", "xrf", "ep") and other.startswith("SN")


def _subject_triggers(text: str, triggers: list[Trigger], names: list[Named]) -> Iterator[Named]:
    """Trigger numbers beside the one name of a subject are its aliases: `Fermi trigger 800000900 (GRB 310207.256)`."""
    main = names[0]
    if sum(not n.alias for n in names) > 1 or len(triggers) != 1:
        return
    trigger = triggers[0]
    between = text[main.end : trigger.start] if main.end < trigger.start else text[trigger.end : main.start]
    beside = re.fullmatch(r"[\s(/=,)]{1,4}(?:(?:Swift|Fermi|BAT|GBM|trigger|No\.?)[\s/#]{1,2})*", between, re.I)
    if trigger.name.startswith("bn") or not (beside or _same_day(trigger, main.value)):
        return
    burst = catalogue_of(normalise_name(main.value) or main.value) not in ("lvk", "gw", "icecube", "amon", "hawc")
    parted = re.search(r"\b(?:not|unrelated|associat\w+|coinciden\w+|and|search)\b", between, re.I)
    same = burst and bool(beside or not parted)
    of = main.value if same else trigger.name
    why = "its number in the subject" if same else "another object of the subject"
    yield Named(alias=same, value=trigger.name, of=of, where="subject", start=trigger.start, end=trigger.end,
                confidence=0.95 if same else 0.8, why=why)  # fmt: skip


def _same_day(trigger: Trigger, name: str) -> bool:
    """A Fermi number tells its day, which must be the burst's."""
    day = day_of(normalise_name(name) or name)
    if day is None or not trigger.name.startswith("Fermi"):
        return True
    return abs(int(day_of_number(int(trigger.name.split()[-1]))) - int(day)) <= 1


def _by_trigger(triggers: list[Trigger], body: str) -> list[Named]:
    """A subject that names triggers only. A burst's name in the body for its only trigger is an alias."""
    out: list[Named] = []
    for trigger in triggers:
        if any(n.value == trigger.name for n in out):
            continue
        out.append(Named(value=trigger.name, of=trigger.name, where="subject", start=trigger.start, end=trigger.end,
                         confidence=0.97, why="the subject's trigger number"))  # fmt: skip
        if trigger.burst:
            out.append(Named(alias=True, value=trigger.burst, of=trigger.name, where="subject",
                             start=trigger.burst_start, end=trigger.burst_end, confidence=0.95,
                             why="Fermi's own name beside the number"))  # fmt: skip
    return _called(out, body) if sum(not n.alias for n in out) == 1 else out


_CALLED = compiled(r"(?:labell?ed|named|designated|called|announced as|classified as)(?: an?)?[^.;]{0,12}$", re.I)


def _called(out: list[Named], body: str) -> list[Named]:
    """The one trigger with the name that the body gives it. A name with its letter is what the event is known by, and
    the number its alias; a fraction of a day is a number as well."""
    trigger = out[0]
    digits = trigger.value.split()[-1]
    for found in find_names(body):
        if found.catalogue not in ("grb", "gbm", "ep"):
            continue
        near = digits in body[max(0, found.start - 60) : found.end + 60]
        called = _CALLED.search(body[max(0, found.start - 30) : found.start])
        if not (near or called):
            continue
        value = shown(found, body)
        name = Named(alias=True, value=value, of=trigger.value, where="body", start=found.start, end=found.end,
                     confidence=0.9, why="the body names the trigger so")  # fmt: skip
        if called and value[-1].isalpha():
            replace = msgspec.structs.replace
            return [replace(name, alias=False, of=value), *(replace(n, alias=True, of=value) for n in out)]
        return [*out, name]
    return out


_ODD = compiled(
    r"\b(?:G?GRB|GBR)[ _-]?(?P<digits>\d{5,7})(?P<letter>[A-Za-z]?)(?![A-Za-z0-9.])|^(?P<bare>\d{6}[A-Z]?)\b"
)


def _malformed(subject: str, body: str) -> Named | None:
    """A subject with a digit too many or too few (`GRB 0811215A`): the body's spelling, where it is one slip away."""
    match = _ODD.search(subject)
    if match is None:
        return None
    written = match["bare"] or match["digits"] + match["letter"].upper()
    for found in find_names(body):
        if found.catalogue == "grb" and _one_slip(written, found.name[4:]):
            return Named(value=found.name, of=found.name, where="body", start=found.start, end=found.end,
                         confidence=0.9, why=f"the subject has {match.group()!r}, a slip of it")  # fmt: skip
    return None


def _one_slip(a: str, b: str) -> bool:
    """Whether two words are the same but for one character too many, too few or different."""
    if a == b:
        return True
    short, long = sorted((a, b), key=len)
    if len(long) - len(short) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    return short[at + (len(short) == len(long)) :] == long[at + 1 :]


def _only(subject: str, body: str) -> list[Named]:
    """The body's only name; failing that, its only trigger, where the subject speaks of one."""
    told = [n for n in find_names(body) if n.catalogue not in ("place",)]
    if told and len({n.name for n in told}) == 1:
        first = told[0]
        value = shown(first, body)
        return [Named(value=value, of=value, where="body", start=first.start, end=first.end, confidence=0.9,
                      why="the only name in the body")]  # fmt: skip
    counts: dict[str, int] = {}
    for found in told:
        counts[found.name] = counts.get(found.name, 0) + 1
    if told and counts[told[0].name] >= 2 and counts[told[0].name] > sum(counts.values()) / 2:
        value = shown(told[0], body)
        return [Named(value=value, of=value, where="body", start=told[0].start, end=told[0].end, confidence=0.75,
                      why="the body's first and most frequent name")]  # fmt: skip
    triggers = find_triggers(body)
    if not told and len({t.name for t in triggers}) == 1 and re.search("trigger|alert|not a GRB", subject, re.I):
        first_trigger = triggers[0]
        return [Named(value=first_trigger.name, of=first_trigger.name, where="body", start=first_trigger.start,
                      end=first_trigger.end, confidence=0.8, why="the only trigger in the body")]  # fmt: skip
    return []


#: Between two names of a text: the second is another name of the first.
_ALSO = compiled(
    r"^[^.;:\n]{0,25}?(?:=|\ba\.?k\.?a\.?|also (?:known|called|named|designated|detected|reported|"
    r"registered) (?:by [^.;]{1,30})?"
    r"as|also|known as|(?:named|designated|called|dubbed|labell?ed)(?: as)?|(?:since )?confirmed as|"
    r"(?:seen |detected |registered |recorded |reported |and )?(?:also )?(?:by )?[\w/ -]{0,25} as|\(|/)\s*:?\s*$",
    re.I,
)
#: "(Doe et al., GCN 40001)" between two names says only who reported the first.
_CITED = compiled(r" ?\([^()\n]{0,60}(?:\n[^()\n]{0,60}){0,3}(?:GCN|et al)[^()]{0,120}\)")
_JOINS = compiled(r"^\s*(?:=|/|\(=?)\s*$")


def _stated(body: str, main: Named, subject: str) -> Iterator[Named]:
    """Other names and numbers of the main event that the body gives."""
    own = {normalise_name(main.value) or main.value} | {n.name for n in find_names(subject)}
    found = find_names(body[:20_000])
    said: set[str] = set()
    for before, after in pairwise(found):
        name = normalise_name(main.value) or main.value
        chain = before.name == name or before.name in said
        spelt = after.name == name and shown(after, body) != main.value and "other spelling" not in said
        if chain and spelt:
            said.add("other spelling")
            yield Named(alias=True, value=shown(after, body), of=main.value, where="body", start=after.start,
                        end=after.end, confidence=0.9, why="another spelling of it")  # fmt: skip
            continue
        between = _CITED.sub("", body[before.end : after.start])
        if not chain or after.name in own | said or len(between) > 60:
            continue
        burst = after.catalogue == "gbm" and day_of(after.name) == day_of(name) and bool(_JOINS.match(between))
        if burst or (_ALSO.match(between) and alike(name, after.name) and "(" not in between.rstrip("(= ")):
            said.add(after.name)
            yield Named(alias=True, value=shown(after, body), of=main.value, where="body", start=after.start,
                        end=after.end, confidence=0.85, why="the body equates it")  # fmt: skip
    yield from _numbers(body, main)


_TOGETHER = compiled(r"(?:GRB|EP|IceCube)", re.I)


def _numbers(body: str, main: Named) -> Iterator[Named]:
    """The mission's number of the main event: in one sentence with its name, or the only one of its day."""
    if catalogue_of(normalise_name(main.value) or main.value) not in ("grb", "gbm", "xrf", "ep", "source", "place"):
        return
    triggers = find_triggers(body[:20_000])
    said: set[str] = set()
    for trigger in triggers:
        if trigger.name in said or trigger.name.startswith(("bn", "IBAS", "HETE")):
            continue
        begin, end = sentence(body, trigger.start, trigger.end)
        others = {n.name for n in find_names(body[begin:end])} - {normalise_name(main.value)}
        near = bool(find_names(body[begin : trigger.start])) and not {o for o in others if o.startswith(("GRB", "EP"))}
        dated = trigger.name.startswith("Fermi") and _same_day(trigger, main.value) and day_of(main.value) is not None
        if (trigger.name.startswith("Fermi") and not dated) or not (near or dated):
            continue
        said.add(trigger.name)
        yield Named(alias=True, value=trigger.name, of=main.value, where="body", start=trigger.start, end=trigger.end,
                    confidence=0.9, why="the mission's number of the event")  # fmt: skip
        if trigger.burst:
            yield Named(alias=True, value=trigger.burst, of=main.value, where="body", start=trigger.burst_start,
                        end=trigger.burst_end, confidence=0.9, why="Fermi's own name of the event")  # fmt: skip
