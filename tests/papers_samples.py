"""Papers and telegrams of our own wording, as the listeners hand them over, and circulars that they speak of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from kg_samples import NOW, circular

from analyses.contract import analysis
from nuncius.core.event import Event, Tense
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result

#: A circular with a redshift, and the paper that finds another.
FIRST = circular(
    34120,
    "GRB 260307A: redshift from Example Observatory",
    "A. Observer (Example Observatory) reports:\n\nWe obtained a spectrum of the optical afterglow.\n"
    "From Mg II and Fe II absorption lines we measure a redshift\nof z = 1.234 +/- 0.002 for GRB 260307A.\n",
)
TITLE = "A bright afterglow at moderate distance: GRB 260307A"
OTHER = r"We revisit the spectrum of GRB~260307A. We measure a redshift of $z = 1.562 \pm 0.003$ for GRB~260307A."
SAME = r"We revisit the spectrum of GRB~260307A. We measure a redshift of $z = 1.234 \pm 0.001$ for GRB~260307A."


@analysis("sample-redshift", version="1", about="A redshift, for what contradicts ours")
def sample_redshift(*, z: float) -> Result:
    return Result(answer=f"z = {z:g}", values={"redshift": Quantity(value=z, minus=0.1, plus=0.1)})


def arxiv(number: str, version: int, title: str = TITLE, body: str = OTHER, *, days: float = 30, **data: Any) -> Event:
    """A version of an arXiv paper."""
    withdrawn = data.pop("withdrawn", False)
    tense = Tense.RETRACTION if withdrawn else Tense.UPDATE if version > 1 else Tense.INITIAL
    url = f"https://arxiv.org/abs/{number}v{version}"
    known: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": ["Ada Observer", "Ben Reducer", "Cy Third"],
        "ids": [f"arXiv:{number}", f"doi:10.5555/{number}"],
        "categories": ["astro-ph.HE"],
        "version": version,
        "published": "2026-04-06T10:00:00Z",
        "updated": f"2026-04-{5 + version:02}T10:00:00Z",
        "url": url,
        "cites": [],
    }
    return Event(
        id=f"arXiv:{number}v{version}",
        kind="paper.arxiv",
        source="arxiv",
        received=NOW + timedelta(days=days + version),
        tense=tense,
        revision=version,
        data=known | data,
    )


def telegram(number: int, title: str, body: str, **data: Any) -> Event:
    """A telegram."""
    known: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": ["Ann First"],
        "ids": [f"atel:{number}"],
        "cites": [],
    }
    known |= {"version": 1, "published": "2026-03-09T00:00:00Z"}
    received = NOW + timedelta(days=2)
    return Event(
        id=f"atel:{number}", kind="paper.atel", source="atel", received=received, revision=1, data=known | data
    )


def ads(bibcode: str, title: str, body: str, ids: list[str], *, days: float = 90, **data: Any) -> Event:
    """A record of ADS."""
    known: dict[str, Any] = {
        "subject": title,
        "body": body,
        "authors": ["Observer, Ada", "Reducer, Ben"],
        "version": 1,
        "cites": [],
    }
    known["ids"] = [f"bibcode:{bibcode}", *ids]
    received = NOW + timedelta(days=days)
    return Event(
        id=f"bibcode:{bibcode}", kind="paper.ads", source="ads", received=received, revision=1, data=known | data
    )
