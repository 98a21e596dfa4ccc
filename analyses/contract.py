"""The one contract of all analyses: typed inputs with units in, a `Result` out. Nothing here runs one.

A Python function joins by the decorator. Other suppliers (a notebook, an HTTP service, an MMODA product, a command
line) build the same `Analysis` with a `function` that asks theirs, and `parameters` read from where they keep them:

    @analysis("localization", version="1", about="Credible areas and best position")
    def localization(*, sky: Localization, radius: Annotated[float, Unit("deg"), "search radius"] = 1.0) -> Result:
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from analyses.progress import progress
from analyses.registry import analyses, describe, known
from nuncius.core.errors import ConfigurationError
from nuncius.core.result import Result
from nuncius.core.sky import Annulus, Circle, Ellipse, ProbabilityMap

__all__ = [
    "Analysis",
    "Parameter",
    "Supplier",
    "Unit",
    "analyses",
    "analysis",
    "describe",
    "known",
    "parameters_of",
    "progress",
]

F = TypeVar("F", bound=Callable[..., Result])

#: Who computes: a Python function here, a notebook, an nb2workflow service, MMODA, a command line.
Supplier = Literal["function", "notebook", "service", "mmoda", "command"]

SKY_TYPES = frozenset({Circle, Ellipse, Annulus, ProbabilityMap})


class Unit(msgspec.Struct, frozen=True):
    """The unit (an astropy unit string) in which a function wants a number: `Annotated[float, Unit("deg")]`."""

    name: str


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """One input. `type` is the word that people read, `annotation` the Python type that values are made into; numbers
    lie between `lower` and `upper`, both included, where these are set."""

    name: str
    type: str
    annotation: Any
    unit: str = ""
    default: Any = None
    required: bool = False
    about: str = ""
    lower: float | None = None
    upper: float | None = None


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """A named, versioned analysis. `version` changes whenever the numbers may.

    `cached`: the same inputs give the same numbers, whenever and wherever it runs, so that a result may be kept and
    given again. Not so where it looks at the clock, asks a service or reads a file that its inputs only name.
    """

    name: str
    version: str
    about: str
    parameters: dict[str, Parameter]
    function: Callable[..., Result]
    supplier: Supplier = "function"
    example: str = ""
    cached: bool = False


def analysis(name: str, *, version: str, about: str, example: str = "", cached: bool = False) -> Callable[[F], F]:
    """Register a keyword-only function as the analysis `name`; `example` is a command line that shows it at work."""

    def register(function: F) -> F:
        made = Analysis(
            name=name,
            version=version,
            about=about,
            parameters=parameters_of(function),
            function=function,
            example=example,
            cached=cached,
        )
        analyses.add(name, made)
        return function

    return register


def parameters_of(function: Callable[..., Any]) -> dict[str, Parameter]:
    """The parameters as a function's signature states them: types, `Unit`s, a sentence each, defaults."""
    hints = get_type_hints(function, include_extras=True)
    found: dict[str, Parameter] = {}
    for name, given in inspect.signature(function).parameters.items():
        if given.kind is not inspect.Parameter.KEYWORD_ONLY or name not in hints:
            raise ConfigurationError(
                f"{function.__qualname__}: parameter '{name}' must be keyword-only and annotated, as in "
                f"`def {function.__name__}(*, {name}: float)`"
            )
        bare, notes = unwrap(hints[name])
        required = given.default is inspect.Parameter.empty
        found[name] = Parameter(
            name=name,
            type=type_word(bare),
            annotation=bare,
            unit=next((note.name for note in notes if isinstance(note, Unit)), ""),
            default=None if required else given.default,
            required=required,
            about=next((note for note in notes if isinstance(note, str)), ""),
        )
    return found


def unwrap(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type without `Annotated`, and its notes."""
    if get_origin(annotation) is Annotated:
        bare, *notes = get_args(annotation)
        return bare, tuple(notes)
    return annotation, ()


def alternatives(annotation: Any) -> tuple[Any, ...]:
    """The members of a union other than None; a type that is no union is its only member."""
    if get_origin(annotation) in (Union, UnionType):
        return tuple(member for member in get_args(annotation) if member is not NoneType)
    return (annotation,)


def is_sky(annotation: Any) -> bool:
    """Whether values of this type are localizations."""
    return set(alternatives(annotation)) <= SKY_TYPES


_WORDS: dict[Any, str] = {
    float: "number",
    int: "whole number",
    str: "text",
    bool: "true or false",
    datetime: "UTC time",
}


def type_word(annotation: Any) -> str:
    """What people call a type: `float` is a number, a localization is a sky region or map."""
    bare = unwrap(annotation)[0]
    if is_sky(bare):
        return "sky region or map"
    if get_origin(bare) is Literal:
        return "one of " + ", ".join(str(choice) for choice in get_args(bare))
    if get_origin(bare) is list:
        return f"list of {type_word(get_args(bare)[0])}"
    members = alternatives(bare)
    if len(members) > 1 or members[0] is not bare:
        return " or ".join(type_word(member) for member in members)
    if isinstance(bare, type) and issubclass(bare, msgspec.Struct):
        return "{" + ", ".join(field.name for field in msgspec.structs.fields(bare)) + "}"
    return _WORDS.get(bare, "mapping" if get_origin(bare) is dict else "value")
