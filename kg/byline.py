"""Who says it: the authors of a circular, from the lines in front of "report", without their mail addresses."""

from __future__ import annotations

import re

import msgspec

from kg.openings import compiled

_REPORTS = compiled(r"\b(?:reports?|writes?|communicates?|announces?)\b(?P<after>[^.\n]{0,80}\n?[^.\n]{0,160})", re.I)
_TEAM = compiled(r"\b(?:[Oo]n\s+behalf\s+of|for)\s+(?:[Tt]he\s+|an?\s+(?=[A-Z]))?(?P<team>[A-Z][^:,;.()\n\"]{2,80})")
_MAIL = compiled(r"\s*[<(\[]?\b[\w.+-]+(?:@| at | \(at\) )[\w-]+(?:\.[\w-]+)+[>)\]]?", re.I)
_PLACE = compiled(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)")
#: Longest list of authors that is looked for: collaborations with several hundred names exist.
_FAR = 6000


class Byline(msgspec.Struct, frozen=True, kw_only=True):
    """The authors as written, and a short form for people: the team, else `First Author et al.`"""

    authors: str
    short: str


def byline(body: str) -> Byline | None:
    """The byline of a circular; None where its opening names nobody."""
    match = _REPORTS.search(body[:_FAR])
    if match is None:
        match = re.search(r"\n\s*\n", body[:_FAR])
        opening = body[: match.start()] if match else ""
        if not re.search(r"\([^)]+\)", opening) or len(opening) > 3000:
            return None
        after = ""
    else:
        opening, after = body[: match.start()], match["after"]
        if opening.count("\n\n") > 2 or len(opening.strip()) < 3:
            return None
    authors = " ".join(_MAIL.sub("", opening).split()).strip(" ,:;")
    if not authors or len(authors) < 3:
        return None
    team = _TEAM.search(" ".join(after.split())) or _TEAM.search(authors)
    return Byline(authors=authors, short=_team(team["team"]) if team else _first(authors))


def _team(text: str) -> str:
    return re.sub(r"\s+(?:report|write)s?$", "", " ".join(text.split())).strip()


def _first(authors: str) -> str:
    plain = _PLACE.sub("", authors)
    people = [p.strip() for p in re.split(r",|;| and | & ", plain) if p.strip(" .")]
    if not people:
        return authors[:60]
    return people[0][:60] + (" et al." if len(people) > 1 else "")
