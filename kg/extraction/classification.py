"""Grammar of `classification`: what the event is or is not: long, short, BBH with its probability, noise, a known
source, a flare star; `negated` for "not a GRB".

`value` is one word of a small list, or the name of the source as it is written; the span gives it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.names import catalogue_of, find_names

#: Kinds of object and the words for them, the special before the common.
_KINDS: list[tuple[str, re.Pattern[str]]] = [
    (value, re.compile(pattern, re.I))
    for value, pattern in [
        ("short or long", r"\b(?:short or long|long or short|border of the long|intermediate[- ]duration)\b"),
        ("short", r"\bshort\b|\bsGRB\b|\btype[- ]I\b"),
        ("ultra-long", r"\bultra-?long\b"),
        ("long", r"\blong\b|\blGRB\b|\btype[- ]II\b"),
        ("SGR giant flare", r"\b(?:SGR|magnetar) giant flare"),
        ("X-ray flash", r"\bX-?ray flash|\bXRF\b"),
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
        ("type Ia supernova", r"\b(?:type[- ])?Ia (?:supernova|SN)|\bSN Ia\b|\bsupernova of type Ia"),
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
_DURATION = re.compile(
    r"\b(?:(?:ultra-?|very |extremely |bright,? |hard,? |and |, |intense |likely |possible |possibly |probable |"
    r"probably |a |the )*"
    r"(?:short|long)(?:[-/ ,]+(?:hard|soft|duration|and|bright|spectrally|weak|intense|likely|timescale|lag|"
    r"population|class|"
    r"soft|type|of)){0,4}[- ]+(?:gamma-ray bursts?|GRBs?|bursts?|burst\b)"
    r"|short[-/ ]hard|short, hard|hard[-/ ]short|long[-/ ]soft|type[- ]II? \((?:short|long)\)"
    r"|(?:is|was|be|being|as|are) (?:(?:a|an|likely|possibly|probably|clearly|definitely|both|rather|indeed|"
    r"relatively|very|"
    r"of|the|consistent with|classified as) )*(?:short|long)(?= ?[,.;:)]| and| burst| GRB| duration|-duration|$)"
    r"|border of the long-soft and hard-short burst classifications|(?:long|short)-duration (?:GRB|burst)"
    r"|(?:long|short) (?:duration|GRB) (?:class|population)|\((?:long|short)(?:/hard|/soft)?\))",
    re.I,
)
#: The classes of a gravitational-wave candidate with their probabilities.
_SOURCE = re.compile(
    r"\b(?P<kind>BBH|BNS|NSBH|Terrestrial|[Mm]ass ?[Gg]ap|MassGap|binary black hole|"
    r"binary neutron star)\s*\(\s*(?P<sign>[<>]=?|~)?\s*"
    r"(?P<percent>\d{1,3}(?:\.\d+)?)\s*%\s*\)"
)
#: "is not a GRB", "not due to a GRB", "not an astrophysical event".
_NOT_A = re.compile(
    r"\b(?:is|are|was|were|be)?\s?(?:in fact |actually |also |probably |likely |almost certainly |therefore |"
    r"most |very |clearly )*"
    r"(?:not|NOT)(?: likely| due to| from| caused by| considered(?: to be)?)?(?: an?| the)?(?: real| genuine|"
    r" interesting| true)? "
    r"(?P<what>GRBs?|gamma-ray bursts?|bursts?|astrophysical (?:events?|sources?|transients?|signals?)|astrophysical)\b"
    r"(?! (?:afterglow|counterpart|host|candidate))"
)
#: What a trigger turned out to be: the words in front of the answer.
_DUE = re.compile(
    r"\b(?:(?:is|are|was|were|be|been) (?:most |very |likely |probably |possibly |therefore |thus |actually |"
    r"in fact |clearly |all )*"
    r"(?:due to|caused by|triggered by|associated with|consistent with|from|an? outburst of|a flare from)|due to|"
    r"caused by|"
    r"mis-?identifi?ca?tion of|mis-?identifcation of|detection of|triggered on|outburst of|identified (?:as|with)|"
    r"(?:is|are|was) (?:most likely |likely |probably |possibly )?(?:now )?(?:the|an?)?(?: known)?(?: source)?|"
    r"likely|is)\s+"
    r"(?P<lead>(?:the |an? |known |source |X-?ray |weak |[CMX]\d?(?:\.\d)?-?[Cc]lass |Galactic |bright |flaring |"
    r"new |possible |likely |"
    r"high[- ]mass |low[- ]mass |transient |solar |hard |soft |variable |outburst of |flare from |activity of |"
    r"activity from |star |"
    r"black hole |neutron star |candidate |persistent |accreting |magnetar )*)"
    r"(?P<name>(?:Crab|Cyg(?:nus)? X-\d|Sco X-\d|Vela X-\d|Her X-\d|Cen X-\d|Cir X-\d|GX \d+[+-]\d+(?:\.\d+)?|"
    r"GRS ?\d{4}[+-]\d{2,4}|"
    r"LSV ?\+?\d\d ?\d*|LS ?V ?\+ ?\d\d \d+|LS ?V ?\+? ?\d\d|4U ?\d{4}[+-]\d{2,3}|GRO J\d{4}[+-]\d{1,4}|"
    r"SAX J\d{4}\.\d[+-]\d{4}|AX J?\d{4}\.\d[+-]\d{4}|"
    r"[A-Z][A-Za-z]{0,3} J?\d{4}(?:\.\d)?[+-]\d{2,6}(?:\.\d+)?|V\d{3,4} [A-Z][a-z]{2}|V404 Cyg|MAXI J\d{4}[+-]\d{3,4}|"
    r"Swift J\d{4}(?:\.\d)?[+-]\d{2,4}(?:\.\d)?|IGR J\d{5}[+-]\d{4}|SGR ?J?\d{4}(?:\.\d)?[+-]\d{2,4}|"
    r"1E ?\d{4}(?:\.\d)?[+-]\d{2,4}|"
    r"XTE J\d{4}[+-]\d{3}|EXO \d{4}[+-]\d{3}|Mrk ?\d{2,4}|UX Ari|[A-Z]{2} (?:Cyg|Ari|Cet|Peg|Leo|Her|Dra|And|Psc|"
    r"Aqr|CVn|Boo)))"
)
#: An object classed by its spectrum or its light: "is a dwarf nova".
_IS = re.compile(
    r"\b(?:is|are|was|were|as|be|being|likely|of|to|by|from|due to|an?)(?: (?:in fact|therefore|thus|now|most|"
    r"very|likely|probably|"
    r"possibly|actually|consistent with|classified as|identified as|an?|the|known|confirmed|outburst|of|strong|"
    r"candidate|young|"
    r"spectroscopically|nearby|Galactic|foreground|bright|weak|simultaneous|contemporaneous|"
    r"[CMX]\d?(?:\.\d)?-?[Cc]lass|bona fide|"
    r"just|clear|caused by|due to|from|by|triggered on|to|be|related|false|trigger|simply|only|nothing but)){0,7}"
    r" (?P<what>dwarf nova\w*|cataclysmic variable|X-?ray binary|HMXB|LMXB|solar flares?|(?:stellar|M[- ]dwarf|"
    r"red[- ]star) flar\w+|"
    r"flar(?:e|ing) star|tidal disruption event|TDE|orphan (?:GRB )?afterglow|kilonova|(?:type[- ])?Ia supernova|SN Ia|"
    r"Type I[abcnpIL-]+ ?(?:supernova|SN)|noise(?: event| transient| trigger| fluctuation)?|false (?:trigger|"
    r"alarm|detection)s?|"
    r"X-?ray flash|X-?ray[- ]rich (?:GRB|burst)|SGR [Gg]iant flare|magnetar (?:burst|giant flare)|"
    r"SGR(?:-like)? burst|TGF|asteroid|"
    r"active galactic nucle\w+|background event|afterglow\b|blazar|quasar)",
    re.I,
)
_NEUTRINO = re.compile(r"\b(?:high|moderate|low|\d+%?) probability of being of astrophysical origin", re.I)
_PROBABLY_GRB = re.compile(r"\bas a GRB(?: \()?,? with (?:a )?(?P<percent>\d{1,3})% (?:probability|confidence)", re.I)
_HEDGE = re.compile(
    r"\b(?:likely|probabl[ey]|possibl[ey]|may|might|could|suggest\w*|candidate|believe|appears?|seems?|"
    r"consistent with|perhaps|"
    r"tentative\w*|potential\w*|presumably|suspect\w*|indicat\w+|if|whether)\b",
    re.I,
)
_NEGATED = re.compile(
    r"\b(?:not|no|neither|nor|unlikely|rather than|instead of|exclude\w*|rule[sd]? out|"
    r"non)\b(?! (?:only|due))",
    re.I,
)
_COND = re.compile(
    r"\b(?:if|whether|would|unless|assum\w+|in case|typical|like other|similar to|for (?:other|"
    r"most))\b[^.;]{0,70}$",
    re.I,
)
_OTHERS = re.compile(
    r"\b(?:bursts|GRBs|sample|population|catalog\w*|known|other|previous|average|typical|"
    r"compared|classes)\b",
    re.I,
)


_COMPARED = re.compile(r"\b(?:known|other|previous|average|typical|compared|found to date)\b", re.I)


def kind_of(text: str) -> str | None:
    """The kind that a span names, in our word."""
    return next((value for value, pattern in _KINDS if pattern.search(text)), None)


def propose(document: Document) -> Iterator[Candidate]:
    """Everything that says what the event is."""
    for where in _PLACES:
        yield from _durations(document, where)
        yield from _sources(document, where)
        yield from _objects(document, where)
        yield from _things(document, where)
        yield from _probable(document, where)
    yield from _denials(document)


_PLACES: tuple[Where, ...] = ("subject", "body")
_MOST = 60


def _context(document: Document, where: Where, match: re.Match[str]) -> tuple[str, str, bool]:
    """(before, after) in the sentence, and whether the place is the authors' own text."""
    text = document.even(where).text
    begin, stop = sentence(text, match.start(), match.end())
    own = document.part(where, match.start(), match.end()) in ("body", "table", "header")
    return text[begin : match.start()], text[match.end() : stop], own


