"""Which stream a VOEvent belongs to when its packet carries no GCN number: by the beginning of its IVORN."""

from __future__ import annotations

from listeners.missions import NoticeType
from nuncius.core.event import Tense

MISSIONS = ()

TYPES = (
    NoticeType(name="UTMOST_FRB", mission="UTMOST", instrument="Molonglo", tail="frb", assumed=True, containment=0.68),
    NoticeType(name="PARKES_FRB", mission="Parkes", instrument="Parkes", tail="frb", assumed=True, containment=0.68),
    NoticeType(name="AMI_REQUEST", mission="AMI", instrument="AMI-LA", tail="request", tense=Tense.PLANNED),
    NoticeType(name="AMI_OBSTEST", mission="AMI", instrument="AMI-LA", tail="obstest", tense=Tense.TEST),
)

#: Beginning of the IVORN after `ivo://`, in lower case, to the name of the notice type.
STREAMS = {
    "gaia.cam.uk/alerts": "GAIA_ALERT",
    "voevent.4pisky.org/gaia": "GAIA_ALERT",
    "voevent.4pisky.org/asassn": "ASASSN_TRANSIENT",
    "nvo.caltech/voeventnet": "CATALINA_TRANSIENT",
    "au.edu.swin/utmost": "UTMOST_FRB",
    "au.csiro.atnf/parkes": "PARKES_FRB",
    "voevent.4pisky.org/alarrm-request": "AMI_REQUEST",
    "voevent.4pisky.org/alarrm-obstest": "AMI_OBSTEST",
    "voevent.phys.soton.ac.uk/ami-request": "AMI_REQUEST",
}
