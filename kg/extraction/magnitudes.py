"""Grammar of magnitudes: values and limits of optical and near-infrared brightness, in running text and in tables.

Every number that reads as a magnitude is proposed; reference stars, depths of catalogues, differences, extinctions and
absolute magnitudes are proposed and left, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.magnitude_context import judge, leave_depths
from kg.extraction.magnitude_hit import Hit
from kg.extraction.magnitude_lines import lines_of
from kg.extraction.magnitude_setting import Setting
from kg.extraction.magnitude_tables import hits_of
from kg.extraction.magnitude_text import places
from kg.extraction.magnitude_times import set_moment
from kg.extraction.magnitude_value import reads_again
from kg.extraction.magnitude_words import EXTINCTION_BESIDE
from kg.extraction.tables import find_tables
from kg.openings import compiled

#: A text without these has no magnitude.
_WORTH = compiled(r"mag|filter|limit|[=~<>]\s?\d\d?(?:\.\d|\b)|\d\d\.\d+\s?(?:\+|\u00b1|m\b)", re.I)
#: Magnitudes read of one running text; what is more is no circular.
MOST = 200


def propose(document: Document) -> Iterator[Candidate]:
    """Every magnitude of a circular, with a verdict."""
    if not _WORTH.search(document.circular.body[:200_000]) and not _WORTH.search(document.circular.subject):
        return
    setting = Setting(document)
    hits: list[Hit] = []
    taken: list[tuple[int, int]] = []
    for table in find_tables(document.original("body")[:200_000]):
        hits += hits_of(setting, table)
        taken.append((document.body.at(table.start), document.body.at(table.end)))
    listed = list(lines_of(setting, taken))
    hits += listed
    taken += [(h.begin, h.end) for h in listed]
    for where in ("body", "subject"):
        found = []
        for hit in places(document.even(where).text, where, swift=setting.swift):
            if where == "subject" or not any(start <= hit.start < end for start, end in taken):
                found.append(hit)
            if len(found) >= MOST:
                break
        judge(setting, found)
        hits += found
    leave_depths(hits)
    _same_again(hits)
    for hit in hits:
        if hit.taken:
            _complete(setting, hit)
    if setting.extinction_corrected is None and any(hit.extinction_corrected for hit in hits):
        for hit in hits:
            hit.extinction_corrected = bool(hit.extinction_corrected)  # the others are not corrected
    for hit in hits:
        yield _candidate(hit)


def _same_again(hits: list[Hit]) -> None:
    """A value in the subject that the body gives too is one fact."""
    said = {(h.reading.value, h.band, h.limit) for h in hits if h.where == "body" and h.taken}
    for hit in hits:
        if (
            hit.where == "subject"
            and hit.taken
            and any(v == hit.reading.value and (b == hit.band or None in (b, hit.band)) for v, b, _ in said)
        ):
            hit.leave("said again in the body")


def _complete(setting: Setting, hit: Hit) -> None:
    """What the circular says once for all its magnitudes, and the nearest moment."""
    text = setting.document.even(hit.where).text
    hit.system = hit.system or setting.system
    beside = EXTINCTION_BESIDE.match(text[hit.end : hit.end + 60])
    hit.extinction_corrected = True if beside else setting.extinction_corrected
    hit.telescope = hit.telescope or (setting.telescope(hit.start) if hit.where == "body" else None)
    if hit.epoch is None and hit.epoch_s is None and not hit.timed:
        set_moment(setting, hit)


def _candidate(hit: Hit) -> Candidate:
    qualifier: dict[str, Any] = {
        "band": hit.band,
        "system": hit.system,
        "epoch_s": hit.epoch_s,
        "epoch": hit.epoch,
        "epoch_approximate": True if hit.epoch_above else None,
        "sigma": hit.sigma if hit.limit else None,
        "instrument": hit.telescope,
        "extinction_corrected": hit.extinction_corrected,
        "approximate": True if hit.reading.approximate else None,
        "target": None if hit.target == "source" else hit.target,
        "error_span": list(hit.error_span) if hit.error_span else None,
    }
    taken = hit.taken
    return Candidate(
        predicate="magnitude",
        where=hit.where,
        start=hit.start,
        end=hit.end,
        value=hit.reading.value,
        object=hit.object,
        unit="mag",
        error=hit.error,
        limit=hit.limit,
        lower=hit.reading.lower,
        upper=hit.reading.upper,
        qualifier={k: v for k, v in qualifier.items() if v is not None},
        assertion=hit.assertion,
        confidence=_confidence(hit),
        taken=taken,
        why=hit.why or _said(hit),
        features=_features(hit),
    )


def _said(hit: Hit) -> str:
    where = "a table's column" if hit.source == "table" else "its words"
    return f"{'limit' if hit.limit else 'value'} by {where}; band from its {hit.band_source or 'text: none'}"


def _confidence(hit: Hit) -> float:
    if not hit.taken:
        return 0.1
    score = 0.95 if hit.source == "table" else 0.93 if hit.banded else 0.8
    if not hit.banded and hit.band_source in ("paragraph", "text", "instrument", ""):
        score -= 0.12
    if hit.target == "host":
        score -= 0.1
    return round(score - 0.1 * hit.depth, 3)


def _features(hit: Hit) -> dict[str, float]:
    return {
        "table": float(hit.source == "table"),
        "banded": float(hit.banded),
        "band_near": float(hit.band_source in ("sign", "behind", "column", "sentence")),
        "band_none": float(hit.band is None),
        "unit_printed": float(hit.unit_printed),
        "limit": float(hit.limit is not None),
        "sign": float(hit.reading.limit is not None),
        "error": float(hit.error is not None),
        "depth": float(hit.depth),
        "host": float(hit.target == "host"),
        "other": float(hit.target in ("other object", "reference star", "instrument")),
        "decimals": float(hit.reading.decimals),
        "value": float(hit.reading.value or hit.reading.lower or 0.0),
        "cited": float(hit.assertion == "cited"),
        "hypothetical": float(hit.assertion == "hypothetical"),
    }


GRAMMAR = Grammar(predicates=("magnitude",), propose=propose, reads_again=reads_again)
