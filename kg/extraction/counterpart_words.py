"""The vocabulary of counterparts and hosts: how they are seen, named and denied. Patterns only."""

from __future__ import annotations

import re

from kg.cues import needed
from kg.openings import compiled

KIND = (
    r"(?:optical|near-?IR|NIR|IR|infrared|X-?ray|radio|UV|UVOT|XRT|gamma-?ray|optical/NIR|optical/UV|mm|"
    r"sub-?mm|GeV|VHE)"
)
NOUN = rf"(?:(?:{KIND}[ /-]?){{0,2}}(?:afterglows?|counterparts?|transients?(?: source)?|OTs?|OA)\b)"
WELL = (
    r"(?:(?:clearly|very|well|still|also|strongly|again|significantly|faintly|easily|marginally|weakly|barely|now|"
    r"bright(?:ly)?|successfully|just|both|detected and) |well-){0,3}"
)
#: "the afterglow is clearly detected", "the transient is seen", "was detected".
SEEN = compiled(
    rf"\b(?:{NOUN}|(?:\w+ )?(?:source|object|transient|burst|GRB ?\d{{6}}[A-Z]?(?:/[\w .+-]{{4,24}})?|it|"
    rf"AT ?20\d\d\w+|"
    rf"EP\d{{6}}\w))\b(?:[^.;:\n(]|(?<=\bal)\.|(?<=Circ)\.|\([^()\n]{{0,300}}\)){{0,90}}?"
    rf" (?:is|was|are|were|has been|remains|appears) {WELL}(?P<verb>detect(?:ed|able)|visible|seen|found|"
    rf"present|resolved|"
    rf"identified|confirmed|recovered|fading|obvious|faded|prominent)\b(?! to (?:be )?(?:consist|lie)|"
    r" (?:with|as) (?:an? |the )?(?:[\w-]+ ){0,2}(?:star|galaxy|dwarf|quasar|AGN|asteroid)\b)",
    re.I,
)
#: "we detect the afterglow", "we clearly detected the OT", "detection of the X-ray afterglow".
FIND = compiled(
    rf"\b(?:detect(?:s|ed|ing)?|f[io]u?nd|see|saw|identif(?:y|ied)|confirm(?:s|ed)?|discover(?:ed)?|report|"
    rf"measured?|reveals?|"
    rf"revealed|recover(?:ed)?|localized?|notice|noticed|show(?:s|ed)?)"
    rf"(?: (?:the|an?|its|this|one|our|detection of|discovery of|presence of|clearly|candidate|possible|new|"
    rf"potential|likely|"
    rf"probable|fading|faint|bright|uncatalogued|variable|optical|same|previously|reported|again|continued|only|"
    rf"magnitudes? of|single|"
    rf"for|bright,|clear|of|single,|very|red|blue|decaying|rapidly|strong|plausible|good|weak|point|point-like|"
    rf"that)){{0,7}}"
    rf",? ?{NOUN}"
    r"|\b(?:detect(?:ed)?|see|saw|recover(?:ed)?|confirm(?:ed)?) (?:again |clearly |"
    r"also )?the (?:[\w-]+ ){0,2}(?:object|source|candidate) "
    r"(?:identified|reported|proposed|found|discovered|suggested|mentioned|announced)\b",
    re.I,
)
#: "detection of the X-ray afterglow", "afterglow candidate", "the afterglow had R = 20".
OF = compiled(
    rf"\b(?:(?:clear |strong |significant |successful |early |continued |first )?(?:detections?|discovery|"
    rf"identification|confirmation) of "
    rf"(?:the |an? |its )?(?:(?:fading|candidate|bright|possible|likely|faint) )*{NOUN}"
    rf"|{NOUN} (?:candidate|detections?\b|discovery|confirmation|photometry|acquisition|(?:magnitudes?|"
    rf"flux(?: density)?|brightness)"
    rf"\b)|(?:candidate|possible|potential|likely|probable|proposed|plausible|strong candidate|best candidate)"
    rf"(?: (?:for|as))?(?: the| an?)? {NOUN}"
    rf"|(?:estimate|measure|obtain(?:ed)?|derive|find)[^.;\n]{{0,40}}? (?:for|of) (?:the )?{NOUN}"
    rf"|{NOUN}[^.;\n]{{0,60}}? (?:has|had|have|faded|fades|decayed|decays|is fading|was fading|shows?|continues|"
    rf"brightened|with) "
    rf"(?:a |to |from |been |fad|an |dec|magnitude|[a-zA-Z]'? ?[=~])"
    rf"|{KIND} candidate (?:for|of) (?:the )?(?:GRB|burst|EP)"
    rf"|magnitudes? of (?:the )?{NOUN}"
    rf"|[Aa]t the (?:position|location) of the {NOUN}[^.;:\n]{{0,30}}? we (?:measure|obtain|derive)d?"
    rf"(?![^.;\n]{{0,40}}(?:limit|>))"
    rf"|[Ff]or the {NOUN}(?:[^.;:\n(]|(?<=\bal)\.|\([^()\n]{{0,200}}\)){{0,60}}? we (?:measure|obtain|find|derive)d?)",
    re.I,
)
#: A new source of an automatic report.
NEW = compiled(
    r"\b(?P<how>(?:an?|one|two|three|single|clear|the)[ ,]+(?:\w+[ ,-]+){0,4}?)(?P<what>(?:uncatalog\w+|fading|"
    r"new|previously unknown|"
    r"unknown|clear|bright|variable|decaying|unidentified|significant|point-like)[ ,]+(?:and |"
    r"but )?(?:\w+[ ,-]+){0,3}?"
    r"(?:X-?ray|optical|radio|IR|NIR|near-infrared|infrared|point|UV|transient)[ -]?(?:transient |"
    r"point )?(?:source|object|transient)\b)",
    re.I,
)
CLEAR_X = compiled(
    r"\ba (?:clear|bright|strong|significant|single) X-?ray source\b|"
    r"\bbright source is (?:well )?detected",
    re.I,
)
#: An identification with the event: "is the afterglow", "as the optical counterpart of".
IS = compiled(
    r"\b(?:is|are|be|being|as|was|likely|represent) (?:(?:indeed|most|very|likely|probably|possibly|the|an?|its|"
    r"strong|good|"
    rf"probable|likely to be|to be|therefore|thus|candidate|fading|bright|genuine) ){{0,4}}{NOUN}(?: candidate)?"
    r"(?: (?:of|to|for) (?:the )?(?:GRB|short|burst|EP|S\d|IceCube|Fermi|Swift|event)[\w -]{0,20})?",
    re.I,
)
DENIED = compiled(
    r"\b(?:(?:is|are|was|be) (?:therefore |thus |hence |also |most |very |likely |clearly |probably )*"
    r"(?:not|unlikely to be|ruled out|excluded)"
    rf"(?: as)?(?: (?:the|an?|GRB|likely|related to|associated with|connected to))*(?: {NOUN}| the (?:burst|GRB|"
    rf"afterglow)| GRB ?\d+\w?)"
    r"|(?:likely |probably |therefore )?(?:unrelated|not (?:physically |likely )?(?:related|associated|"
    r"connected))(?: to| with)"
    r"(?: the (?:burst|GRB|event|GW|neutrino)| GRB ?\d+\w?| S\d{6}\w+| EP\d+\w| IceCube-?\d+\w)"
    r"|\b(?:has|have|bears?|with) (?:therefore |thus )?no (?:likely |plausible |physical |direct )?association with"
    r" (?:the (?:burst|GRB|event|neutrino)|GRB ?\d+\w?)"
    rf"|\btoo (?:far|distant|faint|bright|old|red|blue)\b[^.;\n]{{0,60}}? to be (?:an? |"
    rf"the )?(?:[\w-]+ ){{0,2}}?(?:{NOUN}|"
    r"afterglow|counterpart)(?: candidates?)?"
    rf"|{NOUN}(?: candidate)? (?:is|was) (?:in fact |likely |actually |probably )*(?:an? )?"
    r"(?:(?:known|catalogu?ed|variable|field|foreground) )*(?:minor planet|asteroid|star|quasar|AGN|galaxy|"
    r"artifact|artefact|ghost)\b"
    r"|events? to be unrelated|(?:rule|ruled) out [^.;\n]{0,60}? as (?:the |an? )?(?:\w+ )?(?:counterpart|afterglow))",
    re.I,
)
#: A source at the place of the burst: "we find a faint source at the position of the X-ray afterglow".
_PLACED = (
    r"\b(?:positions?|location|coincident|consistent|within|inside)\b(?:[^.;\n]|\.\d){0,70}"
    r"(?:afterglow|burst|GRB|XRT|counterpart|transient|error circle)"
)
AT_PLACE = compiled(
    r"\b(?:detect|find|see|identify|found|detected|reveals?|shows?)(?:ed)? (?:an?|one|the) (?:(?!extended|"
    r"resolved)[\w-]+[- ]){0,3}?"
    rf"(?:source|object)\b(?:[^.;\n(]|\.\d|\([^()\n]{{0,100}}\)){{0,120}}?{_PLACED}",
    re.I,
)
#: "we detect a point-like source at RA = ...".
AT_COORDINATES = compiled(
    r"\b[Ww]e (?:also |clearly |again )?(?:detect|find|found|identify|identified)(?:ed)? (?:an?|one) "
    r"(?:(?:new|single|uncatalogu?ed|faint|bright|fading|clear|red|blue|optical) )*"
    r"(?:point-like|point|uncatalogu?ed|fading|new|optical) (?:source|object) (?:located )?at (?:the (?:following )?)?"
    r"(?:\(?R\.?A|coordinates|position:|\(?J2000|\d\d[: h])"
)
PLACE_FIRST = compiled(
    rf"{_PLACED}[^.;\n(]{{0,60}}(?:\([^()\n]{{0,100}}\))?,? (?:we (?:also )?)?(?:detect|find|see|identify|"
    rf"found)(?:ed)? (?:an?|one) "
    r"(?:(?!extended|resolved)[\w-]+[- ]){0,3}?(?:source|object)\b",
    re.I,
)
#: The target of the observation, a candidate of others.
TARGET = compiled(
    r"\b(?:observed|observations? of|spectr(?:a|um) of|spectroscopy of|images? of|imaged|targeted|"
    r"positioned [^.;]{0,40}of) "
    r"(?:the |an? )(?:\w+ ){0,1}$",
    re.I,
)
#: Behind it: it will be told, if there is one.
TO_COME = compiled(r"^[^.;]{0,30}\bwill\b", re.I)
NAMED_EVENT = compiled(r"\b(?:of|to|for) (?:the )?(?:GRB|EP|S\d|IceCube|XRF)[ -]?\d", re.I)
HOST = compiled(
    r"\b(?:(?P<doubt>(?:candidate|possible|potential|likely|probable|putative|plausible|presumed|"
    r"best candidate for the|candidate for the) )"
    r"(?:GRB )?host(?: galax(?:y|ies))?|host galaxy candidates?"
    r"|(?:detect(?:ed|ion of)?|identif(?:y|ied|ication of)|find|found|discover(?:ed|y of)|"
    r"consider) (?:as )?(?:the|its|an?) (?:\w+ )?host(?: galaxy)?"
    r"|(?:is|as|be) (?:likely |probably |possibly |most likely |to be )*(?:the|its) (?:\w+ )?host(?: galaxy)?"
    r"|(?:magnitude|redshift|spectrum|colou?rs?|morphology) (?:of|for) (?:the|its) host(?: galaxy)?"
    r"|(?:the|its) host(?: galaxy)?(?: of GRB ?\d{6}\w?)? (?:is|was|has|appears|shows) (?:detected|visible|a |"
    r"an |seen|at |clearly|also|"
    r"consistent|bright|faint|blue|red|z|R))",
    re.I,
)
HEDGE = compiled(
    r"\b(?:candidates?|possibl[ey]|potential(?:ly)?|likely|probabl[ey]|plausibl[ey]|may|might|could|suggest\w*|"
    r"tentativ\w*|marginal\w*|"
    r"presum\w+|proposed|appears? to be|seems?|believe|putative|perhaps|cannot (?:\w+ ){0,2}(?:rule|exclude|"
    r"determine|confirm)|"
    r"if\b|whether|unclear)\b",
    re.I,
)
#: A denial; the telescope NOT is spelt in capitals.
NOT = compiled(
    r"\b(?:no|No|NO|not|Not|nor|[Nn]either|[Ww]ithout|[Ff]ail\w*|[Cc]annot|[Ll]ack|[Aa]bsence|[Nn]on|[Nn]one|"
    r"[Nn]ever|[Nn]othing|"
    r"[Uu]pper limits?|[Uu]ndetected|too faint|hardly)\b|n't\b"
)
COND = compiled(r"\b(?:if|whether|to (?:search|look|detect|find|identify|confirm|determine)|search(?:ed|"
                   r"ing)? for|would|in order|in search|"
                   r"encourage\w*|will|should|once|until|unless|need\w*|required?)\b[^.;]{0,80}$", re.I)  # fmt: skip
