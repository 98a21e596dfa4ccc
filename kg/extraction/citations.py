"""Grammar of what a circular refers to: `cites`, numbers of earlier circulars and of telegrams."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Fact, Where
from kg.extraction.normalise import Even
from kg.openings import compiled

#: What stands for the series: with its slips of the pen, CGN and GNC.
_SERIES = r"(?:GCN(?:\s?/\s?(?:SAN|AMON|LVC|FERMI|Fermi))?|CGN|GNC|GCNC|GC(?=N? ?\d{4,5}\b)N?)"
_BETWEEN = r"[ ,./:-]{0,3}"
_SORT = (
    rf"(?:(?:{_SERIES}[ ]?)?(?:Circ(?:ul(?:ar|a|at)?)?s?\b\.?|CIRC\w*|Cir\b\.?|C|Cs|Reports?|"
    r"Observation Reports?|CN)\b\.?)?"
)
_NUMBER_WORD = r"(?:Nos?\.?|Nr\.?|[Nn]umbers?|n\.)?"
_ONE = r"(?<![\d.])\d{1,5}(?!\d|\.\d|/\d+\.gcn)"
_JOIN = r"(?: ?[,;&/] ?(?:and |or |& )?| and | or | ?- ?| to | through )"
#: "GCN Circ. 1234, 1236 and #1240", "GCNs 1234-1236".
_GCN = compiled(
    rf"(?<![./])\b{_SERIES}'?s?{_BETWEEN}{_SORT}{_BETWEEN}{_NUMBER_WORD} ?(?:# ?)?(?P<first>{_ONE}(?! (?:sigma|hours?|"
    rf"days?|sec|notices?|circulars)\b))"
    rf"(?P<more>(?:{_JOIN}(?:{_SERIES}s?{_BETWEEN}{_SORT} ?)?# ?\d{{3,5}}(?!\d|\.\d)"
    rf"|{_JOIN}(?:{_SERIES}s?{_BETWEEN}{_SORT} ?)?\d{{3,5}}(?!\d|\.\d|:\d| ?(?:s|sec|keV|mag|UT|deg|Hz|days?|"
    rf"hours?)\b))*)",
    re.I,
)
#: A number alone after its authors: "(Doe et al., 34478; ...)", where the series is told elsewhere.
_BARE = compiled(r"(?:\bet al\.?|\b[Tt]eam),? #?(?P<number>[3-9]\d{3}|1\d{4}|2[1-9]\d{3}|[3-9]\d{4})(?=[;,)])")
#: The series in a web address.
_LINK = compiled(r"gcn\.(?:nasa|gsfc\.nasa)\.gov/(?:circulars/|gcn3/|gcn/gcn3/)(?P<number>\d{1,5})", re.I)
_ATEL = compiled(
    r"\b(?:ATel|Astronomer'?s'? Telegram)s?[ .,:]{0,2}(?:No\.?)?[ ]?#? ?(?P<number>\d{1,5})\b(?!\.\d)"
    r"(?P<more>(?:(?: ?[,;&] ?(?:and )?| and )#? ?\d{4,5}\b(?!\.\d))*)",
    re.I,
)
#: A run of more is a slip: nobody cites so many at once.
_LONGEST_RUN = 30


def _runs(text: str, first: tuple[int, int], more: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Spans of the numbers of one citation."""
    yield first
    for number in re.finditer(r"(?<!\d)\d{3,5}(?!\d)", text[more[0] : more[1]]):
        yield more[0] + number.start(), more[0] + number.end()


@lru_cache(maxsize=8)
def _found(text: str) -> tuple[tuple[int | str, int, int], ...]:
    """Each number cited with its span, kept for the next grammar that asks about the same text."""
    return tuple(_read(text))


def _read(text: str) -> Iterator[tuple[int | str, int, int]]:
    """Each number as it stands. Of a run, "1234-1236", both ends are cited, and what lies between is told in
    `between`: no characters say it."""
    for match in _GCN.finditer(text):
        for start, end in _runs(text, match.span("first"), match.span("more")):
            yield int(text[start:end]), start, end
    for match in _BARE.finditer(text) if "GCN" in text else ():
        yield int(match["number"]), match.start("number"), match.end("number")
    if "gcn." in text:
        for match in _LINK.finditer(text):
            yield int(match["number"]), match.start("number"), match.end("number")
    if re.search("atel|telegram", text, re.I):
        for match in _ATEL.finditer(text):
            yield f"ATel {int(match['number'])}", match.start(), match.end("number")
            for start, end in list(_runs(text, match.span("number"), match.span("more")))[1:]:
                yield f"ATel {int(text[start:end])}", start, end


def between(text: str, start: int, end: int) -> list[int]:
    """Numbers that a run leaves out: of `1234-1236` at the span of its first number, 1235."""
    after = re.match(r" ?- ?(\d{3,5})(?!\d)", text[end : end + 8])
    if after is None:
        return []
    low, high = int(text[start:end]), int(after[1])
    return list(range(low + 1, high)) if 0 < high - low <= _LONGEST_RUN else []


def mentioned(document: Document) -> Iterator[tuple[int | str, Where, int, int]]:
    """Every mention of a circular or telegram but of this one."""
    own = document.circular.number
    for where in _PLACES:
        for value, start, end in _found(document.even(where).text):
            if value not in (own, 0):
                yield value, where, start, end


def cited(document: Document) -> Iterator[tuple[int | str, Where, int, int]]:
    """What the circular cites, each once. A later number is a slip of the pen; it is told as it stands."""
    seen: set[int | str] = set()
    for value, where, start, end in mentioned(document):
        if value not in seen:
            seen.add(value)
            yield value, where, start, end


_PLACES: tuple[Where, ...] = ("body", "subject")


def propose(document: Document) -> Iterator[Candidate]:
    """Every circular and telegram that is cited."""
    known = {value for value, _, _, _ in cited(document)}
    for value, where, start, end in cited(document):
        yield _candidate(document, value, where, start, end, "its number stands after the series")
        if isinstance(value, int):
            text = document.even(where).text
            after = re.match(r" ?- ?\d{3,5}", text[end:])
            for inner in between(text, start, end):
                if inner not in known and after:
                    yield _candidate(document, inner, where, start, end + after.end(), "lies in the run that is cited")


def _candidate(document: Document, value: int | str, where: Where, start: int, end: int, why: str) -> Candidate:
    later = isinstance(value, int) and value > document.circular.number
    if later:
        why = f"{why}, a slip: it is a later one"
    return Candidate(predicate="cites", where=where, start=start, end=end, value=value, object=document.about,
                     confidence=0.6 if later else 0.99, why=why)  # fmt: skip


def reads_again(fact: Fact) -> bool:
    """Whether the number, or the run that it lies in, is what the text says."""
    text = Even(fact.text).text
    if isinstance(fact.value, str):
        return fact.value.startswith("ATel ") and re.findall(r"\d+", text)[-1:] == [fact.value[5:]]
    numbers = [int(n) for n in re.findall(r"\d+", text)]
    if len(numbers) == 1:
        return numbers[0] == fact.value
    return len(numbers) == 2 and isinstance(fact.value, int | float) and numbers[0] < fact.value < numbers[1]


GRAMMAR = Grammar(predicates=("cites",), propose=propose, reads_again=reads_again)
