"""Grammar of `retraction`: an event, a trigger, a redshift or a counterpart taken back, each object for itself.

`value` says how: `retracted`, or `not_a_burst` where no word of taking back is used. `qualifier.of` says what:
`event` (the object itself), `redshift` or `counterpart`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from kg.cues import Cued
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.document import Document
from kg.extraction.fact import Assertion, Fact, Where
from kg.extraction.normalise import Even
from kg.extraction.sentences import sentence
from kg.openings import compiled

#: Words of taking back.
_RETRACT = compiled(
    r"\b(?:hereby |originally |therefore |thus |now )?(?:retract(?:ion of|ed|ing|s)?\b|withdr[ae]wn?\b|"
    r"withdrew\b|cancell?ed\b)"
    r"|\bno longer (?:be )?(?:considered|of interest|viable|believed|significant)\b(?: to be)?(?: an?)?"
    r"(?: (?:event|candidate|viable candidate|candidate event))?(?: of interest)?"
    r"|\b(?:please|should be|be) (?:disregard|ignore)d?\b",
    re.I,
)
#: An earlier result that is said to be wrong: counts for redshifts, beside words for "earlier".
_WRONG = Cued(
    r"\b(?:was|were|is|are|be|as) (?:therefore |thus |clearly |likely |probably |unfortunately |"
    r"now )*(?:erroneous|in error|incorrect|"
    r"wrong|mistaken|spurious|not (?:likely |believed |expected |thought )?(?:to be )?(?:real|correct))\b"
    r"|\b(?:not |un)supported\b|\bdisregard (?:our |the |this )?(?:previous |earlier )?(?:GCN|circular|redshift)\b",
    re.I,
)
_EARLIER = compiled(r"\bGCN\b|\b(?:our|previous(?:ly)?|earlier|initial(?:ly)?|preliminary)\b", re.I)
#: A burst denied: "is not a GRB", "are not real", "was triggered by noise".
_DENIED = Cued(
    r"\b(?:is|are|was|were|be)(?: in fact| actually| also| most| almost certainly| certainly| likely| probably| very|"
    r" therefore| thus| now){0,3} (?:not|NOT)(?: in fact| likely| due to| from| caused by| related to| from|"
    r" considered"
    r"(?: to be)?| believed to be)?(?: an?| the)?(?: real| genuine| interesting| true| significant| new)?"
    r" (?:GRBs?\b|gamma-ray (?:bursts?|transient)|bursts?\b|astrophysical(?: (?:events?|GRBs?|sources?|"
    r"transients?|signals?|"
    r"origin))?|real\b(?: (?:sources?|events?|GRBs?|bursts?))?|cosmic)"
    r"|\bnot an? (?:real |genuine )?(?:GRB|gamma-ray burst|astrophysical event|burst)\b"
    r"|\bNone (?:of (?:them|these) )?(?:is|are|was|were) (?:an? )?(?:real |astrophysical |GRBs?)(?:events?|sources?)?"
    r"|\btriggered on (?:a )?noise(?: event)?"
    r"|\b(?:(?:is|are|was|were) (?:all )?(?:caused by|due to)|triggers? due to) (?:a |the )?"
    r"(?:SAA |detector |\w+ )?(?:noise|misidentif\w+|star[- ]?tracker|"
    r"loss|false|"
    r"instrumental|particle|statistical|hardware|detector|solar|background)"
    r"|\bmis-?classified as (?:an? )?(?:GRBs?|gamma-ray bursts?)|: not astrophysical\b"
    r"|\blikely due to (?:an? )?(?:background|noise|instrumental)"
    r"|\b(?:is|are|was|were) (?:likely |most likely |probably )?(?:a )?"
    r"(?:noise\b|false (?:trigger|alarm)|spurious|background)",
    re.I,
)
#: A subject's word for it; in a body it may be a probability.
_FALSE = compiled(r"\bfalse (?:trigger|alarm)s?\b", re.I)
#: A body's denial counts only where it speaks of a trigger or of the event.
_OF_EVENT = compiled(r"\btriggers?\b|\bevents?\b|\balerts?\b|\bGRB|\bthey\b|\bit\b|\bthese\b|\bnone\b|"
                       r"\bnotices?\b|\bsource\b"
                       r"|\bcandidate\b|\bthis\b", re.I)  # fmt: skip
#: Not taken back, or not yet: a condition, a question, a plan.
_UNREAL = compiled(
    r"\b(?:if|unless|until|whether|may be|might be|could be|would be|can be|not been|has not|have not|cannot|rule out|"
    r"expected to be|had been|argues?|possib(?:le|ly|ility)|should it)\b[^.;]{0,60}$",
    re.I,
)
#: Something else than the event.
_REDSHIFT = compiled(r"\bred-?shifts?\b|\bz ?=", re.I)
_COUNTERPART = compiled(
    r"\b(?:afterglow|counterpart|OT|optical transient|(?:optical |afterglow |counterpart |X-ray |"
    r"transient )candidates?|"
    r"association|identification of (?:the |an )?(?:afterglow|optical|counterpart))\b",
    re.I,
)
_OTHER = compiled(
    r"\b(?:magnitudes?|photometry|position|flux|fluence|circular|statement|localization|sky ?map|upper limits?|"
    r"coordinates|"
    r"detection of (?:the |an? )?(?:afterglow|absorption|line)|funds?|solar array|arm)\b",
    re.I,
)
_DOUBT = compiled(
    r"\b(?:probably|likely|believe|possibl[ey]|may|might|could|suspect|suggest\w*|appears?|seems?|perhaps|"
    r"almost certainly)\b",
    re.I,
)


def _of(context: str) -> str | None:
    """What a taking back is about; None where it is nothing that counts."""
    if _REDSHIFT.search(context):
        return "redshift"
    if _COUNTERPART.search(context):
        return "counterpart"
    return None if _OTHER.search(context) else "event"


def _in_subject(document: Document) -> Iterator[tuple[re.Match[str], str, str]]:
    """(match, how, of what) in the subject."""
    text = document.subject.text
    for match in _RETRACT.finditer(text):
        if re.search(r"retraction", match.group(), re.I) or not _UNREAL.search(text[: match.start()]):
            of = _of(text)
            if of:
                yield match, "retracted", of
            return
    bare = re.search(r"\bretract(?:ion|ed|s)?\b|\bcancell?ation\b", text, re.I)
    if bare and (of := _of(text)):
        yield bare, "retracted", of
        return
    denied = _DENIED.search(text) or _FALSE.search(text)
    if denied and not re.search(r"\bwhether\b|\?", text):
        yield denied, "not_a_burst", "event"


_CANDIDATE = compiled(r"trigger|event|candidate|\bM?S\d{6}|notice|alert", re.I)


def _in_body(document: Document) -> Iterator[tuple[re.Match[str], str, str]]:
    """(match, how, of what) in the opening of the body."""
    text = document.body.text
    opening = text[:4000]
    low = opening.lower()
    if any(word in low for word in ("retract", "withdr", "cancel", "no longer", "disregard", "ignore")):
        for match in _RETRACT.finditer(opening):
            begin, stop = sentence(text, match.start(), match.end())
            before, after = text[begin : match.start()], text[match.end() : min(stop, match.end() + 60)]
            if _UNREAL.search(before) or document.part("body", match.start(), match.end()) != "body":
                continue
            word = match.group().lower()
            if word.startswith(("please", "should be", "be ")):
                continue  # notices to be disregarded: the trigger's own denial tells of it
            if word.startswith("no longer") and not _CANDIDATE.search(before + word + after):
                continue
            of = _of(before[-160:] + after)
            if of:
                yield match, "retracted", of
    if "redshift" in low or "z=" in low or "z =" in low:
        yield from _wrong_redshifts(document, opening)
    for match in _DENIED.finditer(opening):
        begin, stop = sentence(text, match.start(), match.end())
        before = text[begin : match.start()]
        if _UNREAL.search(before) or not _OF_EVENT.search(before + match.group()):
            continue
        if document.part("body", match.start(), match.end()) in ("quoted", "authors"):
            continue
        yield match, "not_a_burst", "event"


def _wrong_redshifts(document: Document, opening: str) -> Iterator[tuple[re.Match[str], str, str]]:
    """Redshifts of an earlier circular that are said to be wrong."""
    for match in _WRONG.finditer(opening):
        begin, stop = sentence(document.body.text, match.start(), match.end())
        own = document.body.text[begin:stop]
        of_redshift = _REDSHIFT.search(own) or (
            "disregard" in match.group().lower() and _REDSHIFT.search(document.subject.text)
        )
        before = opening[begin : match.start()]
        plain = document.part("body", match.start(), match.end()) == "body"
        if of_redshift and plain and _EARLIER.search(own) and not _UNREAL.search(before):
            yield match, "retracted", "redshift"


def propose(document: Document) -> Iterator[Candidate]:
    """What the circular takes back. The subject's word comes first; a body alone must speak of a trigger."""
    told: set[tuple[str | None, str]] = set()
    named = [("subject", *m) for m in _in_subject(document)]
    announced = bool(named)
    places: list[tuple[Where, re.Match[str], str, str]] = [("subject", m, how, of) for _, m, how, of in named]
    places += [("body", m, how, of) for m, how, of in _in_body(document)]
    for where, match, how, of in places:
        text = document.even(where).text
        begin, _ = sentence(text, match.start(), match.end())
        taken, why = _verdict(document, where, match, how, of, announced=announced)
        assertion: Assertion = (
            "hedged" if _DOUBT.search(text[max(begin, match.start() - 60) : match.end()]) else "asserted"
        )
        for target in _targets(document, where, match):
            if (target, of) in told:
                continue
            if taken:
                told.add((target, of))
            yield Candidate(predicate="retraction", where=where, start=match.start(), end=match.end(), value=how,
                            object=target, qualifier={"of": of}, assertion=assertion,
                            confidence=0.97 if announced else 0.85, taken=taken, why=why)  # fmt: skip


