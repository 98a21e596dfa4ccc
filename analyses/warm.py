"""What a worker process has in memory before its first run: imported once by the fork server, then forked."""

# ruff: noqa: F401 — importing is all that this module does.
import astropy.coordinates
import astropy.io.fits
import astropy.table
import astropy.units
import astropy_healpix
import matplotlib.backends.backend_agg
import matplotlib.figure
import mocpy
