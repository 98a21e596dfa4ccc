"""Reads YAML files that are data only, as plain values: no anchors, no tags, nothing huge."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nuncius.core.errors import ConfigurationError

MAX_BYTES = 256 * 1024
MAX_DEPTH = 32


def documents(file: Path) -> list[Any]:
    """The documents of a file. Raises ConfigurationError naming the file and what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError) or len(raw) <= MAX_BYTES:  # else the cut may have gone through a letter
            raise ConfigurationError(f"{file}: cannot be read: {error}") from error
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(f"{file}: more than {MAX_BYTES} bytes")
    yaml = YAML(typ="safe", pure=True)
    try:
        _refuse(yaml.parse(text), file)
        found = [document for document in yaml.load_all(text) if document is not None]
    except (YAMLError, ValueError) as error:  # ValueError: a number of thousands of digits, a date in month 13
        raise ConfigurationError(f"{file}: not YAML: {error}") from error
    for value in _texts(found):
        if not value.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ConfigurationError(
                f"{file}: half a letter (a lone surrogate) in {value[:40]!r}: nothing can write it"
            )
    return found


def _refuse(events: Iterable[Any], file: Path) -> None:
    """Look at the bare syntax first: an alias of an alias of an alias is small until it is followed. Raises
    ConfigurationError."""
    depth = 0
    for event in events:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "AliasEvent" or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise ConfigurationError(f"{file}: line {line}: anchors, aliases and tags of YAML are refused")
        depth += kind.endswith("StartEvent") - kind.endswith("EndEvent")
        if depth > MAX_DEPTH:
            raise ConfigurationError(f"{file}: line {line}: lists and maps in each other, more than {MAX_DEPTH} deep")


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
