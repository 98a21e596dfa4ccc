"""What keeps extraction quick stays right: units told without astropy are what astropy says, and circulars of every day
do not bring it in."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kg.extraction.units import _KNOWN, _UNKNOWN


@pytest.mark.parametrize("unit", sorted(_KNOWN))
def test_a_unit_told_as_known_is_one_of_astropys(unit: str) -> None:
    from astropy import units

    units.Unit(unit)


@pytest.mark.parametrize("unit", sorted(_UNKNOWN))
def test_a_unit_told_as_unknown_is_none_of_astropys(unit: str) -> None:
    from astropy import units

    with pytest.raises(ValueError, match="did not parse"):
        units.Unit(unit)


def test_a_flux_in_units_of_the_crab_is_read_without_astropy() -> None:
    body = "In a scan we saw GRB 300101A with a flux of 120 +/- 15 mCrab in the 4-10 keV band, later below 20 mCrab."
    program = (
        "import sys; from kg.extraction import Circular, extract;"
        f"facts = extract(Circular(number=1, subject='GRB 300101A: X-ray detection', body={body!r}));"
        "print([f.value for f in facts if f.unit == 'mCrab'], 'astropy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split("]")[0].startswith("[120")
    assert done.stdout.strip().endswith("False")
