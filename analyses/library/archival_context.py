"""What is known here? Sources at and near a position, how often chance puts one there, hosts, and a finding chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from analyses.archives import Answer, ask_all, asking, harvest
from analyses.catalogues import known_sources
from analyses.contract import Unit, analysis
from analyses.counterparts import FITS, Counterpart, Field, by_kind, expected, judge
from analyses.hosts import Host, hosts
from analyses.layers import extent
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.regions import cap, scale
from nuncius.core.result import Figure, Result, Table
from nuncius.core.sky import Annulus, Localization, ProbabilityMap, centre

#: Rows of the table.
SHOWN = 15
#: A region wider than this has no neighbourhood to speak of; it is asked of no archive (degrees).
WIDEST = 5.0
#: Least half-width of what counts as near, degrees.
LEAST_REACH = 1.0 / 12.0


@analysis(
    "archival-context",
    version="1",
    about="What is known at and near a position: counterparts with their chance of coincidence, hosts, a finding chart",
    example="nuncius analyse archival-context --with sky='CIRCLE ICRS 293.70 21.90 0.05' --with object='GRB 200427A'",
)
def archival_context(
    *,
    sky: Annotated[Localization, "the position with its error, or a map"],
    object: Annotated[str, "name of the object, for the title; itself is no counterpart"] = "",
    radius: Annotated[
        float | None, Unit("deg"), "how far around to look; none means five times the 90 % radius"
    ] = None,
    luminosity_distance: Annotated[float | None, Unit("Mpc"), "of the event, where known; a map has its own"] = None,
    luminosity_distance_error: Annotated[float | None, Unit("Mpc"), "its 1-sigma error"] = None,
    archives: Annotated[bool, "ask the catalogues that [archives] names; none are unless it does"] = True,
) -> Result:
    if radius is not None and not 0.0 < radius <= 90.0:
        raise PermanentError(f"radius must be more than 0 and at most 90 degrees; received {radius:g}")
    ra, dec, held = extent(sky)
    reach = max(radius or 5.0 * held, LEAST_REACH)
    answers = _asked(sky, ra, dec, max(reach, _held(sky, held)), held) if archives else []
    fields = by_kind([source for source in known_sources() if not _is_itself(source.name, source.also, object)])
    fields += [
        Field(sources=answer.sources, area=cap(answer.radius), density=asking().catalogues[answer.key].density)
        for answer in answers
        if answer.sources
    ]
    found = _merged([one for field in fields for one in judge(sky, field)])
    near = [one for one in found if one.fits or (one.separation is not None and one.separation <= reach)]
    if isinstance(sky, ProbabilityMap) and sky.distance is not None and luminosity_distance is None:
        luminosity_distance, luminosity_distance_error = sky.distance
    candidates = hosts(found, luminosity_distance, luminosity_distance_error)
    chance_any = expected(sky, fields)
    values = _values(found, candidates, chance_any, answers)
    answer = _answer(found, answers, chance_any)
    tables = [_table(near[:SHOWN]), _hosts_table(candidates), _answers_table(answers)]
    return Result(
        answer=answer,
        values=values,
        tables=[table for table in tables if table.rows],
        figures=[_figure(object, sky, near, reach, answer, answers)],
        caveats=_caveats(sky, answers, len(near), held),
        provenance={"harvest": asked} if (asked := harvest(answers, ra, dec)) else {},
    )


def _asked(sky: Localization, ra: float, dec: float, reach: float, held: float) -> list[Answer]:
    if held > WIDEST or isinstance(sky, Annulus):
        return []
    return ask_all(ra, dec, reach, datetime.now(UTC))


def _held(sky: Localization, held: float) -> float:
    return held * scale(0.9, FITS) if not isinstance(sky, Annulus) else held


def _is_itself(name: str, also: str, object: str) -> bool:
    own = object.replace(" ", "").lower()
    return bool(own) and own in [part.strip().replace(" ", "").lower() for part in (name, *also.split(";"))]


def _merged(found: Sequence[Counterpart]) -> list[Counterpart]:
    """All catalogues in one order: what fits by chance, the rest by distance."""
    return sorted(found, key=lambda one: (not one.fits, one.chance if one.fits else 0.0, one.separation or one.level))


def _values(
    found: Sequence[Counterpart], candidates: Sequence[Host], chance_any: float, answers: Sequence[Answer]
) -> dict[str, Quantity]:
    fitting = [one for one in found if one.fits]
    values = {
        "counterparts": Quantity(value=float(len(fitting))),
        "expected_by_chance": Quantity(value=chance_any),
        "archives_asked": Quantity(value=float(len(answers))),
        "archives_failed": Quantity(value=float(sum(bool(answer.problem) for answer in answers))),
    }
    if fitting:
        best = fitting[0]
        values |= {"chance": Quantity(value=best.chance), "odds": Quantity(value=best.odds)}
        if best.separation is not None:
            values["separation"] = Quantity(value=best.separation * 60.0, unit="arcmin")
    if candidates:
        values["host_distance"] = Quantity(value=candidates[0].distance, unit="Mpc")
        near = candidates[0].counterpart.separation
        if near is not None and near < 0.5:  # the best position of a wide region is no place to measure from
            values["host_offset"] = Quantity(value=candidates[0].offset_kpc or 0.0, unit="kpc")
    return values


def _answer(found: Sequence[Counterpart], answers: Sequence[Answer], by_chance: float) -> str:
    from analyses.findingchart import angle

    where = "" if answers else " (shipped list only, no archive was asked)"
    fitting = [one for one in found if one.fits]
    failed = [answer.title for answer in answers if answer.problem]
    silent = f"; no answer from {', '.join(failed)}" if failed else ""
    if not fitting:
        near = min(
            (one for one in found if one.separation is not None), key=lambda one: one.separation or 0.0, default=None
        )
        nearest = (
            f"; nearest: {near.source.name} ({near.source.sort}), {angle(near.separation or 0.0)} off" if near else ""
        )
        return f"Nothing known within the 99.7 % region{nearest}{where}{silent}"
    best = fitting[0]
    more = f", and {len(fitting) - 1} more where chance brings {by_chance:.1g}" if len(fitting) > 1 else ""
    off = "" if best.separation is None else f"{angle(best.separation)} from the best position, "
    inside = f"within the {100 * best.level:.0f} % region" if best.level >= 0.005 else "at its centre"
    return f"{best.source.name} ({best.source.sort}) fits: {off}{inside}, chance {best.chance:.1g}{more}{where}{silent}"


def _table(near: Sequence[Counterpart]) -> Table:
    columns = ["source", "class", "catalogue", "offset [arcmin]", "level", "chance", "odds", "redshift"]
    rows: list[list[str | float | None]] = [
        [
            one.source.name,
            one.source.sort,
            one.source.catalogue,
            None if one.separation is None else float(f"{60.0 * one.separation:.3g}"),
            round(one.level, 4),
            float(f"{one.chance:.2g}") if one.fits else None,
            float(f"{one.odds:.2g}") if one.fits else None,
            one.source.redshift,
        ]
        for one in near
    ]
    return Table(name="known sources", columns=columns, rows=rows)


def _hosts_table(candidates: Sequence[Host]) -> Table:
    columns = ["galaxy", "distance [Mpc]", "offset [arcmin]", "offset [kpc]", "chance", "distance off [sigma]"]
    rows: list[list[str | float | None]] = [
        [
            one.counterpart.source.name,
            float(f"{one.distance:.4g}"),
            None if one.counterpart.separation is None else float(f"{60.0 * one.counterpart.separation:.3g}"),
            None if one.offset_kpc is None else float(f"{one.offset_kpc:.3g}"),
            float(f"{one.counterpart.chance:.2g}"),
            None if one.off_sigma is None else round(one.off_sigma, 1),
        ]
        for one in candidates[:SHOWN]
    ]
    return Table(name="host candidates", columns=columns, rows=rows)


def _answers_table(answers: Sequence[Answer]) -> Table:
    """What each archive said, those that said nothing too."""
    catalogues = asking().catalogues
    rows: list[list[str | float | None]] = []
    for answer in answers:
        said = answer.problem or ("more than it gave" if answer.cut else "kept from before" if answer.kept else "")
        means = catalogues[answer.key].match_means
        rows.append([answer.title, float(len(answer.sources)), round(answer.radius * 60.0, 2), said, means])
    return Table(name="archives", columns=["catalogue", "entries", "cone [arcmin]", "note", "a match means"], rows=rows)


def _caveats(sky: Localization, answers: Sequence[Answer], near: int, held: float) -> list[str]:
    said = []
    if not answers:
        why = "the region is too wide to ask one" if held > WIDEST else "`archives.ask` in the settings names some"
        said.append(
            f"Only the shipped list of {len(known_sources())} well-known sources was looked through, without a network "
            f"({why}): that nothing is in it means little."
        )
    said += [f"{answer.title} did not answer: {answer.problem}" for answer in answers if answer.problem]
    said += [
        f"{answer.title} has more entries than it gave: chances are understated" for answer in answers if answer.cut
    ]
    if isinstance(sky, ProbabilityMap | Annulus):
        said.append("Errors and sizes of catalogue entries are not added to a map or an annulus.")
    if near > SHOWN:
        said.append(f"{near - SHOWN} more sources are near than the table shows.")
    said.append("A chance is for one class of one catalogue; `expected_by_chance` counts all that were looked through.")
    return said


def _figure(
    name: str, sky: Localization, near: Sequence[Counterpart], reach: float, answer: str, answers: Sequence[Answer]
) -> Figure:
    from analyses.findingchart import NAMED, Chart, draw
    from analyses.layers import Marker
    from analyses.skyplot import Scene
    from analyses.skyplot import draw as draw_sky

    title = name or "Archival context"
    caption = f"{title}: known sources around the localization"
    alt = f"Finding chart of {title}. {answer}."
    _, _, held = extent(sky)
    if held > 30.0 or isinstance(sky, Annulus):
        markers = [Marker(name=one.source.name, ra=one.source.ra, dec=one.source.dec) for one in near if one.fits][:6]
        scene = Scene(title=title, subtitle="well-known sources in the region", sky=sky, markers=markers)
        return Figure(name="archival-context", png=draw_sky(scene), caption=caption, alt=alt)
    shown = [one.separation or 0.0 for one in near[:NAMED]]
    half = max(1.25 * _held(sky, held), min(1.15 * max(shown, default=0.0), reach), LEAST_REACH / 4.0)
    ra, dec = centre(sky)
    place = f"RA {ra:.4f}°, Dec {dec:+.4f}° · solid 90 %, dashed 99.7 %".replace("-", "−")
    foot = "shipped list only; no archive asked" if not answers else f"{len(answers)} archives asked"
    chart = Chart(title=title, subtitle=place, sky=sky, counterparts=near[:40], reach=half, foot=foot)
    return Figure(name="archival-context", png=draw(chart), caption=caption, alt=alt)
