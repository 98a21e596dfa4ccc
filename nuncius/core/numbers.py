"""Numbers as people read them in answers and threads; what machines read stays unrounded beside them."""

from __future__ import annotations

import math

_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
#: Between these a number is written out.
_PLAIN = (1e-3, 1e6)


def rounded(value: float, digits: int = 2) -> str:
    """With so many significant digits, thousands apart, as a power of ten where it is very large or small:
    `1,300`, `0.025`, `2.2 × 10⁸`."""
    if value == 0.0 or not math.isfinite(value):
        return f"{value:g}"
    kept = float(f"{value:.{digits - 1}e}")
    exponent = math.floor(math.log10(abs(kept)))
    if _PLAIN[0] <= abs(kept) < _PLAIN[1]:
        return f"{kept:,.{max(0, digits - 1 - exponent)}f}"
    mantissa = f"{kept / 10.0**exponent:.{digits - 1}f}"
    return f"{mantissa} × 10{str(exponent).translate(_RAISED)}"


def odds(log10: float) -> str:
    """Odds from their decimal logarithm: `250 : 1`, `1 : 15`, about even ones as `1.1 : 1`."""
    if log10 < 0.0:
        return f"1 : {_side(-log10)}"
    return f"{_side(log10)} : 1"


def _side(log10: float) -> str:
    """One side of the odds, 1 or more; beyond what can be pictured as a power of ten."""
    if log10 >= 6.0:
        return f"10{str(round(log10)).translate(_RAISED)}" if math.isfinite(log10) else "∞"
    return f"{float(f'{10.0**log10:.2g}'):,g}" if log10 >= 3.0 else f"{float(f'{10.0**log10:.2g}'):g}"
