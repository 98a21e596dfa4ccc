"""Archival context: the shipped list against what its names say, chance against closed forms and draws, known cases."""

from __future__ import annotations

import io
import math
import re
from pathlib import Path

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from PIL import Image

from analyses import archives
from analyses.catalogues import Source, known_sources, light, load_catalogues, nearby_galaxies
from analyses.counterparts import FITS, WHOLE_SKY_DEG2, Field, by_kind, expected, judge, local_density
from analyses.hosts import distance_of, hosts
from analyses.run import run
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.regions import Annulus, Circle, offset, separation
from nuncius.core.result import Result

#: Named after the first positions, which were degrees or half a degree off.
NAMED_EARLY = {"SGR 1627-41", "SGR 1900+14", "1E 1841-045", "GRS 1915+105"}
BY_NAME = {source.name: source for source in known_sources()}


@pytest.fixture(autouse=True)
def _no_archives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(archives.VARIABLE, "")


def context(**inputs: object) -> Result:
    return run("archival-context", inputs, {})


def circle(ra: float, dec: float, radius: float, level: float = 0.9) -> dict[str, object]:
    return {"type": "circle", "ra": ra, "dec": dec, "radius": radius, "containment_probability": level}


def _by_its_name(name: str) -> tuple[SkyCoord, float] | None:
    """The position that a designation holds, and to how many degrees: J2000 behind a J, 1950 behind other prefixes."""
    found = re.search(r"(J| |/)(\d{2})(\d{2})(?:(\d{2})(\.\d)?|(\.\d+))?([+-])(\d{2})(\d{0,2})(\d{0,2})", name)
    if found is None or name.startswith(
        ("SN", "GRB", "NGC", "FRB", "M ", "PSR B", "LS", "Mrk", "S5", "S4", "3C", "4C")
    ):
        return None
    mark, hours, minutes, seconds, part, tenth, sign, degrees, arcmin, arcsec = found.groups()
    ra = 15.0 * (
        int(hours) + (int(minutes) + float(tenth or 0.0)) / 60.0 + float(f"{seconds or 0}{part or ''}") / 3600.0
    )
    if len(arcmin) == 1 or (
        arcmin and name.startswith(("PKS", "PG", "AO", "A ", "XTE J1118", "H ")) and len(arcmin) == 1
    ):
        dec, step = int(degrees) + int(arcmin) / 10.0, 0.1
    else:
        dec, step = int(degrees) + int(arcmin or 0) / 60.0 + int(arcsec or 0) / 3600.0, 1.0 / 60.0 if arcmin else 1.0
    coarse = max(15.0 / 60.0 if seconds is None and tenth is None else 1.5 / 60.0, step)
    frame = "icrs" if mark == "J" or name.startswith("SGR") else "fk4"
    return SkyCoord(ra, -dec if sign == "-" else dec, unit="deg", frame=frame), coarse


def test_positions_of_the_shipped_list_are_where_the_names_say() -> None:
    checked = 0
    for source in known_sources():
        said = _by_its_name(source.name)
        if said is None or source.name in NAMED_EARLY:
            continue
        place, coarse = said
        away = place.icrs.separation(SkyCoord(source.ra, source.dec, unit="deg")).deg
        assert away < 1.6 * coarse, (source.name, away, coarse)
        checked += 1
    assert checked > 65


@pytest.mark.shared_data
def test_positions_of_the_shipped_list_are_those_of_notices(shared_data: Path) -> None:
    # Fermi LAT's notices of flares give the catalogued position of their source, and so do circulars in their tables.
    found = {}
    for file in (shared_data / "notices" / "voevent_per_type").glob("nasa.gsfc.gcn_Fermi__LAT_Monitor/*.xml"):
        text = file.read_text(encoding="latin1")
        name = re.search(r'name="SourceName" value="([^"_]+)', text)
        place = re.search(r"<C1>([\d.]+)</C1><C2>([-\d.]+)</C2>", text)
        if name and place:
            found[name[1].lower().replace(" ", "")] = (float(place[1]), float(place[2]))
    known = {}
    for source in known_sources():
        for name in (source.name, *source.also.split(";")):
            known[name.strip().lower().replace(" ", "")] = source
    both = sorted(set(found) & set(known))
    assert len(both) >= 3, sorted(found)
    for name in both:
        assert separation(known[name].ra, known[name].dec, *found[name]) < 0.02, name


def test_the_list_is_read_strictly_and_its_galaxies_have_distances(tmp_path: Path) -> None:
    assert len(known_sources()) >= 250
    assert len(BY_NAME) == len(known_sources())
    galaxies = nearby_galaxies()
    assert len(galaxies) > 60
    assert max(galaxies, key=light).name in {"M 101", "NGC 4889", "NGC 1365", "NGC 1316"}
    file = tmp_path / "list.csv"
    file.write_text("# a comment\nname,class,ra,dec,size,distance,redshift,also\nX,galaxy,400,0,,,,\n")
    with pytest.raises(ConfigurationError, match=r"list\.csv, line 3: .*ra"):
        known_sources(file)
    assert all(catalogue.density > 0 for catalogue in load_catalogues().values())


