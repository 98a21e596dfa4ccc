"""Grammar of a circular's own place among the others: its names, its sort (`report_type`), and what it `corrects`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from kg.extraction import report_words as w
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.citations import mentioned
from kg.extraction.document import Document
from kg.extraction.fact import Fact
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.names import normalise_name


@lru_cache(maxsize=64)
def report_type(subject: str) -> tuple[str, str]:
    """The sort of report that a subject announces, and a finer word for it, empty where there is none. What says
    nothing special is a follow-up: most circulars are."""
    for sort, detail, pattern in w.SORTS:
        if pattern.search(subject):
            if sort == "follow_up" and not detail and _by_prompt(subject):
                return "detection", "prompt emission"
            return sort, detail
    return ("detection", "prompt emission") if _by_prompt(subject) else ("follow_up", "")


def _by_prompt(subject: str) -> bool:
    """Whether an instrument reports the prompt emission that it saw."""
    if w.OTHER_MESSENGER.search(subject):
        return False
    return bool(w.PROMPT_RE.search(subject) and w.BURST_WORDS.search(subject) and not w.LATER_RE.search(subject))


#: Of more citations the first are looked at: nobody corrects so many.
_MOST = 300


def corrections(document: Document) -> Iterator[Candidate]:
    """The circulars that this one corrects: named in one sentence with the word, or in the sentence before it where
    the subject announces a correction."""
    subject = document.subject.text
    announced = bool(re.search(r"\bcorrect(?:ion|ed)\b|\berrat|\brevis(?:ed|ion)|\breplaces\b|typo", subject, re.I))
    renewed = bool(w.RENEWED.search(subject))
    if not announced and not renewed and not w.SAYS_SO.search(document.body.text):
        return
    told_of: set[int] = set()
    # A subject that names what it corrects has said all.
    told_by_subject = {
        value
        for value, where, start, _ in mentioned(document)
        if where == "subject" and _subject_corrects(subject[:start])
    }
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
        if not told and renewed and where == "body" and _own_earlier(text, begin, start):
            told, why = True, "the team renews its own earlier result"
        if told_by_subject and value not in told_by_subject:
            told, why = False, "the subject names another"
        if told:
            told_of.add(value)
        if told or announced:
            yield Candidate(predicate="corrects", where=where, start=start, end=end, value=value, object=document.about,
                            confidence=0.8 if told else 0.3, taken=told, why=why)  # fmt: skip


def _told(text: str, begin: int, start: int, end: int, stop: int, *, announced: bool, where: str) -> tuple[bool, str]:
    """Whether the sentence around a citation says that it is corrected, and why."""
    own = text[begin:stop]
    if where == "subject":
        named = _subject_corrects(text[:start])
        return (True, "the subject corrects it") if named else (False, "the subject only names it")
    close = w.NOT_SO.sub(" ", text[max(begin, start - 160) : min(stop, end + 160)])
    if w.SAYS_SO.search(close) and not _by_others(text[max(begin, start - 60) : start]):
        return True, "its sentence says that it is mended"
    mine = re.search(
        r"\b(?:in|our|my)(?: previous| earlier| last)? [^\s\d]{0,12} ?[^\s\d]{0,10} ?$", text[:start][-40:], re.I
    )
    if w.IN_GCN.search(text[begin:start]) and w.THIS_IS_WRONG.match(text, stop):
        return True, "the next sentence says that it is wrong"
    if announced and mine and re.search(r"\b(?:previous(?:ly)?|we reported|our|my)\b", own, re.I):
        after = text[stop : stop + 120]
        if re.match(r"\W*(?:This|That|It|These)\b", after) and w.SAYS_SO.search(after) and not w.NOT_SO.search(after):
            return True, "the next sentence says that it is wrong"
    return False, "only cited"


def _subject_corrects(before: str) -> bool:
    """Whether the words of a subject in front of a number say that it is corrected."""
    return bool(re.search(r"\b(?:correct\w*|errat\w+|replaces|corrigendum|typo)\b", before, re.I))


def _own_earlier(text: str, begin: int, start: int) -> bool:
    """Whether a citation is the team's own: it says so, or the first author cited is one of the authors."""
    if w.OWN_EARLIER.search(text[max(begin, start - 90) : start]):
        return True
    author = re.search(r"\(([A-Z][\w'-]+) et al\W{1,3}(?:GCN\w*|[ ,.:#]|Circ\w*)*$", text[max(0, start - 60) : start])
    return author is not None and bool(re.search(rf"^[^()]{{0,400}}\b{re.escape(author[1])}\b", text[:400]))


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
            confidence=0.93,
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
