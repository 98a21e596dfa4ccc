"""The vocabulary of what coincides with what. Patterns only."""

from __future__ import annotations

import re

from kg.cues import Cued
from kg.openings import compiled

#: Words that join two things, or part them.
LINK = compiled(
    r"\b(?P<no>(?:likely |probably |therefore |most likely |is |are |was |be )*(?:unrelated|not (?:physically |"
    r"likely |necessarily |"
    r"spatially |temporally )*(?:related|associated|coincident|connected|consistent)|"
    r"no (?:\w+ ){0,2}(?:association|connection|link|"
    r"relation)|ruled out as|excluded as|not the (?:\w+ )?(?:counterpart|afterglow|source)|disfavou?rs? (?:an? |"
    r"the )?association|"
    r"(?<!probability of )(?<!probability of a )chance coincidence(?! probab)|"
    r"(?:rul\w+ out|exclud\w+|reject\w*) (?=[^.;]{3,60}? as (?:an? |the )?(?:[\w-]+ ){0,3}(?:counterpart|"
    r"afterglow)\b)|unlikely to be (?:associated|related)|too far|inconsistent with)\b)"
    r"|\b(?P<yes>(?:possibl[ey] |likely |potential(?:ly)? |probabl[ey] |candidate |temporally |spatially |and |"
    r"positionally |in |the |"
    r"plausibl[ey] |physically )*(?:associat(?:ed|ion)|coincident|(?<!sight )coincidence|coincid(?:es?|"
    r"ing) (?:with|in)|"
    r"close (?:to|in time (?:to|with))|(?:same|common) origin|link(?:ed)? (?:to|with|between)|overlap(?:s|ping) with|"
    r"relation(?:ship)? (?:to|with|between)|"
    r"counterpart (?:of|to|for|candidate)|"
    r"(?:consistent|compatible) in (?:time|position|location|space|direction)(?: and (?:in )?"
    r"(?:time|position|location|space|direction))? with|chance coincidence probability|"
    r"(?:consistent|compatible) with (?:the )?(?:position|location|localization|direction|time|"
    r"trigger)? ?(?:of)?|same (?:event|source|burst|as)|"
    r"related to|connected with|counterpart|afterglow of))\b",
    re.I,
)
#: Behind "rule out": the name, and what it is not.
AS_COUNTERPART = compiled(r"[^.;]{3,60}? as (?:an? |the )?(?:[\w-]+ ){0,3}(?:counterpart|afterglow)\b")
#: A galaxy in the error box.
GALAXY = Cued(
    r"\b(?:error (?:box|circle|region)|localization|position|annulus)[^.;]{0,40}? (?:is consistent with|"
    r"is compatible with|contains|includes|overlaps|encloses) "
    r"[^.;]{0,40}?(?P<galaxy>M ?\d{2,3}|NGC ?\d{3,4}|LMC|SMC)\b"
)
#: "may be associated with the galaxy NGC 1234".
GALAXY_WITH = Cued(
    r"\b(?:may|might|could|likely|possibly|probably|plausibly) (?:be )?(?:physically |indeed )*associated with "
    r"(?:the )?(?:[\w-]+ ){0,4}?(?P<galaxy>M ?\d{2,3}|NGC ?\d{3,4}|LMC|SMC)\b"
)
#: The other way round: "NGC 1234 lies in the error box".
GALAXY_IN = Cued(
    r"\b(?P<galaxy>M ?\d{2,3}|NGC ?\d{3,4}|LMC|SMC) (?:is |lies |falls )(?:located |found |well )?(?:in|within|"
    r"inside) (?:the )?"
    r"(?:[\w-]+ ){0,4}?(?:error|localization|uncertainty|triangulation) (?:box|circle|region|annulus|area)\b"
)
#: A catalogued object at the place of the X-ray source.
OBJECT = Cued(
    r"\b(?P<no>not )?(?:spatially |positionally )?(?:consistent|"
    r"coincident) with an? (?P<what>R ?[~=] ?\d+(?:\.\d+)?(?: mag)? (?:\w+ ){0,2}(?:source|object|star|galaxy)"
    r"(?: in (?:the )?(?:DSS|USNO|SDSS|2MASS)[\w.-]*)?)"
)
HEDGE = compiled(
    r"\b(?:possibl[ey]|likely|potential(?:ly)?|probabl[ey]|candidate|may|might|could|suggest\w*|plausibl[ey]|"
    r"consistent|compatible|"
    r"inferred as|believe|appears?|strengthen\w*|support\w*|close|overlap\w*|seems?|chance probability|"
    r"tentative|coincident|coincidence|within|if)\b",
    re.I,
)
COND = compiled(r"\b(?:if|whether|to (?:search|look|determine|investigate|check|establish)|search(?:es|ed|"
                   r"ing)? for|would|in coincidence with|"
                   r"looking for|any)\b[^.;]{0,70}$", re.I)  # fmt: skip
FOUND = compiled(r"\b(?:found none|none (?:was|is|were) found)\b", re.I)
#: Catalogues whose events are found apart: two names of one of them in one sentence are two bursts compared.
KINDS = {
    kind: family
    for family, kinds in {
        "burst": "grb gbm xrf svom subthreshold",
        "x": "ep leia",
        "gw": "lvk gw",
        "nu": "icecube amon hawc",
        "ot": "tns survey",
        "src": "source place",
        "frb": "frb",
    }.items()
    for kind in kinds.split()
}
PRONOUN = compiled(r"\b(?:it|this|source|transient|object|events?|two|the)\b", re.I)
APPOSED = compiled(r"\((?:[^()]*(?:et al|GCN)[^()]*)\)\s*,\s*(?:an? |the |which is |likely |\w+ and \w+ly )*$")
COUNTERPART_OF = compiled(r"counterpart$|afterglow of$", re.I)
#: What is joined with a galaxy or a star is no event joined with another.
WITH_GALAXY = compiled(
    r"^ (?:with|to) (?:the |an? )?(?:[\w-]+ ){0,2}(?:galaxy|host|cluster|star|SDSS|2MASS|lines?|absorption)\b", re.I
)
#: "AT 2031abc is the likely afterglow of GRB 310101A": the first is what is joined, the second the other one.
IS_COUNTERPART = compiled(
    r"\b(?:is|as|be) (?:indeed |most |very |likely |probably |possibly |therefore )*(?:the|"
    r"an?) (?:[\w-]+ ){0,3}(?:afterglow|counterpart)"
    r" (?:of|to|for)\b",
    re.I,
)