def test_chance_is_the_poisson_probability_of_the_region_that_counts() -> None:
    # Ten sources spread over the sky, far from the eleventh: the density is that of the prior alone.
    others = [Source(name=str(n), sort="agn", ra=180.0 + n, dec=60.0) for n in range(10)]
    source = Source(name="x", sort="agn", ra=10.0, dec=0.0, error=0.0)
    field = Field(sources=[*others, source], density=11.0 / WHOLE_SKY_DEG2)
    sky = Circle(ra=10.0, dec=0.05, radius=0.1, containment_probability=0.9)
    one = next(found for found in judge(sky, field) if found.source.name == "x")
    sigma = 0.1 / math.sqrt(-2.0 * math.log(0.1))
    held = math.pi * sigma**2 * -2.0 * math.log(1.0 - FITS)
    density = 1.0 / (
        2.0 * math.pi * (180.0 / math.pi) ** 2 * (1.0 - math.cos(math.radians(15.0))) + WHOLE_SKY_DEG2 / 11.0
    )
    assert one.chance == pytest.approx(1.0 - math.exp(-density * held), rel=1e-3)
    assert one.level == pytest.approx(1.0 - math.exp(-(0.05**2) / (2.0 * sigma**2)), rel=1e-3)
    assert one.odds == pytest.approx(
        math.exp(-(0.05**2) / (2 * sigma**2)) / (2 * math.pi * sigma**2) / density, rel=1e-3
    )
    assert one.separation == pytest.approx(0.05)


def test_a_source_s_own_error_and_size_count_and_the_galaxy_s_disc_is_within_reach() -> None:
    sky = Circle(ra=10.0, dec=0.0, radius=0.01, containment_probability=0.6827)
    fine, coarse, wide = (
        Source(name=name, sort="galaxy", ra=10.0, dec=0.1, error=error, size=size)
        for name, error, size in (("fine", 1e-4, 0.0), ("coarse", 0.06, 0.0), ("wide", 1e-4, 0.11))
    )
    found = {one.source.name: one for one in judge(sky, Field(sources=[fine, coarse, wide], density=1.0))}
    assert not found["fine"].fits
    assert found["coarse"].fits
    assert found["wide"].fits
    assert found["fine"].chance < found["coarse"].chance
    # Beyond what a level can tell, the circle as wide as the separation counts.
    assert found["fine"].chance == pytest.approx(1 - math.exp(-math.pi * 0.01 * local_density(fine, Field(
        sources=[fine, coarse, wide], density=1.0))), rel=0.01)  # fmt: skip


def test_only_entries_as_bright_count_as_chance() -> None:
    names = [Source(name=str(m), sort="galaxy", ra=10.0, dec=0.0, faintness=float(m)) for m in range(10, 20)]
    field = Field(sources=names, area=1.0, density=10.0)
    densities = [local_density(source, field) for source in names]
    # As bright: the entry itself counts once, by the prior, on the area of the cone and that of the prior.
    assert densities == pytest.approx([(n + 1.0) / 1.1 for n in range(10)])


def test_chance_is_kept_among_random_positions() -> None:
    # On a made catalogue of one class, with as many entries as the list has: a match at 99.73 % as improbable as p, or
    # less, must not come more often than p.
    rng = np.random.default_rng(20)
    ra, dec = rng.uniform(0, 360, 400), np.degrees(np.arcsin(rng.uniform(-1, 1, 400)))
    sources = [
        Source(name=str(n), sort="agn", ra=float(a), dec=float(d)) for n, (a, d) in enumerate(zip(ra, dec, strict=True))
    ]
    field = Field(sources=sources, density=400 / WHOLE_SKY_DEG2)
    best, means = [], []
    for _ in range(100):
        at = float(rng.uniform(0, 360)), float(np.degrees(np.arcsin(rng.uniform(-1, 1))))
        sky = Circle(ra=at[0], dec=at[1], radius=float(10 ** rng.uniform(0.0, 0.8)), containment_probability=0.9)
        near = [one for one in sources if separation(*at, one.ra, one.dec) < 40.0]
        found = [one for one in judge(sky, Field(sources=near, density=field.density)) if one.fits]
        best.append(min((one.chance for one in found), default=1.0))
        means.append((expected(sky, [field]), len(found)))
    for p in (0.1, 0.3, 0.6):
        often = sum(chance <= p for chance in best) / len(best)
        assert often <= p + 3.0 * math.sqrt(p * (1 - p) / len(best))
    assert sum(many for _, many in means) == pytest.approx(sum(mean for mean, _ in means), rel=0.25)


