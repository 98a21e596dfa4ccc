"""When a found fact agrees with an annotated one: docs/annotation.md, "When a found fact agrees", word for word.

Facts are plain dictionaries in the fields of `nuncius extract`. A tolerance that is half of the last printed digit is
read from the annotated span's own text.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from functools import lru_cache
from typing import Any

from kg.names import normalise_name

Found = dict[str, Any]

#: For these the value's wording is the annotator's: circular, object and assertion decide.
WORDING_FREE = frozenset({"retraction", "non_detection", "counterpart", "follows_up", "host"})
#: Denied facts that are scored; other denials are free.
DENIALS = frozenset({"non_detection", "coincidence", "counterpart", "classification"})
ARCSECOND = 1 / 3600


def scored(fact: Found) -> bool:
    """Whether a fact's assertion is one that is scored."""
    return fact["assertion"] in ("asserted", "hedged") or (
        fact["assertion"] == "negated" and fact["predicate"] in DENIALS
    )


def same_object(a: str | None, b: str | None) -> bool:
    """Whether two names are one, after normalising."""
    return _name(a) == _name(b)


def agrees(found: Found, gold: Found, text: str = "") -> bool:
    """Whether a found fact is the annotated one. `text` is the annotated span's text; without it, printed precision is
    taken from the annotated value itself."""
    if found["predicate"] != gold["predicate"] or not same_object(found.get("object"), gold.get("object")):
        return False
    return value_agrees(found, gold, text)


def value_agrees(found: Found, gold: Found, text: str = "") -> bool:
    """The part of agreement that is about the value, by predicate."""
    predicate = gold["predicate"]
    if predicate in WORDING_FREE:
        return _same_denial(found, gold)
    if predicate in ("classification", "coincidence"):
        return _name(found.get("value")) == _name(gold["value"]) and found["assertion"] == gold["assertion"]
    if predicate == "position":
        return _position_agrees(found, gold, text)
    if predicate == "trigger_time":
        return _time_agrees(found, gold, text)
    if predicate in ("t90", "fluence", "flux", "magnitude", "redshift"):
        return _numbers_agree(found, gold)
    return _name(found.get("value")) == _name(gold["value"])


def _same_denial(found: Found, gold: Found) -> bool:
    """Doubt is not denial: asserted and hedged agree with each other, negated only with negated."""
    return found["assertion"] == gold["assertion"] or {found["assertion"], gold["assertion"]} == {"asserted", "hedged"}


def _numbers_agree(found: Found, gold: Found) -> bool:
    if found.get("limit") != gold.get("limit"):
        return False
    predicate = gold["predicate"]
    if predicate == "magnitude" and not _same_band(found, gold):
        return False
    if gold.get("value") is None:
        return all(_close(predicate, found.get(k), gold.get(k), found, gold) for k in ("lower", "upper"))
    return _close(predicate, found.get("value"), gold["value"], found, gold)


def _close(predicate: str, said: Any, wanted: Any, found: Found, gold: Found) -> bool:
    if wanted is None:
        return said is None
    if not isinstance(said, int | float) or isinstance(said, bool):
        return False
    if predicate == "magnitude":
        return bool(abs(said - wanted) <= 0.005 + 1e-9)
    if predicate == "redshift":
        return bool(abs(said - wanted) <= 0.01 * wanted + 1e-9)
    factor = _ratio(found.get("unit") or "", gold.get("unit") or "")
    return factor is not None and abs(said * factor - wanted) <= 0.01 * abs(wanted) * (1 + 1e-9)


def _same_band(found: Found, gold: Found) -> bool:
    """Spelling apart (`R_c`, `Rc`), the same band; where the annotation names none, any."""
    said, wanted = ((f.get("qualifier") or {}).get("band") for f in (found, gold))
    return wanted is None or _band(said) == _band(wanted)


def _band(name: Any) -> str:
    return re.sub(r"[-_ ]|band|filter", "", str(name)).replace("\u2032", "'").replace("\u2019", "'")


@lru_cache(maxsize=4096)
def _ratio(unit: str, other: str) -> float | None:
    """By how much a number in one unit is multiplied for the other; None where they do not convert."""
    if unit == other:
        return 1.0
    from astropy import units

    try:
        return float(units.Unit(unit).to(units.Unit(other)))
    except (ValueError, TypeError):  # UnitConversionError is both
        return None


def _position_agrees(found: Found, gold: Found, text: str) -> bool:
    said, wanted = found.get("value"), gold["value"]
    if not isinstance(said, dict) or not {"ra", "dec"} <= set(said):
        return False
    ra_step, dec_step = printed_position(text, wanted) if text else (0.0, 0.0)
    cos = max(math.cos(math.radians(wanted["dec"])), 1e-6)
    turn = abs((said["ra"] - wanted["ra"] + 180) % 360 - 180)
    if turn > max(0.1 * ARCSECOND / cos, ra_step / 2) + 2e-6:
        return False
    if abs(said["dec"] - wanted["dec"]) > max(0.1 * ARCSECOND, dec_step / 2) + 2e-6:
        return False
    error = gold.get("error")
    if not error:
        return True
    got = found.get("error")
    return bool(got) and all(math.isclose(g, w, rel_tol=0.05) for g, w in zip(got or (), error, strict=True))


def printed_position(text: str, value: dict[str, float]) -> tuple[float, float]:
    """Size in degrees of the last printed digit of a position's right ascension and declination."""
    text = re.sub(r"J?2000(?:\.0)?", " ", text)
    parts = [(float(m.group()), len(m.group().partition(".")[2])) for m in re.finditer(r"\d+\.?\d*", text)]
    steps: list[float] = []
    for wanted, hours in ((value["ra"], 15.0), (abs(value["dec"]), 1.0)):
        for size in (1, 2, 3):
            scale = hours if size > 1 else 1.0
            ends = [
                i + size - 1
                for i in range(len(parts) - size + 1)
                if abs(math.fsum(p[0] / 60**k for k, p in enumerate(parts[i : i + size])) * scale - wanted) < 3e-6
            ]
            if ends:
                steps.append(10.0 ** -parts[ends[0]][1] / 60 ** (size - 1) * scale)
                break
        else:
            steps.append(0.0)
    return steps[0], steps[1]


def _time_agrees(found: Found, gold: Found, text: str) -> bool:
    try:
        said, wanted = (datetime.fromisoformat(str(f["value"]).replace("Z", "+00:00")) for f in (found, gold))
    except ValueError:
        return False
    if (said.tzinfo is None) != (wanted.tzinfo is None):
        said, wanted = said.replace(tzinfo=None), wanted.replace(tzinfo=None)
    return abs((said - wanted).total_seconds()) <= printed_time(text or str(gold["value"])) / 2 + 1e-6


def printed_time(text: str) -> float:
    """Size in seconds of the last printed digit of a clock time."""
    clock = re.search(r"\d{1,2}(?::{1,2}|h ?)\d{2}(?:(?::{1,2}|m ?)\d{2}(?:\.(?P<decimals>\d+))?(?P<s>))?", text)
    if clock is None:
        return 1.0
    return 10.0 ** -len(clock["decimals"] or "") if clock["s"] is not None else 60.0


def _name(value: Any) -> str:
    """A name in the one way we write it; other words bare of case, blanks and signs."""
    if value is None:
        return ""
    word = str(value)
    return re.sub(r"[^a-z0-9]", "", (normalise_name(word) or word).lower())
