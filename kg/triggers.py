"""Trigger numbers in texts: `Swift trigger 1192480`, `Fermi GBM trigger 716527670/230916144`, `EP-WXT trigger ...`.

A number stands for an event that has no name yet. Which mission it belongs to is told by the words around it, else by
its length; a Fermi number counts seconds since 2001, so that it tells its own day.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import msgspec

from kg.openings import compiled


class Trigger(msgspec.Struct, frozen=True, kw_only=True):
    """A trigger in a text: its name as we write it and the span of its number. `burst` is the name that Fermi gives
    beside it, with its span."""

    name: str
    start: int
    end: int
    burst: str | None = None
    burst_start: int = 0
    burst_end: int = 0


_WORD = r"trig(?:g?er)?s?(?:[_ ]?num)?(?:ber)?s?"
_NO = r"(?:\s*(?:No\.?|Nr\.?|[Nn]umbers?|ID|n\.|#|=|:))*\s*[#(]?\s*"
_NUMBER = r"(?:bn|GRB\s?)?\d{5,11}(?:\.\d{3,6})?"
_LIST = rf"(?P<list>{_NUMBER}(?:(?:\s*[,/&-]\s*(?:and\s+)?|\s+and\s+|\s+through\s+|\s+to\s+)#?(?:{_NUMBER}|\d(?!\d)))*)"
#: Numbers after the word trigger, or directly after a mission.
_TRIGGER = compiled(
    rf"\b{_WORD}\b{_NO}{_LIST}(?![\d.]*\d)"
    rf"|\b(?P<mission>Fermi|EP[-/# ]{{0,2}}(?:WXT)?|Swift)[ #]{{0,2}}(?P<direct>\d{{6,11}})\b(?!\.\d)",
    re.I,
)
#: A text without these has none of them.
_ANY = compiled(r"trig|fermi ?\d|EP|Swift[ #]*\d", re.I)
_ALERT = compiled(
    r"\b(?P<who>IBAS|HETE)\b(?:[ _]*(?:GRB|INTEGRAL))?[ _]*(?:Alerts?|triggers?|burst)?[ ]*"
    r"(?:No\.?|nr\.?|n\.|number)?\s*#? ?"
    r"(?P<list>\d{3,5}(?:(?:\s*[,-]\s*|\s+(?:and|to)\s+)\d{1,5})*)(?![\d.:-]*\d)",
    re.I,
)
_SWIFT = compiled(r"\b(?:Swift|BAT|XRT|UVOT)\b", re.I)
_FERMI = compiled(r"\b(?:Fermi|GBM|GLAST|LAT)\b|Gamma-ray Burst Monitor", re.I)
_EP = compiled(r"\bEP\b|\bWXT\b|Einstein Probe", re.I)
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
#: Fermi's first trigger, 14 July 2008: a smaller number is no mission time.
_FIRST = 237_000_000


def find_triggers(text: str) -> list[Trigger]:
    """All trigger numbers of a text, in order, each place once."""
    return list(_found(text))


@lru_cache(maxsize=32)
def _found(text: str) -> tuple[Trigger, ...]:
    found: list[Trigger] = []
    if _ANY.search(text):
        for match in _TRIGGER.finditer(text):
            if match["direct"]:
                found += _direct(match)
            else:
                mission = _mission(text, match.start())
                found += _listed(match, mission)
    lower = text.lower()
    for match in _ALERT.finditer(text) if "ibas" in lower or "hete" in lower else ():
        found += _alerts(match)
    return tuple(found)


def _mission(text: str, at: int) -> str | None:
    """The mission that the words speak of: the nearest before the number, else the nearest behind."""
    before = text[max(0, at - 150) : at]
    best: tuple[int, str] | None = None
    for mission, pattern in (("Swift", _SWIFT), ("Fermi", _FERMI), ("EP-WXT", _EP)):
        for match in pattern.finditer(before):
            if best is None or match.start() > best[0]:
                best = (match.start(), mission)
    if best is not None:
        return best[1]
    behind = text[at : at + 80]
    return next((m for m, p in (("Swift", _SWIFT), ("Fermi", _FERMI), ("EP-WXT", _EP)) if p.search(behind)), None)


def day_of_number(number: int) -> str:
    """The day, YYMMDD, of a Fermi trigger number."""
    return (_EPOCH + timedelta(seconds=number)).strftime("%y%m%d")


def _is_burst(digits: str) -> bool:
    """Whether nine digits are a day of Fermi's years with its fraction, as in `bn150805556`."""
    days = "08" <= digits[:2] <= "39" and "01" <= digits[2:4] <= "12" and "01" <= digits[4:6] <= "31"
    return len(digits) == 9 and digits.isdigit() and days