def test_a_magnetar_behind_a_burst_and_the_host_of_gw170817_are_found() -> None:
    flare = context(sky=circle(293.70, 21.90, 0.05))
    assert flare.answer.startswith("SGR 1935+2154 (magnetar) fits: 1.8′ from the best position")
    assert flare.values["chance"].value < 1e-4
    assert "without a network" in flare.caveats[0]
    assert "harvest" not in flare.provenance
    merger = context(sky=circle(197.45, -23.38, 3.0), object="GW170817", luminosity_distance=40.0)
    assert merger.answer.startswith("NGC 4993 (galaxy) fits")
    assert [row[0] for table in merger.tables if table.name == "host candidates" for row in table.rows] == ["NGC 4993"]
    # 41 Mpc and 10.6 arcsec: 2.1 kpc (Levan et al. 2017, ApJL 848, L28 have 2.1).
    at = context(sky=circle(197.450374, -23.381495, 0.0003), object="GW170817")
    assert at.values["host_offset"].value == pytest.approx(2.0, abs=0.7)


def test_a_giant_flare_is_in_the_disc_of_its_galaxy_and_itself_is_no_counterpart() -> None:
    result = context(sky=circle(11.885, -25.263, 0.05), object="GRB 200415A")
    assert result.answer.startswith("NGC 253 (galaxy) fits")
    assert not any(row[0] == "GRB 200415A" for row in result.tables[0].rows)
    again = context(sky=circle(11.885, -25.263, 0.05))
    assert any(row[0] == "GRB 200415A" for row in again.tables[0].rows)


def test_where_nothing_is_known_it_says_so_and_what_is_nearest() -> None:
    result = context(sky=circle(100.0, 20.0, 0.02))
    assert result.answer == (
        "Nothing known within the 99.7 % region; nearest: Geminga (pulsar), 2.7° off "
        "(shipped list only, no archive was asked)"
    )
    assert result.values["counterparts"].value == 0.0
    assert "chance" not in result.values
    with pytest.raises(PermanentError, match="radius must be more than 0"):
        context(sky=circle(1.0, 2.0, 0.1), radius=0.0)
    with pytest.raises(PermanentError, match="dec from -90 to 90"):
        context(sky=circle(1.0, 200.0, 0.1))


def test_rings_ellipses_and_the_poles_are_judged_too() -> None:
    crab = BY_NAME["Crab"]
    ring = Annulus(ra=crab.ra, dec=crab.dec - 30.0, inner=29.9, outer=30.1)
    fits = [one for field in by_kind(known_sources()) for one in judge(ring, field) if one.fits]
    assert "Crab" in {one.source.name for one in fits}
    assert all(one.separation is None for one in fits)
    result = context(sky={"type": "annulus", "ra": crab.ra, "dec": -8.0, "inner": 29.9, "outer": 30.1})
    assert result.values["counterparts"].value >= 1.0
    ellipse = {
        "type": "ellipse",
        "ra": 83.6,
        "dec": 22.0,
        "semi_major": 1.0,
        "semi_minor": 0.01,
        "position_angle": 65.0,
    }
    assert context(sky=ellipse).answer.startswith("Crab (pulsar) fits")
    assert context(sky=circle(0.0, 90.0, 0.1)).figures
    assert context(sky=circle(180.0, 0.0, 60.0)).values["counterparts"].value > 50


def test_hosts_are_judged_by_distance_where_it_is_known() -> None:
    sky = Circle(ra=184.74, dec=47.30, radius=0.3)
    found = [one for field in by_kind(known_sources()) for one in judge(sky, field)]
    assert [host.counterpart.source.name for host in hosts(found)] == ["M 106"]
    assert hosts(found, 40.0, 4.0) == []
    assert hosts(found, 8.0, 1.0)[0].off_sigma == pytest.approx(0.4, abs=0.1)
    # Planck18 at z = 0.151: 742 Mpc (Frederiks et al. 2023 take 740).
    assert distance_of(BY_NAME["GRB 221009A"]) == pytest.approx(742, rel=0.01)
    assert distance_of(Source(name="x", sort="galaxy", ra=0.0, dec=0.0, redshift=0.0005)) is None


def test_the_chart_is_small_and_says_in_words_what_it_shows() -> None:
    for radius in (0.0005, 0.05, 2.0, 50.0):
        figure = context(sky=circle(266.5, -28.9, radius), object="GRB 010101A").figures[0]
        picture = Image.open(io.BytesIO(figure.png))
        assert len(figure.png) <= 200_000
        assert picture.width == 1080
        assert "GRB 010101A" in figure.alt
    x, y = offset(266.5, -28.9, 0.0, 1.0)
    assert float(y) == pytest.approx(-27.9)
    assert float(x) == pytest.approx(266.5)
