"""What a worker process has in memory before its first run: imported once by the fork server, then forked."""

# ruff: noqa: F401, E402 — importing is all that this module does.
import contextlib
import signal

# Ctrl-C reaches the whole process group; the parent ends its workers in order, also while they still load.
signal.signal(signal.SIGINT, signal.SIG_IGN)

import astropy.coordinates
import astropy.io.fits
import astropy.table
import astropy.units
import astropy_healpix
import matplotlib.backends.backend_agg
import matplotlib.figure
import mocpy

from analyses.environment import environment
from analyses.registry import functions

environment()  # known before the fork, so that not every worker reads all our code
with contextlib.suppress(Exception):  # a package that cannot be imported is told of by the worker
    functions()
