"""The speed of gravity against that of light, from the delay of gamma rays behind gravitational waves.

(v_GW - v_EM) / v_EM = c (delay - emission) / distance, where `emission` is how much later the gamma rays left. Nobody
knows that; what is assumed of it, 0 to 10 s, makes the bound (Abbott et al. 2017, ApJL 848, L13).
"""

from __future__ import annotations

from typing import Annotated

from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table

LIGHT_KM_S = 299_792.458
KM_IN_MPC = 3.0856775814913673e19


@analysis(
    "gravity-speed",
    version="1",
    about="Bound on the speed of gravity from the delay of gamma rays behind gravitational waves",
    example="nuncius analyse gravity-speed --with delay=1.74 --with delay_error=0.05 --with distance=26",
)
def gravity_speed(
    *,
    delay: Annotated[float, Unit("s"), "arrival of the gamma rays after the end of the gravitational wave"],
    distance: Annotated[float, Unit("Mpc"), "of the source; a lower bound makes the result safe"],
    delay_error: Annotated[float | None, Unit("s"), "1-sigma error of the delay"] = None,
    emitted_earliest: Annotated[float, Unit("s"), "how soon after the merger gamma rays may leave"] = 0.0,
    emitted_latest: Annotated[float, Unit("s"), "how late they may leave"] = 10.0,
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if distance <= 0.0 or emitted_latest < emitted_earliest:
        raise PermanentError(
            f"gravity-speed needs a distance above 0 and a window of emission that ends after it begins; received "
            f"{distance:g} Mpc, {emitted_earliest:g} to {emitted_latest:g} s"
        )
    travel = distance * KM_IN_MPC / LIGHT_KM_S
    slowest, fastest = (delay - emitted_latest) / travel, (delay - emitted_earliest) / travel
    values = {
        "emission_delay": Quantity(value=delay, unit="s", minus=delay_error, plus=delay_error),
        "speed_lower": Quantity(value=slowest),
        "speed_upper": Quantity(value=fastest),
        "travel_time": Quantity(value=travel, unit="s"),
    }
    rows: list[list[str | float | None]] = [
        [f"{emitted_earliest:g} s after the merger", f"{fastest:+.1e}"],
        [f"{emitted_latest:g} s after it", f"{slowest:+.1e}"],
    ]
    return Result(
        answer=f"{object + ': ' if object else ''}the speeds of gravity and light differ by between {slowest:.0e} and "
        f"{fastest:+.0e} of the speed of light",
        values=values,
        tables=[Table(name="bounds", columns=["gamma rays left", "(v_GW − v_EM) / v_EM"], rows=rows)],
        caveats=[
            f"Gamma rays are taken to leave {emitted_earliest:g} to {emitted_latest:g} s after the merger; the bounds "
            "move with that. Cosmic expansion is left out, a few per cent at 100 Mpc."
        ],
    )
