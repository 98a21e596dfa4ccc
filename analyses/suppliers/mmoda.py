"""Analyses that are products of MMODA, the multi-messenger online data analysis platform.

    analysis: mmoda-spi-acs
    supplier: mmoda
    about: Count rate of SPI-ACS around a time
    url: ${mmoda}                         # the address that [analyses.services] gives; without it the analysis is off
    instrument: spi_acs
    product: spi_acs_lc
    parameters:
      trigger_time: {type: time, about: T0}
      before: {type: number, unit: s, default: 100}
      time_bin: {type: number, unit: s, default: 0.1, about: width of bins}
    send: {T1: trigger_time - before, T2: trigger_time + before}   # theirs: ours; the others go by their own names

Our own conversation with the dispatcher (`dispatcher`), our own reading of what it sends (`products`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec

from analyses.contract import Analysis, Parameter
from analyses.progress import progress
from analyses.suppliers import tokens
from analyses.suppliers.annotated import written
from analyses.suppliers.asking import Patience, address
from analyses.suppliers.contract import KEEP, SUPPLIERS, Document, Supply, declared, made
from analyses.suppliers.dispatcher import OWN, Dispatcher, Question
from nuncius.core.errors import ConfigurationError, PermanentError
from nuncius.core.result import Result

MB = 1024 * 1024
#: How far a job is, as far as its status tells.
_FAR = {"submitted": 0.1, "progress": 0.3, "ready": 0.9}
#: Energies that an instrument's responses know, in keV: from, in steps of.
ENERGIES = {"isgri": (25.0, 0.5)}
_SENT = re.compile(r"(\w+)(?:\s*([+-])\s*(\w+))?")


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An MMODA product's own keys. `with` are parameters that are always the same; `query_type: Dummy` asks for the
    dispatcher's own ready-made answer; `time_format` is how times are written to it."""

    url: str
    instrument: Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,80}$")]
    product: Annotated[str, msgspec.Meta(pattern=r"^[\w-]{1,80}$")]
    query_type: Literal["Real", "Dummy"] = "Real"
    time_format: Literal["isot", "mjd"] = "isot"
    send: dict[str, str] = {}
    always: dict[str, Any] = msgspec.field(default_factory=dict, name="with")
    max_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 128


def build(document: Document, keys: Keys) -> Analysis:
    """The analysis. Raises ConfigurationError, SwitchedOff."""
    parameters = declared(document)
    for name in (*keys.send, *keys.always, *(name for name in parameters if name not in _used(keys))):
        if name in OWN:
            raise ConfigurationError(f"'{name}' belongs to the conversation with the dispatcher; no input may set it")
    for theirs, said in keys.send.items():
        _check_sent(theirs, said, parameters)
    if "keep" in parameters:
        raise ConfigurationError("parameters: 'keep' is there already: the folder for the products as files")
    url = address(document.analysis, keys.url)

    def run(*, keep: str | None = None, **inputs: Any) -> Result:
        return _run(document, keys, url, inputs, keep or "")

    return made(document, run, parameters | {"keep": KEEP}, content=url.encode())


def _used(keys: Keys) -> set[str]:
    """Inputs that are sent under other names."""
    return {word for said in keys.send.values() for word in re.findall(r"\w+", said)}


def _check_sent(theirs: str, said: str, parameters: Mapping[str, Parameter]) -> None:
    found = _SENT.fullmatch(said.strip())
    if found is None:
        raise ConfigurationError(f"send.{theirs}: expected an input, or `time + seconds`; received '{said}'")
    for name in (found[1], found[3]):
        if name and name not in parameters:
            raise ConfigurationError(f"send.{theirs}: '{name}' is none of the parameters ({', '.join(parameters)})")
    if found[2] and (parameters[found[1]].annotation is not datetime or parameters[found[3]].unit != "s"):
        raise ConfigurationError(f"send.{theirs}: '{said}' must be a time, + or -, and a number with the unit s")


def _run(document: Document, keys: Keys, url: str, inputs: dict[str, Any], keep: str) -> Result:
    from analyses.suppliers.pieces import Pieces
    from analyses.suppliers.products import decode

    what = f"{keys.instrument} {keys.product} of {url}"
    asked, notes = _asked(keys, inputs)
    dispatcher = Dispatcher(
        url,
        token=tokens.find,
        max_bytes=keys.max_mb * MB,
        tell=lambda words: progress(_FAR.get(words.partition(",")[0], 0.0), f"MMODA: {words}"),
    )
    question = Question(
        instrument=keys.instrument, product=keys.product, query_type=keys.query_type, parameters=_written(keys, asked)
    )
    answer = dispatcher.answer(question, Patience(document.timeout_s, what))
    pieces = Pieces(what)
    pieces.caveats += [*notes, *(f"MMODA says: {comment}" for comment in answer.comments)]
    if keys.query_type == "Dummy":
        pieces.caveats.append("A dummy: the dispatcher's own ready-made answer, no measurement.")
    first, last = asked.get("T1"), asked.get("T2")
    span = (first, last) if isinstance(first, datetime) and isinstance(last, datetime) else None
    decode(pieces, answer.products, asked=span if keys.query_type == "Real" else None)
    service = {"url": url, "instrument": keys.instrument, "product": keys.product, "query_type": keys.query_type}
    return pieces.result(
        document.about.rstrip(". "),
        keep,
        {"service": {**service, "asked": msgspec.to_builtins(question.parameters), "job": answer.job}},
    )


def _asked(keys: Keys, inputs: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The parameters in the dispatcher's names, what is not given left out; and what was changed in them."""
    asked = dict(keys.always)
    asked |= {name: value for name, value in inputs.items() if name not in _used(keys) and value is not None}
    for theirs, said in keys.send.items():
        if (value := _sum(said, inputs)) is not None:
            asked[theirs] = value
    if isinstance(asked.get("T1"), datetime) and isinstance(asked.get("T2"), datetime) and asked["T1"] >= asked["T2"]:
        raise PermanentError(f"T1 ({asked['T1']}) must lie before T2 ({asked['T2']})")
    notes = []
    if keys.instrument in ENERGIES:
        least, step = ENERGIES[keys.instrument]
        for name in ("E1_keV", "E2_keV"):
            if isinstance(asked.get(name), int | float):
                fitting = max(least, round(float(asked[name]) / step) * step)
                if fitting != asked[name]:
                    notes.append(f"{name}: asked for {fitting:g} keV, the nearest that is known to {keys.instrument}.")
                asked[name] = fitting
        if "E1_keV" in asked and asked.get("E2_keV", 1e9) <= asked["E1_keV"]:
            raise PermanentError(f"{keys.instrument}: no band is left from {asked['E1_keV']} to {asked['E2_keV']} keV")
    return asked, notes


def _sum(said: str, inputs: Mapping[str, Any]) -> Any:
    found = _SENT.fullmatch(said.strip())
    assert found is not None  # checked when the file was read
    value, by = inputs.get(found[1]), inputs.get(found[3]) if found[3] else None
    if value is None or by is None:
        return value
    return value + timedelta(seconds=float(by)) * (1 if found[2] == "+" else -1)


def _written(keys: Keys, asked: Mapping[str, Any]) -> dict[str, Any]:
    """As it is sent. Times are UTC without a zone, which the dispatcher would not understand, and say their format."""
    sent = {name: written(_utc(value), keys.time_format) for name, value in asked.items()}
    if any(isinstance(value, datetime) for value in asked.values()):
        sent["T_format"] = keys.time_format
    return sent


def _utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) and value.tzinfo else value


SUPPLIERS.add("mmoda", Supply(keys=Keys, build=build))
