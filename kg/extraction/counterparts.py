"""Grammar of `counterpart` and `host`: a source seen where the event was, proposed or denied as its counterpart, and
a galaxy proposed as its host.

`value` of a counterpart is `counterpart`, or the name of the transient that the span holds; of a host `host galaxy` or
the galaxy's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.reports import report_type
from kg.extraction.sentences import sentence, sentences
from kg.names import catalogue_of, find_names, normalise_name

_KIND = (
    r"(?:optical|near-?IR|NIR|IR|infrared|X-?ray|radio|UV|UVOT|XRT|gamma-?ray|optical/NIR|optical/UV|mm|"
    r"sub-?mm|GeV|VHE)"
)
_NOUN = rf"(?:(?:{_KIND}[ /-]?){{0,2}}(?:afterglows?|counterparts?|transients?(?: source)?|OTs?|OA)\b)"
_WELL = (
    r"(?:(?:clearly|well|still|also|strongly|again|significantly|faintly|easily|marginally|weakly|barely|now|"
    r"bright(?:ly)?|successfully|just|both|detected and) ){0,3}"
)
#: "the afterglow is clearly detected", "the transient is seen", "was detected".
_SEEN = re.compile(
    rf"\b(?:{_NOUN}|(?:\w+ )?(?:source|object|transient|burst|GRB ?\d{{6}}[A-Z]?(?:/[\w .+-]{{4,24}})?|it|"
    rf"AT ?20\d\d\w+|"
    rf"EP\d{{6}}\w))[^.;:\n]{{0,70}}?"
    rf" (?:is|was|are|were|has been|remains|appears) {_WELL}(?P<verb>detect(?:ed|able)|visible|seen|found|"
    rf"present|resolved|"
    rf"identified|confirmed|recovered|fading|obvious|faded)\b(?! to (?:be )?(?:consist|lie))",
    re.I,
)
#: "we detect the afterglow", "we clearly detected the OT", "detection of the X-ray afterglow".
_FIND = re.compile(
    rf"\b(?:detect(?:s|ed|ing)?|f[io]u?nd|see|saw|identif(?:y|ied)|confirm(?:s|ed)?|discover(?:ed)?|report|"
    rf"measured?|reveals?|"
    rf"revealed|recover(?:ed)?|localized?|notice|noticed|show(?:s|ed)?)"
    rf"(?: (?:the|an?|its|this|one|our|detection of|discovery of|presence of|clearly|candidate|possible|new|"
    rf"potential|likely|"
    rf"probable|fading|faint|bright|uncatalogued|variable|optical|same|previously|reported|again|continued|only|"
    rf"magnitudes? of|single|"
    rf"for|bright,|clear|of|single,|very|red|blue|decaying|rapidly|strong|plausible|good|weak|point|point-like|"
    rf"that)){{0,7}}"
    rf",? ?{_NOUN}",
    re.I,
)
#: "detection of the X-ray afterglow", "afterglow candidate", "the afterglow had R = 20".
_OF = re.compile(
    rf"\b(?:(?:clear |strong |significant |successful |early |continued |first )?(?:detections?|discovery|"
    rf"identification|confirmation) of "
    rf"(?:the |an? |its )?(?:(?:fading|candidate|bright|possible|likely|faint) )*{_NOUN}"
    rf"|{_NOUN} (?:candidate|detections?\b|discovery|confirmation|photometry|acquisition|(?:magnitudes?|"
    rf"flux(?: density)?|brightness)"
    rf"\b)|(?:candidate|possible|potential|likely|probable|proposed|plausible|strong candidate|best candidate)"
    rf"(?: (?:for|as))?(?: the| an?)? {_NOUN}"
    rf"|(?:estimate|measure|obtain(?:ed)?|derive|find)[^.;\n]{{0,40}}? (?:for|of) (?:the )?{_NOUN}"
    rf"|{_NOUN}[^.;\n]{{0,60}}? (?:has|had|have|faded|fades|decayed|decays|is fading|was fading|shows?|continues|"
    rf"brightened|with) "
    rf"(?:a |to |been |fad|an |dec|magnitude|[a-zA-Z]'? ?[=~])"
    rf"|magnitudes? of (?:the )?{_NOUN})",
    re.I,
)
#: A new source of an automatic report.
_NEW = re.compile(
    r"\b(?P<how>(?:an?|one|two|three|single|clear|the)[ ,]+(?:\w+[ ,-]+){0,4}?)(?P<what>(?:uncatalog\w+|fading|"
    r"new|previously unknown|"
    r"unknown|clear|bright|variable|decaying|unidentified|significant|point-like)[ ,]+(?:and |but )?(?:\w+[ ,-]+){0,3}?"
    r"(?:X-?ray|optical|radio|IR|NIR|near-infrared|infrared|point|UV|transient)[ -]?(?:transient |"
    r"point )?(?:source|object|transient)\b)",
    re.I,
)
_CLEAR_X = re.compile(
    r"\ba (?:clear|bright|strong|significant|single) X-?ray source\b|"
    r"\bbright source is (?:well )?detected",
    re.I,
)
#: An identification with the event: "is the afterglow", "as the optical counterpart of".
_IS = re.compile(
    r"\b(?:is|are|be|being|as|was|likely|represent) (?:(?:indeed|most|very|likely|probably|possibly|the|an?|its|"
    r"strong|good|"
    rf"probable|likely to be|to be|therefore|thus|candidate|fading|bright|genuine) ){{0,4}}{_NOUN}(?: candidate)?"
    r"(?: (?:of|to|for) (?:the )?(?:GRB|short|burst|EP|S\d|IceCube|Fermi|Swift|event)[\w -]{0,20})?",
    re.I,
)
_DENIED = re.compile(
    r"\b(?:(?:is|are|was|be) (?:therefore |thus |most |very |likely |clearly |probably )*(?:not|unlikely to be|"
    r"ruled out|excluded)"
    rf"(?: as)?(?: (?:the|an?|likely|related to|associated with|connected to))*(?: {_NOUN}| the (?:burst|GRB|"
    rf"afterglow)| GRB ?\d+\w?)"
    r"|(?:likely |probably |therefore )?(?:unrelated|not (?:physically |likely )?(?:related|associated|"
    r"connected))(?: to| with)"
    r"(?: the (?:burst|GRB|event|GW|neutrino)| GRB ?\d+\w?| S\d{6}\w+| EP\d+\w| IceCube-?\d+\w)"
    r"|events? to be unrelated|(?:rule|ruled) out [^.;\n]{0,60}? as (?:the |an? )?(?:\w+ )?(?:counterpart|afterglow))",
    re.I,
)
_HOST = re.compile(
    r"\b(?:(?P<doubt>(?:candidate|possible|potential|likely|probable|putative|plausible|presumed|"
    r"best candidate for the|candidate for the) )"
    r"host(?: galax(?:y|ies))?|host galaxy candidates?"
    r"|(?:detect(?:ed|ion of)?|identif(?:y|ied|ication of)|find|found|discover(?:ed|y of)|"
    r"consider) (?:as )?(?:the|its|an?) (?:\w+ )?host(?: galaxy)?"
    r"|(?:is|as|be) (?:likely |probably |possibly |most likely |to be )*(?:the|its) (?:\w+ )?host(?: galaxy)?"
    r"|(?:magnitude|redshift|spectrum|colou?rs?|morphology) (?:of|for) (?:the|its) host(?: galaxy)?"
    r"|(?:the|its) host(?: galaxy)?(?: of GRB ?\d{6}\w?)? (?:is|was|has|appears|shows) (?:detected|visible|a |"
    r"an |seen|at |clearly|also|"
    r"consistent|bright|faint|blue|red|z|R))",
    re.I,
)
_HEDGE = re.compile(
    r"\b(?:candidates?|possibl[ey]|potential(?:ly)?|likely|probabl[ey]|plausibl[ey]|may|might|could|suggest\w*|"
    r"tentativ\w*|marginal\w*|"
    r"presum\w+|proposed|appears? to be|seems?|believe|putative|perhaps|cannot (?:\w+ ){0,2}(?:rule|exclude|"
    r"determine|confirm)|"
    r"if\b|whether|unclear)\b",
    re.I,
)
#: A denial; the telescope NOT is spelt in capitals.
_NOT = re.compile(
    r"\b(?:no|No|NO|not|Not|nor|[Nn]either|[Ww]ithout|[Ff]ail\w*|[Cc]annot|[Ll]ack|[Aa]bsence|[Nn]on|[Nn]one|"
    r"[Nn]ever|[Nn]othing|"
    r"[Uu]pper limits?|[Uu]ndetected|too faint|hardly)\b|n't\b"
)
_COND = re.compile(r"\b(?:if|whether|to (?:search|look|detect|find|identify|confirm|determine)|search(?:ed|"
                   r"ing)? for|would|in order|in search|"
                   r"encourage\w*|will|should|once|until|unless|need\w*|required?)\b[^.;]{0,80}$", re.I)  # fmt: skip
_CUES = ("afterglow", "counterpart", "transient", "source", "object", " ot", "host", "oa ", "related", "associated")
#: More stand in no circular.
_MOST = 80


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that reads as a counterpart or host. Where a circular denies the counterpart, what it saw was that."""
    found = list(_all(document))
    denied = {c.object for c in found if c.taken and c.assertion == "negated"}
    for candidate in found:
        if candidate.predicate == "counterpart" and candidate.assertion != "negated" and candidate.object in denied:
            yield msgspec.structs.replace(candidate, taken=False, why="seen, but denied as the counterpart elsewhere")
        else:
            yield candidate


