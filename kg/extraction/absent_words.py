"""The vocabulary of what was looked for and not found. Patterns only."""

from __future__ import annotations

import re

from kg.openings import compiled

#: What may be missed, by the word that names it; the first that a span holds is its value.
MISSED: list[tuple[str, re.Pattern[str]]] = [
    (value, compiled(pattern, re.I))
    for value, pattern in [
        ("neutrino", r"neutrinos?\b|track-like|\btracks?\b"),
        ("host", r"\bhosts?\b|\bgalax"),
        ("afterglow", r"afterglow|\bOT\b|\bOA\b"),
        ("counterpart", r"counterpart"),
        ("supernova", r"supernova|\bSNe?\b"),
        ("radio source", r"radio (?:source|emission|counterpart)"),
        ("X-ray source", r"X-?ray (?:source|emission)"),
        ("extended emission", r"extended emission|precursor"),
        ("gamma rays", r"gamma[- ]?rays?\b|TeV|GeV"),
        ("transient", r"transients?\b|candidates?\b"),
        ("source", r"sources?\b|objects?\b"),
        ("source", r"^(?:but|and|though|yet)\b"),
        ("signal", r"signals?\b|excess|emission|events?\b|triggers?\b|bursts?\b|GRB|detection|detected"),
    ]
]
THING = (
    r"(?:(?:optical|near-?IR|NIR|IR|infrared|X-?ray|radio|gamma-?ray|UV|uncatalog\w+|new|bright\w*|credible|"
    r"obvious|clear|"
    r"significant|convincing|plausible|believable|viable|reliable|fading|variable|point|transient|candidate|afterglow|"
    r"additional|other|further|unknown|apparent|potential|possible|likely|coincident|prompt|GRB|burst|GeV|TeV|"
    r"GeV/TeV|VHE|"
    r"very|high|energy|very-high-energy|neutrino|muon|up-?going|track-like|optical/NIR|electromagnetic|EM|GW|gravitational-wave|"
    r"catalog\w*|known|archival|previous|persistent|steady|short|long|weak|strong|real|associated|host|"
    r"unambiguous|evident|"
    r"late-time|early|afterglow-like|signal|excess|uncataloged|unidentified|such|single|>[\d. ]+-?sigma|"
    r"\(> ?\d sigma\)|"
    r"onboard|on-?board|statistically|visible|extended|flux|bona[- ]fide|untargeted|promising|interesting|\w+[- ]band|"
    r"or|and|,|/) ?,? ?){0,9}"
    r"(?:afterglows?|counterparts?|sources?|objects?|transients?|candidates?|detections?|emission|signals?|"
    r"excess(?:es)?|"
    r"neutrinos?|events?|tracks?|hosts?|galax(?:y|ies)|supernovae?|SN|OTs?|OA|triggers?|bursts?|precursors?|flares?|"
    r"gamma[- ]?rays?|GRBs?|anything)\b"
)
SAW = (
    r"(?:detect(?:ed|able)?|f[io]u?nd|see|seen|saw|visible|identif(?:y|ied)|reveal(?:ed|s)?|recover(?:ed)?|"
    r"present|apparent|"
    r"confirm(?:ed)?|evident|discover(?:ed)?|localized|observe(?:d)?|trigger(?:ed)?|discern(?:ed|ible)?|"
    r"spot(?:ted)?|notice|recorded|show)\b"
)
#: "not detected", "do not find", "was not visible"; the telescope NOT is spelt in capitals.
NOT = compiled(
    rf"\b(?:(?:[Ii]s|[Ww]as|[Aa]re|[Ww]ere|[Dd]o|[Dd]id|[Dd]oes|[Cc]an|[Cc]ould|[Hh]as|[Hh]ave|be|"
    rf"been)(?: \w+ly)? not|"
    rf"[Cc]annot|(?:did|do|does|was|were|is|are|could|can)n't|not|fail(?:ed|s)? to)(?: (?:yet|\w+ly|been|be|"
    rf"clearly|even|any|"
    rf"well|anymore|able to|obviously|longer)){{0,3}} {SAW}"
    rf"(?: (?:in|by|to|at|with)\b|)(?:(?: (?:any|an?|the|its|this|new|evidence (?:for|of)|signs? of))* ?{THING})?"
    r"|\b(?:faded|is|was|are|were|lies) (?:\w+ )?below (?:our|the|my) (?:detection|sensitivity|plate|image|magnitude) "
    r"(?:limit|threshold)s?\b"
)
#: "is detected in r and i, but not in g": missed in another band.
NOT_IN = compiled(
    r"\b(?:but|and|though|yet) (?:it is |is |was )?(?:not|undetected)(?: (?:detected|seen|visible))? in (?:the |"
    r"any |our |either )?"
    r"(?:[\w', /-]{0,30}?(?:band|filter|image|frame|exposure)s?\b|(?:[UBVRIJHKYZgriyzuvw]s?'?(?:[ ,]+(?:and|"
    r"or) |, ?|/)?){1,6}(?![A-Za-z]))"
)
#: "no afterglow was found", "no evidence for", "nothing is seen", "zero events are found".
NO = compiled(
    rf"\b(?:[Nn]o|NO|[Zz]ero|[Nn]either)(?: (?:clear|significant|strong|further|obvious|compelling|convincing))*"
    rf"(?: (?:evidence|signs?|indications?|traces?|hints?|detections?)(?: (?:so far|yet))?(?: (?:for|of))"
    rf"(?: (?:an?|the|any))*)? {THING}"
    rf"(?P<verb>[^.;:\n]{{0,120}}? (?:is|was|were|are|has been|have been|could be|can be|been)(?: \w+ly)? {SAW})?"
    r"|\b[Nn]othing (?:new )?(?:is|was|has been|could be|can be|of interest)(?: \w+ly)? (?:found|seen|detected|"
    r"visible)"
    r"|\b[Tt]here (?:is|was) nothing (?=(?:\w+ )?(?:at|in|within|down)\b)"
    r"|\b(?:sees?|finds?|found|saw|detect(?:s|ed)?|reveals?|shows?|revealed|showed) (?:nothing|no (?:new |significant |"
    r"other |clear |"
    rf"evidence (?:for|of) (?:an? |the |any )?)*{THING})"
    r"|\b[Nn]on-?detections?\b(?: of (?:an? |the )?[\w ]{0,30}?(?:afterglow|counterpart|source|emission|"
    r"transient|host))?"
    r"|\bwithout (?:a |any |an )?(?:\w+ )?(?:detections?|detecting)\b(?: of (?:the |an? )?\w+)?"
    rf"|\black of (?:an? |any |the )?[\w, -]{{0,40}}?(?:detection|counterpart|afterglow|source)s?(?: of (?:the |"
    rf"an? )?\w+(?: \w+)?)?"
    rf"|\bconsistent with no (?:\w+ ){{0,4}}(?:excess|emission|source|detection)(?: of [\w ]{{0,25}})?"
    rf"|\babsence of (?:an? |any |the )?{THING}"
    rf"|\brul(?:e|ed|es|ing) out (?:the )?(?:presence|existence) of (?:an? |any |the )?{THING}"
    r"|\bundetected\b"
)
#: What is missed is a feature, a change or a fault of the data: nothing that was looked for on the sky.
FEATURE = compiled(
    r"\b(?:lines?|features?|break|breaks|variab(?!le (?:\w+ )?(?:source|object|counterpart))\w*|evolution|"
    r"fading(?! (?:source|object|afterglow|counterpart))|"
    r"decay|correction|"
    r"absor\w+|redshift|doublet|trend|curvature|cut-?off|spectral|jet|flaring|offset|evidence (?:for|of) (?:fading|"
    r"variability|any (?:fading|variability)|a break|flares?)|Lyman|motion|periodic\w*|change|contamination|"
    r"extinction|"
    r"systematic|delay|lag|pulsations?|QPO|polari[sz]ation|calibration|data|observations? (?:were|was|could)|"
    r"continuum|"
    r"exclude|rul(?:e|ed) out|constrain\w*|separat\w+|steepening|rebrightening|brightening|dispersion|reddening)\b",
    re.I,
)
#: It is another thing's limit or a general statement.
FUTURE = compiled(
    r"\b(?:if|unless|whether|should|would|because|in case|until|may not|might not|"
    r"will)\b[^.;]{0,80}$",
    re.I,
)
PAST = compiled(
    r"\b(?:last|latest|previous(?:ly)?|earlier|deepest|most recent|prior|reported|other|consistent with (?:the |"
    r"their )?)"
    r" ?(?:\w+ ){0,2}non-?detection",
    re.I,
)
#: A non-detection of others: "the non-detections by LCOGT (GCN 1234)".
OTHERS = compiled(
    r"lack of (?:an? )?detection[^.;()]{0,40}\((?:[^()]{0,40}, )?[^()]{0,40}(?:et al|GCN)|"
    r"non-?detections?[^.;]{0,40}(?:\b(?:by|from|of) (?:[A-Z]|the [A-Z])|reported|\(\w[^)]{0,40}(?:GCN|et al))|"
    r"^[^.;(]{0,60}\bby (?:[A-Z]\w+ ){1,3}(?:et al|\(GCN|GCN)"
)
OURS = compiled(r"\b(?:we|our)\b", re.I)
#: An absence from which something is concluded, or which is itself explained: told elsewhere.
ARGUED = compiled(r"^[^.;,]{0,25}\b(?:may|might|could|would)\b|^ ?\(\d")
EXPLAINED = compiled(r"\b(?:explanation (?:of|for)|explain\w*|despite|because of|due to) (?:the )?$", re.I)
FEATURE_AFTER = compiled(
    r"^ (?:of|at|from|in|due to) (?:\[|any dropout|H-?(?:alpha|beta|gamma)|Ly)|"
    r"^-\w|"  # "no evidence for host-intrinsic reddening", "signal-to-noise"
    r"^(?: is| was)?(?: \w+)? (?:blue-?ward|red-?ward|shortward|longward|at (?:shorter|longer|bluer|"
    r"redder) wavelengths)\b|"
    r"^ (?:below|above|between|at)[^.;]{0,25}(?:\d ?(?:AA?|Ang\w*|nm|micron|um)\b|lambda|wavelength)|"
    r"^(?:[^.;,()]|, (?=\w+(?: or| and|,))){0,50}?\b(?:lines?|features?|variability|evolution|breaks?|continuum|"
    r"redshift|"
    r"periodicit\w+|absorption|spectra|in the spectrum|bump)\b",
    re.I,
)
IN_BANDS = compiled(r" (?:in|with) (?:the |all )?(?:[\w', ]{1,40})(?:filter|band)s?\b")
#: A sentence about lines and features.
OF_FEATURES = compiled(r"^\W*(?:the |no )?(?:[\w-]+ ){0,3}(?:features|lines)\b", re.I)
#: What stands directly before a verb is a source.
OWN_SUBJECT = compiled(
    r"^ (?:this|the|that|our|its) (?:\w+ ){0,2}(?:source|object|afterglow|counterpart|"
    r"transient|candidate) $",
    re.I,
)
WOULD = compiled(r"^[^.;]{0,60}\bwould\b", re.I)
SEEN = compiled(r"\b(?:detect\w*|visible|seen|see|found|identified)\b[^.;]{0,120}$", re.I)
PASSIVE = compiled(r"(?:is|was|are|were|not|be|been|has|have|cannot|can|could)\b", re.I)
ACTIVE = compiled(r"(?:do|did|does|cannot|can|could|fail\w*|have|has)\b", re.I)
#: Verbs that miss a fact instead of a source: "do not find that".
NO_SOURCE = compiled(
    r"^ ?(?:that\b|how\b|which\b|whether\b|in agreement|to be|a correlation|much|"
    r"it possible)",
    re.I,
)
NOUN = compiled(
    r"\b(?:afterglow|counterpart|source|object|transient|candidate|emission|signal|neutrino|event|host|galaxy|"
    r"supernova|"
    r"SN|OTs?|OA|burst|trigger|GRB|it|which|they|flares?|star|S\d|photons|AT ?20\d\d|here|this|position)\w*",
    re.I,
)
DETECTS = compiled(r"detect|visible|seen|see\b", re.I)
