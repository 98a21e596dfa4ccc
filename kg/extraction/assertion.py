"""Whether the authors stand by a value: asserted, hedged, negated, hypothetical or cited, from the sentence around it
and the part of the circular it stands in. Grammars of numbers ask here; they may know better and say so.

What is called doubt, forecast and another's result follows docs/annotation.md.
"""

from __future__ import annotations

import re

from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Where
from kg.extraction.sentences import sentence
from kg.openings import compiled


def _words(pattern: str) -> re.Pattern[str]:
    return compiled(pattern, re.I)


#: A value after these, in the same sentence, holds only under a condition.
_IF = _words(
    r"\b(?:if|assum(?:ing|es?|ed)|suppos(?:ing|e)|were it|should it|hypothetical(?:ly)?)\b"
    r"(?! (?:needed|possible|any|not)\b)"
)
#: What may be assumed and leaves the value a measurement: a spectrum, a calibration star, an extinction, a prior.
_HARMLESS = _words(
    r"^\W*(?:that )?(?:an?|the|this|same|our|typical|its)?\W*(?:\w+[ -]){0,3}?(?:power|photon|spectr\w*|index|model|"
    r"Band\b|cut-?off|E\^|dN|conver\w+|R ?=|R\d ?=|mag\w*|star|extinction|reddening|Galactic|isotropic|flat|"
    r"Crab|thermal|hydrogen|column|beta|Gamma|alpha|zero|stellar|opacity|exposure|energy|source is constant|"
    r"constant|circular|gaussian|Poisson|\w+ (?:law|index|spectrum|model)|USNO|null|no (?:\w+ ){0,2}(?:evolution|"
    r"extinction|absorption|intrinsic|host))"
)
#: After the value: what makes it a condition's.
_IF_AFTER = _words(
    r"^[^.;\n]{0,25}[(,]? ?\b(?:if\b(?! (?:you|any)\b)|assuming (?:that |a |an |the )*"
    r"(?:red-?shift|distance|z\b|it|this|real))"
)
_FORECAST = _words(
    r"\b(?:predict(?:ed|s|ion|ions)?|forecast\w*|will (?:be|have|reach|peak|rise|fade)|expected (?:\w+ ){0,3}(?:flux|"
    r"brightness|mag\w*|to (?:be|reach|have|peak))|extrapolat(?:ed|es|ing|ion) (?:to|forward)|"
    r"would (?:be|have|imply|correspond|give|reach|put|place|mean|require|yield|expect))\b"
)
#: "would be" that is no forecast.
_REALLY = _words(r"\bwould (?:like|be (?:grateful|happy|useful|interested|glad))\b")
#: A mission's forecast of a count rate goes on over several sentences.
_FORECAST_FLUX = _words(
    r"\b(?:light ?curve|afterglow|decay) continues\b[^\n]{0,400}$|"
    r"\bpredicted (?:\w+ ){0,3}(?:count rate|flux)\b[^\n]{0,300}$"
)
#: Directly in front of the value, with no noun of its own between: doubt about the number.
_DOUBT = _words(
    r"\b(?:tentative(?:ly)?|possibl[ey]|probabl[ey]|(?:most |very )?likely|perhaps|presumabl[ey]|plausibl[ey]|"
    r"may|might|could|ought to|suggest(?:s|ed|ing|ive)?|provisional(?:ly)?|uncertain|marginal(?:ly)?|hints?)\b"
    r"(?P<rest>[^.;:\n]{0,60})$"
)
_DOUBT_AFTER = _words(
    r"^[^.;\n]{0,12}\(?(?:\b(?:tentative|possibly|probably|perhaps|unconfirmed|likely|to be confirmed|uncertain)\b|\?)"
)
#: What the doubt is about instead of the number: an identification, a brightening.
_NOUN = _words(
    r"\b(?:candidates?|counterparts?|afterglows?|sources?|objects?|associat\w+|transients?|detection|supernova|"
    r"host|galax\w+|due|because|and|but|which|that the|we|fading|event|burst|GRB|variab\w+|jet|break|flare|"
    r"classified|as an?|absorption|lines?)\b"
)
_DENIED = _words(
    r"\b(?:rul(?:e[sd]?|ing) out|exclud(?:e[sd]?|ing)|reject(?:s|ed|ing)?|inconsistent with|incompatible with|"
    r"not (?:\w+ ){0,2}(?:consistent|compatible|associated|coincident) with|disfavou?r(?:s|ed|ing)?|"
    r"instead of|rather than|erroneous(?:ly)?|incorrect(?:ly)?|mistaken(?:ly)?|wrong(?:ly)?|no longer|withdraw\w*|"
    r"retract\w*|supersedes?|in place of|previously given as|should not (?:be|have been)|"
    r"cannot (?:\w+ ){0,2}be (?:at|placed|located))\b(?P<rest>[^.;:\n]{0,70}(?: at RA\W{1,3}Dec[^.;\n]{0,12})?)$"
)
#: Between the denial and the value: the sentence has gone on to something that is said.
_GOES_ON = _words(r"\b(?:but|and|is|are|was|were|we|find|the correct|should|instead|now|to a|down to|limit\w*)\b")
#: "changed from 0.599 to 0.5955": the first is gone, the second is only told again.
_FROM = _words(r"\b(?:from|replac\w+|was|the)\s*\"?\s*$")
_TO = _words(r"^\s*(?:[a-zA-Z%^/-]{1,12}\s*)?\"?\s*(?:to|with|by|was|->|into)\b")

