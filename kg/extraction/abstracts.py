"""What a paper's title and abstract say of which object: the same grammars as for circulars, and a stricter question of
whose each value is.

A circular speaks of one event. An abstract compares, averages and models: "a mean redshift of 2.1", "unlike
GRB 130603B at z = 0.356", "detectable out to z = 0.3". A value counts here where its own sentence names one object and
no other, or names none and the title is about one; nothing counts behind a word for many objects. What that leaves out
is lost; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from kg.extraction import EXTRACTOR, Candidate, Circular, Document, Fact, Scorer, extract
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.mentions import READ_TEXT, READ_TITLE, Mentions, aside, mentions
from kg.names import find_names
from kg.openings import compiled
from kg.tex import Plain

#: A text that is no circular may cite any circular: it is read as if it were later than all of them.
LATER_THAN_ALL = 10_000_000
#: Predicates that say something of an object. What a paper reports on, follows up or puts right is not read from it.
OF_OBJECTS = (
    "redshift", "t90", "fluence", "flux", "magnitude", "position", "trigger_time", "classification", "counterpart",
    "host", "coincidence", "non_detection",
)  # fmt: skip
#: Words for many objects, for what is expected or assumed, and for other things that have redshifts.
_MANY = compiled(
    r"\b(?:samples?|populations?|distributions?|typical(?:ly)?|averages?|mean|median|most|catalog(?:ue)?s?|surveys?|"
    r"statistic\w*|all|other|many|several|few|both|some|each|compar\w+|similar|analog\w*|unlike|like|than|"
    r"(?:gamma-ray )?bursts|GRBs|[sl]GRBs|kilonovae|supernovae|transients|events|galaxies|mergers|FRBs|TDEs|blazars|"
    r"afterglows|hosts|quasars|absorbers|systems|simulat\w+|assum\w+|predict\w+|expect\w*|detectab\w+|if|would|could|"
    r"out to|up to|rates?|models?|scenarios?|horizon|future|cosmolog\w+|cluster|lens\w*|foreground|interven\w+|"
    r"evolution|absorption system|\u27e8 ?z ?\u27e9|< ?z ?>)(?!\w)",
    re.I,
)
#: The object of the paper, when it is not named.
_ITS = compiled(
    r"\b(?:the|this|its|our)\b[^.]{0,30}\b(?:bursts?|GRB|event|source|afterglow|host|transient|counterpart|supernova|SN|"
    r"kilonova|FRB|redshift|spectr\w+|absorption|emission lines?)\b|"
    r"\b(?:we|lines?|which|spectr\w+)\b[^.]{0,60}\b(?:measur|deriv|determin|giv|yield|confirm|find (?:z\b|a redshift))",
    re.I,
)


class Abstract(msgspec.Struct, frozen=True, kw_only=True):
    """Which objects a paper is about and mentions, and what it says of them: facts stand under their object's first
    name, with spans of the texts as they came."""

    mentions: Mentions
    facts: list[Fact]


def read_abstract(title: str, text: str, *, scorer: Scorer | None = None, created: str | None = None) -> Abstract:
    """Reads a paper or telegram."""
    return _Reading(Plain(title[:READ_TITLE]), Plain(text[:READ_TEXT])).answer(scorer, created)


class _Reading:
    def __init__(self, subject: Plain, body: Plain) -> None:
        self.subject, self.body = subject, body
        self.mentions = mentions(subject, body)
        self._even = {"subject": Even(subject.text), "body": Even(body.text)}

    def answer(self, scorer: Scorer | None, created: str | None) -> Abstract:
        circular = Circular(number=LATER_THAN_ALL, subject=self.subject.text, body=self.body.text, created=created)
        facts = [kept for fact in extract(circular, _Sentences(scorer)) if (kept := self._kept(fact))]
        return Abstract(mentions=self.mentions, facts=facts)

    def _kept(self, fact: Fact) -> Fact | None:
        """The fact under the object that its sentence says it is of, its span in the text as it came."""
        if fact.predicate in ("cites", "instrument"):
            return self._moved(fact, None)
        whose = self._whose(fact) if fact.predicate in OF_OBJECTS else None
        return self._moved(fact, whose) if whose else None

    def _whose(self, fact: Fact) -> str | None:
        even = self._even[fact.where]
        start, stop = even.at(fact.start), even.at(fact.end - 1) + 1
        begin, end = sentence(even.text, start, stop)
        said = even.text[begin:end]
        named = _named(said, start - begin, stop - begin)
        if named is None:
            return None
        if named:
            return self.mentions.first(named[0])
        # A range without a name is one of a survey, and a redshift has to be said of something.
        if fact.predicate == "redshift" and (fact.value is None or not _ITS.search(said)):
            return None
        about = self.mentions.about
        return about[0][0] if len(about) == 1 else None

    def _moved(self, fact: Fact, whose: str | None) -> Fact | None:
        plain = self.subject if fact.where == "subject" else self.body
        start, end = plain.span(fact.start, fact.end)
        moved = {"start": start, "end": end, "text": plain.original[start:end], "object": whose, "circular": 0}
        return msgspec.structs.replace(fact, **moved)


class _Sentences:
    """Takes a redshift that the grammar leaves, because little speaks for it, where its own sentence gives it to the
    one object that it names. Two that differ are both left."""

    def __init__(self, scorer: Scorer | None) -> None:
        self._scorer = scorer
        self.name = scorer.name if scorer is not None else EXTRACTOR

    def decide(self, document: Document, candidates: Sequence[Candidate]) -> list[Candidate]:
        decided = self._scorer.decide(document, candidates) if self._scorer is not None else list(candidates)
        left = {n: name for n, c in enumerate(decided) if not c.taken and (name := _given(document, c))}
        values: dict[str, set[object]] = {}
        for n, name in left.items():
            values.setdefault(name, set()).add((decided[n].value, decided[n].limit))
        why = "its sentence gives it to the one object that it names"
        return [
            msgspec.structs.replace(c, taken=True, confidence=_GIVEN, why=why, qualifier=_measured(document, c))
            if n in left and len(values[left[n]]) == 1
            else c
            for n, c in enumerate(decided)
        ]


#: How sure a redshift is that stands beside a name and has nothing else to speak for it.
_GIVEN = 0.8
#: Characters between a name and the redshift beside it.
_BESIDE = 90


def _measured(document: Document, candidate: Candidate) -> dict[str, object]:
    """Of what it is the redshift, and how it was measured where its sentence says so."""
    said = document.sentence(candidate.where, candidate.start, candidate.end)
    sort = "photometric" if _PHOTOMETRIC.search(said) else "spectroscopic" if _SPECTRUM.search(said) else None
    rest = {word: value for word, value in candidate.qualifier.items() if word != "type"}
    return rest | ({"type": sort} if sort else {})


_PHOTOMETRIC = compiled(r"\bphoto(?:metric|-?z)|\bSED\b", re.I)
_SPECTRUM = compiled(r"\bspectr|\blines?\b|\babsorption\b|\bemission\b", re.I)


def _given(document: Document, candidate: Candidate) -> str | None:
    """The one object that the sentence of a redshift names near it."""
    own = candidate.predicate == "redshift" and candidate.qualifier.get("whose") in ("afterglow", "host")
    if not own or candidate.value is None or candidate.assertion != "asserted":
        return None
    text = document.even(candidate.where).text
    begin, end = sentence(text, candidate.start, candidate.end)
    named = _named(text[begin:end], candidate.start - begin, candidate.end - begin, near=_BESIDE)
    return named[0] if named else None


def _named(said: str, start: int, end: int, *, near: int = 1_000) -> list[str] | None:
    """The name of the one object that a sentence speaks of around a value; none where it names none; None where it
    names several, only compares, or speaks of many things."""
    names = [n for n in find_names(said) if n.end <= start or n.start >= end]
    before = [n for n in names if n.end <= start]
    if len({n.name for n in names}) > 1 or any(aside(said, n) for n in names):
        return None
    if _MANY.search(said[before[-1].end if before else 0 : start]):
        return None
    # Behind the value only what belongs to it: "z = 2.1 for long GRBs", "z = 0.3, the mean".
    if not names and _MANY.search(said[end : end + 25]):
        return None
    return [n.name for n in names if start - n.end <= near and n.start - end <= near][:1]
