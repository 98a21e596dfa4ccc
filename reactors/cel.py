"""The only module that knows the CEL library (`cel-expr-python`, CEL C++): compiles a checked text and evaluates it on
an event that was converted once. No Python function is ever registered with it: each call of one leaks memory
(about 80 bytes measured), so our functions are computed outside and bound as values (`reactors/evaluation.py`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from cel_expr_python import cel

from reactors.tokens import ExpressionError

MAX_CALLS = 16  # our functions in one expression
_EV = cel.Type.Map(cel.Type.STRING, cel.Type.DYN)
_PLACE = re.compile(r"<input>:(\d+):(\d+): (.*)")
_MISSING = re.compile(r'Key not found in map : "(.*)"|No value with name "(.*)" found|(Index error)')


class Given(msgspec.Struct, frozen=True):
    """What an evaluation gave: a value; or the name that was missing; or an error in words."""

    value: Any = None
    missing: str = ""
    error: str = ""

    @property
    def known(self) -> bool:
        return not self.missing and not self.error


_TRUE, _FALSE = Given(value=True), Given(value=False)


class Program:
    """A compiled expression."""

    def __init__(self, text: str, compiled: Any) -> None:
        self.text = text
        self._compiled = compiled

    def run(self, activation: Any) -> Given:
        """Evaluate; never raises."""
        value = self._compiled.eval(activation)
        plain = value.value()
        if plain is True:  # most expressions are conditions: spare them the rest
            return _TRUE
        if plain is False:
            return _FALSE
        if value.type() == cel.Type.ERROR:
            message = str(value.value())
            found = _MISSING.search(message)
            if found:
                return Given(missing=found[1] or found[2] or "an element of a list")
            return Given(error=_plain_words(message))
        return Given(value=_plain(value.plain_value()))


def compile_program(text: str, names: frozenset[str] = frozenset()) -> Program:
    """Compile; `names` are variables beside `ev`. Raises ExpressionError with the place in `text`."""
    try:
        return Program(text, _environment(names).compile(text))
    except RuntimeError as error:
        first = str(error).removeprefix("INVALID_ARGUMENT: ").removeprefix("ERROR: ").splitlines()[0]
        found = _PLACE.search(first)
        offset = max(int(found[2]) - 1, 0) if found else 0
        message = _plain_words(found[3] if found else first)
        hint = "whole and decimal numbers do not mix: write double(…)" if "int, double" in first else ""
        raise ExpressionError(message, offset=offset, hint=hint) from None


def activation(values: Mapping[str, Any], names: frozenset[str] = frozenset()) -> Any:
    """Bind values for evaluation. Made once per event for all rules: conversion is the expensive part."""
    return _environment(names).Activation(dict(values))


@lru_cache(maxsize=4096)
def _environment(names: frozenset[str]) -> Any:
    variables = {"ev": _EV} | {f"_f{n}": cel.Type.DYN for n in range(MAX_CALLS)}
    return cel.NewEnv(variables=variables | dict.fromkeys(names, cel.Type.DYN))


def _plain_words(message: str) -> str:
    """The library's message without its codes and operator spelling."""
    message = re.sub(r"^[A-Z_]+: |\s*\[[A-Z_]+\]$", "", message)
    message = re.sub(
        r"(?:found )?[Nn]o matching overloads? ?(?:found)? ?(?:: |for )", "types do not go together: ", message
    )
    return re.sub(r"'?_(\W+)_'?|'?_\?_:_'?", lambda m: m[1] or "? :", message)


def _plain(value: Any) -> Any:
    """Python values all the way down."""
    if isinstance(value, bytearray):
        return bytes(value)
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
