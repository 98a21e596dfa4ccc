"""Grammar of a circular's own place among the others: its names, its sort (`report_type`), and what it `corrects`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.citations import mentioned
from kg.extraction.document import Document
from kg.extraction.fact import Fact
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.names import normalise_name

#: Instruments that see the prompt emission: their report is a detection, everybody else's a follow-up.
_PROMPT = (
    r"\b(?:BAT|BAT-?GUANO|GUANO|GBM|Konus|Konus[-/ ]?\w+|KW|CALET|CGBM|AstroSat|CZTI|AGILE|MCAL|SuperAGILE|INTEGRAL|"
    r"SPI-?ACS|ACS|IBIS|IBAS|RHESSI|HETE(?:-2)?|FREGATE|WXM|SXC|WAM|Suzaku|MAXI|GRBAlpha|VZLUSAT(?:-2)?|GECAM|HXMT|"
    r"Insight-HXMT|GRM|ECLAIRs|SVOM|WXT|BATSE|BeppoSAX|RXTE|ASM|NEAR|Ulysses|Helicon|GRID|Glowbug|StarBurst|LEIA|"
    r"EIRSAT-1|SIRI-2|POLAR|Lomonosov|BDRG|GAP|IKAROS|LAT|BALROG|GRBM|WFC|Mars Odyssey|HEND|AMON)\b"
)
_LATER = (
    r"\b(?:XRT|UVOT|FXT|NICER|NuSTAR|Chandra|XMM|optical|radio|infrared|near-?IR|NIR|X-ray|afterglow|counterpart)\b"
)

#: Sort of report by words of the subject; the first that fits names it, from the special to the common. The second
#: word is a finer sort, told in `detail`.
_SORTS: list[tuple[str, str, re.Pattern[str]]] = [
    (sort, detail, re.compile(pattern, re.I))
    for sort, detail, pattern in [
        ("retraction", "", r"\bretract(?:ion|ed|ing|s)?\b(?! of (?:the )?redshift)|\bcancell?ation\b|\bwithdraw\w*\b"),
        ("correction", "", r"\bcorrections?\b(?! to \w+ [Cc]lassification)|\bcorrected\b|\berrat(?:um|a)\b|"
                    "\bcorrigendum\b|"
                           r"\(?replaces GCN|\bclarification\b|\btypo\b"),
        ("retraction", "", r"\b(?:is|are|was|were)\s+(?:\w+ ){0,2}not (?:\w+ ){0,2}(?:GRBs?\b|bursts?\b|astrophysical|"
                           r"real\b|gamma-ray bursts?)|\bnot (?:a|an) (?:real )?(?:GRB|gamma-ray burst|"
                           r"astrophysical)\b|"
                           r"\b(?:is|are) (?:\w+ )?(?:noise|false|spurious|background)|misidentification|"
                           r"\bdue to (?:\w+ ){0,3}(?:noise|[Ss]tar [Tt]racker)|\bfalse (?:trigger|alarm)|"
                           r"\bis (?:likely )?(?:caused by |due to |triggered by )?(?:a |an |the )?(?:known source|"
                           r"outburst of an? (?:known )?|stellar flare|solar)"),
        ("localization", "update", r"\bupdated (?:sky|localization)|\bupdated? .*sky locali[sz]ation"),
        ("service", "", r"\bnot observable\b|\bout of (?:the )?(?:FoV|field)|\bin SAA\b|\bin the SAA\b|\btest\b|"
                        r"\bsoftware\b|\bobserving (?:plan|run|constraint)|\bwebsite\b|"
                        r"\bToO\b.*\b(?:instructions|website)|"
                        r"\boutage\b|\bdowntime\b|\bresume[sd]?\b|\bnotices?\b.*\b(?:will|change)|\bdata publicly\b|"
                        r"\bannounce|\brequest for\b|\bfinding chart|\bobserving restriction|\bcall for\b|\bsafe mode|"
                        r"\banomaly\b|\boffline\b|\bmaintenance\b"),
        ("interpretation", "", r"\bpseudo[- ]?(?:z|redshift)|\bempirical|\bstatement\b|\bimplications?\b|"
                        "\bmodel(?:l?ing)?\b|"
                               r"\binterpretation\b|\btheor\w+|\bprediction|\bpossible origin|\banalog\w*|"
                               r"\bestimating\b|"
                               r"\bis similar to\b|\bsimilarit|\bsupernova bump\b.*expected|\bexpected\b|\bnature of\b|"
                               r"\bredshift estimat|\bAmati\b|\bproperties of the (?:low-significance|.*merger)|"
                               r"\bmeasurement of .*host|\bconstraints on\b|\bevidence (?:for|against)\b|\bEiso\b|"
                               r"\benergetics?\b|\bclassification as\b|\btwin\b|\bcomments? on\b|\bremarks?\b"),
        ("spectroscopy", "redshift", r"(?<!hotometric )\b(?:redshifts?|spec-z|z ?= ?\d)\b"),
        ("spectroscopy", "", r"(?<!for optical )(?<!for )\bspectroscop\w*|\bspectra\b(?!l)|"
         r"\b(?:optical|NIR|VLT|Gemini|Keck|Magellan|GTC|NOT|MMT|"
                             r"HET|LBT|UVES|FORS\d?|X-?shooter|host|absorption|emission|"
                             r"Subaru)\b[^:]{0,30}\bspectrum\b|"
                             r"\bspectrum of (?:the )?(?:afterglow|OT|host|optical)|\babsorption lines?\b|"
                             r"\bspectral (?:type )?classification|\bspectroscopic"),
        ("localization", "", r"\btriangulation\b|\blocali[sz]ations?\b|\berror (?:box|circle|region)|\bIPN\b|"
                             r"\benhanced\b.*\bposition|\brefined position|\bposition\b(?!al)(?!s of)|\bsky ?map\b|"
                             r"\bannul(?:us|i)\b|\bcoordinates\b|\bastrometr"),
        ("detection", "", r"\bidentification of an? (?:GW|candidate|binary|burst|compact)|"
                   "\bhigh-energy neutrino candidate|"
                          r"\bneutrino (?:candidate )?event\b(?!s? search)|\bcoincidence alert\b|"
                          r"\bSwift detect(?:ion|s)\b|"
                          r"\bnew (?:\w+ )?transient\b|\bEP-?WXT\b|\bdetection of (?:a|an|the) (?:new |bright |"
                          r"short |long |"
                          r"possible |fast |faint |very |weak |likely )*(?:\w+ )?(?:GRB|burst|gamma-ray burst|"
                          r"X-ray transient|transient|XRF|X-ray flash|SGR)|\bdiscovery of (?:a|"
                          r"an) (?:\w+ )*(?:transient|"
                          r"burst)|\bcandidate event\b"),
        ("follow_up", "upper limit", r"\bupper[- ]?limits?\b|\bnon-?detections?\b|\bno (?:\w+ ){0,3}(?:detections?|"
                                     r"counterparts?|candidates?|emission|afterglow|neutrino)\b"),
        ("follow_up", "", r"\bsearch(?:es)?\b|\bfollow-?up\b"),
        ("follow_up", "X-ray", r"\b(?:XRT|UVOT|FXT|NICER|NuSTAR|Chandra|XMM\S*)\b"),
        ("follow_up", "", r"\bafterglow\b(?!.*\bSwift detection\b)"),
    ]
]  # fmt: skip
_PROMPT_RE = re.compile(_PROMPT)
_LATER_RE = re.compile(_LATER, re.I)
_BURST_WORDS = re.compile(
    r"\b(?:observations?|detect(?:ion|ions|ed|s)?|refined|analysis|results?|spectral|spectrum|light ?curve|fit|"
    r"lag|burst|"
    r"duration|T90|fluence)\b",
    re.I,
)


@lru_cache(maxsize=64)
def report_type(subject: str) -> tuple[str, str]:
    """The sort of report that a subject announces, and a finer word for it, empty where there is none. What says
    nothing special is a follow-up: most circulars are."""
    for sort, detail, pattern in _SORTS:
        if pattern.search(subject):
            if sort == "follow_up" and not detail and _by_prompt(subject):
                return "detection", "prompt emission"
            return sort, detail
    return ("detection", "prompt emission") if _by_prompt(subject) else ("follow_up", "")


#: What an instrument of gamma rays sees, or not, of these is a follow-up.
_OTHER_MESSENGER = re.compile(r"\b(?:IceCube|IC)-?\d{6}|\bG\d{6}\b|\bM?S\d{6}[a-z]|\bNuEm|\bneutrino", re.I)


def _by_prompt(subject: str) -> bool:
    """Whether an instrument reports the prompt emission that it saw."""
    if _OTHER_MESSENGER.search(subject):
        return False
    return bool(_PROMPT_RE.search(subject) and _BURST_WORDS.search(subject) and not _LATER_RE.search(subject))


_SAYS_SO = re.compile(
    r"\bcorrect(?:ion|ions|s|ed|ing)?\b|\berrat(?:um|a)\b|\bcorrigend|\btypo\b|\bmistakes?\b|\berroneous(?:ly)?\b|"
    r"\bincorrect(?:ly)?\b|\bsupersedes?\b|\breplaces?\b|\bsent in error\b|\bin error\b|\bwrong\b|\bshould read\b|"
    r"\binstead of the\b|\bdisregard\b|\bmis-?identification\b|\bmisstated?\b|\bmis-?typed\b|\bunfortunately\b|"
    r"\bwas due to mis",
    re.I,
)
_NOT_SO = re.compile(
    r"\b(?:extinction|reddening|galactic|bolometric|pile-?up|k-|color|colour|bias|barycent\w+|dust|aperture|is|are) "
    r"correct|\bcorrect(?:ed|ion)? for\b|\buncorrected|\bnot corrected|\bif\b[^.]{0,60}\bcorrect",
    re.I,
)


#: Of more citations the first are looked at: nobody corrects so many.
_MOST = 300


def corrections(document: Document) -> Iterator[Candidate]:
    """The circulars that this one corrects: named in one sentence with the word, or in the sentence before it where
    the subject announces a correction."""
    subject = document.subject.text
    announced = bool(re.search(r"\bcorrect(?:ion|ed)\b|\berrat|\brevis(?:ed|ion)|\breplaces\b|typo", subject, re.I))
    if not announced and not _SAYS_SO.search(document.body.text):
        return
    told_of: set[int] = set()
    for value, where, start, end in islice(mentioned(document), _MOST):
        if (
            not isinstance(value, int)
            or value in told_of
            or document.part(where, start, end) in ("quoted", "note", "acknowledgements")
        ):
            continue
        text = document.even(where).text
        begin, stop = sentence(text, start, end)
        told, why = _told(text, begin, start, end, stop, announced=announced, where=where)
        if told:
            told_of.add(value)
        if told or announced:
            yield Candidate(predicate="corrects", where=where, start=start, end=end, value=value, object=document.about,
                            confidence=0.92 if told else 0.3, taken=told, why=why)  # fmt: skip


def _told(text: str, begin: int, start: int, end: int, stop: int, *, announced: bool, where: str) -> tuple[bool, str]:
    """Whether the sentence around a citation says that it is corrected, and why."""
    own = text[begin:stop]
    if where == "subject":
        match = re.search(r"\b(?:correct\w*|errat\w+|replaces|corrigendum|typo)\b", text[:start], re.I)
        return (True, "the subject corrects it") if match else (False, "the subject only names it")
    close = _NOT_SO.sub(" ", text[max(begin, start - 160) : min(stop, end + 160)])
    if _SAYS_SO.search(close) and not _by_others(text[max(begin, start - 60) : start]):
        return True, "its sentence says that it is mended"
    mine = re.search(
        r"\b(?:in|our|my)(?: previous| earlier| last)? [^\s\d]{0,12} ?[^\s\d]{0,10} ?$", text[:start][-40:], re.I
    )
    if announced and mine and re.search(r"\b(?:previous(?:ly)?|we reported|our|my)\b", own, re.I):
        after = text[stop : stop + 120]
        if re.match(r"\W*(?:This|That|It|These)\b", after) and _SAYS_SO.search(after) and not _NOT_SO.search(after):
            return True, "the next sentence says that it is wrong"
    return False, "only cited"


def _by_others(before: str) -> bool:
    """Whether the words before say that it agrees or is another team's."""
    return bool(
        re.search(
            r"\b(?:consistent (?:with )?(?:the )?|agrees? with|reported by|confirm\w*|see|following)\b[^.;]{0,40}$",
            before,
            re.I,
        )
    )


