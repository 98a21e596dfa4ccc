"""IceCube, HAWC and ANTARES-Fermi coincidences, sent through AMON."""

from __future__ import annotations

from listeners.missions import NoticeType
from listeners.notice import Notice
from nuncius.core.event import Tense

MISSIONS = ("IceCube", "HAWC", "AMON")


def _icecube(number: int, name: str, tail: str, *text: str) -> NoticeType:
    return NoticeType(
        name=name,
        number=number,
        mission="IceCube",
        instrument="IC86",  # the detector has had its 86 strings since 2011; the unified schema's own word
        messenger="Neutrino",
        tail=tail,
        text=text,
    )


TYPES = (
    _icecube(158, "AMON_ICECUBE_HESE", "hese", "icecube hese", "amon icecube hese"),
    _icecube(169, "AMON_ICECUBE_EHE", "ehe", "icecube ehe", "amon icecube ehe"),
    _icecube(173, "ICECUBE_ASTROTRACK_GOLD", "gold", "icecube astrotrack gold"),
    _icecube(174, "ICECUBE_ASTROTRACK_BRONZE", "bronze", "icecube astrotrack bronze"),
    _icecube(176, "ICECUBE_CASCADE", "cascade", "icecube cascade"),
    NoticeType(
        name="AMON_TEST",
        number=159,
        mission="AMON",
        instrument="AMON",
        messenger="Neutrino",
        tail="test",
        tense=Tense.TEST,
        text=("amon test", "icecube test"),
    ),
    NoticeType(
        name="AMON_ICECUBE_COINC",
        number=157,
        mission="AMON",
        instrument="IceCube Coincidence",
        messenger="Neutrino",
        tail="icecube_coinc",
        text=("amon icecube coincidence",),
    ),
    NoticeType(
        name="HAWC_BURST_MONITOR",
        number=171,
        mission="HAWC",
        instrument="HAWC",
        tail="burst_monitor",
        text=("hawc burst monitor", "amon hawc burst monitor"),
    ),
    NoticeType(
        name="AMON_NU_EM_COINC",
        number=172,
        mission="AMON",
        instrument="NU_EM",
        messenger="Neutrino",
        tail="coinc",
        text=("nu_em coinc", "amon nu_em coinc", "gamma-nu coincidence"),
    ),
)


def refine(notice: Notice) -> None:
    """Radius by the containment that the packet states, the neutrino's energy, run and event, and the revision."""
    data, params = notice.data, notice.params
    _radius(notice)
    energy = notice.number("energy")
    if energy and notice.units.get("energy") in ("TeV", None):
        data["nu_energy"] = energy  # TeV, as in the unified schema
        notice.take("energy")
    run, event = params.get("run_id", params.get("Run_ID")), params.get("event_id", params.get("Event_ID"))
    if isinstance(run, float) and isinstance(event, float):
        notice.ids.insert(0, f"{int(run)}_{int(event)}")
    revision = notice.number("Rev")
    if revision is None:
        revision = notice.number("rev")
    if revision is not None:
        notice.revision = int(revision)
        notice.alert_type = "update" if revision > 0 else "initial"
    name = notice.take("event_name")
    if isinstance(name, str) and name:
        notice.event_name.append(name)
    if "skymap_fits" in params:
        data["healpix_url"] = notice.take("skymap_fits")


def _radius(notice: Notice) -> None:
    """Positions of EHE notices are known to 50 % only, all others to 90 %; radii are in degrees or arcminutes."""
    for percent in ("90", "50"):
        for name in (f"src_error_{percent}", f"src_err_{percent}"):
            radius = notice.number(name)
            if radius:
                if notice.units.get(name) == "arcmin":
                    radius /= 60.0
                notice.error, notice.containment = radius, int(percent) / 100.0
                return
