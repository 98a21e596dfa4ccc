"""Whether every file of checks loads. The service goes on with the shipped ones where one of its own does not."""

from __future__ import annotations

from analyses.checks.catalogue import catalogue
from analyses.checks.contract import Finding, Platform, check
from nuncius.core.errors import ConfigurationError


@check("checks", about="Every file of checks loads", every_s=3600.0)
def files(platform: Platform) -> Finding:
    """Broken where a file under checks.paths cannot be read."""
    try:
        known = catalogue(platform.settings)
    except ConfigurationError as error:
        mend = "correct the file and start the service again; docs/checks.md lists kinds and keys"
        return Finding(name="checks", ok=False, reason=str(error), mend=mend)
    return Finding(name="checks", ok=True, reason=f"{len(known)} checks")