def _durations(document: Document, where: Where) -> Iterator[Candidate]:
    """Long and short bursts."""
    text = document.even(where).text
    lower = text.lower()
    if "short" not in lower and "long" not in lower:
        return
    for match in islice(_DURATION.finditer(text), _MOST):
        before, after, own = _context(document, where, match)
        span = match.group()
        value = kind_of(span)
        if value is None:
            continue
        cond = bool(_COND.search(before[-80:]))
        plural = bool(re.search(r"\b(?:GRBs|bursts)$", span)) and not re.search(r"border", span)
        other = bool(_OTHERS.search(before[-40:]) or _COMPARED.search(after[:25]) or re.match(r"\s*GRBs \d{6}", after))
        denied = bool(_NEGATED.search(before[-30:]))
        hedged = bool(_HEDGE.search(before[-50:] + span + after[:15])) or value == "short or long"
        taken = own and not cond and not denied and not plural and not (other and where == "body")
        why = "named so" if taken else "under a condition, denied, or of other bursts"
        assertion: Assertion = "negated" if denied else "hedged" if hedged else "asserted"
        yield _candidate(document, where, match.span(), value, assertion, taken, why)


def _sources(document: Document, where: Where) -> Iterator[Candidate]:
    """The classes of a gravitational-wave candidate: shares of a probability, so in doubt each."""
    text = document.even(where).text
    if "%" not in text:
        return
    for match in _SOURCE.finditer(text):
        kind = {"binary black hole": "BBH", "binary neutron star": "BNS"}.get(match["kind"].lower(), match["kind"])
        kind = "MassGap" if kind.lower().replace(" ", "") == "massgap" else kind
        percent = round(float(match["percent"]) / 100, 6)
        sign = (match["sign"] or "").replace("~", "").replace("=", "")
        number = f"{percent:.2f}" if round(percent, 2) == percent and percent else f"{percent:g}"
        begin, _ = sentence(text, match.start(), match.end())
        wrong = bool(re.search(r"\b(?:incorrect|wrong|instead of)\b", text[begin : match.start()], re.I))
        share = {"probability": f"{sign}{number}"}
        yield _candidate(
            document, where, match.span(), kind, "hedged", not wrong, "a class with its probability", share
        )


