"""The vocabulary of things that have no name and are joined to an event or parted from it: a supernova, an object of
an earlier circular, sources of a catalogue. Patterns only."""

from __future__ import annotations

import re

from kg.cues import Cued
from kg.openings import compiled

SN = r"(?:supernova|Supernova|SUPERNOVA|SN(?! ?(?:19|20)\d\d)|SN ?(?:19|20)\d\d ?[A-Za-z]{1,4})\b(?!-like| ?/ ?GRB\?)"
_SORT = (
    r"(?:(?:an?|the|an? possible|its|this|rising|emerging|underlying|associated|accompanying|bright|faint|young|"
    r"typical|"
    r"possible|likely|broad-lined?|stripped-envelope|core-collapse|[Tt]ype[- ]I\w*(?:[-/]\w+)?|I[bc]+(?:-BL)?|clear|"
    r"spectroscopic|photometric|energetic|1998bw-like|SN ?1998bw-like|GRB|optical|near-infrared|late(?:-time)?|"
    r"new) ){0,4}"
)
_EVENT = r"(?:(?:the|this) )?(?:long |short |Swift |Fermi )?(?:GRB|burst|gamma-ray burst|event|EP ?\d{6}|XRF|X-ray)"
#: A supernova with a burst: seen, joined to it, or as its light.
SUPERNOVA = compiled(
    rf"\b(?:[Dd]etection|[Dd]iscovery|[Cc]onfirmation|[Ii]dentification|[Ee]xistence|[Pp]resence|[Ee]mergence|[Rr]ise|"
    rf"[Ss]ignatures?|[Ee]vidence|[Cc]ontribution|[Oo]nset|[Aa]ppearance|[Hh]ints?|[Ss]igns?|[Ii]ndications?|"
    rf"DETECTION)"
    rf" (?:of|for|from|OF) {_SORT}{SN}(?: (?:component|light|bump|emission|features?))?"
    rf"|\b(?:accompanying|associated|underlying|emerging|rising) {_SORT}{SN}"
    rf"|\b(?:an?|the|its) {_SORT}{SN} (?:component|light\b(?! ?curves? of)|bump|signature|contribution)"
    rf"|\b{SN} (?:associated|connected|coincident) (?:with|to) {_EVENT}"
    rf"|\b{SN} (?:accompanying|underlying) {_EVENT}"
    rf"|\b{SN} (?:detection|discovery|confirmation|bump|identification)\b"
    rf"|\b(?:attributed?|ascribed?|due) [^.;:\n]{{0,60}}?to {_SORT}{SN}"
    rf"|\b{_EVENT}[^.;\n]{{0,30}} (?:is|was) associated with {_SORT}{SN}"
    rf"|\bthe (?:SN|supernova) and the (?:GRB|burst)\b"
    rf"|\b{SN} (?:[Ss]pectrum|[Ll]ight|[Ff]eatures?|[Cc]omponent) (?:is |are )?(?:[Ee]merging|[Ee]merges?)\b"
    rf"|\bbumps?\b[^.;\n]{{0,60}}? (?:consistent with|due to|suggestive of|interpreted as) [^.;\n]{{0,20}}?{_SORT}{SN}"
    r"|\b(?:GRB[-/]SN|SN-GRB)\b(?! (?:proto|paradigm|connection|system|sample|class|model|scenario|association|"
    r"events|team))"
)
#: The name of a burst and that of its supernova side by side.
SIDE_BY_SIDE = compiled(
    r"\b(?:GRB|XRF|EP) ?\d{6}[A-Za-z]?(?: ?/ ?| ?\()(?P<sn>SN ?(?:19|20)\d\d[A-Za-z]{1,4})\b"
    r"|\bSN ?(?:19|20)\d\d[A-Za-z]{1,4}(?: ?/ ?| ?\()(?P<grb>(?:GRB|XRF) ?\d{6}[A-Z]?)\b"
)
#: In a report of a supernova: a burst behind it.
BURST = compiled(r"\bSN ?/ ?GRB\b(?: ?\?)?|\b(?:off-axis )?(?:GRB|gamma-ray burst) jet\b(?: ?\?)?")
DOUBT = compiled(
    r"\b(?:possibl[ey]|may|might|could|suggest\w*|candidate|likely|probabl[ey]|tentative\w*|hints?|potential(?:ly)?|"
    r"appears?|seems?|indications?|consistent|plausibl[ey]|perhaps|suspected)\b|\?",
    re.I,
)
UNREAL = compiled(
    r"\b(?:if|whether|search\w*|look\w*|expect\w*|predict\w*|would|will|should|future|encourage\w*|any|need\w*|"
    r"monitor\w*|assum\w+|until|before the|prior to|in order|allow\w*|"
    r"possibility|scenario|anticipat\w+|upcoming|other|previous|most|all|known|aimed?|constrain\w*|"
    r"limits?)\b[^.;]{0,70}$|\b(?:typical|similar|compar\w+|template)\b[^.;,]{0,50}$",
    re.I,
)
FORECAST = compiled(
    r"^[^.;]{0,40}\b(?:is|are|was) (?:expected|predicted)|^[^.;]{0,30}\b(?:will|would|could|should)\b|^s\b", re.I
)
NO = compiled(
    r"\b(?:no|not|without|lack|absence|rul\w+ out|neither|nor|exclud\w+|cannot|never|unlikely|"
    r"disfavou?r\w*)\b[^.;]{0,60}$",
    re.I,
)
CITED_BEHIND = compiled(r"^[^.;(]{0,40}\((?!see also|cf\b|compare)[^()]{0,60}(?:et al|GCN|CBET|ATel)")
OURS = compiled(r"\b(?:we|our|confirm\w*|strengthen\w*|support\w*)\b", re.I)