_CITE = r"(?:\bet\.? ?al\b|\bGCN(?:C|S)?\b|\bCGN\b|\bATel\b|\bIAUC?\b|\barXiv|\bTNS\b|\bApJ|\bMNRAS|\bA&A\b)"
#: After the value, close: "(Smette et al., GCN 603)", "as determined by".
_CITED_AFTER = _words(
    rf"^(?:[^.;:\n(]|\.\d){{0,50}}\((?!this\b|consistent|compar|similar|see also)[^()\n]{{0,80}}?{_CITE}"
    r"|^[^.;\n]{0,40}(?<!, )\b(?:as )?(?:reported|given|found|measured|determined|announced|published|quoted|derived) "
    r"(?:in|by)\b(?! (?:us|our|this|the (?:automatic|on-?board|flight|XRT team|fit)))"
    rf"|^[ ,]{{0,2}}(?:from|see|by) [^.;\n]{{0,40}}{_CITE}"
    r"|^[^.;\n()]{0,20}[;,] ?(?:see |from |e\.g\. )?(?:[A-Z][\w-]+(?: (?:&|and) [A-Z][\w-]+| et al\.?),? )?"
    rf"{_CITE}[^()\n]{{0,40}}\)"
    r"|^, as (?:reported|determined|measured|found|given) by (?!us|our)"
)
#: In one bracket with the value, which names whose it is: "(1.4 +/- 0.2 s; Doe et al., GCN 40001)".
_SHARED_BRACKET = _words(
    r"^(?![^()\n]{0,60}\b(?:consistent|compar\w+|similar|see also|calibrat\w+|"
    r"relative)\b)[^()\n]{0,70}?[,;] ?(?-i:[A-Z])[\w'-]+"
    r" (?:et ?\.? ?al\b|(?:&|and) (?-i:[A-Z]))[^()\n]{0,60}\)"
)
#: In front of the value: words that hand it to somebody else.
_CITED_BEFORE = _words(
    r"\b(?:reported|published|announced|quoted|given|provided|found|measured|determined|derived|localized|detected|"
    rf"circulated|distributed) (?:in|by|at|as|earlier|previously)\b[^;\n]{{0,60}}{_CITE}[^;\n]{{0,60}}$"
    rf"|{_CITE}[^;.\n]{{0,40}}\b(?:reports?|reported|gives?|gave|found|measured|claimed|obtained|quoted?|derived)\b"
    r"[^;\n]{0,60}$"
    r"|\b(?:previously|earlier|already) (?:reported|published|announced|given)\b[^.;\n]{0,60}$"
    r"|\bthe (?:reported|published|known) (?:redshift|position|T90|value|fluence|magnitude|host)\b[^.;\n]{0,40}$"
    rf"|{_CITE}[^;\n()]{{0,40}}\) (?:of|at|is|was) $"
    r"|\binitially (?:classified|reported|given)\b[^.;\n]{0,80}$"
)
#: An agreement with others: the value is our own.
_AGREES = _words(r"\b(?:confirm\w*|corroborat\w*|consistent|agree\w*|agreement|compatible|refin\w+|compar\w+)\b")
#: The sentence has gone on to what was done here.
_AND_THEN = _words(
    r"\band (?:measure|find|obtain|derive|detect|estimate)|\bis (?:clearly |well )?detected|\bnot detected|"
    r"\bat a magnitude"
)
_WE = _words(r"\b(?:we|our|ours|here we|this work|I)\b")
_WE_DO = _words(
    r"\bwe (?:\w+ ){0,2}(?:measure|find|found|obtain|derive|determine|detect|estimate|report|infer|confirm|refine|see|"
    r"get|set|place|localize|localise|calculate|observe)\w*"
)