def _listed(match: re.Match[str], mission: str | None) -> Iterator[Trigger]:
    """The triggers of a list; `716527670/230916144` is one trigger and its burst, in either order."""
    at = match.start("list")
    places = [
        (m.group(), at + m.start(), at + m.end()) for m in re.finditer(r"\d{5,11}(?:\.\d{3,6})?|\d", match["list"])
    ]
    skip = -1
    for index, (text, start, end) in enumerate(places):
        if index == skip:
            continue
        digits = _digits(text)
        partner = places[index + 1] if index + 1 < len(places) else None
        joined = partner is not None and "/" in match.string[end : partner[1]]
        if partner is not None and joined and len(digits) == 9:
            other = _digits(partner[0])
            first = _pair(digits, other)
            if first is not None:
                number, burst = ((text, start, end), partner) if first else (partner, (text, start, end))
                skip = index + 1
                yield Trigger(
                    name=f"Fermi trigger {_digits(number[0])}",
                    start=number[1],
                    end=number[2],
                    burst=f"bn{_digits(burst[0])}",
                    burst_start=burst[1],
                    burst_end=burst[2],
                )
                continue
        if single := _single(digits, places[0][0], mission, start, end):
            yield single


def _digits(text: str) -> str:
    """A number's digits: those of a burst's fraction belong to it, those of a mission time's seconds do not."""
    whole, _, fraction = text.partition(".")
    return whole + fraction if len(whole) == 6 else whole


def _pair(first: str, second: str) -> bool | None:
    """Whether of two numbers the first is the mission time and the second the burst of that day; None: neither."""
    if not (first.isdigit() and second.isdigit() and len(second) == 9):
        return None
    if _is_burst(second) and int(first) >= _FIRST and day_of_number(int(first)) == second[:6]:
        return True
    if _is_burst(first) and int(second) >= _FIRST and day_of_number(int(second)) == first[:6]:
        return False
    return None


def _single(digits: str, first: str, mission: str | None, start: int, end: int) -> Trigger | None:
    """One number by its mission and length; a single digit ends a run, `1105560-1`."""
    if len(digits) == 1:
        digits = first[:-1] + digits
    who = mission
    if len(digits) in (6, 7) and (who is None or who == "Swift"):
        who = "Swift"
    elif len(digits) == 9 and who in (None, "Fermi"):
        if _is_burst(digits):
            return Trigger(name=f"bn{digits}", start=start, end=end)
        who = "Fermi"
    elif len(digits) == 11 and digits.startswith("0"):
        who = "EP-WXT"
    elif not (who == "Swift" and len(digits) == 5):
        return None
    return Trigger(name=f"{who} trigger {digits}", start=start, end=end)


def _direct(match: re.Match[str]) -> Iterator[Trigger]:
    """`Fermi394416326`, `EP#01709176612`."""
    digits, mission = match["direct"], match["mission"].lower()
    start, end = match.span("direct")
    if mission == "fermi" and len(digits) == 9 and int(digits) >= _FIRST:
        yield Trigger(name=f"Fermi trigger {digits}", start=start, end=end)
    elif mission.startswith("ep") and len(digits) == 11:
        yield Trigger(name=f"EP-WXT trigger {digits}", start=start, end=end)


def _alerts(match: re.Match[str]) -> Iterator[Trigger]:
    """Alerts of the first years: `IBAS alert 1774`, `HETE trigger 2275`."""
    word = "IBAS alert" if match["who"].upper() == "IBAS" else "HETE trigger"
    at = match.start("list")
    for number in re.finditer(r"\d{3,5}", match["list"]):
        yield Trigger(name=f"{word} {number.group()}", start=at + number.start(), end=at + number.end())


_NAME = compiled(
    r"(?P<who>Swift|Fermi|EP-WXT|IBAS|HETE)[ -](?:trigger|alert)s? (?:No\.? ?|#)?(?P<number>\d{3,11})", re.I
)
_SCOPES = {"swift": "swift", "fermi": "fermi-gbm", "ep-wxt": "einstein-probe-wxt", "ibas": "integral", "hete": "hete"}
_WRITTEN = {"swift": "Swift", "fermi": "Fermi", "ep-wxt": "EP-WXT", "ibas": "IBAS", "hete": "HETE"}


def trigger_name(text: str) -> str | None:
    """How we write a trigger's name where the whole text is one (`swift trigger 1192480`), else None."""
    match = _NAME.fullmatch(text.strip())
    if match is None:
        return None
    who = match["who"].lower()
    return f"{_WRITTEN[who]} {'alert' if who == 'ibas' else 'trigger'} {match['number']}"


def trigger_key(name: str) -> str | None:
    """The scoped number under which objects are kept: `Swift trigger 1192480` is `swift:1192480`."""
    match = _NAME.fullmatch(name)
    return f"{_SCOPES[match['who'].lower()]}:{match['number']}" if match else None