def _all(document: Document) -> Iterator[Candidate]:
    """Counterparts and hosts, place by place."""
    for where in _PLACES:
        text = document.even(where).text
        lower = text.lower()
        if not any(cue in lower for cue in _CUES):
            continue
        count = 0
        for begin, stop in sentences(text):
            for sort, match in _matches(text, lower, begin, stop):
                count += 1
                if count > _MOST:
                    return
                if sort == "host":
                    yield _host(document, where, text, match)
                else:
                    yield _counterpart(document, where, text, match, sort)


def _matches(text: str, lower: str, begin: int, stop: int) -> Iterator[tuple[str, re.Match[str]]]:
    """What a sentence says; a pattern is tried only where its words stand."""
    own = lower[begin:stop]
    for sort, cues, pattern in _PATTERNS:
        if any(cue in own for cue in cues):
            for match in pattern.finditer(text, begin, stop):
                if match.group().strip():
                    yield sort, match


_NOUNS = ("afterglow", "counterpart", "transient", "ot", "oa")
_THINGS = ("source", "object", "transient")
_BEING = (" is ", " was ", " are ", " were ", " been ", " remains ", " appears ")
_PLACES: tuple[Where, ...] = ("body", "subject")
_PATTERNS = [
    ("denied", ("related", "associated", "connected", "rule", "afterglow", "counterpart"), _DENIED),
    ("is", _NOUNS, _IS),
    ("find", _NOUNS, _FIND),
    ("seen", _BEING, _SEEN),
    ("of", _NOUNS, _OF),
    ("new", _THINGS, _NEW),
    ("new", _THINGS, _CLEAR_X),
    ("host", ("host",), _HOST),
]