def propose(document: Document) -> Iterator[Candidate]:
    """Names, report type and corrections of a circular."""
    for name in document.names:
        yield Candidate(
            predicate="alias" if name.alias else "event_name",
            where=name.where,
            start=name.start,
            end=name.end,
            value=name.value,
            object=name.of,
            confidence=name.confidence,
            taken=name.taken,
            why=name.why,
        )
    subject = document.subject.text
    if subject.strip():
        sort, detail = report_type(subject)
        yield Candidate(
            predicate="report_type",
            where="subject",
            start=0,
            end=len(subject),
            value=sort,
            object=document.about,
            qualifier={"detail": detail} if detail else {},
            confidence=0.9,
            why="the subject's words",
        )
    yield from corrections(document)


def reads_again(fact: Fact) -> bool:
    """Whether the fact's text alone gives its value."""
    text = Even(fact.text).text
    if fact.predicate == "report_type":
        return report_type(text)[0] == fact.value
    if fact.predicate == "corrects":
        return text.isdigit() and int(text) == fact.value
    value = str(fact.value)
    if " trigger " in value or " alert " in value:
        return re.sub(r"\D", "", text.partition(".")[0]) in value.split()[-1][-len(text) :] and any(
            map(str.isdigit, text)
        )
    again = normalise_name(text)
    if again is None and text.replace(".", "").isdigit():  # the second half of `716527670/230916144`
        again = f"bn{text.replace('.', '')}"
    return again is not None and again == normalise_name(value)


GRAMMAR = Grammar(
    predicates=("event_name", "alias", "report_type", "corrects"), propose=propose, reads_again=reads_again
)
