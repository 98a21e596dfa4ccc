"""Finds the analyses that files describe: the shipped ones in `config/analyses`, and those of `[analyses] paths`.

A file that is wrong costs its own analysis and no other: its error waits in `problems()`, and is told to whoever asks
for the analysis by name.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from analyses.plainyaml import documents
from analyses.registry import functions
from analyses.suppliers.contract import SUPPLIERS, Document, SwitchedOff, keys_of
from nuncius.core.errors import ConfigurationError, NunciusError

if TYPE_CHECKING:
    from analyses.contract import Analysis

FOLDER = Path(__file__).parents[2] / "config" / "analyses"
#: Where this process' children find the paths, whoever starts them; separated as in PATH.
VARIABLE = "NUNCIUS_ANALYSES_PATHS"
#: The same for addresses of services, as JSON.
SERVICES = "NUNCIUS_ANALYSES_SERVICES"


def use(paths: Sequence[Path], services: Mapping[str, str] | None = None) -> None:
    """Know the analyses of these files and folders too, and the addresses of services that files name, here and in the
    processes that this one starts. Executors pass `paths()` and `services()` to their workers, which call this."""
    os.environ[VARIABLE] = os.pathsep.join(str(path.resolve()) for path in paths)
    if services is not None:
        os.environ[SERVICES] = msgspec.json.encode(dict(services)).decode()


def paths() -> tuple[Path, ...]:
    """The files and folders besides the shipped ones."""
    return tuple(Path(path) for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path)


def services() -> dict[str, str]:
    """Addresses of services by the names that files know them by."""
    return msgspec.json.decode(os.environ.get(SERVICES) or "{}", type=dict[str, str])


def supplied() -> dict[str, Analysis]:
    """The analyses of all files by name; a later path replaces its namesake."""
    return _now()[0]


def problems() -> tuple[str, ...]:
    """What is wrong with files of analyses: file, field and how to mend it."""
    return _now()[1]


def switched_off() -> dict[str, str]:
    """Analyses that wait for a setting, and for which one."""
    return _now()[2]


Loaded = tuple[dict[str, "Analysis"], tuple[str, ...], dict[str, str]]


def _now() -> Loaded:
    return _load(paths(), tuple(sorted(services().items())))


@cache
def _load(extra: tuple[Path, ...], _services: tuple[tuple[str, str], ...]) -> Loaded:
    found: dict[str, Analysis] = {}
    wrong: list[str] = []
    off: dict[str, str] = {}
    for path in (FOLDER, *extra):
        here: dict[str, Analysis] = {}
        if not path.exists():
            wrong.append(f"analyses.paths: there is no file or folder {path}")
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path] * path.exists():
            for made in _file(file):
                if isinstance(made, str):
                    wrong.append(made)
                elif isinstance(made, SwitchedOff):
                    off[made.analysis] = str(made)
                elif made.name in here:
                    wrong.append(f"{file}: the analysis '{made.name}' stands twice")
                else:
                    here[made.name] = made
        found |= here
    return found, tuple(wrong), {name: why for name, why in off.items() if name not in found}


def _file(file: Path) -> Iterator[Analysis | SwitchedOff | str]:
    """The analyses of a file, which of them are off, and in words what is wrong with the others."""
    try:
        found = documents(file)
    except ConfigurationError as error:
        yield str(error)
        return
    for document in found:
        name = document.get("analysis", "without a name") if isinstance(document, dict) else "that is no map"
        try:
            yield _analysis(document, file)
        except SwitchedOff as off:
            yield off
        except (NunciusError, msgspec.ValidationError) as error:
            yield f"{file}: the analysis '{name}': {error}"


def _analysis(said: Any, file: Path) -> Analysis:
    """Raises NunciusError or msgspec.ValidationError."""
    if not isinstance(said, dict):
        raise ConfigurationError(f"an analysis is a map that begins `analysis: name`; received {said!r:.60}")
    common = set(Document.__struct_fields__) - {"own", "origin"}
    own = {str(key): value for key, value in said.items() if key not in common}
    general = {key: value for key, value in said.items() if key in common}
    document = msgspec.convert(general, Document, strict=False)
    document = msgspec.structs.replace(document, own=own, origin=file)
    if document.supplier == "function":
        raise ConfigurationError("supplier: a Python function joins by the decorator `analysis`, without a file")
    if document.analysis in functions():
        raise ConfigurationError("a Python function has this name already; choose another")
    importlib.import_module(f"analyses.suppliers.{document.supplier}")  # its import registers it
    supply = SUPPLIERS[document.supplier]
    return supply.build(document, keys_of(supply, document))
