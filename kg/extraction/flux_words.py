"""What the words around a fluence or flux say: a limit, a conversion, a noise level, a forecast, a sensitivity."""

from __future__ import annotations

import math
import re
from typing import Any

import msgspec

from kg.extraction.fact import Assertion, Limit
from kg.extraction.numbers import Quantity
from kg.extraction.units import Unit
from kg.openings import compiled


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """`against` says in words why the quantity is no flux or fluence of the event; None where nothing speaks so."""

    limit: Limit | None = None
    assertion: Assertion | None = None
    against: str | None = None
    containment: float | None = None
    qualifier: dict[str, Any] = {}


_UPPER = compiled(
    r"\b(?:upper[- ]limits?|limits?|constrain\w*|no (?:\w+ ){0,3}(?:above|"
    r"brighter)|undetected|not (?:been )?detected|UL)\b(?P<rest>[^;\n]{0,110})$",
    re.I,
)
_BELOW = compiled(r"\b(?:fainter than|less than|below|under|not exceed\w*|at most) ?(?:about |~)?$", re.I)
_LOWER = compiled(
    r"\b(?:lower[- ]limit|at least|greater than|more than|exceed\w*|lower "
    r"limits?)\b[^.;\n]{0,40}$",
    re.I,
)
_ENDS_LIMIT = compiled(
    r"\b(?:but|while|whereas|detect(?:ed|s|ion) (?:at|with|in|of)|we (?:measure|detect|find)|consistent with|"
    r"flux of the|"
    r"measured|confirmed|has a|value of)\b|(?<=[a-z)\d])\. (?=[A-Z])",
)
_AFTER_LIMIT = compiled(
    r"^\W{0,3}(?:\((?:\d[- ]?sigma|\d\d ?%|three|five)[^)]{0,30}(?:upper )?limit|"
    r"[^.;\n]{0,25}\bupper limit|(?:at )?\(?\d[- ]sigma (?:UL|limit))",
    re.I,
)
_CONVERSION = compiled(r"\b(?:conversion|convert\w*|per count|ECF)\b[^;\n]{0,130}$", re.I)
_NOISE = compiled(
    r"\b(?:r\.?m\.?s\.?|noise|sensitivit\w+|sigma level|confusion|detection threshold|flux scale|"
    r"image has|depth)\b[^.;\n]{0,60}$",
    re.I,
)
_NOISE_AFTER = compiled(r"^ ?(?:\)? ?\(?(?:r\.?m\.?s|noise|1[- ]sigma(?! upper)|per sigma)\b)", re.I)
_SENSITIVITY = compiled(r"\bsensitiv\w+[^\n]{0,160}$", re.I)
_LINE = compiled(
    r"\b(?:line|lines|\[O ?II\]?I?\]?|H-?alpha|Ly-?a\w*|doublet|\[N ?II\]|"
    r"H-?beta)\b[^.;\n]{0,70}$",
    re.I,
)
_CALLED_FLUX = compiled(r"(?:\bpeak (?:energy |gamma-ray )?flux|\bFp ?=)(?:(?!fluence)[^\n]){0,80}$", re.I)
_HEADING = compiled(r"(?:\bunits? (?:of|are)|[(\[]|\bin) ?[xX*]? ?$")
_UNABSORBED = compiled(
    r"\b(?:observed|absorbed) ?\(unabsorbed\)|\b(?:observed|absorbed)\b[^.;\n]{0,20}\(?(?:unabsorbed|"
    r"corrected)\)?",
    re.I,
)
_CRITERION = compiled(r"\b(?:criteri\w+|threshold|typical\w*(?! (?:[\w.-]+ ){0,4}(?:upper )?limits?\b)|"
    r"brightest|average for|most bursts|Crab nebula|"
    r"quasar|calibrator|"
                        r"phase reference|other (?:GRBs|bursts)|AB system|compared (?:to|with)|than the|"
                        r"(?<=\()1-s peak photon flux)\b[^.;\n]{0,90}$", re.I)  # fmt: skip
_FORECAST = compiled(
    r"\b(?:predict\w*|forecast\w*|if the (?:light ?curve|afterglow|source|decay|underlying|"
    r"X-ray)[^\n]{0,40}continu\w*|"
    r"will (?:be|have|fade)|extrapolat\w+|expected to)\b[^\n]{0,260}$",
    re.I,
)
_BACK_TO_FACT = compiled(
    r"\b(?:we (?:detect|measure|find|derive)|results of the XRT|The source was detected|"
    r"is consistent)\b"
)
_CONFIDENCE = compiled(r"(?P<percent>\d\d(?:\.\d+)?) ?%(?: ?(?:confidence|C\.?L|level|conf|error|credible))?", re.I)
_ALL_ERRORS = compiled(
    r"\b(?:all|quoted|reported|errors? (?:are|quoted|at))[^.\n]{0,60}(?P<percent>90|68|"
    r"95)(?:\.\d)? ?%",
    re.I,
)
_SIGMA = compiled(r"(?P<n>\d(?:\.\d)?|three|five|two)[- ]?sigma", re.I)