def _counterpart(document: Document, where: Where, text: str, match: re.Match[str], sort: str) -> Candidate:
    begin, stop = sentence(text, match.start(), match.end())
    before, span, after = text[begin : match.start()], match.group(), text[match.end() : stop]
    assertion, taken, why = _verdict(document, where, match, sort, before, span, after)
    value = next(
        (n.name for n in find_names(span) if n.catalogue in ("tns", "survey", "place", "source")), "counterpart"
    )
    return Candidate(predicate="counterpart", where=where, start=match.start(), end=match.end(), value=value,
                     assertion=assertion, confidence=0.85 if taken else 0.3, taken=taken, why=why,
                     object=_whose(document, where, match))  # fmt: skip


def _whose(document: Document, where: Where, match: re.Match[str]) -> str | None:
    """The event whose counterpart it is: a transient beside it is the counterpart, not the event."""
    found = document.object_at(where, match.start(), match.end())
    transient = found is not None and catalogue_of(normalise_name(found) or found) in ("tns", "survey")
    return document.about if transient else found


def _verdict(
    document: Document, where: Where, match: re.Match[str], sort: str, before: str, span: str, after: str
) -> tuple[Assertion, bool, str]:
    """How a counterpart is told, and whether it is told here."""
    part = document.part(where, match.start(), match.end())
    if part in ("quoted", "note", "acknowledgements", "authors"):
        return "cited", False, "stands in no text of the authors"
    if sort == "denied":
        return "negated", where == "body", "denied"
    if sort == "is" and _RULED_OUT.search(before[-90:]):
        return "negated", False, "ruled out"
    if _NOT.search(before[-90:] + span) and not (sort == "is" and not _NOT.search(before[-25:] + span)):
        return "negated", False, "a denial stands before it"
    if _COND.search(before[-110:]) and sort != "is":
        return "hypothetical", False, "looked for, or under a condition"
    if _by_others(sort, before, span, after):
        return "cited", False, "others' counterpart"
    sorted_as = report_type(document.subject.text)[0]
    if sorted_as in ("correction", "retraction") and (where == "subject" or sorted_as == "correction"):
        return "cited", False, "only the circular that is mended tells of it"
    if sort in ("seen", "new") and sorted_as == "detection" and not _NOUN_RE.search(span) and not _swift(document):
        return "asserted", False, "the burst itself was seen"
    hedged = bool(_HEDGE.search(before[-70:] + span + after[:30]))
    if sort == "new":
        return _new(span, before, after)
    if where == "subject":
        return ("hedged" if hedged else "asserted"), not _NOT.search(document.subject.text), "the subject says so"
    return ("hedged" if hedged else "asserted"), True, "seen, or named as the counterpart"


