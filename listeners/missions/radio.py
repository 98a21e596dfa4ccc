"""Radio streams: bursts found by UTMOST and Parkes, and observations requested of the AMI Large Array."""

from __future__ import annotations

from listeners.missions import NoticeType
from nuncius.core.event import Tense

MISSIONS = ()

# The radii are the half-power beams, whose containment nobody states.
TYPES = (
    NoticeType(
        name="UTMOST_FRB", mission="UTMOST", instrument="Molonglo", tail="frb", assumed=True, containment=0.68,
        streams=("au.edu.swin/utmost",),
    ),
    NoticeType(
        name="PARKES_FRB", mission="Parkes", instrument="Parkes", tail="frb", assumed=True, containment=0.68,
        streams=("au.csiro.atnf/parkes",),
    ),
    NoticeType(
        name="AMI_REQUEST", mission="AMI", instrument="AMI-LA", tail="request", tense=Tense.PLANNED,
        streams=("voevent.4pisky.org/alarrm-request", "voevent.phys.soton.ac.uk/ami-request"),
    ),
    NoticeType(
        name="AMI_OBSTEST", mission="AMI", instrument="AMI-LA", tail="obstest", tense=Tense.TEST,
        streams=("voevent.4pisky.org/alarrm-obstest",),
    ),
)  # fmt: skip
