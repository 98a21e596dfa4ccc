"""What a supplier of analyses is: it turns one YAML document into an `Analysis`. Nothing here runs one.

analysis: spi-acs-quick-look          # the name that rules and people use
supplier: notebook                    # the module analyses/suppliers/notebook.py
version: "1"
about: Background and brightest second of a count rate
timeout_s: 300
file: spi_acs_quick_look.ipynb        # the supplier's own keys
parameters:                           # where the supplier does not tell them itself
  duration: {type: number, unit: s, default: 20, lower: 1, about: length of the window}
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from analyses.contract import Analysis, Parameter, Supplier, type_word
from analyses.inputs import convert
from nuncius.core.errors import ConfigurationError
from nuncius.core.registry import Registry, did_you_mean
from nuncius.core.result import Result
from nuncius.core.sky import Localization

#: The words of documents for types, and the types that values are made into.
TYPES: dict[str, Any] = {
    "number": float,
    "integer": int,
    "text": str,
    "boolean": bool,
    "time": datetime,
    "sky": Localization,
    "numbers": list[float],
    "texts": list[str],
    "value": Any,
}

Word = Literal["number", "integer", "text", "boolean", "time", "sky", "numbers", "texts", "value"]


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One input as a document says it. It is required where it has no default and is not `optional`."""

    type: Word = "number"
    unit: str = ""
    default: Any = None
    about: str = ""
    optional: bool = False
    lower: float | None = None
    upper: float | None = None
    allowed: tuple[str | int | float, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A supplied analysis as its file says it; `own` are the supplier's keys, `origin` is the file. `cached` says that
    the same inputs always give the same numbers."""

    analysis: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]
    supplier: Supplier
    about: str
    version: str = "1"
    example: str = ""
    timeout_s: Annotated[float, msgspec.Meta(gt=0, le=86400)] = 600.0
    cached: bool = False
    parameters: dict[str, Declared] = {}
    own: dict[str, Any] = {}
    origin: Path = Path()


class Supply(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier: the struct of its own keys, and the function that makes the analysis of a document and its keys.
    `build` must be quick and ask no network: it runs in every process that wants to know the analyses."""

    keys: type[Any]
    build: Callable[[Document, Any], Analysis]


SUPPLIERS: Registry[Supply] = Registry("supplier")


#: What suppliers of others' products take besides: where to write these.
KEEP = Parameter(name="keep", type="text", annotation=str, about="folder for the products as files")


class SwitchedOff(ConfigurationError):
    """The analysis is there as soon as somebody sets what the message says."""

    def __init__(self, analysis: str, message: str) -> None:
        super().__init__(message)
        self.analysis = analysis


def made(
    document: Document,
    function: Callable[..., Result],
    parameters: Mapping[str, Parameter] | None = None,
    *,
    content: bytes = b"",
) -> Analysis:
    """The analysis of a document. `function` gets every parameter, defaults filled in. `content` is what its numbers
    follow from besides the document (a notebook's bytes): a digest of both is part of the version."""
    known = dict(parameters) if parameters is not None else declared(document)

    def filled(**given: Any) -> Result:
        return function(**{name: given.get(name, one.default) for name, one in known.items()})

    said = msgspec.to_builtins(msgspec.structs.replace(document, origin=Path(), about="", example=""), enc_hook=str)
    digest = hashlib.sha256(msgspec.json.encode(said, order="deterministic") + content).hexdigest()[:12]
    required = [f"--with {name}=…" for name, one in known.items() if one.required]
    return Analysis(
        name=document.analysis,
        version=f"{document.version}+{digest}",
        about=document.about.rstrip(". "),
        parameters=known,
        function=filled,
        supplier=document.supplier,
        example=document.example or " ".join(["nuncius analyse", document.analysis, *required]),
        cached=document.cached,
    )


def declared(document: Document) -> dict[str, Parameter]:
    """The parameters that the document declares. Raises ConfigurationError naming the parameter."""
    return {name: parameter(name, one) for name, one in document.parameters.items()}


def parameter(name: str, said: Declared) -> Parameter:
    """One declared parameter, its default converted as a given value would be. Raises ConfigurationError."""
    if not name.isidentifier():
        raise ConfigurationError(f"parameters: '{name}' is no name; use letters, digits and '_'")
    annotation: Any = Literal[said.allowed] if said.allowed else TYPES[said.type]
    _known_unit(name, said.unit)
    default = said.default
    if default is not None and said.type != "value":
        try:
            default = convert(annotation, default, {}, unit=said.unit)
        except Exception as error:
            raise ConfigurationError(f"parameters.{name}.default: {error}") from error
    return Parameter(
        name=name,
        type=type_word(annotation),
        annotation=annotation,
        unit=said.unit,
        default=default,
        required=default is None and not said.optional,
        about=said.about,
        lower=said.lower,
        upper=said.upper,
    )


def _known_unit(name: str, unit: str) -> None:
    if not unit:
        return
    from astropy import units

    try:
        units.Unit(unit)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(f"parameters.{name}.unit: '{unit}' is no unit that astropy knows: {error}") from error


def keys_of(supply: Supply, document: Document) -> Any:
    """The supplier's own keys, typed. Raises ConfigurationError, naming the nearest known key."""
    try:
        return msgspec.convert(document.own, supply.keys, strict=False)
    except msgspec.ValidationError as error:
        hint = ""
        if "unknown field" in str(error):
            own = [field.encode_name for field in msgspec.structs.fields(supply.keys)]
            hint = did_you_mean(str(error).split("`")[1], own)
        raise ConfigurationError(f"{error}{hint}") from error
