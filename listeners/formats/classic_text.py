"""GCN Classic's text notices: lines of `KEY: value`, indented continuations, units in brackets.

The keys become the names that the VOEvents use, so that the same refinement serves both.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from listeners.formats import FORMATS, Format, Message
from listeners.formats._text_words import ERRORS, KEYS, POSITIONS, TEXTUAL
from listeners.missions import NoticeType, catalogue, slug
from listeners.notice import Notice, event_of
from listeners.words import tjd, typed, utc
from nuncius.core.errors import FormatError
from nuncius.core.event import Event, Tense, content_id

_TITLE = re.compile(rb"(?:\A|\n)TITLE:[ \t]+GCN/[^\n]*NOTICE", re.IGNORECASE)
_LINE = re.compile(r"^([A-Z][A-Z0-9_/ ]*?):(?:[ \t]+(.*)|)$")
_VALUE = re.compile(r"^\s*([-+]?\d[\d.,eE+\-]*|[-+]?\.\d+)\s*(?:\[([^\]]*)\])?")
_DEGREES = re.compile(r"([-+]?\d+(?:\.\d+)?)d\s*(?:\{[^}]*\})?\s*\((J2000|current|1950)\)")
_PLAIN_DEGREES = re.compile(r"([-+]?\d+(?:\.\d+)?)d?\b")
_DAY = re.compile(r"(\d+)\s*TJD")
_SECOND = re.compile(r"(\d+(?:\.\d+)?)\s*SOD")
_CLOCK = re.compile(r"\{(\d\d):(\d\d):(\d\d(?:\.\d+)?)\}")
_CONTAINMENT = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*(?:containment|conf)", re.IGNORECASE)
_MARKUP = re.compile(r"[^a-z0-9]+")


def accepts(message: Message, content: Any) -> bool:
    """Has a TITLE line of a GCN notice within the first 4 kB (mail headers may stand before it)."""
    return _TITLE.search(content[:4096]) is not None


def parse(message: Message, content: bytes) -> list[Event]:
    """The event of one notice. Raises FormatError."""
    fields = _fields(content.decode("utf-8", errors="replace"))
    words = " ".join(fields.get("NOTICE_TYPE", [""])[0].split())
    if not words:
        raise FormatError(f"{message.label}: a text notice needs NOTICE_TYPE; received {sorted(fields)[:12]}")
    notice = Notice(
        id="",
        source="gcn.classic.text",
        type=_type(fields["TITLE"][0], words),
        params={},
    )
    notice.id = content_id(f"gcn.text:{notice.type.name}", _canonical(fields))
    notice.alert_datetime = _date(fields.pop("NOTICE_DATE", [""])[0])
    comments = fields.pop("COMMENTS", [])
    fields.pop("TITLE")
    notice.params["NOTICE_TYPE"] = words
    fields.pop("NOTICE_TYPE")
    _time(notice, fields)
    _place(notice, fields)
    for key, lines in fields.items():
        _keep(notice, key, lines)
    _tests(notice, words, comments)
    if notice.trigger_time is None and notice.role != "observation":
        notice.trigger_time = notice.alert_datetime
    event = event_of(notice, message, "text/plain")
    if comments:
        event.data["description"] = "\n".join(line.strip() for line in comments if line.strip())
    if "url" not in event.data and "light_curve_url" in event.data:
        event.data["url"] = event.data["light_curve_url"]
    return [event]


def _fields(text: str) -> dict[str, list[str]]:
    """Values by key; a key that stands several times (COMMENTS) and continuation lines add to its list."""
    fields: dict[str, list[str]] = {}
    key = None
    begun = False
    for line in text.replace("\r\n", "\n").split("\n"):
        match = _LINE.match(line)
        if match is not None:
            begun = begun or match[1] == "TITLE"
            if not begun:
                continue
            key = match[1].strip()
            fields.setdefault(key, []).append((match[2] or "").rstrip())
        elif key is not None and line[:1].isspace() and line.strip():
            fields[key].append(line.strip())
    return fields


def _canonical(fields: dict[str, list[str]]) -> bytes:
    """The content without its spacing: mail programs wrap and pad."""
    return "\n".join(f"{key}:{' '.join(' '.join(lines).split())}" for key, lines in sorted(fields.items())).encode()


def _type(title: str, words: str) -> NoticeType:
    """By the words of NOTICE_TYPE, in the longest form that is known; else made from the title."""
    plain = _MARKUP.sub(" ", words.lower()).strip()
    sender = title.upper().removeprefix("GCN/").removesuffix("NOTICE").strip()
    lvk = "LIGO" in sender or "LVC" in sender
    best: NoticeType | None = None
    length = 0
    for known_words, known in catalogue().by_text.items():
        known_plain = _MARKUP.sub(" ", known_words).strip()
        if (known.mission == "LVK") is not lvk:
            continue
        if f" {known_plain} " in f" {plain} " and len(known_plain) > length:
            best, length = known, len(known_plain)
    if best is not None:
        return best
    mission = sender.title() or "GCN"
    return NoticeType(name=words, mission=mission, instrument=mission, tail=slug(words), assumed=True)


def _date(text: str) -> datetime | None:
    """`Fri 12 Apr 24 05:34:35 UT`."""
    try:
        return datetime.strptime(text.strip().removesuffix("UT").strip(), "%a %d %b %y %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return utc(text)


def _time(notice: Notice, fields: dict[str, list[str]]) -> None:
    """T0 from the first pair of date (TJD) and time (SOD) lines."""
    for key in [k for k in fields if k.endswith("_DATE")]:
        clock = key.removesuffix("_DATE") + "_TIME"
        day = _DAY.search(fields[key][0])
        if day is None or clock not in fields:
            continue
        braces, second = _CLOCK.search(fields[clock][0]), _SECOND.search(fields[clock][0])
        if braces is not None:  # SOD may be rounded to whole seconds; the clock time is not
            seconds = int(braces[1]) * 3600 + int(braces[2]) * 60 + float(braces[3])
        elif second is not None:
            seconds = float(second[1])
        else:
            continue
        if notice.trigger_time is None:
            notice.trigger_time = tjd(float(day[1]), seconds)
            del fields[key], fields[clock]


def _place(notice: Notice, fields: dict[str, list[str]]) -> None:
    """J2000 position and error radius in degrees."""
    for ra_key, dec_key in POSITIONS:
        if ra_key in fields and dec_key in fields:
            ra, dec = _angle(fields[ra_key]), _angle(fields[dec_key])
            if ra is None or dec is None:
                continue  # "Undefined", kept as it stands
            notice.ra, notice.dec = ra, dec
            del fields[ra_key], fields[dec_key]
            break
    for key in ERRORS:
        if key not in fields:
            continue
        line = " ".join(fields[key])
        match = _VALUE.match(line)
        stated = _CONTAINMENT.search(line)
        if match is None:
            continue
        unit = (match[2] or "deg").lower()
        scale = 60.0 if unit.startswith("arcmin") else 3600.0 if unit.startswith("arcsec") else 1.0
        notice.error = float(match[1].rstrip(",")) / scale
        if stated is not None:
            notice.containment = float(stated[1]) / 100.0
        notice.params[f"{key}.note"] = line
        del fields[key]
        return


def _angle(lines: list[str]) -> float | None:
    text = " ".join(lines)
    for value, equinox in _DEGREES.findall(text):
        if equinox == "J2000":
            return float(value)
    match = _PLAIN_DEGREES.match(text.strip())
    return float(match[1]) if match is not None and "undefined" not in text.lower() else None


def _keep(notice: Notice, key: str, lines: list[str]) -> None:
    """Under the VOEvent's name where there is one; a number with its unit, or the text."""
    name = KEYS.get(key, key)
    text = " ".join(line.strip() for line in lines).strip()
    match = _VALUE.match(text)
    whole = match is not None and (match.end() == len(text) or match[2] is not None or text[match.end()].isspace())
    if key in TEXTUAL:  # "1999999,   Seg_Num: 0"
        notice.params[name], _, rest = (part.strip() for part in text.partition(","))
        if rest:
            notice.params[f"{name}.note"] = rest
        return
    if match is None or not whole:
        notice.params[name] = typed(text)
        return
    notice.params[name] = typed(match[1].rstrip(","))
    if match[2] and match[2].strip() not in ("", "dn"):
        notice.units[name] = match[2].strip()
    rest = text[match.end() :].strip(" ,")
    if rest:
        notice.params[f"{name}.note"] = rest


def _tests(notice: Notice, words: str, comments: list[str]) -> None:
    said = f"{words} {' '.join(comments)}".lower()
    if notice.type.tense is Tense.TEST or re.search(r"\btest\b", words.lower()) or "this is a test" in said:
        notice.role = "test"
    elif notice.type.tense is Tense.UTILITY:
        notice.role = "utility"
    if "retract" in words.lower() or re.search(r"\b(?:is|has been|was) (?:now )?retracted", said):
        notice.params["Retraction"] = True
    if notice.params.get("TrigID", "").startswith(("MS", "TS")):
        notice.role = "test"


FORMATS.add("classic.text", Format(order=45, json=False, accepts=accepts, parse=parse))