def _denials(document: Document) -> Iterator[Candidate]:
    """ "Not a GRB", said once: the subject's word before the body's."""
    said = False
    for where in _PLACES:
        text = document.even(where).text
        if "not" not in text and "NOT" not in text:
            continue
        for match in islice(_NOT_A.finditer(text), _MOST):
            before, _, own = _context(document, where, match)
            span = match.group()
            if re.search(r"NOT (?:GRB|burst)", span):
                continue
            trigger = _SPOKEN_OF.search(before + span) or where == "subject"
            unsure = re.search(r"\b(?:if|whether|may|might|could)\b", before[-60:], re.I)
            what = match["what"].lower()
            value = "GRB" if what.startswith(("grb", "gamma", "burst")) else "astrophysical event"
            taken = own and bool(trigger) and not unsure and not said
            why = "denied to be one" if taken else "said before" if said else "a denial in passing"
            said = said or taken
            yield _candidate(document, where, match.span(), value, "negated", taken, why, whose=document.about)


_SPOKEN_OF = re.compile(r"\b(?:triggers?|event|source|GRB|it|they|this)\b", re.I)


def _objects(document: Document, where: Where) -> Iterator[Candidate]:
    """Known sources that a trigger turned out to be."""
    text = document.even(where).text
    for match in islice(_DUE.finditer(text), _MOST) if _triggered(document) else ():
        before, _, own = _context(document, where, match)
        hedged = bool(_HEDGE.search(before[-40:] + match.group()))
        denied = bool(_NEGATED.search(before[-20:]))
        span = (match.start(), match.end("name"))
        assertion: Assertion = "hedged" if hedged else "asserted"
        taken, why = own and not denied, "what the trigger was due to"
        yield _candidate(document, where, span, match["name"], assertion, taken, why, whose=document.about)


