"""Whether an instrument's background rate is what it has been: its place among earlier ones, robustly.

The middle is the median and the scatter 1.4826 times the median absolute deviation, so that a flare or a bad day in the
history moves neither; the error of the new rate is added to the scatter.
"""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np

from analyses.contract import analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table


@analysis(
    "background-rate",
    version="1",
    about="An instrument's background rate against its history",
    example="nuncius analyse background-rate --with rate=1012 --with rate_error=3 "
    "--with history='[998,1003,1001,995,1006,1000,999,1004]'",
)
def background_rate(
    *,
    rate: Annotated[float, "the background rate now"],
    history: Annotated[list[float], "earlier background rates of the same instrument, bands and units"],
    rate_error: Annotated[float, "1-sigma error of the rate now"] = 0.0,
    instrument: Annotated[str, "for the title"] = "",
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if len(history) < 3:
        raise PermanentError(f"background-rate needs three or more earlier rates; received {len(history)}")
    earlier = np.array(history, dtype=float)
    median = float(np.median(earlier))
    scatter = 1.4826 * float(np.median(np.abs(earlier - median)))
    width = math.hypot(scatter, rate_error)
    if not width > 0.0:
        raise PermanentError(f"the {len(history)} earlier rates are all {median:g}: a history without scatter, no test")
    z = (rate - median) / width
    values = {
        "robust_z": Quantity(value=z),
        "ratio": Quantity(value=rate / median) if median else Quantity(value=float("nan")),
        "median": Quantity(value=median),
        "scatter": Quantity(value=scatter),
        "earlier": Quantity(value=float(len(history))),
    }
    rows: list[list[str | float | None]] = [
        ["now", f"{rate:.5g} ± {rate_error:.2g}"],
        [f"median of {len(history)}", f"{median:.5g}"],
        ["scatter", f"{scatter:.3g}"],
        ["lowest to highest", f"{earlier.min():.5g} to {earlier.max():.5g}"],
    ]
    whose = " ".join(word for word in (instrument, "background") if word)
    return Result(
        answer=f"{object + ': ' if object else ''}{whose} {rate:.5g}, {z:+.1f} sigma from {median:.5g}",
        values=values,
        tables=[Table(name="background", columns=["what", "rate"], rows=rows)],
        caveats=["A slow trend, of the solar cycle say, widens the scatter and hides in it."],
    )
