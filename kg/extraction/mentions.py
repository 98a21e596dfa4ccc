"""Facts that a circular states by its form: whose event it is, what it cites, what sort of report, a retraction.

Each grammar answers in spans of the even text, with a value that the span alone gives again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from kg.extraction.fact import Where
from kg.extraction.normalise import Even, sentence
from kg.names import find_names


class Mention(msgspec.Struct, frozen=True, kw_only=True):
    """A value and its span in an even text."""

    predicate: str
    value: str | int
    start: int
    end: int
    confidence: float


_SERIES = r"(?:GCN(?:\s?/\s?SAN)?|CGN|GCNC|GCN\s?/\s?AMON)"
_GCN = re.compile(
    rf"\b{_SERIES}s?[ ,./]{{0,3}}(?:Circ(?:ular)?s?\.?|C|Cs|Report)?[ ,./]{{0,2}}(?:No\.?|Nr\.?)?[ ]?(?:#|n\.)? ?"
    r"(?P<first>\d{1,5})(?![\d.]\d)(?P<more>(?:(?: ?[,;&] ?(?:and )?| and | ?- ?)#?\d{3,5}(?![\d.]\d|\d))*)",
    re.I,
)
_ATEL = re.compile(r"\b(?:ATel|Astronomer'?s Telegram)s?[ .]{0,2}(?:No\.?)?[ ]?#? ?(?P<number>\d{2,5})\b", re.I)


def citations(even: Even, own: int) -> Iterator[Mention]:
    """Circulars (their number) and telegrams (`ATel 7391`) that the text cites, each once. A circular cites only
    earlier ones."""
    seen: set[str | int] = {own}
    for match in _GCN.finditer(even.text):
        spans = [match.span("first")]
        spans += [
            (match.start("more") + n.start(), match.start("more") + n.end()) for n in re.finditer(r"\d+", match["more"])
        ]
        for start, end in spans:
            number = int(even.text[start:end])
            if number not in seen and 0 < number < own:
                seen.add(number)
                yield Mention(predicate="cites", value=number, start=start, end=end, confidence=0.99)
    for match in _ATEL.finditer(even.text):
        telegram = f"ATel {int(match['number'])}"
        if telegram not in seen:
            seen.add(telegram)
            yield Mention(predicate="cites", value=telegram, start=match.start(), end=match.end(), confidence=0.99)


#: Sort of report by words of the subject; the first that fits names it. The order is from the special to the common.
_REPORTS: list[tuple[str, re.Pattern[str]]] = [
    (word, re.compile(pattern, re.I))
    for word, pattern in [
        ("retraction", r"\bretract(?:ion|ed|ing)?\b|\bnot (?:a|an) (?:GRB|gamma-ray burst|astrophysical)\b"),
        ("correction", r"\bcorrect(?:ion|ed|ing)\b|\berrat(?:um|a)\b|\bclarification\b|\bcorrigendum\b"),
        ("identification", r"\bidentification of a GW\b"),
        (
            "upper_limit",
            r"\bupper[- ]limits?\b|\bnon-?detections?\b|\bno (?:\w+ ){0,3}(?:detection|counterpart|emission)\b",
        ),
        ("redshift", r"\b(?:redshift|photo-?z)\b"),
        ("spectroscopy", r"\bspectr(?:oscopic|oscopy|um|a)\b"),
        (
            "localization",
            r"\blocali[sz]ations?\b|\btriangulation\b|\berror box\b|\benhanced \S+ position\b|\bupdated sky\b",
        ),
        ("refined_analysis", r"\b(?:refined|further|final) (?:\w+ )?(?:analysis|results?)\b"),
        ("afterglow_candidate", r"\b(?:candidate|possible|potential) (?:\w+ )?(?:afterglow|counterpart)s?\b"),
        ("detection", r"\bdetect(?:ion|ions|ed)\b|\bafterglow (?:discovery|confirmation)\b"),
        ("update", r"\bupdate[ds]?\b"),
        ("observation", r"\bobservations?\b|\bfollow-?up\b|\bphotometry\b|\bmonitoring\b|\bimaging\b"),
    ]
]


def report_type(even: Even) -> Mention | None:
    """The sort of report that the subject announces; None where it says none."""
    for word, pattern in _REPORTS:
        if match := pattern.search(even.text):
            return Mention(predicate="report_type", value=word, start=match.start(), end=match.end(), confidence=0.95)
    return None


_RETRACTED = re.compile(
    r"\b(?:retraction of (?:the )?(?:GW |event |trigger |alert |notice|GRB|S\d|MS\d|IceCube|G\d|EP\d|"
    r"LIGO|LVC|LVK|superevent|candidate)"
    r"|(?:we|hereby|is|are|was|were|been|being|has|have|thus|therefore|now) (?:hereby )?retract(?:ed|ing|s)?\b"
    r"|retract(?:ing|s)? (?:the|this|our) (?:event|trigger|alert|notice|candidate|detection|"
    r"identification|GRB|superevent))",
    re.I,
)
_SUBJECT_RETRACTED = re.compile(r"\bretract(?:ion|ed|s)?\b", re.I)
_NOT_A_BURST = re.compile(
    r"\b(?:is|was|are|were) (?:in fact |actually |likely |most likely |probably |therefore |"
    r"thus )?(?:not|NOT) (?:due to |from |caused by )?"
    r"(?:a |an )?(?:real |genuine )?(?:GRBs?|gamma-ray bursts?|astrophysical)\b|\bnot a GRB\b",
    re.I,
)
#: Something else than the event is taken back: a redshift, a position, a magnitude; or nothing is, yet.
_OF_SOMETHING_ELSE = re.compile(
    r"\b(?:redshift|position|magnitude|photometry|localization|flux|association|circular|afterglow candidate)\b|"
        r"\b(?:if|unless|until|may be|might be|could be|would be|not been|not|previously|which was|"
        r"expected to be)\b[^.;]{0,30}$", re.I
)  # fmt: skip


def retraction(subject: Even, body: Even) -> tuple[Where, Mention] | None:
    """Where ("subject" or "body") and how the event itself is taken back: `retracted`, or `not_a_burst`. A retracted
    redshift or a candidate of others does not count."""
    if (match := _SUBJECT_RETRACTED.search(subject.text)) and not _OF_SOMETHING_ELSE.search(
        subject.text[: match.end()]
    ):
        return "subject", _taken_back("retracted", match, 0.98)
    if match := _NOT_A_BURST.search(subject.text):
        return "subject", _taken_back("not_a_burst", match, 0.98)
    opening = body.text[:1500]
    for match in _RETRACTED.finditer(opening):
        begin, end = sentence(body.text, match.start(), match.end())
        if not _OF_SOMETHING_ELSE.search(body.text[begin : match.start()]) and not _OF_SOMETHING_ELSE.search(
            body.text[match.end() : min(end, match.end() + 30)]
        ):
            return "body", _taken_back("retracted", match, 0.9)
    if (match := _NOT_A_BURST.search(opening)) and re.search(r"trigger", opening[: match.start()], re.I):
        begin, _ = sentence(body.text, match.start(), match.end())
        if not re.search(
            r"\b(?:if|whether|suggest\w*|possib\w+|may|might|could)\b", body.text[begin : match.start()], re.I
        ):
            return "body", _taken_back("not_a_burst", match, 0.85)
    return None


def _taken_back(value: str, match: re.Match[str], confidence: float) -> Mention:
    return Mention(predicate="retraction", value=value, start=match.start(), end=match.end(), confidence=confidence)


def reread_retraction(text: str) -> str | None:
    """What a span says about taking back, by itself."""
    if re.search(r"retract", text, re.I):
        return "retracted"
    return "not_a_burst" if re.search(r"\bnot\b", text, re.I) else None


def event_names(subject: Even, body: Even, aliases: list[str]) -> Iterator[tuple[Where, Mention]]:
    """Where and which name the circular's event has: the subject's first, then what it equates with that
    (`aliases`, from `kg.naming`). Where the subject names none, the only name of the body."""
    names = find_names(subject.text)
    if names:
        for found in names:
            if found.name in aliases:
                first = found.name == aliases[0]
                yield (
                    "subject",
                    Mention(
                        predicate="event_name" if first else "alias",
                        value=found.name,
                        start=found.start,
                        end=found.end,
                        confidence=0.99 if first else 0.95,
                    ),
                )
        return
    told = find_names(body.text)
    if told and len({n.name for n in told}) == 1:
        yield (
            "body",
            Mention(predicate="event_name", value=told[0].name, start=told[0].start, end=told[0].end, confidence=0.9),
        )
