"""What the words around a number of a spectrum say: which model was fitted, to which part of the burst, to the prompt
emission or the afterglow, and whether the number was measured or put in."""

from __future__ import annotations

from kg.extraction.detectors import instruments, last_instrument
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Where
from kg.extraction.sentences import sentence
from kg.openings import compiled

#: How far before a number its model and interval are looked for.
_BACK = 700
_MODEL = compiled(
    r"(?P<band>\bBand(?:'s)?(?:[ -](?:GRB|function|model|spectr\w+|law|fit)|\b)|GRB \(Band\)|\bGRB (?:model|function))|"
    r"(?P<cpl>\bCPL\b|\bCOMPT\b|[Cc]omptoni[sz]ed|[Cc]ut-?[ -]?off[ -]?power|exponential(?:ly)?[ -](?:high[ -]energy )?"
    r"cut-?[ -]?off|[Pp]ower[ -]?law (?:function |model )?(?:with|times?|multiplied by|and|"
    r"time) (?:an? )?(?:high[ -]energy "
    r")?(?:exponential|cut-?off))|"
    r"(?P<broken>[Ss]moothly[ -]broken|[Bb]roken[ -]power[ -]?law)|"
    r"(?P<bb>[Bb]lack-?[ -]?body)|"
    r"(?P<pl>(?:[Ss]imple|[Ss]ingle|[Aa]bsorbed|PL|[Pp]ower)[ -]?(?:[Pp]ower[ -]?)?(?:law|model|fits?)\b"
    r"(?!(?: function| model)? (?:with|times?|multiplied|and an? exp|[Pp]hoton|photon spectral|ind|decay)|"
    r"\s?[Pp]hoton ?ind))"
)
_NAMES = {
    "band": "Band",
    "cpl": "cutoff power law",
    "broken": "broken power law",
    "bb": "blackbody",
    "pl": "power law",
}
_INTERVAL = compiled(
    r"(?P<whole>[Tt]ime[- ](?:integrated?|averaged?)|[Ii]ntegrated (?:over the (?:whole|entire|total)|spectrum)|"
    r"[Tt]otal spectrum|whole burst)|"
    r"(?P<main>[Mm]ost intense part|[Mm]ain (?:part|pulse|emission|episode|peak))|"
    r"(?P<peak>[Nn]ear the (?:peak|maximum)|[Pp]eak count rate|(?:at|around) the peak of|"
    r"(?:second|sec|s|ms) peak of|[Pp]eak spectrum|brightest part)|"
    r"(?P<part>[Tt]ime[- ]resolved|[Ii]nitial (?:phase|pulse|spike)|[Ee]xtended (?:phase|emission)|[Pp]recursor)"
)
_AFTERGLOW = compiled(
    r"\bXRT\b|\bPC\b|\bWT\b|\b[Aa]bsor\w+|\bN_?H\b|\b[Cc]olumn|\b[Aa]fterglow|\bChandra|\bXMM|\bNICER|\bNuSTAR|\bFXT|"
    r"\bMXT\b|\b0?\.[2-5] ?- ?(?:7|8|10)(?:\.0)? ?keV"
)
_PROMPT = compiled(
    r"\bBAT\b|\bGBM\b|\bT_?\{?90|\bWAM\b|\bKonus|\bKW\b|\bCZTI|\bGRM\b|\bECLAIRs|\bWXT\b|\bfluence|\btime-averaged|"
    r"\b(?:burst|prompt) (?:emission|spectrum)"
)
#: Put in, not measured.
_PUT_IN_BEFORE = compiled(
    r"\b(?:[Aa]ssum\w+|[Tt]ypical|[Cc]haracteristic|[Tt]emplate|[Cc]anonical|[Aa]dopt\w+|[Ff]ix(?:ed|ing)|"
    r"[Ff]r(?:eezing|ozen)|[Hh]ypothetical|(?:[Uu]sing|[Ff]or) an? (?:\w+[ -]){0,4}(?:spectrum|model|template))"
    r"(?:[^.;\n]|\.\d){0,80}$"
)
#: What is found under an assumption about something else.
_FOUND = compiled(r"\b(?:yields?|gives?|results?|find|found|derived?|obtain(?:ed)?|parameters (?:are|is)|are(?= ?:))\b")
_FLARES_OUT = compiled(r"\bIf (?:these|the|this) (?:\w+ )?flar")
#: Another's result, named in front.
_OTHERS = compiled(
    r"\bet al\.?,? ?\([^()\n]*\bGCN[^()\n]*\) (?:observ\w+|infer\w+|see|saw|obtain\w*|deriv\w+)[^.;\n]{0,40}$"
)
#: Bursts in general.
_GENERAL = compiled(r"\b(?:typical|average|(?:type|class|kind|sort)s? of|GRBs|bursts) [^.;\n]{0,60}$")
_PUT_IN_AFTER = compiled(r"^[^.;\n\d]{0,12}\b(?:fixed|frozen|assumed|held)\b")
#: A redshift that somebody measured: what is computed with it is a result, what is computed for a guess is not.
_GIVEN_REDSHIFT = compiled(
    r"\b(?:z ?(?:=|~|of) ?|redshift of (?:z ?= ?)?)\d+(?:\.\d+)?[^.;\n]{0,12}\((?:[^()\n]{0,80}\b(?:GCN|et al)|"
    r"[^()]{0,30}GCN)"
)


