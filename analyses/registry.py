"""All analyses by name. Built-in ones are found by file, others by entry point, each imported when first asked for."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from nuncius.core.registry import Registry

if TYPE_CHECKING:
    from analyses.contract import Analysis

#: Every analysis that this process knows; `describe` and `known` fill it.
analyses: Registry[Analysis] = Registry("analysis")

#: Other people's packages name modules here whose import registers analyses.
ENTRY_POINTS = "nuncius.analyses"

_LIBRARY = "analyses.library"


def describe(name: str) -> Analysis:
    """The analysis of that name; imports its file `analyses/library/<name>.py` where there is one.

    Raises ConfigurationError, naming the nearest known analysis.
    """
    if name not in analyses:
        module = f"{_LIBRARY}.{name.replace('-', '_')}"
        if name.replace("-", "_").isidentifier() and importlib.util.find_spec(module):
            importlib.import_module(module)
        else:
            known()
    return analyses[name]


def known() -> list[Analysis]:
    """All analyses by name: the built-in ones and those of installed packages."""
    library = importlib.import_module(_LIBRARY)
    for module in pkgutil.iter_modules(library.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{_LIBRARY}.{module.name}")
    for point in entry_points(group=ENTRY_POINTS):
        point.load()
    return [analysis for _, analysis in analyses.items()]
