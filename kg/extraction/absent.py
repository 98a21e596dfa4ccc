"""Grammar of `non_detection`: a source, counterpart, host, neutrino or signal that was looked for and not found.

`value` is what was missed, in one word that the span itself gives. Missing spectral lines, breaks or variability are
no non-detection; the Nordic Optical Telescope is not a "not".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.detectors import last_instrument
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence

#: What may be missed, by the word that names it; the first that a span holds is its value.
_MISSED: list[tuple[str, re.Pattern[str]]] = [
    (value, re.compile(pattern, re.I))
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
        ("signal", r"signals?\b|excess|emission|events?\b|triggers?\b|bursts?\b|GRB|detection|detected"),
    ]
]
_THING = (
    r"(?:(?:optical|near-?IR|NIR|IR|infrared|X-?ray|radio|gamma-?ray|UV|uncatalog\w+|new|bright\w*|credible|"
    r"obvious|clear|"
    r"significant|convincing|plausible|believable|viable|reliable|fading|variable|point|transient|candidate|afterglow|"
    r"additional|other|further|unknown|apparent|potential|possible|likely|coincident|prompt|GRB|burst|GeV|TeV|"
    r"GeV/TeV|VHE|"
    r"very|high|energy|very-high-energy|neutrino|muon|track-like|optical/NIR|electromagnetic|EM|GW|gravitational-wave|"
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
_SAW = (
    r"(?:detect(?:ed|able)?|f[io]u?nd|see|seen|saw|visible|identif(?:y|ied)|reveal(?:ed|s)?|recover(?:ed)?|"
    r"present|apparent|"
    r"confirm(?:ed)?|evident|discover(?:ed)?|localized|observe(?:d)?|trigger(?:ed)?|discern(?:ed|ible)?|"
    r"spot(?:ted)?|notice)\b"
)
#: "not detected", "do not find", "was not visible"; the telescope NOT is spelt in capitals.
_NOT = re.compile(
    rf"\b(?:(?:[Ii]s|[Ww]as|[Aa]re|[Ww]ere|[Dd]o|[Dd]id|[Dd]oes|[Cc]an|[Cc]ould|[Hh]as|[Hh]ave|be|been)(?: \w+ly)? not|"
    rf"[Cc]annot|(?:did|do|does|was|were|is|are|could|can)n't|not|fail(?:ed|s)? to)(?: (?:yet|\w+ly|been|be|"
    rf"clearly|even|any|"
    rf"well|anymore|able to|obviously|longer)){{0,3}} {_SAW}"
    rf"(?: (?:in|by|to|at|with)\b|)(?:(?: (?:any|an?|the|its|this|new|evidence (?:for|of)|signs? of))* ?{_THING})?"
)
#: "no afterglow was found", "no evidence for", "nothing is seen", "zero events are found".
_NO = re.compile(
    rf"\b(?:[Nn]o|NO|[Zz]ero|[Nn]either)(?: (?:clear|significant|strong|further|obvious|compelling|convincing))*"
    rf"(?: (?:evidence|signs?|indications?|traces?|hints?|detections?)(?: (?:for|of))(?: (?:an?|the|any))*)? {_THING}"
    rf"(?P<verb>[^.;:\n]{{0,120}}? (?:is|was|were|are|has been|have been|could be|can be|been)(?: \w+ly)? {_SAW})?"
    r"|\b[Nn]othing (?:new )?(?:is|was|has been|could be|can be|of interest)(?: \w+ly)? (?:found|seen|detected|visible)"
    r"|\b(?:see|find|found|saw|detect(?:ed)?|reveals?|shows?|revealed|showed) (?:nothing|no (?:new |significant |"
    r"other |clear |"
    rf"evidence (?:for|of) (?:an? |the |any )?)*{_THING})"
    r"|\b[Nn]on-?detections?\b(?: of (?:an? |the )?[\w ]{0,30}?(?:afterglow|counterpart|source|emission|"
    r"transient|host))?"
    r"|\bwithout (?:a |any |an )?(?:\w+ )?(?:detections?|detecting)\b(?: of (?:the |an? )?\w+)?"
    rf"|\black of (?:an? |any |the )?[\w, -]{{0,40}}?(?:detection|counterpart|afterglow|source)s?(?: of (?:the |"
    rf"an? )?\w+(?: \w+)?)?"
    rf"|\bconsistent with no (?:\w+ ){{0,4}}(?:excess|emission|source|detection)(?: of [\w ]{{0,25}})?"
    rf"|\babsence of (?:an? |any |the )?{_THING}"
    r"|\bundetected\b"
)
#: What is missed is a feature, a change or a fault of the data: nothing that was looked for on the sky.
_FEATURE = re.compile(
    r"\b(?:lines?|features?|break|breaks|variab\w*|evolution|fading(?! (?:source|object|afterglow|counterpart))|"
    r"decay|correction|"
    r"absor\w+|redshift|doublet|trend|curvature|cut-?off|spectral|jet|flaring|offset|evidence (?:for|of) (?:fading|"
    r"variability|any (?:fading|variability)|a break|flares?)|Lyman|motion|periodic\w*|change|contamination|extinction|"
    r"systematic|delay|lag|pulsations?|QPO|polari[sz]ation|calibration|data|observations? (?:were|was|could)|continuum|"
    r"exclude|rul(?:e|ed) out|constrain\w*|separat\w+|steepening|rebrightening|brightening|dispersion|reddening)\b",
    re.I,
)
#: It is another thing's limit or a general statement.
_FUTURE = re.compile(
    r"\b(?:if|unless|whether|should|would|because|in case|until|may not|might not|"
    r"will)\b[^.;]{0,80}$",
    re.I,
)
_CUES = ("not ", "no ", "n't ", "non", "nothing", "zero", "without", "lack", "fail", "absence", "undetected", "cannot")


def missed(text: str) -> str:
    """What a span says was missed, in one word; a source where it only says that nothing was found."""
    return next((value for value, pattern in _MISSED if pattern.search(text)), "source")


def _spans(text: str) -> Iterator[re.Match[str]]:
    taken_to = -1
    for match in sorted((m for p in (_NOT, _NO) for m in p.finditer(text)), key=lambda m: (m.start(), -m.end())):
        if match.start() >= taken_to:
            taken_to = match.end()
            yield match


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that reads as looked for and not found."""
    for where in _PLACES:
        text = document.even(where).text
        lower = text.lower()
        if not any(cue in lower for cue in _CUES):
            continue
        for count, match in enumerate(_spans(text)):
            if count >= _MOST:
                break
            taken, assertion, why = _verdict(document, where, text, match)
            begin, _ = sentence(text, match.start(), match.end())
            instrument = last_instrument(text, begin, match.start()) if taken else None
            yield Candidate(predicate="non_detection", where=where, start=match.start(), end=match.end(),
                            value=missed(match.group()), assertion=assertion,
                            qualifier={"instrument": instrument} if instrument else {},
                            confidence=0.9 if where == "body" else 0.85, taken=taken, why=why)  # fmt: skip