def judge(text: str, start: int, end: int, unit: Unit, quantity: Quantity) -> Judged:
    """What the words in front of `start` and behind `end` make of a quantity with that unit."""
    before, after = text[max(0, start - 320) : start], text[end : end + 90]
    before += "(" if text[start] == "(" else ""
    near = before[-170:]
    forecast = _FORECAST.search(before)
    assertion: Assertion | None = None
    if forecast and not _BACK_TO_FACT.search(forecast.group()):
        assertion = "hypothetical"
    qualifier: dict[str, Any] = {}
    if assertion and (epoch := re.search(r"T_?0? ?\+ ?\d+(?:\.\d+)? ?[a-z]+", before)):
        qualifier["epoch"] = epoch.group().replace("T+", "T0+")
    limit = _limit(near, after)
    if limit and (sigma := _SIGMA.search(near[-120:] + after[:40])):
        qualifier["sigma"] = {"three": 3, "five": 5, "two": 2}.get(sigma["n"].lower()) or float(sigma["n"])
    against = _against(near, after, unit, quantity, limited=bool(limit or quantity.limit))
    return Judged(
        limit=limit,
        assertion=assertion,
        against=against,
        containment=containment(text, start, end),
        qualifier=qualifier,
    )


def _limit(near: str, after: str) -> Limit | None:
    """The limit that words say."""
    found = list(_UPPER.finditer(near))
    upper = found[-1] if found else None
    if upper and not _ENDS_LIMIT.search(upper["rest"]) and not re.search(r"\bor brighter\b", near):
        return "<"
    if _BELOW.search(near):
        return "<"
    if _LOWER.search(near):
        return ">"
    return "<" if _AFTER_LIMIT.search(after) else None


def _against(near: str, after: str, unit: Unit, quantity: Quantity, *, limited: bool) -> str | None:
    if unit.name == "Crab" and not re.search(r"\b(?:flux|intensity|limit|level)\b", near, re.I):
        return "the Crab itself"
    if _CONVERSION.search(near):
        return "a conversion factor"
    called = _CALLED_FLUX.search(near) if unit.kind == "fluence" else None
    if called and "fluence" not in near[max(0, called.start() - 30) : called.start()]:
        return "called a flux, but its unit is a fluence's"
    if unit.kind == "flux density" and not limited and (_NOISE.search(near) or _NOISE_AFTER.search(after)):
        return "a noise level"
    if _SENSITIVITY.search(near) and not limited:
        return "a sensitivity"
    if quantity.limit is None and text_is_power(quantity) and _HEADING.search(near):
        return "the unit of a table"
    if re.search(r"\branges? from [^;\n]{0,30}$", near) and _SENSITIVITY.search(near):
        return "the span of a sensitivity over the sky"
    if _CRITERION.search(near[-100:]):
        return "another source's, or a criterion"
    if unit.kind == "flux" and not limited and _LINE.search(near):
        return "the flux of a spectral line"
    if _in_brackets_of_two(near) and not limited:
        return "the unabsorbed value beside the observed one"
    return None


def text_is_power(quantity: Quantity) -> bool:
    """Whether the quantity is a power of ten without a number before it."""
    return abs(math.log10(quantity.value) % 1.0) < 1e-9 and quantity.error is None if quantity.value > 0 else False


def _in_brackets_of_two(near: str) -> bool:
    """`observed (unabsorbed) flux of A (B) erg`: B is the same flux again, without absorption."""
    return bool(_UNABSORBED.search(near)) and bool(re.search(r"\d[)}]? ?\($", near))


def containment(text: str, start: int, end: int) -> float | None:
    """The probability that an error holds, where the sentence or a remark for all errors says it."""
    close = _CONFIDENCE.search(text[end : end + 60])
    if close and "." not in text[end : end + close.start()].replace("d.o.f.", ""):
        return float(close["percent"]) / 100.0
    everywhere = _ALL_ERRORS.search(text, max(0, start - 3000), end + 3000)
    return float(everywhere["percent"]) / 100.0 if everywhere else None