def model_before(text: str, at: int) -> str | None:
    """The spectral model named last before a place."""
    # Beyond the place, too, so that "power law index" is not taken for a power law.
    found = [m for m in _MODEL.finditer(text, max(0, at - _BACK), at + 40) if m.end() <= at]
    return _NAMES[found[-1].lastgroup or "pl"] if found else None


def interval_before(text: str, at: int) -> str | None:
    """Which part of a burst the spectrum is of, by the words before a number in its paragraph."""
    found = None
    for found in _INTERVAL.finditer(text, max(0, at - _BACK), at):  # noqa: B007 - the last one counts
        pass
    if found is None:
        return None
    return {"whole": "time-integrated", "main": "main part", "peak": "peak", "part": "part"}[found.lastgroup or "whole"]


def is_of_afterglow(text: str, start: int, end: int) -> bool:
    """Whether a power law is that of the afterglow: what stands nearer in front, words for it or for the burst."""
    near = text[max(0, start - 300) : end + 60]
    after = [m.start() for m in _AFTERGLOW.finditer(near)]
    prompt = [m.start() for m in _PROMPT.finditer(near)]
    return bool(after) and (not prompt or after[-1] > prompt[-1])


def measured_as(
    document: Document, where: Where, start: int, end: int, assertion: Assertion, *, by_redshift: bool = False
) -> Assertion:
    """`assertion`, with what is put into a fit told as hypothetical, and what follows from a measured redshift as
    said."""
    text = document.even(where).text
    begin, stop = sentence(text, start, end)
    before = text[max(begin, start - 160) : start]
    if assertion == "asserted" and _OTHERS.search(before):
        return "cited"
    if assertion == "hypothetical" and _FLARES_OUT.search(text, begin, start):
        return "asserted"
    if by_redshift:
        if assertion == "asserted" and _GENERAL.search(before):
            return "hypothetical"
        given = assertion == "hypothetical" and _GIVEN_REDSHIFT.search(text, begin, start)
        return "asserted" if given else assertion
    if _PUT_IN_AFTER.match(text[end:stop]):
        return "hypothetical"
    found = _PUT_IN_BEFORE.search(before)
    return "hypothetical" if found and not _FOUND.search(found.group()) else assertion


def instrument_of(document: Document, where: Where, start: int) -> str | None:
    """Whose spectrum it is: the subject's only instrument, all those of a joint fit, else the one named last before a
    number, else the subject's first. A triangulation measures no spectrum."""
    subject = document.subject.text
    named = [name for name in dict.fromkeys(name for _, name in instruments(subject, 0, 300)) if name != "IPN"]
    if len(named) == 1:
        return named[0]
    if len(named) > 1 and "joint" in subject:
        return " + ".join(named[:3])
    near = last_instrument(document.even(where).text, start - 700, start) if where == "body" else None
    return near or (named[0] if named else None)