def _verdict(
    document: Document, where: Where, match: re.Match[str], how: str, of: str, *, announced: bool
) -> tuple[bool, str]:
    """Whether it is a taking back by this circular."""
    if where == "subject" or announced:
        return True, "the subject announces it" if where == "subject" else "the subject announces it, the body says it"
    text = document.body.text
    begin, stop = sentence(text, match.start(), match.end())
    own = text[begin:stop]
    if how == "not_a_burst":
        about = document.about or ""
        if "classified" in match.group():
            return about.startswith("GRB") or " trigger " in about, "says what the trigger was not"
        if re.match(r" ?(?:afterglow|counterpart|host|candidate)", text[match.end() :]):
            return False, "denies an afterglow, not the burst"
        said = text[begin : match.end()]
        if re.search(r"\btriggers?\b", own, re.I) and not re.search(
            r"counterpart|afterglow|galaxy|object|star\b", said, re.I
        ):
            return True, "says that the trigger was none"
        if re.search(r"\bthis (?:event|trigger|burst)\b", said, re.I) and re.search(
            r"\b(?:not|rather than) (?:due |to |an? )*(?:GRB|gamma-ray burst)", own
        ):
            return True, "says that the event was none"
        if re.search(r"\bGRB\b|gamma-ray burst", own) and re.search(r"not an? (?:GRB|gamma-ray burst)", own, re.I):
            return bool(
                re.search(r"\b(?:source|announced|known|binary|outburst)\b", own, re.I)
            ), "denies a burst in passing"
        return False, "denies something in passing"
    if of == "redshift" and _WRONG.fullmatch(match.group()):
        return True, "an earlier redshift is said to be wrong"
    if re.search(r"\bwe (?:\w+ )?(?:retract|withdraw)|hereby|\bno longer\b", own, re.I) and of != "counterpart":
        return True, "the authors take it back"
    if re.search(r"\bwe (?:\w+ )?(?:retract|withdraw)", own, re.I):
        return True, "the authors take a counterpart back"
    return False, "tells of a taking back by others"


def _targets(document: Document, where: Where, match: re.Match[str]) -> list[str | None]:
    """Which objects it is about: all triggers of the subject for the event itself."""
    if len(document.objects) > 1 and all(" trigger " in o or " alert " in o for o in document.objects):
        return list(document.objects)
    if _WRONG.fullmatch(match.group()):
        return [document.about]
    return [document.object_at(where, match.start(), match.end())]


def reads_again(fact: Fact) -> bool:
    """Whether the span alone takes something back in the way of the value."""
    text = Even(fact.text).text
    if fact.value == "retracted":
        return bool(re.search(r"retract|withdr|cancel|no longer|disregard|ignore", text, re.I) or _WRONG.search(text))
    return fact.value == "not_a_burst" and bool(_DENIED.search(text) or _FALSE.search(text))


GRAMMAR = Grammar(predicates=("retraction",), propose=propose, reads_again=reads_again)