def _triggered(document: Document) -> bool:
    """Whether the circular is about a trigger of which something may have been made out."""
    subject = document.subject.text
    said = re.search(r"trigger|not a GRB|not an? astrophysical|misidentif|outburst", subject, re.I)
    return bool(said) or any(" trigger " in o for o in document.objects)


#: Kinds that are told of one event only by the word itself; others also stand in passing.
_TELLING = frozenset({
    "noise", "solar flare", "dwarf nova", "X-ray binary", "stellar flare", "orphan afterglow", "background",
    "type Ia supernova", "tidal disruption event", "SGR giant flare", "X-ray flash", "SGR burst",
})  # fmt: skip


def _things(document: Document, where: Where) -> Iterator[Candidate]:
    """Other kinds of things that an event, or an object beside it, turned out to be."""
    text = document.even(where).text
    for match in islice(_IS.finditer(text), _MOST):
        before, _, own = _context(document, where, match)
        span = match.group()
        value = kind_of(match["what"])
        if value is None:
            continue
        denied = bool(_NEGATED.search(before[-25:] + span))
        told = re.match(r"(?:is|are|was|were|as|likely)\b", span, re.I) or where == "subject"
        caused = (
            _triggered(document)
            and re.match(
                r"due|(?:by|"
                r"from)\b",
                span,
                re.I,
            )
            and _CAUSE.search(before[-12:] + span)
        )
        taken = own and not denied and not _COND.search(before[-80:]) and value in _TELLING and bool(told or caused)
        assertion: Assertion = "negated" if denied else "hedged" if _HEDGE.search(before[-40:] + span) else "asserted"
        why = "what it turned out to be" if taken else "a word in passing"
        whose = _whose(text, match)
        yield _candidate(document, where, match.span(), value, assertion, taken, why, whose=whose)


