"""`use: NAME`: what several rules share, written once as a document `template: NAME` in any rule file of the same
folders. Merged before a rule is read, so that a mistake in a template is told at its own place.

What a rule says itself wins. Maps (`vars`, `when` with names …) are merged key by key, `if` and `where` are added up
with the template's lines first, all else is replaced. With several templates the later one wins over the earlier.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from nuncius.core.registry import did_you_mean
from reactors.reading import Reading
from reactors.rule import RULE_NAME
from reactors.yamlsource import Value

MAX_USES = 8
MAX_DEPTH = 4
#: Keys whose lines are added up.
ADDED = ("if", "where")
#: Keys that belong to a document itself and are not handed on.
OWN = ("rule", "template", "use", "test")

Fields = dict[str, tuple[Value, Value]]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A template and where it stands."""

    name: str
    document: Value

    @property
    def meaning(self) -> Any:
        """What it says, whatever its layout."""
        return self.document.plain()


def is_template(document: Value) -> bool:
    """Whether a document is a template rather than a rule."""
    return isinstance(document.content, dict) and "template" in document.content and "rule" not in document.content


def read_template(document: Value, reading: Reading, keys: tuple[str, ...]) -> Template | None:
    """A template's name, and whether its keys are those of rules; the rest is checked where it is used."""
    fields: Fields = document.content
    name = reading.matching(fields["template"][1], RULE_NAME, "a name of letters, digits, '-', '_' and '.'")
    known = ("template", *(key for key in keys if key not in ("rule", "test")))
    for key, (place, _) in fields.items():
        if key == "test":
            reading.add(place, "a template has no tests", "test the rules that use it")
        elif key not in known:
            reading.add(place, f"unknown key '{key}'{did_you_mean(key, list(known))}")
    if not name and not reading.failed:
        reading.add(fields["template"][0], "a template needs a name", "for example template: significant-gw")
    return Template(name=name, document=document) if name else None


def with_templates(document: Value, templates: Mapping[str, Template], reading: Reading) -> Value:
    """The document with all that it uses merged into it; without, where something is wrong with that."""
    if "use" not in document.content:
        return document
    merged = _merged(document, templates, reading, (), set())
    return document if reading.failed else msgspec.structs.replace(document, content=merged)


def _merged(
    document: Value, templates: Mapping[str, Template], reading: Reading, inside: tuple[str, ...], done: set[str]
) -> Fields:
    """The fields with those of all templates below them. Each template counts once, however often it is reached: so
    templates that use templates do not multiply."""
    fields: Fields = document.content
    low: Fields = {}
    for name, place in _used(fields.get("use"), reading):
        if name in inside:
            reading.add(place, f"the template '{name}' uses itself")
        elif len(inside) >= MAX_DEPTH:
            reading.add(place, f"templates that use templates deeper than {MAX_DEPTH}")
        elif name not in templates:
            known = did_you_mean(name, sorted(templates)) or "; there is none in these folders"
            reading.add(place, f"no template is named '{name}'{known}", "a template is a document template: NAME")
        elif name not in done:
            done.add(name)
            shared = _merged(templates[name].document, templates, reading, (*inside, name), done)
            low = _over(low, {key: pair for key, pair in shared.items() if key not in OWN})
    return _over(low, fields)


def _used(value: tuple[Value, Value] | None, reading: Reading) -> list[tuple[str, Value]]:
    if value is None or value[1].content is None:
        return []
    items = value[1].content if isinstance(value[1].content, list) else [value[1]]
    if len(items) > MAX_USES:
        reading.add(value[1], f"{len(items)} templates; at most {MAX_USES}")
        return []
    named = [(reading.matching(item, RULE_NAME, "the name of a template"), item) for item in items]
    return [(name, item) for name, item in named if name]


def _over(low: Fields, high: Fields) -> Fields:
    """`high` laid over `low`."""
    result = dict(low)
    for key, (place, value) in high.items():
        below = low[key][1] if key in low else None
        if below is not None and value.content is not None:
            if key in ADDED:
                value = msgspec.structs.replace(value, content=[*_lines(below), *_lines(value)])
            elif isinstance(value.content, dict) and isinstance(below.content, dict):
                value = msgspec.structs.replace(value, content=below.content | value.content)
        result[key] = (place, value)
    return result


def _lines(value: Value) -> list[Value]:
    if value.content is None:
        return []
    return list(value.content) if isinstance(value.content, list) else [value]
