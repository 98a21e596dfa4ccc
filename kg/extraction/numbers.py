"""How people write a quantity: limit sign, number, error, power of ten. Shared by the grammars of numeric facts, and by
the anchor gate, which reads spans again with the very same function. Knows nothing of units or of what is measured."""

from __future__ import annotations

import re

import msgspec

from kg.extraction.fact import Limit
from kg.extraction.normalise import Even
from kg.openings import compiled

#: A number without sign. A bare stop belongs to it only where an error or a power of ten follows ("320. +/-20.").
NUMBER = r"(?:\d+(?:\.\d+|\.(?= ?(?:\+|[xX*] ?10|[eE][-+]?\d)))?|\.\d+)"
_EXPONENT = r"[-+]? ?\d{1,3}"
#: x 10^-6, 10^{-6}, *10**(-6), x 10-6, x 10E-6, E-6, and 10^-6 straight after a bracket.
_POWER = compiled(
    rf" ?(?:[xX*\u00d7\u00b7\u22c5\u2217\u2715]|\\times|\\cdot)? ?"
    rf"10 ?(?:(?:\^|\*\*) ?[{{(]{{0,2}} ?(?P<caret>{_EXPONENT})(?: ?[)}}]){{0,2}}|\{{ ?(?P<brace>-? ?\d{{1,2}}) ?\}})"
    rf"| ?(?:[xX*\u00d7\u00b7\u22c5]|\\times|\\cdot) ?10 ?"
    rf"(?:(?P<plain>-\d{{1,2}})|[eE] ?(?P<tene>[-+]?\d{{1,2}}))(?![\d.])"
    rf"|(?:[eE](?P<e>[-+]?\d{{1,3}})| [eE](?P<spaced>[-+] ?\d{{1,2}})|[eE] (?P<late>-\d{{1,2}}))(?![\d])"
)
_HEAD = compiled(
    r"(?P<limit><=|>=|=<|=>|<~|>~|~<|~>|<|>)? ?(?P<approx>~|=~|~=|about |approximately |around |roughly |ca\.? )?"
    rf" ?(?P<open>[(\[] ?)?(?P<late>~|<|>)? ?(?P<number>{NUMBER})"
)
_BARE_POWER = compiled(
    r"(?P<limit><|>)? ?(?P<approx>~)? ?10 ?(?:\^|\*\*|(?=[eE]-)) ?[eE{(]? ?(?P<exponent>[-+]? ?\d{1,2})(?: ?[)}])?"
)
_SIDE = rf"(?:{NUMBER})"
#: Symmetric: +/- 0.2, (+/- 0.2), a sign lost on its way ("1.2 ?? 0.3" with replacement characters).
_BOTH = compiled(
    rf" ?(?P<bracket>[(\[{{] ?)?(?:\+/-|-/\+|\+ or -|\+ ?- (?=[\d.])| ?\ufffd{{1,6}} ?|\+/? ?\ufffd{{1,6}}) ?"
    rf"(?P<both>{_SIDE})"
)
#: +0.3 -0.2, +0.3/-0.2, (+0.3, -0.2), ^{+0.3}_{-0.2}; and the other way round.
_SIDES = compiled(
    rf" ?(?P<bracket>[(\[{{^_]{{1,2}} ?)?(?P<first>[-+]) ?(?P<one>{_SIDE})"
    rf"(?P<power>[eE][-+]?\d{{1,2}}| ?[xX*] ?10\^[{{(]?-?\d{{1,2}}[)}}]?)?"
    rf" ?s?[}})]? ?[,/;:|]? ?[\^_({{]{{0,2}} ?(?!(?P=first))(?P<second>[-+]) ?(?P<two>{_SIDE})"
)
_DIGITS = compiled(r"\((?P<digits>\d{1,2})\)(?![\d.])")
_LOST = compiled(rf" (?P<both>{_SIDE})(?= ?[)\]] ?(?:[xX*] ?10|10\^|[eE][-+]\d))")
_CLOSE = compiled(r" ?[)\]}]{1,2}")


class Quantity(msgspec.Struct, frozen=True, kw_only=True):
    """A number as written, with its span `start:end` (without its unit); `error` is `[minus, plus]`, in the same scale.
    `half` is half a unit of the last printed digit. `begin` is where the digits begin, after any sign of a limit."""

    value: float
    error: list[float] | None = None
    limit: Limit | None = None
    approximate: bool = False
    half: float = 0.0
    powered: bool = False
    start: int
    begin: int
    end: int


