"""Reads YAML files that are data only, as plain values: no anchors, no tags, nothing huge."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from nuncius.core.errors import ConfigurationError

MAX_BYTES = 256 * 1024


def documents(file: Path) -> list[Any]:
    """The documents of a file. Raises ConfigurationError naming the file and what is wrong."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file}: cannot be read: {error}") from error
    if len(text) > MAX_BYTES:
        raise ConfigurationError(f"{file}: {len(text)} characters; at most {MAX_BYTES}")
    if re.search(r"(?m)^[^#'\"]*(?:^|[\s\[{,:-])[&*!]\w", text):
        raise ConfigurationError(f"{file}: anchors, aliases and tags of YAML are refused")
    try:
        return [document for document in YAML(typ="safe", pure=True).load_all(text) if document is not None]
    except (YAMLError, RecursionError) as error:
        raise ConfigurationError(f"{file}: not YAML: {error}") from error
