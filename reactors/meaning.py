"""What a rule means, as one short hash: it changes when the rule would do something else, not when the rule is laid
out, explained or tested differently."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from reactors.compiling import Expression
from reactors.rule import Rule

#: Fields of a rule that say where it stands and what it is for.
_BESIDES = {"about", "owner", "file", "line", "hash", "tests"}
#: Fields of a rule's parts that the language got later: where they are empty they do not count.
_LATER = {"at", "more_s", "to"}


def semantic_hash(rule: Rule) -> str:
    """64 bits of the SHA-256 of all that a rule means. Fields at their defaults do not count, so that a rule keeps its
    hash when the language grows."""
    fields = dict(zip(rule.__struct_fields__, _defaults(), strict=True))
    meaning = {
        name: _plain(getattr(rule, name))
        for name, default in fields.items()
        if name not in _BESIDES and getattr(rule, name) != default
    }
    meaning["when"] = sorted(rule.when)
    return hashlib.sha256(msgspec.json.encode(meaning, order="sorted")).hexdigest()[:16]


def _defaults() -> list[Any]:
    return [field.default for field in msgspec.structs.fields(Rule)]


def _plain(value: Any) -> Any:
    """Expressions as they are written, without the lines they stand in."""
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, msgspec.Struct):
        fields = value.__struct_fields__
        told = [
            name for name in fields if name not in ("line", "file") and (name not in _LATER or getattr(value, name))
        ]
        return {name: _plain(getattr(value, name)) for name in told}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
