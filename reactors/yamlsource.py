"""Rule files as located values: YAML 1.2 in a safe subset (no tags, no anchors, no duplicate keys, limited size), each
value knowing its line and column. Knows nothing of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reactors.problems import Problem, RuleFileError

MAX_BYTES = 256 * 1024
MAX_VALUES = 20_000
MAX_DEPTH = 16

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?$")
_QUOTE = "text with ${…}, ': ', ' #', '?', or starting with '{', '[', '!', '&', '*', '%', '@' needs quotes"

_COMMA = "inside […] or {…} a condition with a comma or a bracket needs quotes, or a line of its own beginning with '-'"


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A located value. `content` is text, a number, true/false, None, a list of Values or a dict of key text to
    (key Value, Value). `file` is where it stands; `inner` is the column where a text's own characters begin, where it
    stands on one line."""

    content: Any
    line: int
    column: int
    inner: int = 0
    style: str = ""
    file: str = ""

    def plain(self) -> Any:
        """The value without its places."""
        if isinstance(self.content, list):
            return [item.plain() for item in self.content]
        if isinstance(self.content, dict):
            return {key: value.plain() for key, (_, value) in self.content.items()}
        return self.content


def read(text: str, file: str) -> list[Value]:
    """All documents of a file. Raises RuleFileError."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _error(file, 1, 1, f"the file has {len(text):,} characters; at most {MAX_BYTES // 1024} kB are read")
    try:
        events = _checked(YAML(typ="safe", pure=True).parse(text), file)
        starts = (event for event in events if isinstance(event, DocumentStartEvent))
        documents = [_value(next(events), events, file) for _ in starts]
    except MarkedYAMLError as error:
        raise _marked(error, text, file) from None
    except (YAMLError, ValueError) as error:
        # A control character or a lone surrogate: the reader names it and its offset.
        raise _error(file, 1, 1, " ".join(str(error).split()), "save the file as plain UTF-8 text") from None
    return [document for document in documents if document.content is not None]


def _checked(events: Iterator[Any], file: str) -> Iterator[Any]:
    """The parser's events, stopped at the first thing that a rule file may not have."""
    depth = 0
    for count, event in enumerate(events):
        line, column = event.start_mark.line + 1, event.start_mark.column + 1
        if count > MAX_VALUES:
            raise _error(file, line, column, f"more than {MAX_VALUES} values in one file; split it")
        tag = None if isinstance(event, DocumentStartEvent) else getattr(event, "tag", None)
        if tag:  # before anchors: `!ev.x && ev.y` is a tag with an anchor
            name = str(tag)
            quoted = f'a condition that starts with "!" needs quotes: "{name} …"' if name.startswith("!") else _QUOTE
            raise _error(file, line, column, f"tags are not part of rules; received {name[:60]}", quoted)
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            sign = "*" if isinstance(event, AliasEvent) else "&"
            raise _error(
                file,
                line,
                column,
                f"anchors and aliases are not part of rules; received {sign}{event.anchor}",
                "share values by 'vars'; a text that starts with '&' or '*' needs quotes",
            )
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _error(file, line, column, f"nested deeper than {MAX_DEPTH}")
        yield event


def _value(event: Any, events: Iterator[Any], file: str) -> Value:
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if isinstance(event, ScalarEvent):
        style = event.style or ""
        one_line = event.start_mark.line == event.end_mark.line
        inner = (column + (1 if style in ("'", '"') else 0)) if one_line else 0
        text = _whole(event.value, file, line, column)
        return Value(content=_scalar(text, style), line=line, column=column, inner=inner, style=style, file=file)
    if isinstance(event, SequenceStartEvent):
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(_value(event, events, file))
        return Value(content=items, line=line, column=column, file=file)
    pairs: dict[str, tuple[Value, Value]] = {}
    while not isinstance(event := next(events), MappingEndEvent):
        key = _value(event, events, file)
        if not isinstance(key.content, str | float | int | bool) and key.content is not None:
            raise _error(file, key.line, key.column, "a key must be a word; received a list or a map", _QUOTE)
        name = key.content if isinstance(key.content, str) else _written(key.content)
        if name in pairs:
            first = pairs[name][0]
            raise _error(
                file,
                key.line,
                key.column,
                f"the key '{name}' stands twice, first in line {first.line}",
                "keep one; several conditions or actions go in a list, each line beginning with '-'",
            )
        pairs[name] = (key, _value(next(events), events, file))
    return Value(content=pairs, line=line, column=column, file=file)


def _whole(text: str, file: str, line: int, column: int) -> str:
    """The text with characters written as two escapes ("\\ud83d\\ude00", as JSON does) put together."""
    if text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise _error(
            file, line, column, "half a character: an escape \\ud800 to \\udfff without its other half"
        ) from None


def _written(value: Any) -> str:
    return {True: "true", False: "false", None: "null"}.get(value, str(value))


def _scalar(text: str, style: str) -> Any:
    """YAML 1.2's core schema: `on` and `12:30:49` are text, 1e-7 is a number, all numbers are floats."""
    if style in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text in ("true", "True", "TRUE"):
        return True
    if text in ("false", "False", "FALSE"):
        return False
    if _NUMBER.match(text) and len(text) < 64:
        return float(text)
    return text


def _error(file: str, line: int, column: int, message: str, hint: str = "") -> RuleFileError:
    return RuleFileError(Problem(file=file, line=line, column=column, message=message, hint=hint))


def _marked(error: MarkedYAMLError, text: str, file: str) -> RuleFileError:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = text.splitlines()
    written = lines[line - 1].strip()[:100] if line <= len(lines) else ""
    message = error.problem or error.context or "not YAML"
    hint = ""
    if "\t" in (lines[line - 1] if line <= len(lines) else ""):
        hint = "indent with spaces, not with tabs"
    elif "expected ',' or" in message and "${" not in written:
        hint = f"{_COMMA}; {_QUOTE}"
    elif "${" in written or "?" in written or ": " in written:
        hint = _QUOTE
    return _error(file, line, column, f"{message}; received: {written}", hint)