#: Parted from the event: words between an object and the burst.
_TO = (
    r"(?:to|with|from) (?:the |this |either |both |any )?(?:(?:Swift|Fermi|long|short|IPN|EP|prompt|X-ray|gamma-ray|"
    r"optical|"
    r"neutrino|GW|gravitational-wave|GBM|BAT|IceCube|HAWC|MAXI|INTEGRAL)[ /-]?)*"
    r"(?:GRB|burst|event|afterglow|trigger|transient|source|counterpart|neutrino|signal|S\d{6}|EP ?\d{6}|"
    r"IceCube-|IC ?\d{6}|"
    r"GW ?\d{6})"
)
_SURELY = (
    r"(?:(?:very|most|likely|probably|therefore|thus|hence|clearly|also|in fact|certainly|physically|almost|at all) )*"
)
PARTED = compiled(
    rf"\b{_SURELY}(?:unrelated|unassociated|unconnected) {_TO}"
    rf"|\b(?:not|unlikely(?: to be)?) {_SURELY}(?:be )?(?:physically |directly |causally )?(?:related|"
    rf"associated|connected|"
    rf"linked) {_TO}"
    rf"|\bnot (?:consider|believe|think|regard) [^.;\n]{{0,60}}? (?:to be |as |is |are )?(?:being )?(?:related|"
    rf"associated|"
    rf"connected) {_TO}"
    rf"|\b(?:no|any) (?:likely |physical |causal |direct |plausible )?(?:association|connection|relation|link) {_TO}"
    rf"|\b(?:is|are|was|were|be) {_SURELY}not {_SURELY}(?:the |an? )(?:\w+[ /-]){{0,3}}(?:afterglow|counterpart|OT)\b"
    rf"|\b(?:ruled? out|excluded?|rejected?|dismiss(?:ed)?)(?: it| this (?:object|"
    rf"source))? as (?:being )?(?:the |an? )?"
    rf"(?:\w+[ /-]){{0,3}}(?:afterglow|counterpart|OT)\b"
    r"|\b(?:rul\w+ out|exclud\w+|reject\w*) (?:an? |the |any )?(?:possible )?(?:physical )?"
    r"(?:association|connection|relation) (?:of (?:the )?(?:GRB|burst)(?: ?\d{6}\w?)? )?(?:with|to) (?:the |an? )?"
    r"(?:[\w-]+ ){0,4}galaxy\b"
    r"|\b(?:GRB|burst)(?: ?\d{6}\w?)? is (?:therefore |thus |likely |clearly )*(?:unrelated to|not (?:related to|"
    r"associated with)) (?:the |an? )?(?:[\w.=-]+ ){0,6}galaxy\b"
    rf"|\bunrelated (?:(?:foreground|background|field|faint|bright|extended|nearby|variable|stellar) ){{0,2}}"
    rf"(?:galaxy|object|source|star|transient|AGN)\b"
)
#: An association that is only apparent: "the association with NGC 1234 is a chance superposition".
BY_CHANCE = Cued(
    r"\b(?:association|coincidence|proximity|alignment) "
    r"(?:of (?:this|the) (?:GRB|burst|event|afterglow)(?: ?\d{6}\w?)? )?"
    r"(?:with|to|and) (?P<what>(?:[^.;\n]|\.\d){3,90}?) (?:is|was) (?:therefore |thus |hence |then |most |very |"
    r"likely |probably |only |just |merely )*(?:an? )?(?:chance (?:superposition|alignment|coincidence|projection)|"
    r"coincidental|(?:projection|line[- ]of[- ]sight) effect)\b"
)
#: What is parted from the event.
THING = compiled(
    r"\b(?:galax(?:y|ies)|stars?|sources?|objects?|candidates?|transients?|counterparts?|OT|it|they|system|AGN|quasar|"
    r"cluster|association|supernova|host)\b(?! (?:detection|catalog))",
    re.I,
)
GALAXY = compiled(r"\b(?:(?P<of>SDSS|2MASS|DSS|USNO|PS1|foreground|background|nearby) (?:\w+ )?)?galaxy\b", re.I)
_CIRCULAR = r"\bGCN(?:C| Circ(?:ular)?)?s?[.,]? ?#?(?P<number>\d{3,5})\b"
_NOUN = r"\b(?P<noun>candidate|object|source|counterpart|transient|afterglow|OT|star|galaxy)"
#: An object that an earlier circular reported: "the source found by Doe et al. (GCN 1234)", "a candidate (GCN 1234)".
REPORTED = compiled(
    _NOUN + r" (?:\w+ )?(?:reported|mentioned|proposed|found|discovered|detected|suggested|identified|noted|described|"
    r"announced|"
    r"noticed|seen|labell?ed)(?:[^.;\n]|\.(?! [A-Z])){0,80}?" + _CIRCULAR
)
CITED = compiled(_NOUN + r"\b(?! of)(?:[^.;\n]|\.(?! [A-Z])){0,60}?" + _CIRCULAR)
#: A galaxy that is known by its number.
BRIGHT_GALAXY = compiled(r"\b(?P<name>M ?\d{2,3}|NGC ?\d{3,4}|[LS]MC)\b")
A_GALAXY = compiled(r"\b(?:[Aa]n?|presence of the) (?:[\w-]+ ){1,4}galaxy\b")
#: A galaxy by its catalogue's name.
CATALOGUE_NAME = compiled(r"\b(?:PGC1?|UGC|ESO|IC|NGC|M|Abell|SDSS|2MASX?|GLADE) ?J?\d[\d.+ -]*\d")
#: Directly behind a denial: the object has to do with the event all the same.
MAY_BE_HOST = compiled(r"[^.;]{0,60}[.;,] ?(?:[Hh]owever|[Ii]nstead|but)?,? ?(?:it|this (?:source|"
    r"object))? ?(?:may|might|could) "
                       r"[^.;]{0,40}\bhost\b")  # fmt: skip
