"""Analyses that are commands: a list of arguments and no shell, inputs as JSON on its input, the result as JSON on its
output. Any language, any tool of one's own.

    analysis: hardness
    supplier: command
    about: Hardness ratio of a burst
    argv: [python3, "{here}/hardness.py", --soft, "{soft}", [--name, "{object}"]]
    parameters:
      soft: {type: number, unit: ct, about: counts below 50 keV}
      object: {type: text, optional: true}

A placeholder becomes part of one argument, whatever the value holds. A list within the list is left out where an input
that it names is not given. Exit status 75 (EX_TEMPFAIL) means "later, perhaps"; any other but 0 means "no".
"""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec

from analyses.contract import Analysis
from analyses.suppliers.contract import SUPPLIERS, Document, Supply, declared, made
from analyses.suppliers.given import plain_value
from analyses.suppliers.keeping import MB, Ended, Limits, environment_for, keep, workplace
from analyses.suppliers.said import read
from nuncius.core.errors import ConfigurationError, PermanentError, TransientError
from nuncius.core.registry import did_you_mean
from nuncius.core.result import Result

EX_TEMPFAIL = 75
_PLACEHOLDER = re.compile(r"\{([A-Za-z_]\w*)\}")

Argument = Annotated[str, msgspec.Meta(max_length=4096)]


class Keys(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A command's own keys. `environment` names variables that are passed on to it; nothing else of ours is."""

    argv: Annotated[list[Argument | list[Argument]], msgspec.Meta(min_length=1, max_length=200)]
    environment: tuple[str, ...] = ()
    memory_mb: Annotated[int, msgspec.Meta(ge=16)] = 4096
    output_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


def build(document: Document, keys: Keys) -> Analysis:
    """The analysis. Raises ConfigurationError for a placeholder that is no parameter."""
    parameters = declared(document)
    for argument in _flat(keys.argv):
        for name in _PLACEHOLDER.findall(argument):
            if name != "here" and name not in parameters:
                hint = did_you_mean(name, ["here", *parameters])
                raise ConfigurationError(f"argv: '{{{name}}}' is no parameter{hint}")
    for word in [word for word in keys.argv if isinstance(word, str)]:
        for name in _PLACEHOLDER.findall(word):
            if name != "here" and not parameters[name].required and parameters[name].default is None:
                raise ConfigurationError(
                    f"argv: '{word}' has no value where '{name}' is not given; write it in a list of its own, "
                    "which is left out then"
                )
    if not isinstance(keys.argv[0], str) or "{" in keys.argv[0].replace("{here}", ""):
        raise ConfigurationError("argv: the first word is the command itself, and no input chooses it")

    def run(**inputs: Any) -> Result:
        return _run(document, keys, inputs)

    return made(document, run, parameters, content=_content(keys, document))


def _content(keys: Keys, document: Document) -> bytes:
    """The files beside the document that the command names: where they change, so may the numbers."""
    files = [Path(_put(a, {"here": str(document.origin.parent)})) for a in _flat(keys.argv) if "{here}" in a]
    return b"\0".join(file.read_bytes() for file in files if file.is_file() and file.stat().st_size < 16 * MB)


def _flat(argv: list[str | list[str]]) -> Iterator[str]:
    for argument in argv:
        yield from [argument] if isinstance(argument, str) else argument


def _run(document: Document, keys: Keys, inputs: dict[str, Any]) -> Result:
    what = f"the command of '{document.analysis}'"
    limits = Limits(seconds=document.timeout_s, memory_mb=keys.memory_mb, output_mb=keys.output_mb)
    with workplace() as place:
        plain = {name: plain_value(name, value, place / "work") for name, value in inputs.items()}
        given = msgspec.json.encode({name: value for name, value in plain.items() if value is not None})
        argv = arguments(keys.argv, plain, document.origin.resolve().parent)
        environment = {"MPLBACKEND": "Agg", **environment_for(place, keys.environment)}
        ended = keep(argv, place, limits, what=what, given=given, environment=environment)
        if ended.status != 0:
            raise _failure(what, ended, limits)
        if ended.out.stat().st_size >= limits.output_mb * MB:
            raise PermanentError(f"{what} printed more than {limits.output_mb} MB")
        return read(ended.out.read_bytes(), place / "work", what=what)


def _failure(what: str, ended: Ended, limits: Limits) -> TransientError | PermanentError:
    status = ended.status
    if status == EX_TEMPFAIL:
        return TransientError(f"{what} says to try again later (exit status 75){ended.told()}")
    # A shell, or the walls around the command, tell a signal as 128 and its number.
    number = -status if status < 0 else status - 128 if status > 128 else 0
    if number == signal.SIGXFSZ:
        return PermanentError(f"{what} wrote more than {limits.output_mb} MB into one file")
    if number == signal.SIGKILL:
        return TransientError(f"{what} was killed, often for want of memory{ended.told()}")
    ended_by = f"was ended by signal {number}" if number else f"failed with exit status {status}"
    return PermanentError(f"{what} {ended_by}{ended.told()}")


def arguments(argv: list[str | list[str]], inputs: dict[str, Any], here: Path) -> list[str]:
    """The words of the command. Raises PermanentError for text that a command would take for an option."""
    words = {name: _word(name, value) for name, value in inputs.items() if value is not None} | {"here": str(here)}
    out: list[str] = []
    for argument in argv:
        group = [argument] if isinstance(argument, str) else argument
        if all(name in words for part in group for name in _PLACEHOLDER.findall(part)):
            out += [_put(part, words) for part in group]
    return out


def _put(argument: str, words: dict[str, str]) -> str:
    replaced: Callable[[re.Match[str]], str] = lambda hole: words.get(hole[1], hole[0])  # noqa: E731
    return _PLACEHOLDER.sub(replaced, argument)


def _word(name: str, value: Any) -> str:
    if isinstance(value, str):
        if value.startswith("-") or "\0" in value:
            raise PermanentError(f"input '{name}': {value[:60]!r} would be read as an option; text may not begin so")
        return value
    return msgspec.json.encode(value).decode()


SUPPLIERS.add("command", Supply(keys=Keys, build=build))