def read_quantity(text: str, at: int) -> Quantity | None:
    """The longest quantity that begins exactly at `at` of an even text, or None."""
    head = _HEAD.match(text, at)
    bare = _BARE_POWER.match(text, at)
    if bare and (head is None or head["number"] == "10"):
        return _power_alone(bare)
    if head is None or _glued(text, head):
        return None
    number, pos = head["number"], head.end()
    opened = bool(head["open"])
    power = _POWER.match(text, pos)
    pos = power.end() if power else pos
    own = exponent_of(power)
    error, after, own_error_power = _error(text, pos, number, opened=opened, powered=power is not None)
    closing = _CLOSE.match(text, after) if opened else None
    if opened and closing is None:
        # The bracket opens something longer: the quantity stands inside it.
        return _shifted(text, head)
    pos = closing.end() if closing else after
    shared = _POWER.match(text, pos) if power is None else None
    if shared is not None and not (own_error_power is not None and error):
        own, pos = exponent_of(shared), shared.end()
    scale = own if own is not None else (own_error_power or 0)
    return Quantity(
        value=_scaled(number, scale),
        error=_scaled_error(error, scale, own_error_power),
        limit=_limit(head),
        approximate=bool(head["approx"]) or head["late"] == "~" or "~" in (head["limit"] or ""),
        half=0.5 * 10.0 ** (scale - _decimals(number)),
        powered=power is not None or shared is not None or own_error_power is not None,
        start=at,
        begin=head.start("number") if not opened else head.start("open"),
        end=pos,
    )


def _shifted(text: str, head: re.Match[str]) -> Quantity | None:
    """The quantity behind an open bracket that does not close after it."""
    inner = head.start("number") if head["late"] is None else head.start("late")
    return None if inner <= head.start() else read_quantity(text, inner)


def _glued(text: str, head: re.Match[str]) -> bool:
    """Whether the digits are the end of a word or of a longer number."""
    begin = head.start("number")
    before = text[begin - 1] if begin else " "
    return before.isalnum() or before in "._-"


def _power_alone(match: re.Match[str]) -> Quantity:
    """`10^-6` without a number before it; `10E-6` is written for it, too."""
    exponent = int(match["exponent"].replace(" ", ""))
    begin = match.start() + len(match.group()) - len(match.group().lstrip("<>~ "))
    limit: Limit | None = "<" if match["limit"] == "<" else ">" if match["limit"] == ">" else None
    return Quantity(
        value=10.0**exponent if exponent >= 0 else float(f"1e{exponent}"),
        limit=limit,
        approximate=bool(match["approx"]),
        half=0.5 * 10.0**exponent,
        powered=True,
        start=match.start(),
        begin=begin,
        end=match.end(),
    )


def exponent_of(power: re.Match[str] | None) -> int | None:
    """The exponent that a power of ten is written with."""
    if power is None or power.lastgroup is None:
        return None
    return int(power[power.lastgroup].replace(" ", ""))


def _error(
    text: str, pos: int, number: str, *, opened: bool, powered: bool
) -> tuple[list[str] | None, int, int | None]:
    """(error as written [minus, plus], where it ends, its own power of ten). A second error behind the first, the
    systematic one, is passed over."""
    if both := _BOTH.match(text, pos):
        power = _POWER.match(text, both.end())
        end = power.end() if power else both.end()
        if both["bracket"]:
            closing = _CLOSE.match(text, end)
            if closing is None:
                return [both["both"]] * 2, both.end(), None
            return [both["both"]] * 2, closing.end(), exponent_of(power)
        if powered and power:
            return [both["both"]] * 2, end, exponent_of(power)
        # "1.3 +/- 0.2 x 10^-6": the power belongs to both, so it is left for the caller.
        return [both["both"]] * 2, both.end(), None
    if sides := _SIDES.match(text, pos):
        pair = {sides["first"]: sides["one"], sides["second"]: sides["two"]}
        end = sides.end()
        own = _POWER.match(text, end)
        exponent = exponent_of(own) if sides["power"] else None
        end = own.end() if own and sides["power"] else end
        if sides["bracket"] or text[end : end + 1] == "}":
            closing = _CLOSE.match(text, end)
            end = closing.end() if closing and not (opened and len(closing.group().strip()) == 2) else end
        return [pair["-"], pair["+"]], end, exponent
    if digits := _DIGITS.match(text, pos):
        if "." in number:
            decimals = _decimals(number)
            return [f"{int(digits['digits']) * 10.0**-decimals:.{decimals}f}"] * 2, digits.end(), None
    elif opened and (lost := _LOST.match(text, pos)):
        return [lost["both"]] * 2, lost.end(), None
    return None, pos, None


def _scaled(number: str, exponent: int) -> float:
    """The number times its power of ten, rounded once only."""
    return float(f"{number.rstrip('.')}e{exponent}")


def _scaled_error(error: list[str] | None, exponent: int, own: int | None) -> list[float] | None:
    if error is None:
        return None
    return [_scaled(side, exponent if own is None else own) for side in error]


def _limit(head: re.Match[str]) -> Limit | None:
    sign = (head["limit"] or "") + (head["late"] or "")
    return "<" if "<" in sign else ">" if ">" in sign else None


def _decimals(number: str) -> int:
    return len(number.partition(".")[2])


def reread_quantity(text: str) -> tuple[Quantity, str] | None:
    """A span of the *original* read by itself: the quantity at its beginning, and what is left of the span."""
    even = Even(text).text.strip()
    found = read_quantity(even, 0)
    return None if found is None else (found, even[found.end :].strip())
