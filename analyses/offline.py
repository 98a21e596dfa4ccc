"""Keeps astropy from the network: Earth rotation from the tables installed with it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def offline_iers() -> Iterator[None]:
    """Within, astropy neither downloads tables nor complains that they are old: beyond their last day UT1 is off by
    less than a second, a quarter of an arcminute on the sky."""
    from astropy.utils import iers

    with (
        iers.conf.set_temp("auto_download", False),
        iers.conf.set_temp("auto_max_age", None),
        iers.conf.set_temp("iers_degraded_accuracy", "warn"),
    ):
        yield