UNDECIDED = compiled(r"\b(?:if|whether|may|might|could|can not|cannot|not)\b[^.;]{0,60}$", re.I)
NOT_SURE = compiled(
    r"\b(?:if|whether|necessarily|may|might|could|can not|cannot|possib\w+|unclear|unknown|any|probability of|"
    r"serendipitous|chance of|sometimes)\b[^.;]{0,60}$",
    re.I,
)

#: Sources of catalogues at the place of a neutrino.
_WHERE = r"(?:9\d ?%|50 ?%|68 ?%|containment|uncertainty|region|contour|error|localization|\d(?:\.\d)? ?deg)"
_CATALOGUE = r"(?:[34]FGL(?:-DR\d)?|3FHL|2RXS|XMMSL2|4XMM|eRASS\w*|gamma-?ray|X-?ray|AGN|blazar)"
NO_CATALOGUED = compiled(
    rf"\b[Nn]o (?:other )?(?P<what>(?:known |catalogu?ed |previously )*(?:[Ff]ermi[- ]?(?:LAT )?)?{_CATALOGUE}"
    r"[^.;]{0,60}?(?:sources?|objects?))\b"
)
CATALOGUED = compiled(
    r"\b(?P<count>[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en|\d\d?|[Ss]everal|"
    r"[Mm]any|[Aa](?! total))"
    rf"[ \ufffd]+(?P<what>(?:(?:known|catalogu?ed|Fermi|LAT|Fermi-LAT|point|previously|detected|unassociated|"
    rf"unidentified|other|"
    rf"nearby|additional|bright) )*(?:{_CATALOGUE}|sources? "
    r"listed in the \w+)"
    r"(?:[^.;()]|\.\d|\([^()]{0,90}\)){0,110}?(?:sources?|objects?|catalog|AGN|blazars?)\b)"
    rf"(?:[^.;()]|\.\d|\([^()]{{0,60}}\)){{0,80}}?\b(?:in|within|inside|contained in) "
    rf"(?:the |a |an )?(?:[^.;()]|\.\d){{0,40}}?{_WHERE}"
)
#: Known sources listed by name: "two known sources are present in the error region: 4FGL J..., and 3FGL J...".
LISTED = compiled(
    r"\b(?:known|catalogu?ed) (?:[\w-]+ ){0,3}(?:sources?|objects?|AGN|blazars?) (?:is |are )?(?:present |"
    r"located |found |lying |"
    r"listed )?(?:in|within|inside) (?:the )?(?:[\w/-]+ ){0,3}(?:error|localization|uncertainty|containment|"
    r"confidence) "
    r"(?:region|circle|box|contour|area|ellipse)\b[^.;:\n]{0,20}:(?P<list>(?:[^.;\n]|\.(?! [A-Z])){5,200})"
)
#: Active galaxies as neutrinos are compared with.
_BLAZAR = (
    r"(?:TXS|PKS|PMN|GB6|1ES|MG\d|B[23]|5BZ[BQU]|S[2-5]|OJ|BL) ?J?\d{3,4}(?:\.\d)?(?:[+-]\d{2,4}(?:\.\d)?)?|"
    r"M(?:rk|kn) ?\d{2,4}|"
    r"3C ?\d{2,3}(?:\.\d)?|NGC ?\d{3,4}"
)
BLAZAR = compiled(rf"\b(?:{_BLAZAR})(?!\w)")
#: One source by its name: "the source 4FGL J..., a blazar, is located within the 90% region".
NAMED_SOURCE = compiled(
    rf"\b(?P<source>(?:[34]FGL|3FHL) J\d{{4}}\.\d[+-]\d{{4}}|{_BLAZAR})\b"
    r"(?:[^.;()]|\.\d|\([^()]{0,90}\)){0,140}?\b(?:is|are|lies?) (?:located |found |lying )?"
    rf"(?:\d[\d.]* (?:deg\w*|arcmin\w*) (?:away )?from (?:the )?[^.;]{{0,40}}?,? (?:and )?(?:is )?)?"
    rf"(?:in|within|inside) (?:the )?(?:[^.;()]|\.\d){{0,40}}?{_WHERE}"
    rf"|\b(?:spatially |positionally )?coincident with (?:the )?(?:[\w-]+ ){{0,5}}?(?P<beside>(?:[34]FGL|3FHL|[23]HWC) "
    rf"J[\d.]+[+-]\d+|{_BLAZAR})(?!\w)"
)
NEARBY = compiled(_WHERE)
#: The next words name them: "This is 4FGL J...", "The sources are".
NAMELY = compiled(
    r"^[^.;\n]{0,60}[.:;,]\s*(?:(?:This|It|These|They|The (?:gamma-ray )?(?:sources?|objects?)|[Nn]amely|which)"
    r" ?(?:source |sources |object )?(?:is|are|include)?:? |(?=4FGL|3FHL))"
)
#: An alert that is itself made of two messengers.
ALERT = compiled(
    r"\b[Cc]oincidence (?:[Aa]lert|[Ee]vent)s? (?:from|between|of) (?:the )?[^.;\n]{0,50}?(?:IceCube|ANTARES)"
    r"[^.;\n]{0,60}?(?P<other>HAWC|Fermi(?:-LAT)?|Swift)(?:[\w -]{0,40}?analysis)?"
)