_CAUSE = re.compile(r"\b(?:due|caused|triggered)\b", re.I)


def _whose(text: str, match: re.Match[str]) -> str | None:
    """Another object that the sentence classes: the last one it names before its verb."""
    begin, _ = sentence(text, match.start(), match.end())
    named = [n for n in find_names(text[begin : match.start()]) if n.catalogue in ("tns", "survey", "ep", "place")]
    official = [n for n in named if n.catalogue == "tns"]
    return (official or named)[-1].name if named else None


def _probable(document: Document, where: Where) -> Iterator[Candidate]:
    """Neutrinos of astrophysical origin, a trigger's own probability of being a burst, a transient's of being an
    afterglow."""
    text = document.even(where).text
    for match in islice(_NEUTRINO.finditer(text), _MOST) if "probability" in text else ():
        yield _candidate(
            document, where, match.span(), "astrophysical neutrino", "hedged", True, "its probability is told"
        )
    for match in islice(_PROBABLY_GRB.finditer(text), _MOST) if "% " in text else ():
        before, _, own = _context(document, where, match)
        assertion: Assertion = "cited" if re.search(r"\binitially\b", before) else "hedged"
        share = {"probability": f"{int(match['percent']) / 100:.2f}"}
        yield _candidate(document, where, match.span(), "GRB", assertion, own, "the instrument's class", share)
    if document.about is not None and catalogue_of(document.about) in ("tns", "survey"):
        for match in islice(_AFTERGLOW.finditer(text), _MOST):
            _, _, own = _context(document, where, match)
            yield _candidate(
                document, where, match.span(), "afterglow", "hedged", own, "a transient taken for an afterglow"
            )


_AFTERGLOW = re.compile(r"\b(?:strong |good )?(?:candidate|likely|possible|probable) afterglow\b", re.I)


def _candidate(
    document: Document,
    where: Where,
    span: tuple[int, int],
    value: str,
    assertion: Assertion,
    taken: bool,
    why: str,
    qualifier: dict[str, str] | None = None,
    *,
    whose: str | None = None,
) -> Candidate:
    return Candidate(
        predicate="classification",
        where=where,
        start=span[0],
        end=span[1],
        value=value,
        assertion=assertion,
        object=whose,
        qualifier=dict(qualifier or {}),
        confidence=0.88 if taken else 0.3,
        taken=taken,
        why=why,
    )


def reads_again(fact: Fact) -> bool:
    """Whether the span alone names the kind, the class or the source."""
    text = Even(fact.text).text
    value = str(fact.value)
    if value.lower().replace(" ", "") in text.lower().replace(" ", ""):
        return True
    if (match := _SOURCE.search(text)) is not None:
        return match["kind"].lower() in ("binary black hole", "binary neutron star") and value in ("BBH", "BNS")
    denied = _NOT_A.search(text)
    if denied is not None and fact.assertion == "negated":
        return value == (
            "GRB" if denied["what"].lower().startswith(("grb", "gamma", "burst")) else "astrophysical event"
        )
    return kind_of(text) == value


GRAMMAR = Grammar(predicates=("classification",), propose=propose, reads_again=reads_again)
