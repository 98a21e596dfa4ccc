"""All analyses by name. Built-in ones are found by file, others by entry point, each imported when first asked for;
notebooks, services, MMODA products and commands are described by files (`analyses/suppliers`)."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING

from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import Registry, did_you_mean

if TYPE_CHECKING:
    from analyses.contract import Analysis

#: Every analysis that this process knows; `describe` and `known` fill it.
analyses: Registry[Analysis] = Registry("analysis")

#: Other people's packages name modules here whose import registers analyses.
ENTRY_POINTS = "nuncius.analyses"

_LIBRARY = "analyses.library"


def describe(name: str) -> Analysis:
    """The analysis of that name; imports its file `analyses/library/<name>.py` where there is one.

    Raises ConfigurationError, naming the nearest known analysis, or what is wrong with the file that describes it.
    """
    if name in analyses:
        return analyses[name]
    module = f"{_LIBRARY}.{name.replace('-', '_')}"
    if name.replace("-", "_").isidentifier() and importlib.util.find_spec(module):
        importlib.import_module(module)
        return analyses[name]
    everything = {analysis.name: analysis for analysis in known()}
    if name not in everything:
        broken = [problem for problem in _suppliers().problems() if f"'{name}'" in problem]
        hint = f": {broken[0]}" if broken else did_you_mean(name, list(everything))
        if name in (off := _suppliers().switched_off()):
            raise ConfigurationError(f"the analysis '{name}' is off: {off[name]}")
        raise ConfigurationError(f"no analysis is named '{name}'{hint}")
    return everything[name]


def known() -> list[Analysis]:
    """All analyses by name: the built-in ones, those of installed packages and those that files describe."""
    return [analysis for _, analysis in sorted((_suppliers().supplied() | functions()).items())]


def functions() -> dict[str, Analysis]:
    """The Python functions among them."""
    library = importlib.import_module(_LIBRARY)
    for module in pkgutil.iter_modules(library.__path__):
        if not module.name.startswith("_"):
            importlib.import_module(f"{_LIBRARY}.{module.name}")
    for point in entry_points(group=ENTRY_POINTS):
        point.load()
    return dict(analyses.items())


def _suppliers() -> ModuleType:
    # Not at the head: suppliers build on the contract, which builds on this module.
    return importlib.import_module("analyses.suppliers")
