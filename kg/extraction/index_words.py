"""Words and patterns of `indices.py`: names of an index, what may stand between a name and its number, and what the
words around it say that it is an index of."""

from __future__ import annotations

import re

from kg.openings import compiled

MOST = 120
#: Without one of these words there is no index.
CHEAP = ("index", "indices", "lpha", "eta", "amma", "slope", "ph.", "t^", "\u03b1", "\u03b2", "\u0393", "\u03b3")
NAME = compiled(
    r"(?<![A-Za-z])(?:(?P<word>ind(?:ex|ices)|[Ss]lope|ph\. ?ind\.?)|"
    r"\\?(?P<greek>[Aa]lpha|[Bb]eta|[Gg]amma|delta|\u03b1|\u03b2|\u0393|\u03b3)|"
    r"(?P<x>(?<=of )x|(?<=index )p)(?= ?=)|"
    r"(?P<law>\b[tT] ?\^|\(t/[^()\n]{1,20}\) ?\^))"
    r"(?P<suffix>(?:_? ?\{?(?:\d|X|O|opt|ox|OX|radio|[A-Z]{1,3}|[a-z]|dec|ph|low|high)\}?|-\d)(?![\w.]))?"
    r"(?![A-Za-z]|-[A-Za-z])"
)
GAP = compiled(
    r"(?:[ ,:={}\"'*|\t_]|\((?:[^()\n]{0,40})\)|(?:of|is|was|are|were|to|be|the|an?|about|around|approximately|with|"
    r"value|"
    r"best[- ]fit(?:ting)?|time-averaged|time-integrated|total|burst|spectrum|PC|WT|mode|for|equal|before|after|break|"
    r"time|roughly|steep|shallow|ranges?|dN/dE~E\^x|photon|spectral|found|estimated|which|consistent|obtained|at|as|"
    r"constrained|close|decay|pre-break|post-break|late|early|initial|optical|X-ray)\b){0,14}?"
)
NUMBER = compiled(r"(?:<=|>=|<~|>~|~|<|>)?[ ~(\[]{0,3}-? ?(?:\d|\.\d)")
NOT_NUMBER = compiled(r" ?(?:sigma|%|keV|MeV|GeV|s\b|sec|ks|h\b|hr|hours|days?|d\b|mag|deg|erg|arc|Jy|mJy|uJy|th\b|"
                       r"st\b|nd\b|"
                       r"x ?10|cm|/|ph\b|Hz|GHz|A\b)|\.?\d|-(?=\d)|:\d")  # fmt: skip
#: Words in front of a name, close, that say what it is an index of.
LEAD = {
    "decay_index": compiled(
        r"\b(?:temporal|decay(?:s|ing|ed)?|fad(?:e|es|ed|ing)|declin\w+|light ?curve|time)\b[^.;\n]{0,34}$|\bdecay\b",
        re.I,
    ),
    "low": compiled(r"\blow(?:er)?[- ]energy\b[^.;\n]{0,30}$", re.I),
    "high": compiled(r"\bhigh(?:er)?[- ]energy\b(?! cut)[^.;\n]{0,30}$", re.I),
    "photon_index": compiled(r"\b(?:photon|ph\.)[^.;\n]{0,20}$", re.I),
    "spectral_index": compiled(r"\b(?:spectral|SED|energy)\b[^.;\n]{0,16}$", re.I),
}
DECAY = compiled(
    r"\b(?:decay\w*|fad(?:e|es|ed|ing)|declin\w+|light ?curves?|temporal\w*|re-?brighten\w*|plateau|segments?|"
    r"steepen\w*|flatten\w*|broken power|t\^|power-law in time|followed by a break)", re.I,
)  # fmt: skip
SPECTRUM = compiled(
    r"\b(?:spectr\w+|spectral|SED|photon|keV|Band\b|cut-?off|E_?peak|Ep\b|absor\w+|column|N_?H\b|nu\^|F_?nu|GHz|"
    r"best fit by|fluence)"
)
FNU = compiled(r"\bSED\b|\bnu ?\^|F_?\{?\\?nu|S_?\{?\\?nu|\bGHz|\bradio|\boptical spectr|\bspectral slope|"
                r"flux density|uvot|\bNIR\b", re.I)  # fmt: skip
PROMPT_MODEL = ("Band", "cutoff power law")
#: "dN/dE ~ E^(-alpha) * exp(-E/E0)": the index is counted the other way round.
FALLING = compiled(r"E ?\^ ?[{(]{0,2} ?- ?\\?(?:alpha|Gamma|gamma)\b")
WITH_PEAK = compiled(r"\d\)?,? and (?:the |an? )?(?:E_?\{?p|[Cc]ut-?off energy|[Pp]eak energy)")
RANGE = {
    "low_energy_index": 5.0,
    "high_energy_index": 12.0,
    "photon_index": 7.0,
    "spectral_index": 6.0,
    "decay_index": 9.0,
}
#: In which mode Swift's XRT took a spectrum: windowed timing early, photon counting later.
MODE = compiled(r"\b(?:WT|PC)\b")
#: A difference, one end of a range, another burst's.
NOT_ITS_OWN = compiled(r"(?:\bDelta ?\\?|[\d.] ?<=? ?\\?|\b\d{6}[A-Z]? had )$")
CRITERION = compiled(r"\bcriteri(?:a|on)\b")
UPPER = compiled(r"\bupper limit (?:on|of|for|to)\b[^.;\d]{0,60}$")
LOWER = compiled(r"\blower limit (?:on|of|for|to)\b[^.;\d]{0,60}$")
FURTHER = compiled(
    r" ?(?:\([^()\n]{0,40}\) ?)?(?:(?:and |then |which |later |before )?(?:steepen\w*|flatten\w*|break\w*|chang\w*|"
    r"evolv\w*) ?"
    r"(?:[^.;\d]{0,20}?)(?:in|to|into) (?:an? )?(?:\w+ )?(?:of )?|to (?=-?\d)|(?:,? and|,) (?=-?\d\.\d+ ?(?:\+/-|"
    r"\())(?=[^.;\n]{0,90}"
    r"(?:before and after|respectively)))(?:~|about )?"
)
