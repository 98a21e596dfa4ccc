"""One keyed registry for formats, analyses, actions and targets: adding one edits no existing file."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Generic, TypeVar

from nuncius.core.errors import ConfigurationError

T = TypeVar("T")


def did_you_mean(name: str, known: list[str]) -> str:
    """A short hint naming the nearest known name, or all of them; empty when nothing is known."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; known: {', '.join(sorted(known))}" if known else ""


class Registry(Generic[T]):
    """Names to things of one sort. `sort` is the word used in errors ("analysis", "action")."""

    def __init__(self, sort: str) -> None:
        self.sort = sort
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        """Register `item`; a second registration of a name is a mistake and raises ConfigurationError."""
        if name in self._items:
            raise ConfigurationError(f"{self.sort} '{name}' is registered twice")
        self._items[name] = item
        return item

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator form of `add`; keeps the type of what it decorates."""
        return lambda item: self.add(name, item)

    def __getitem__(self, name: str) -> T:
        try:
            return self._items[name]
        except KeyError:
            hint = did_you_mean(name, list(self._items))
            raise ConfigurationError(f"no {self.sort} is named '{name}'{hint}") from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))

    def items(self) -> list[tuple[str, T]]:
        """Name and thing, sorted by name."""
        return sorted(self._items.items(), key=lambda pair: pair[0])


def discover(package: ModuleType) -> list[ModuleType]:
    """Import every public module of a package, so that its decorators run; returns the modules by name."""
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
    return [importlib.import_module(f"{package.__name__}.{name}") for name in names]
