"""Runs one analysis in this process and writes down how: called by every executor, on whichever machine."""

from __future__ import annotations

import hashlib
import platform
import time
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import msgspec

from analyses.contract import Analysis, describe
from analyses.environment import environment
from analyses.inputs import coerce
from nuncius.core.errors import NunciusError, PermanentError, TransientError, WorkerLost
from nuncius.core.result import Result

#: Packages whose versions may change a number.
SOFTWARE = ("nuncius", "numpy", "astropy", "astropy-healpix", "astropy-iers-data", "mocpy", "matplotlib")

#: Input values longer than this are written into provenance as their SHA-256.
LONG = 1000


def run(name: str, inputs: Mapping[str, Any], blobs: Mapping[str, bytes]) -> Result:
    """The result, with its provenance. Whatever goes wrong comes out as one of our errors: those raised on purpose
    as they are, a lost connection as TransientError, anything else as PermanentError naming the analysis."""
    analysis = describe(name)
    started = time.perf_counter()
    try:
        result = analysis.function(**coerce(analysis, inputs, blobs))
    except NunciusError:
        raise
    except (ConnectionError, TimeoutError) as error:
        raise TransientError(f"analysis '{name}': {type(error).__name__}: {error}") from error
    except Exception as error:
        raise PermanentError(f"analysis '{name}' failed: {type(error).__name__}: {error}") from error
    if not isinstance(result, Result):
        raise PermanentError(f"analysis '{name}' returned a {type(result).__name__}; it must return a Result")
    made_here = provenance(analysis, inputs, duration_s=time.perf_counter() - started)
    return msgspec.structs.replace(result, provenance={**made_here, **result.provenance})


def closed(name: str) -> WorkerLost:
    """What every executor says of work that it was closed over."""
    return WorkerLost(f"analysis '{name}' was not done: the executor was closed")


def provenance(analysis: Analysis, inputs: Mapping[str, Any], *, duration_s: float) -> dict[str, Any]:
    """What was run, on what, with which software, for how long."""
    return {
        "analysis": analysis.name,
        "version": analysis.version,
        "supplier": analysis.supplier,
        "inputs": {name: _brief(value) for name, value in inputs.items()},
        "key": cache_key(analysis, inputs),
        "software": software(),
        "environment": environment(),
        "duration_s": round(duration_s, 3),
    }


def cache_key(analysis: Analysis, inputs: Mapping[str, Any]) -> str:
    """SHA-256 over the analysis, its version and its inputs (maps enter by their own SHA-256): equal keys promise
    equal numbers under the same software."""
    return _sha256([analysis.supplier, analysis.name, analysis.version, dict(inputs)])


def software() -> dict[str, str]:
    """Versions of what the numbers depend on, as installed."""
    found = {"python": platform.python_version()}
    for package in SOFTWARE:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # run from a checkout that was not installed
            continue
    return found


def _brief(value: Any) -> Any:
    encoded = msgspec.json.encode(value)
    if len(encoded) <= LONG:
        return msgspec.json.decode(encoded)
    return {"sha256": hashlib.sha256(encoded).hexdigest(), "bytes": len(encoded)}


def _sha256(value: Any) -> str:
    # Not as JSON, in which a number that is none (NaN) would be the same as an input that is not given.
    return hashlib.sha256(msgspec.msgpack.encode(value, order="deterministic")).hexdigest()