def _by_others(sort: str, before: str, span: str, after: str) -> bool:
    """Whether it is another team's counterpart, which this circular only names."""
    ours = _OURS.search(before + span)
    naming = sort in ("of", "find", "is")
    if naming and _CITED_BEHIND.match(after) and not _SEES.search(span[:14] + before[-20:]):
        return True
    if _FOUND_BY.search(after[:50]) and not _OURS.search(before[-40:] + span):
        return True
    if naming and _PROPOSED.search(before[-25:] + span) and not re.search(r"\b[Ww]e\b[^.;,]{0,20}$", before):
        return True
    told = _CITES.search(before) or (naming and _BY_THEM.search(before))
    return bool(told) and not ours and sort in ("of", "find", "is", "new")


def _swift(document: Document) -> bool:
    """Whether Swift reports, whose first circular tells of its X-ray and ultraviolet telescopes too."""
    return "Swift" in document.subject.text


_RULED_OUT = re.compile(r"\brul(?:e|ed) out|\bexclud\w+|\breject", re.I)
_CITED_BEHIND = re.compile(r"[^.;]{0,25}\((?:[^()]{0,50}et al|GCN)")
_SEES = re.compile(r"\b(?:detect|confirm|find|found|measure|identify|estimate|see)", re.I)
_FOUND_BY = re.compile(
    r"\b(?:reported|discovered|proposed|suggested|announced|found|detected|identified) (?:by|in) "
    r"(?!us|our|the UVOT|XRT|Swift)"
)
_PROPOSED = re.compile(r"\b(?:proposed|suggested|reported|announced|claimed|put forward) (?:\w+ )?as\b", re.I)
_BY_THEM = re.compile(r"\b(?:followed up|observed|reported|found|discovered) by (?!us\b|our\b)", re.I)
_CITES = re.compile(r"\bet al\b|\bGCN\b", re.I)
_OURS = re.compile(r"\b(?:we|our|us|ours)\b", re.I)
_NOUN_RE = re.compile(r"afterglow|counterpart|\bOT\b|\bOA\b", re.I)


def _new(span: str, before: str, after: str) -> tuple[Assertion, bool, str]:
    """A source of an automatic report: bright or fading ones are the afterglow, others may be."""
    if re.search(
        r"\b(?:fading|bright|decaying|clear|"
        r"variable)\b",
        span,
        re.I,
    ) or re.search(r"\bfading\b", after[:200], re.I):
        return "asserted", True, "a bright, fading or clear new source"
    return "hedged", True, "a new source"


def _host(document: Document, where: Where, text: str, match: re.Match[str]) -> Candidate:
    begin, _ = sentence(text, match.start(), match.end())
    before, span = text[begin : match.start()], match.group()
    part = document.part(where, match.start(), match.end())
    denied = bool(_NOT.search(before[-60:] + span))
    condition = bool(_COND.search(before[-110:]) or re.search(r"\b(?:if|assum\w+)\b", before[-80:], re.I))
    taken = part in ("body", "table", "header") and not denied and not condition
    hedged = bool(match["doubt"]) or bool(_HEDGE.search(before[-70:] + span))
    why = "named as the host" if taken else "denied, or under a condition" if part == "body" else "stands in no text"
    return Candidate(predicate="host", where=where, start=match.start(), end=match.end(), value="host galaxy",
                     assertion="hedged" if hedged else "asserted", confidence=0.8, taken=taken, why=why)  # fmt: skip


def reads_again(fact: Fact) -> bool:
    """Whether the span alone speaks of a counterpart, by that name, or of a host."""
    text = Even(fact.text).text
    if fact.predicate == "host":
        return bool(_HOST.search(text))
    named = [n.name for n in find_names(text)]
    if fact.value != "counterpart" and fact.value not in named:
        return False
    # A blank behind it, as there is in the circular: some patterns end with it.
    return any(pattern.search(f"{text} ") for sort, _, pattern in _PATTERNS if sort != "host")


GRAMMAR = Grammar(predicates=("counterpart", "host"), propose=propose, reads_again=reads_again)
