"""How much of a localization an instrument could see, and which flux it would typically have noticed there.

The field of view comes from `analyses/fields.py`, which a rule calls as `fov(instrument, t)`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from analyses.contract import analysis
from analyses.fields import field_of_view
from analyses.instruments import Instrument, load_instruments
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.registry import did_you_mean
from nuncius.core.result import Figure, Result
from nuncius.core.sky import Localization, Patch, prob_in_moc


@analysis(
    "coverage",
    version="1",
    about="How much of a localization an instrument could see, and the flux limit it typically reaches",
    example="nuncius analyse coverage --with sky='CIRCLE ICRS 197.45 -23.38 10' --with instrument=gbm "
    "--with trigger_time=2017-08-17T12:41:04Z",
    cached=True,
)
def coverage(
    *,
    sky: Annotated[Localization, "the region or map"],
    instrument: Annotated[str, "key in config/instruments.toml, such as gbm"],
    trigger_time: Annotated[datetime, "T0"],
    field: Annotated[
        dict[str, object] | None, "what fov(instrument, t) gave; without it pointings are averaged"
    ] = None,
    object: Annotated[str, "name of the object, for the title"] = "",
) -> Result:
    known = load_instruments()
    key = next((k for k in known if k == instrument.lower() or instrument.lower().endswith(f"-{k}")), None)
    if key is None:
        raise PermanentError(f"no instrument has the key '{instrument}'{did_you_mean(instrument, list(known))}")
    seen = _patch(field) if field else field_of_view(key, trigger_time)
    share = seen.coverage * prob_in_moc(sky, seen.moc())
    name = f"{known[key].mission} {known[key].name}"
    values = {"prob_seen": Quantity(value=share)}
    limit = _limit(known[key]) if share > 0.0 else None
    if limit is not None:
        values["flux_limit"] = limit
    answer = f"{name} could see {100 * share:.0f} % of the localization"
    if limit is not None:
        answer += f"; a typical limit there is {limit}"
    return Result(
        answer=answer,
        values=values,
        figures=[_figure(object or "Localization", name, sky, seen, trigger_time, share)],
        caveats=_caveats(known[key], seen, limit),
    )


def _patch(field: dict[str, object]) -> Patch:
    return Patch(
        cells=str(field.get("cells", "")),
        coverage=float(str(field.get("coverage", 1.0))),
        note=str(field.get("note", "")),
    )


def _limit(instrument: Instrument) -> Quantity | None:
    known = instrument.limit
    return None if known is None else Quantity(value=known.flux, unit=known.unit, limit="<")


def _caveats(instrument: Instrument, seen: Patch, limit: Quantity | None) -> list[str]:
    found = [seen.note[:1].upper() + seen.note[1:] + "."] if seen.note else []
    if limit is not None and instrument.limit is not None:
        known = instrument.limit
        how = f"{known.sigma:g} sigma, {known.timescale_s:g} s, {known.band}"
        found.append(f"The limit is what {known.source} gives for another event ({how}); the data give this one's.")
    return found


def _figure(title: str, name: str, sky: Localization, seen: Patch, at: datetime, share: float) -> Figure:
    from analyses.skyplot import Scene, draw

    scene = Scene(
        title=title,
        subtitle=f"{at:%Y-%m-%d %H:%M:%S} UTC · {name}",
        sky=sky,
        field=seen if seen.coverage in (0.0, 1.0) else None,
        legend=[f"{100 * share:.0f} % could be seen"],
        notes=["grey: out of view"] if seen.coverage in (0.0, 1.0) else ["pointing averaged"],
    )
    return Figure(
        name="coverage",
        png=draw(scene),
        caption=f"{title}: the localization and what {name} could see (Mollweide, ICRS, east to the left)",
        alt=f"Map of the sky for {title}; {name} could see {100 * share:.0f} % of the localization.",
    )
