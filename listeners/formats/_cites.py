"""What a paper or telegram refers to: circulars, telegrams, papers, as identifiers of one shape each.

`gcn:34926`, `atel:16123`, `arXiv:2511.14858` (no version), `doi:10.…` (lower case), `bibcode:…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_MORE = r"(?:(?:\s*(?:[,;/&]|\band\b))+\s*#?\d{2,5}\b(?![.:/-]\d))*"
#: Numbers in one list are of one time: "GCN 34926, 300 s later" names one circular.
_NEAR = 1000
_GCN = re.compile(
    r"\bGCNs?(?:\s*/\s*TAN)?(?:[\s-]*(?:Circulars?|Circs?\b\.?|C\b))?\s*(?:Nos?\b\.?|numbers?)?\s*"
    rf"((?:#\s*)?\d{{1,5}}\b(?![.:/-]\d){_MORE})"
)
_GCNC = re.compile(rf"\bGCNC\s*#?\s*(\d{{1,5}}\b{_MORE})")
_ATEL = re.compile(
    r"\b(?:ATels?|The\s+Astronomer['’]?s\s+Telegrams?|Astronomer['’]?s\s+Telegrams?)[\s,.]*(?:Nos?\b\.?\s*)?"
    rf"((?:#\s*)?\d{{1,5}}\b(?![.:/-]\d){_MORE})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{1,5}")
_ARXIV = re.compile(
    r"(?:\barXiv\s*:\s*|arxiv\.org/(?:abs|pdf)/)(?P<id>\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?",
    re.IGNORECASE,
)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>{}|\\^`\[\]]+")
_BIBCODE = re.compile(r"(?<![\w.&])(?:1[6-9]|20)\d\d[A-Za-z][A-Za-z0-9&.]{4}[\d.A-Za-z]{5}[\d.]{4}[A-Z.](?![\w.])")
_GCN_BIBCODE = re.compile(r"\d{4}GCN\.+(\d{1,5})\.")
_ATEL_BIBCODE = re.compile(r"\d{4}ATel\.*(\d{1,5})\.")
_ARXIV_BIBCODE = re.compile(r"\d{4}arXiv(\d{4})\.?(\d{4,5})[A-Z.]")
_ASTRO_PH_BIBCODE = re.compile(r"\d\d(\d\d)astro\.ph\.\.?(\d{4,5})[A-Z.]")


def arxiv_id(text: str) -> str:
    """An arXiv identifier in its one shape, without version: `arXiv:2511.14858`; empty where the text is none."""
    match = _ARXIV.search(text if "arxiv" in text.lower() else f"arXiv:{text}")
    return f"arXiv:{match['id']}" if match else ""


def doi(text: str) -> str:
    """A DOI in its one shape, `doi:10.…`, lower case as DOIs do not tell case apart; empty where the text is none."""
    match = _DOI.search(text)
    if match is None:
        return ""
    found = match.group().rstrip(".,;:'’”")
    while found.endswith(")") and found.count("(") < found.count(")"):
        found = found[:-1].rstrip(".,;:")
    return f"doi:{found.lower()}"


def of_bibcode(bibcode: str) -> list[str]:
    """A bibcode, and what it stands for where it is a circular, a telegram or a preprint."""
    found = [f"bibcode:{bibcode}"]
    if match := _GCN_BIBCODE.match(bibcode):
        found.append(f"gcn:{int(match[1])}")
    elif match := _ATEL_BIBCODE.match(bibcode):
        found.append(f"atel:{int(match[1])}")
    elif match := _ARXIV_BIBCODE.match(bibcode):
        found.append(f"arXiv:{match[1]}.{match[2]}")
    elif match := _ASTRO_PH_BIBCODE.match(bibcode):
        found.append(f"arXiv:astro-ph/{match[1]}{int(match[2]):05d}")
    return found


def of_text(*texts: str) -> list[str]:
    """What texts refer to, in order, each once."""
    found: list[str] = []
    for text in texts:
        for pattern, name in ((_GCN, "gcn"), (_GCNC, "gcn"), (_ATEL, "atel")):
            for match in pattern.finditer(text):
                numbers = [int(number) for number in _NUMBER.findall(match[1])]
                found += [f"{name}:{n}" for n in numbers if n and abs(n - numbers[0]) <= _NEAR]
        found += [f"arXiv:{match['id']}" for match in _ARXIV.finditer(text)]
        found += [doi(match.group()) for match in _DOI.finditer(text)]
        for match in _BIBCODE.finditer(text):
            found += of_bibcode(match.group())
    return list(dict.fromkeys(found))


def without(cites: Iterable[str], ids: Iterable[str]) -> list[str]:
    """The references that are not the paper's own identifiers, each once."""
    own = set(ids)
    return [cite for cite in dict.fromkeys(cites) if cite not in own]
