"""Which fields the events of a kind have: what real notices carried (`config/event_fields.toml`). Used when a rule is
loaded, to warn; never when it decides."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from reactors.vocabulary import ENVELOPE, FIELDS


@cache
def _table() -> tuple[frozenset[str], dict[str, frozenset[str]]]:
    known = tomllib.loads((files("config") / "event_fields.toml").read_text(encoding="utf-8"))
    return frozenset(known["common"]) | set(ENVELOPE), {k: frozenset(v) for k, v in known["kinds"].items()}


@cache
def fields_of(kind: str) -> frozenset[str] | None:
    """The fields of events of a kind and of all below it; None where that is not known."""
    common, kinds = _table()
    below = [words for known, words in kinds.items() if known.startswith(kind + ".")]
    if kind in kinds:
        below.append(kinds[kind])
    words = kind.split(".")
    above = (".".join(words[:n]) for n in range(len(words) - 1, 1, -1))
    nearest = next((kinds[name] for name in above if name in kinds), None)
    if not below and nearest is None:
        return None
    return common.union(nearest if not below and nearest is not None else frozenset(), *below)


def strange_field(field: str, kinds: Sequence[str]) -> str:
    """Why no event of any of these kinds is likely to have the field, in words; empty where one may."""
    known = [fields_of(kind) for kind in kinds]
    if not known or any(words is None or field in words for words in known):
        return ""
    if field not in FIELDS and not all(kind.startswith(("lvk.", "gcn.circular", "timer", "feed.")) for kind in kinds):
        return ""  # a mission may have words of its own that no archive of ours has seen
    _, table = _table()
    owners = sorted(kind for kind, words in table.items() if field in words)
    where = f"; it is a field of {', '.join(owners[:3])}{' …' if len(owners) > 3 else ''}" if owners else ""
    shown = kinds[0] if len(kinds) == 1 else f"{kinds[0]} or the like"
    return f"no {shown} has had a field '{field}' so far{where}"
