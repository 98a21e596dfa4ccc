"""Whether an afterglow decays as the fireball model lets it: the decay index of its light curve against the closure
relations at its spectral index (`analyses/afterglow.py`)."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import msgspec

from analyses.afterglow import Fit, gap, power_law, xrt_points
from analyses.contract import Unit, analysis
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One point of a light curve, in any unit of flux or rate."""

    time: Annotated[float, Unit("s"), "after T0"]
    flux: Annotated[float, "flux or rate"]
    error: Annotated[float, "its 1-sigma error"]


@analysis(
    "afterglow-decay",
    version="1",
    about="Decay index of an afterglow against the closure relations of the fireball model",
    example="nuncius analyse afterglow-decay --with files='GRB 061021.json' --with start=10000 "
    "--with spectral_index=1.02 --with spectral_error=0.06",
)
def afterglow_decay(
    *,
    points: Annotated[list[Point] | None, "the light curve"] = None,
    files: Annotated[list[str] | None, "or light curves of Swift's XRT as JSON, put together"] = None,
    alpha: Annotated[float | None, "or the decay index itself"] = None,
    alpha_error: Annotated[float, "1-sigma error of that"] = 0.0,
    spectral_index: Annotated[float | None, "beta, the photon index less one"] = None,
    spectral_error: Annotated[float, "1-sigma error of beta"] = 0.0,
    photon_index: Annotated[float | None, "or the photon index itself"] = None,
    photon_index_error: Annotated[float, "1-sigma error of that"] = 0.0,
    start: Annotated[float, Unit("s"), "beginning of the part that is fitted, after T0"] = 0.0,
    stop: Annotated[float | None, Unit("s"), "its end"] = None,
    jet: Annotated[bool, "whether a decay after a jet's break is allowed"] = False,
    injected: Annotated[bool, "whether the engine may still feed the shock (a plateau)"] = False,
    object: Annotated[str, "name of the object"] = "",
) -> Result:
    if spectral_index is None and photon_index is not None:
        spectral_index, spectral_error = photon_index - 1.0, photon_index_error
    fitted = None
    if alpha is None:
        curve = [(p.time, p.flux, p.error) for p in points or []]
        for name in files or []:
            file = Path(name)
            if not file.is_file():
                raise PermanentError(f"files: there is no file {name}; a light curve of Swift's XRT as JSON is wanted")
            curve += xrt_points(file.read_bytes(), file.name)
        chosen = [p for p in curve if p[0] >= start and (stop is None or p[0] <= stop)]
        if not chosen:
            raise PermanentError("afterglow-decay needs points, files or alpha; no point lies between start and stop")
        fitted = power_law(*zip(*chosen, strict=True))
        alpha, alpha_error = fitted.alpha, fitted.error
    values = {"alpha": Quantity(value=alpha, minus=alpha_error, plus=alpha_error)}
    if fitted is not None:
        values |= {"points": Quantity(value=float(fitted.points)), "chi2_dof": Quantity(value=_reduced(fitted))}
    answer = f"{object + ': ' if object else ''}decay index {alpha:.2f} ± {alpha_error:.2f}"
    rows: list[list[str | float | None]] = []
    if spectral_index is not None:
        values["beta"] = Quantity(value=spectral_index, minus=spectral_error, plus=spectral_error)
        off, error, nearest = gap(alpha, spectral_index, spectral_error, jet=jet, injected=injected)
        both = math.hypot(alpha_error, error)
        values["closure_gap"] = Quantity(value=off, minus=both, plus=both)
        where = "nearest" if off else "within those allowed; nearest"
        answer += f", {off:+.2f} ± {both:.2f} from the fireball's ({where}: {nearest.medium}, {nearest.regime})"
        rows = [["nearest relation", f"{nearest.medium}, {nearest.regime}: {nearest.alpha(spectral_index):.2f}"]]
    caveats = ["One power law: a break or a flare within the part fitted moves it; choose start and stop."]
    if spectral_index is None:
        caveats.append("The spectral index is not known: no closure relation is tested.")
    if fitted is not None and _reduced(fitted) > 1.5:
        caveats.append(
            f"The points scatter more than their errors (chi2/dof {_reduced(fitted):.1f}); the error of the index "
            "has grown with them."
        )
    return Result(
        answer=answer,
        values=values,
        tables=[Table(name="closure", columns=["what", "is"], rows=rows)] if rows else [],
        caveats=caveats,
    )


def _reduced(fit: Fit) -> float:
    return fit.chi2 / fit.dof