def assertion_of(document: Document, where: Where, start: int, end: int) -> tuple[Assertion, str]:
    """How the authors put the value at `start:end` of the even text, and why in words for people."""
    part = document.part(where, start, end)
    text = document.even(where).text
    begin, stop = sentence(text, start, end)
    before, after = text[begin:start], text[end:stop]
    if part == "quoted":
        return "cited", "stands in quoted text"
    if part == "note":
        if _TO.match(after) and _FROM.search(before):
            return "negated", "a note says that this was replaced"
        return "cited", "stands in a note of the archive"
    if part == "acknowledgements":
        return "cited", "stands in the acknowledgements"
    if found := _conditional(text, start, before, after):
        return "hypothetical", f'under a condition or a forecast: "{found}"'
    if found := _denied(before):
        return "negated", f'denied: "{found}"'
    if found := _borrowed(before, after):
        return "cited", f'another\'s result: "{found}"'
    if found := _doubted(before, after):
        return "hedged", f'in doubt: "{found}"'
    return "asserted", "said plainly"


def _conditional(text: str, start: int, before: str, after: str) -> str | None:
    """The words that make it hold only under a condition, or in the future."""
    for condition in _IF.finditer(before):
        rest = before[condition.end() :]
        if not _HARMLESS.match(rest) and not (len(rest) > 250 and ";" in rest):
            return condition.group()
    near = before[-200:]
    if (forecast := _FORECAST.search(near)) and not _REALLY.search(near):
        return forecast.group()
    if condition_after := _IF_AFTER.match(after):
        return condition_after.group().strip()
    if forecast := _FORECAST_FLUX.search(text[max(0, start - 400) : start]):
        return forecast.group()[:30]
    return None


def _denied(before: str) -> str | None:
    """The words that deny it, where nothing after them says something else. The telescope called NOT denies nothing:
    its name stands in capitals, and no pattern here takes a bare "not"."""
    match = _DENIED.search(before)
    if match is None or _GOES_ON.search(match["rest"]) or re.search(r"\bNOT\b", match.group()):
        return None
    return before[match.start() : match.start("rest")]


def _borrowed(before: str, after: str) -> str | None:
    """The words that say whose result it is, unless we measured it ourselves."""
    match = _CITED_AFTER.match(after)
    if match:
        of_others = match.group().startswith(", as ") or not _AGREES.search(before[-200:] + match.group())
        if of_others and not _WE_DO.search(before[-120:]):
            return match.group().strip()[:60]
    if before.rfind("(") > before.rfind(")") and (match := _SHARED_BRACKET.match(after)):
        return match.group().strip()[:60]
    match = _CITED_BEFORE.search(before)
    if match and not _WE.search(match.group()) and not _AND_THEN.search(match.group()):
        return match.group()[:60]
    return None


def _doubted(before: str, after: str) -> str | None:
    """The words of doubt, where they are about the number itself."""
    if (match := _DOUBT.search(before)) and not _NOUN.search(match["rest"]):
        return before[match.start() : match.start("rest")]
    if (match := _DOUBT_AFTER.match(after)) and "classif" not in after[:60]:
        return match.group().strip()
    return None