_PLACES: tuple[Where, ...] = ("body", "subject")
#: More stand in no circular.
_MOST = 100


def _verdict(document: Document, where: Where, text: str, match: re.Match[str]) -> tuple[bool, Assertion, str]:
    """Whether it is a non-detection, whose, and why."""
    begin, stop = sentence(text, match.start(), match.end())
    before, span, after = text[begin : match.start()], match.group(), text[match.end() : stop]
    if document.part(where, match.start(), match.end()) in ("quoted", "note", "acknowledgements", "authors"):
        return False, "cited", "stands in no text of the authors"
    if "NOT" in span and not text[begin:stop].isupper():
        return False, "asserted", "NOT is a telescope"
    if _FEATURE.search(span) or _FEATURE_AFTER.match(after) or (_PASSIVE.match(span) and _FEATURE.search(before[-60:])):
        return False, "negated", "a feature is missing, not a source"
    if _FUTURE.search(before[-120:]):
        return False, "hypothetical", "under a condition"
    if not _about_something(where, before, span, text[match.end() : match.end() + 260]):
        return False, "negated", "says not what is missing"
    if _PAST.search(before[-60:] + span) or (_OTHERS.search(span + after[:90]) and not _OURS.search(before + span)):
        return True, "cited", "told of earlier data or of others"
    return True, "negated", f"looked for and not found: {missed(span)}"


