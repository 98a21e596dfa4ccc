"""Writes config/event_fields.toml from real notices: which words the events of each kind have had.

    python tests/write_event_fields.py ../shared/data/voevents ../shared/data/notices

Kinds of which no archive has enough are written by hand below.
"""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from listeners.files import walk
from listeners.formats import Message, parse
from nuncius.core.errors import FormatError

FILE = Path(__file__).parent.parent / "config" / "event_fields.toml"
#: A word that so large a part of all missions uses is everybody's.
COMMON = 0.5
HEAD = """# Which fields the events of each kind have, for warnings of `nuncius rules check`: data only.
# Written by tests/write_event_fields.py from real notices; kinds of our own by hand.
"""
#: What no mission sends: bare schemas, tests of brokers.
NOBODY = ("gcn.notice.unrecognized", "gcn.notice.core.", "gcn.notice.voevent")
#: Kinds of our own, as their makers write them.
OURS = {
    "assumption.verdict": (
        "about analysis analysis_version answer assumption because by distance evidence limit minus missing place plus "
        "quantity rule run since tolerance unit value verdict version why"
    ),
    "assumption.withdrawn": "assumption because document place verdict why",
    "gcn.circular": "body circular created facts format submitter edited_by edited_on submitted_how bibcode version",
    "gcn.heartbeat": "created",
    "kg.fact": (
        "about circular version name predicate quantity value unit error error_probability limit lower upper qualifier "
        "assertion where start end text confidence extractor ra dec ra_dec_error containment_probability sky position "
        "other document claims by work relation state subject authors ids version published categories says url why "
        "apart sigmas dispute sources earlier later because"
    ),
    "paper": (
        "subject body authors ids categories version published updated url comment journal_ref cites doi bibcode "
        "keywords mentions_retraction"
    ),
    "feed.silent": "feed feeds listener state previous since detail",
    "feed.recovered": "feed feeds listener state previous since detail",
    "feed.gap": "feed gap subject detail",
    "timer": "rule form due per anchor",
    "platform.deployed": "platform service namespace version severity reason detail labels repository sender origin",
    "platform.unhealthy": (
        "platform service namespace version severity reason detail labels alert since repository sender origin"
    ),
    "platform.recovered": "platform service namespace severity reason detail labels alert since sender origin",
    "release.code": (
        "action body doi files index package prerelease published repository subject tag url version yanked"
    ),
    "release.data": "action body changed dataset doi files index published subject url version",
}


def group_of(kind: str) -> str:
    """The part of a kind that shares its fields: mission and instrument of a notice."""
    return ".".join(kind.split(".")[: 4 if kind.startswith("gcn.notice") else 2])


def seen(paths: list[Path]) -> dict[str, set[str]]:
    """Words by group of kinds, in all that can be read."""
    found: dict[str, set[str]] = {}
    for message in walk(paths, now=datetime.now(UTC)):
        for kind, words in words_of(message):
            found.setdefault(group_of(kind), set()).update(words)
    return found


def words_of(message: Message) -> list[tuple[str, set[str]]]:
    """Kind and words of each event in a message."""
    if message.refused:
        return []
    try:
        return [(event.kind, set(event.data)) for event in parse(message)]
    except FormatError:
        return []


def page(found: dict[str, set[str]]) -> str:
    """The file's text."""
    groups = {kind: set(words) for kind, words in found.items() if not kind.startswith(NOBODY)}
    for kind, words in OURS.items():
        groups[kind] = groups.get(kind, set()) | set(words.split())
    notices = [words for kind, words in groups.items() if kind.startswith(("gcn.notice", "lvk"))]
    counts = Counter(word for words in notices for word in words)
    common = {word for word, count in counts.items() if count >= COMMON * len(notices)} - {"ra", "dec", "ra_dec_error"}
    common -= {"sky", "containment_probability"}
    lines = [HEAD, "common = [", *_list(common | {"subject", "url"}), "]", "", "[kinds]"]
    for kind in sorted(groups):
        lines += [f'"{kind}" = [', *_list(groups[kind] - common), "]"]
    return "\n".join(lines) + "\n"


def _list(words: set[str]) -> list[str]:
    return [f'  "{word}",' for word in sorted(words)]


if __name__ == "__main__":
    FILE.write_text(page(seen([Path(name) for name in sys.argv[1:]])), encoding="utf-8")
    sys.stdout.write(f"{FILE}\n")