NOUNS = ("afterglow", "counterpart", "transient", "ot", "oa")
THINGS = ("source", "object", "transient")
PATTERNS = [
    ("denied", ("related", "associat", "connected", "rule", "afterglow", "counterpart"), DENIED),
    ("is", NOUNS, IS),
    ("find", (*NOUNS, *THINGS, "candidate"), FIND),
    ("seen", needed(SEEN.pattern, SEEN.flags), SEEN),
    ("of", (*NOUNS, " candidate "), OF),
    ("placed", THINGS, AT_PLACE),
    ("placed", THINGS, AT_COORDINATES),
    ("placed", THINGS, PLACE_FIRST),
    ("new", THINGS, NEW),
    ("new", THINGS, CLEAR_X),
    ("host", ("host",), HOST),
]
#: What a denial is told of: another thing than what was taken for the counterpart.
ANOTHER = compiled(
    r"\b(?:other|another|second|third|nearby|neighbou?ring|foreground|background) (?:[\w-]+ ){0,2}"
    r"(?:objects?|sources?|galax(?:y|ies)|stars?|one)\b"
)
#: Where a thing stood before the burst already.
BEFORE_IT = compiled(
    r"^ in (?:the |all )?(?:archiv\w+|Legacy|SDSS|Sloan|DSS|POSS|Pan-?STARRS|PS1|2MASS|WISE|DES|Digiti[sz]ed|pre-)"
)
RULED_OUT = compiled(r"\brul(?:e|ed) out|\bexclud\w+|\breject|\bargu\w+ against|\bevidence against|\bdisfavou?r", re.I)
CITED_BEHIND = compiled(r"[^.;]{0,25}\((?:[^()]{0,50}et al|GCN)")
SEES = compiled(r"\b(?:detect|confirm|find|found|measure|identify|estimate|see)", re.I)
FOUND_BY = compiled(
    r"\b(?:reported|discovered|proposed|suggested|announced|found|detected|identified) (?:by|in) "
    r"(?!us|our|the UVOT|XRT|Swift)"
)
PROPOSED = compiled(r"\b(?:proposed|suggested|reported|announced|claimed|put forward) (?:\w+ )?as\b", re.I)
BY_THEM = compiled(r"\b(?:followed up|observed|reported|found|discovered) by (?!us\b|our\b)", re.I)
CITES = compiled(r"\bet al\b|\bGCN\b", re.I)
OURS = compiled(r"\b(?:we|our|us|ours)\b", re.I)
NOUN_RE = compiled(r"afterglow|counterpart|\bOT\b|\bOA\b", re.I)