_PAST = re.compile(
    r"\b(?:last|latest|previous(?:ly)?|earlier|deepest|most recent|prior|reported|other|consistent with (?:the |"
    r"their )?)"
    r" ?(?:\w+ ){0,2}non-?detection",
    re.I,
)
#: A non-detection of others: "the non-detections by LCOGT (GCN 1234)".
_OTHERS = re.compile(
    r"non-?detections?[^.;]{0,40}(?:\b(?:by|from|of) (?:[A-Z]|the [A-Z])|reported|\(\w[^)]{0,40}(?:GCN|et al))|"
    r"^[^.;(]{0,60}\bby (?:[A-Z]\w+ ){1,3}(?:et al|\(GCN|GCN)"
)
_OURS = re.compile(r"\b(?:we|our)\b", re.I)
_FEATURE_AFTER = re.compile(
    r"^ of (?:\[|any dropout|H-?(?:alpha|beta)|Ly)|"
    r"^(?:[^.;,()]|, (?=\w+(?: or| and|,))){0,50}?\b(?:lines?|features?|variability|evolution|breaks?|continuum|"
    r"redshift|"
    r"periodicit\w+|absorption|spectra|in the spectrum|bump)\b",
    re.I,
)
_PASSIVE = re.compile(r"(?:is|was|are|were|not|be|been|has|have|cannot|can|could)\b", re.I)
_ACTIVE = re.compile(r"(?:do|did|does|cannot|can|could|fail\w*|have|has)\b", re.I)
#: Verbs that miss a fact instead of a source: "do not find that".
_NO_SOURCE = re.compile(
    r"^ ?(?:that\b|how\b|which\b|whether\b|in agreement|to be|a correlation|much|"
    r"it possible)",
    re.I,
)
_NOUN = re.compile(
    r"\b(?:afterglow|counterpart|source|object|transient|candidate|emission|signal|neutrino|event|host|galaxy|"
    r"supernova|"
    r"SN|OTs?|OA|burst|trigger|GRB|it|which|they|flares?|star|S\d|photons|AT ?20\d\d|here|this|position)\w*",
    re.I,
)
_DETECTS = re.compile(r"detect|visible|seen|see\b", re.I)


def _about_something(where: Where, before: str, span: str, after: str) -> bool:
    """Whether a source is what is missing: named in the span, or the subject or object of its verb."""
    if _NO_SOURCE.match(after):
        return False
    if re.match(r"(?:[Nn]o|NO|[Nn]either|[Zz]ero)\b", span):
        verb = re.search(_SAW, span) or re.match(
            rf"[^;\n]{{0,240}}?\b(?:is|was|were|are|been|"
            rf"be)\b(?: \w+ly)? {_SAW}",
            after,
        )
        there = re.search(
            r"\b(?:there (?:is|was|are|were)|with|see|find|found|shows?|reveal\w*|yield\w*|detect\w*|and|report)\s*$",
            before,
            re.I,
        )
        bare = not before.strip(" \"'(*-") and bool(re.match(r"[^.;]{0,40}[.;\n]|[^.;]{0,60}$", after))
        told = re.search(r"\bevidence|signs? of|indication|detection", span)
        return bool(verb or there or bare or told or where == "subject")
    if re.search(rf"{_THING}$", span) or span.lower().startswith(
        ("non", "nothing", "without", "lack", "cons", "abs", "und")
    ):
        return True
    if re.search(r"not|n't|cannot|fail", span[:12]) and _ACTIVE.match(span) and not re.search(r"\bbe\b", span):
        return bool(re.match(rf"[^.;]{{0,60}}?{_THING}", after))
    return bool(_NOUN.search(before[-110:])) and (bool(_DETECTS.search(span)) or "found" in span)


def reads_again(fact: Fact) -> bool:
    """Whether the span alone says that this was missed."""
    text = Even(fact.text).text
    return missed(text) == fact.value and bool(_NOT.search(text) or _NO.search(text))


GRAMMAR = Grammar(predicates=("non_detection",), propose=propose, reads_again=reads_again)
