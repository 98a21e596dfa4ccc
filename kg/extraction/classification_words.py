"""The vocabulary of what an event is: kinds, words of doubt and denial. Patterns only."""

from __future__ import annotations

import re

from kg.cues import Cued
from kg.openings import compiled

#: Kinds of object and the words for them, the special before the common.
KINDS: list[tuple[str, re.Pattern[str]]] = [
    (value, compiled(pattern, re.I))
    for value, pattern in [
        (
            "short or long",
            r"\b(?:short or long|long or short|border of the long|border(?:line)? between |intermediate[- ]duration)\b",
        ),
        ("short", r"\bshort\b|\bsGRB\b|\btype[- ]I\b"),
        ("ultra-long", r"\bultra-?long\b"),
        ("long", r"\blong\b|\blGRB\b|\btype[- ]II\b"),
        (
            "SGR giant flare",
            r"\b(?:SGR|magnetar) giant flare|\bgiant flare (?:from|of) (?:an? |the )?(?:\w+ )?(?:SGR|magnetar)",
        ),
        ("X-ray flash", r"\bX-?ray flash|\bXRF\b"),
        ("X-ray transient", r"\bX-?ray transient"),
        ("X-ray rich", r"\bX-?ray[- ]rich|\bXRR\b"),
        ("SGR burst", r"\b(?:SGR|soft gamma(?:-ray)? repeater|magnetar)(?:[- ]like)? (?:burst|flare|outburst)?"),
        ("X-ray binary", r"\bX-?ray binar|\bHMXB\b|\bLMXB\b"),
        ("dwarf nova", r"\bdwarf nova|\bcataclysmic variable|\bCV\b"),
        ("solar flare", r"\bsolar (?:flare|activity)"),
        (
            "stellar flare",
            r"\b(?:stellar|M[- ]dwarf|red[- ]star|flare[- ]star|star) ?flar(?:e|ing)|\bflar(?:e|"
            "ing) star",
        ),
        ("terrestrial gamma-ray flash", r"\bTGF\b|terrestrial gamma"),
        ("tidal disruption event", r"\btidal disruption|\bTDE\b"),
        ("orphan afterglow", r"\borphan (?:GRB )?afterglow"),
        ("kilonova", r"\bkilonova"),
        ("particles", r"\bparticles?\b"),
        ("known source", r"\bknown (?:X-?ray )?source"),
        ("test", r"\btest$"),
        ("SN Ia", r"\b(?:type[- ])?Ia (?:supernova|SN)|\bSN Ia\b|\bsupernova of type Ia"),
        ("supernova", r"\bsupernova|\bSN\b"),
        ("AGN", r"\bAGN\b|\bactive galactic|\bblazar|\bquasar"),
        ("asteroid", r"\basteroid|\bminor planet"),
        ("background", r"\b(?:likely )?(?:a )?background(?: event)?"),
        (
            "noise",
            r"\bnoise\b|\bspurious\b|\bfalse (?:trigger|alarm|detection)|\bfluctuation|\bglitch|"
            "\bstar[- ]?tracker",
        ),
        ("astrophysical neutrino", r"\bastrophysical origin|\bastrophysical neutrino"),
        ("astrophysical event", r"\bastrophysical (?:event|source|transient|signal)s?"),
        ("afterglow", r"\bafterglow"),
        ("GRB", r"\bGRBs?\b|\bgamma-ray bursts?|\bburst"),
    ]
]
#: "short GRB", "long-duration burst", "short/hard", "belongs to the class of short bursts", "T90 ... short".
DURATION = compiled(
    r"\b(?:(?:ultra-?|very |extremely |bright,? |hard,? |and |, |intense |likely |possible |possibly |probable |"
    r"probably |a |the )*"
    r"(?:short|long)(?:[-/ ,]+(?:hard|soft|duration|and|bright|spectrally|weak|intense|likely|timescale|lag|"
    r"population|class|"
    r"soft|type|of)){0,4}(?:[- ]+|\n+(?=GRB))(?:gamma-ray bursts?|GRBs?|bursts?|burst\b)"
    r"|(?:short[-/ ]hard|short, hard)(?! (?:initial |main |first |bright )*(?:component|pulse|spike|peak|episode))|"
    r"hard[-/ ]short|long[-/ ]soft|type[- ]II? \((?:short|long)\)"
    r"|(?:is|was|be|being|as|are) (?:(?:a|an|likely|possibly|probably|clearly|definitely|both|rather|indeed|"
    r"relatively|very|"
    r"of|the|consistent with|classified as) )*(?:short|long)(?= ?[,.;:)]| and| burst| GRB| duration|-duration|$)"
    r"|border(?:line)? between (?:the )?(?:short|long)[\w -]{0,20} and (?:the )?(?:long|short)\b(?: bursts?| GRBs?)?"
    r"|border of the long-soft and hard-short burst classifications|(?:long|short)-duration (?:GRB|burst)"
    r"|(?:long|short) (?:duration|GRB) (?:class|population)|\((?:long|short)(?:/hard|/soft)?\))",
    re.I,
)
#: The classes of a gravitational-wave candidate with their probabilities.
SOURCE = Cued(
    r"\b(?P<kind>BBH|BNS|NSBH|Terrestrial|[Mm]ass ?[Gg]ap|MassGap|binary black hole|"
    r"binary neutron star)\s*\(\s*(?P<sign>[<>]=?|~)?\s*"
    r"(?P<percent>\d{1,3}(?:\.\d+)?)\s*%\s*\)"
)
#: "is not a GRB", "not due to a GRB", "not an astrophysical event".
NOT_A = compiled(
    r"\b(?:is|are|was|were|be)?\s?(?:in fact |actually |also |probably |likely |almost certainly |therefore |"
    r"most |very |clearly )*"
    r"(?:not|NOT)(?: likely| due to| from| caused by| considered(?: to be)?)?(?: an?| the)?(?: real| genuine|"
    r" interesting| true)? "
    r"(?:astrophysical (?=GRB|gamma-ray burst|burst))?"
    r"(?P<what>GRBs?|gamma-ray bursts?|bursts?|astrophysical (?:events?|sources?|transients?|signals?)|"
    r"astrophysical)\b"
    r"(?! (?:afterglow|counterpart|host|candidate))"
)
#: What a trigger turned out to be: the words in front of the answer.
_SOURCE_NAME = (
    r"(?:Crab|Cyg(?:nus)? X-\d|Sco X-\d|Vela X-\d|Her X-\d|Cen X-\d|Cir X-\d|GX \d+[+-]\d+(?:\.\d+)?|"
    r"GRS ?\d{4}[+-]\d{2,4}|"
    r"LSV ?\+?\d\d ?\d*|LS ?V ?\+ ?\d\d \d+|LS ?V ?\+? ?\d\d|4U ?\d{4}[+-]\d{2,3}|GRO J\d{4}[+-]\d{1,4}|"
    r"SAX J\d{4}\.\d[+-]\d{4}|AX J?\d{4}\.\d[+-]\d{4}|"
    r"[A-Z][A-Za-z]{0,3} J?\d{4}(?:\.\d)?[+-]\d{2,6}(?:\.\d+)?|V\d{3,4} [A-Z][a-z]{2}|V404 Cyg|MAXI J\d{4}[+-]\d{3,4}|"
    r"Swift J\d{4}(?:\.\d)?[+-]\d{2,4}(?:\.\d)?|IGR J\d{5}[+-]\d{4}|SGR ?J?\d{4}(?:\.\d)?[+-]\d{2,4}|"
    r"1E ?\d{4}(?:\.\d)?[+-]\d{2,4}|"
    r"XTE J\d{4}[+-]\d{3}|EXO \d{4}[+-]\d{3}|Mrk ?\d{2,4}|UX Ari|[A-Z]{2} (?:Cyg|Ari|Cet|Peg|Leo|Her|Dra|And|Psc|"
    r"Aqr|CVn|Boo))"
)
#: Known sources in one bracket: "known sources (Sco X-1 and the Crab)".
KNOWN_ONES = compiled(
    rf"\bknown (?:X-?ray )?sources? \((?P<list>(?:the )?{_SOURCE_NAME}(?:(?:, (?:and )?| and |"
    rf" & )(?:the )?{_SOURCE_NAME})*)\)"
)
KNOWN_ONE = compiled(_SOURCE_NAME)
DUE = compiled(
    r"\b(?:(?:is|are|was|were|be|been) (?:most |very |likely |probably |possibly |therefore |thus |actually |"
    r"in fact |clearly |all )*"
    r"(?:due to|caused by|triggered by|associated with|consistent with|from|an? outburst of|a flare from)|due to|"
    r"caused by|(?:an?|the)? ?(?:short |hard |soft |X-?ray )?bursts? (?:from|of)|originat\w+ (?:from|in)|"
    r"mis-?identifi?ca?tion of|mis-?identifcation of|detection of|triggered on|outburst of|identified (?:as|with)|"
    r"(?:is|are|was) (?:most likely |likely |probably |possibly )?(?:now )?(?:the|an?)?(?: known)?(?: source)?|"
    r"likely|is)\s+"
    r"(?P<lead>(?:the |an? |known |source |X-?ray |weak |[CMX]\d?(?:\.\d)?-?[Cc]lass |Galactic |bright |flaring |"
    r"new |possible |likely |"
    r"high[- ]mass |low[- ]mass |transient |solar |hard |soft |variable |outburst of |flare from |activity of |"
    r"activity from |star |"
    r"black hole |neutron star |candidate |persistent |accreting |magnetar )*)"
    rf"(?P<name>{_SOURCE_NAME})"
)
#: An object classed by its spectrum or its light: "is a dwarf nova".
IS = compiled(
    r"\b(?:is|are|was|were|as|be|being|likely|of|to|by|from|due to|an?)(?: (?:in fact|therefore|thus|now|most|"
    r"very|likely|probably|"
    r"possibly|actually|consistent with|classified as|identified as|an?|the|known|confirmed|outburst|of|strong|"
    r"candidate|young|"
    r"spectroscopically|nearby|Galactic|foreground|bright|weak|simultaneous|contemporaneous|"
    r"[CMX]\d?(?:\.\d)?-?[Cc]lass|bona fide|"
    r"just|clear|result|misidentifi?cation of|caused by|due to|from|by|triggered on|to|be|related|false|trigger|"
    r"fast|soft|new|"
    r"simply|only|nothing but)){0,7}"
    r" (?P<what>dwarf nova\w*|cataclysmic variable|X-?ray binary|HMXB|LMXB|solar (?:flares?|activity)|glitch\b|"
    r"terrestrial gamma-?ray flash(?:es)?|(?:soft gamma-?(?:ray )?repeater|magnetar) (?:burst|flare|outburst)|"
    r"X-?ray transient\b|(?:stellar|M[- ]dwarf|"
    r"red[- ]star) flar\w+|"
    r"flar(?:e|ing) star|tidal disruption event|TDE|orphan (?:GRB )?afterglow|kilonova|"
    r"(?:type[- ])?Ia supernova|SN Ia|"
    r"Type I[abcnpIL-]+ ?(?:supernova|SN)|noise(?: event| transient| trigger| fluctuation)?|"
    r"(?:statistical|background|Poisson)(?: noise)? fluctuations?|(?:local |charged |trapped |energetic |"
    r"SAA )*particles?"
    r"(?: activity| precipitation| events?| flux)?\b(?! phys)|known (?:X-?ray )?source\b|test\b(?! of)|"
    r"false (?:trigger|"
    r"alarm|detection)s?|"
    r"X-?ray flash|X-?ray[- ]rich (?:GRB|burst)|SGR [Gg]iant flare|magnetar (?:burst|giant flare)|"
    r"(?:\w+ )?giant flare (?:from|of) (?:an? |the )?(?:\w+ )?(?:SGR|magnetar)\b|"
    r"SGR(?:-like)? burst|TGF|asteroid|"
    r"active galactic nucle\w+|background event|background(?= ?(?:$|[.,;]))|afterglow\b|blazar|quasar)",
    re.I,
)
NEUTRINO = compiled(
    r"\b(?:very )?(?:high|moderate|low|\d+%?) (?:probability|likelihood) of being (?:produced by [^.;\n]{0,40}? )?"
    r"(?:of|from an?) astrophysical (?:origin|source)",
    re.I,
)
#: What stands between a word of doubt and the class it does not belong to.
APART = compiled(
    r"\b(?:afterglow|counterpart|host|galaxy|source|transient|position|localization|circle|region)\b|[,;()]", re.I
)
#: "places it in the class of short GRBs": the plural is the class that the event belongs to.
MEMBER = compiled(
    r"\b(?:belong\w*|member|plac(?:es?|ing)|puts?|falls?|lies|classif\w*|assign\w*|part)\b[^.;]{0,60}"
    r"\b(?:class|category|population|family|group|regime) of (?:the )?$",
    re.I,
)
#: "falls in the" long class of bursts.
BELONGS = compiled(r"\b(?:belong\w*|member|plac(?:es?|ing)|puts?|falls?|lies|classif\w*|part)\b[^.;]{0,40}$", re.I)
#: Directly in front: it is not of the class.
NOT_OF_CLASS = compiled(
    r"\b(?:is|was|be) (?:likely |probably |clearly |therefore |thus )?(?:not|unlikely to be) (?:an? |of the )?$", re.I
)
#: "the range of long GRB afterglows": the class of others.
OF_THE_KIND = compiled(
    r"^s?'?s? (?:optical |X-ray )?(?:afterglow|environment|host|counterpart|progenitor|population|"
    r"light curve)(?:s|e?s)\b|"
    r"^ (?:\w+ ){0,3}(?:distributions?|samples?|bimodal\w*|locus|so far|detected by \w+ so far|boundary|divide)\b",
    re.I,
)
PROBABLY_GRB = compiled(r"\bas a GRB(?: \()?,? with (?:a )?(?P<percent>\d{1,3})% (?:probability|confidence)", re.I)
HEDGE = compiled(
    r"\b(?:likely|probabl[ey]|possibl[ey]|may|might|could|suggest\w*|candidate|believe|appears?|seems?|"
    r"consist[ae]nt with|perhaps|"
    r"tentative\w*|potential\w*|presumably|suspect\w*|indicat\w+|if|whether)\b",
    re.I,
)
NEGATED = compiled(
    r"\b(?:not|no|neither|nor|unlikely|rather than|instead of|exclude\w*|rule[sd]? out|"
    r"non)\b(?! (?:only|due))",
    re.I,
)
COND = compiled(
    r"\b(?:if|whether|would|unless|assum\w+|in case|typical|like other|similar to|for (?:other|"
    r"most))\b[^.;]{0,70}$",
    re.I,
)
OTHERS = compiled(
    r"\b(?:bursts|GRBs|sample|population|catalog\w*|known|other|previous|average|typical|"
    r"compared|classes)\b",
    re.I,
)
#: Directly in front: the class of bursts, not this one.
EVERY = compiled(r"\b(?:every|each|most|many|all|any) (?:other )?$", re.I)
COMPARED = compiled(r"\b(?:known|other|previous|average|typical|compared|found to date)\b", re.I)
SPOKEN_OF = compiled(r"\b(?:triggers?|event|source|GRB|it|they|this)\b", re.I)
#: Kinds that are told of one event only by the word itself; others also stand in passing.
TELLING = frozenset({
    "noise", "solar flare", "dwarf nova", "X-ray binary", "stellar flare", "orphan afterglow", "background",
    "SN Ia", "particles", "known source", "test", "X-ray rich",
    "tidal disruption event", "SGR giant flare", "X-ray flash", "SGR burst", "terrestrial gamma-ray flash", "kilonova",
    "X-ray transient",
})  # fmt: skip
MIGHT = compiled(r"\b(?:may|might|could) (?:well )?$")
CAUSE = compiled(r"\b(?:due|caused|triggered)\b", re.I)
#: A burst that may be none: "a likely GRB", "a potential gamma-ray burst".
PERHAPS_GRB = Cued(
    r"\b(?:[Aa] )?(?:[Pp]otential|[Ll]ikely|[Pp]ossible|[Pp]robable|[Tt]entative|[Cc]andidate) (?:new )?"
    r"(?:GRB|[Gg]amma-?[Rr]ay [Bb]urst)\b"
    r"(?! (?:optical |X-ray |radio )?(?:afterglow|counterpart|host|candidate|origin|association|jet|SN|"
    r"supernova|source))"
)
AFTERGLOW = compiled(
    r"\b(?:identify|identified|classify|confirm) (?:this|the|it) ?(?:\w+ )?(?:transient|source|object|"
    r"OT)? ?(?:as|to be) (?:an?|the) "
    r"(?:orphan )?(?:GRB )?(?:optical )?afterglow\b|"
    r"\b(?:strong |good )?(?:candidate|likely|possible|probable) (?:GRB |optical )?afterglow\b|"
    r"\bconsistent with (?:(?:the|this) (?:object|source|transient) |it )?being (?:an?|the) (?:GRB |"
    r"optical )*afterglow",
    re.I,
)
