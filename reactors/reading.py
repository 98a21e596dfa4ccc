"""Takes the values of a rule file apart and collects what is wrong with them; one `Reading` per rule."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any, TypeVar

from nuncius.core.errors import NunciusError
from reactors.checking import check, unusual_fields
from reactors.compiling import Expression, compile_expression
from reactors.expression import parse
from reactors.problems import Problem
from reactors.templates import Hole, parse_template
from reactors.tokens import ExpressionError
from reactors.vocabulary import CEL_FUNCTIONS, FUNCTIONS
from reactors.yamlsource import Value

T = TypeVar("T")

_WORDS = ("ev", "in", "true", "false", "null", "error", "retraction", "item", "kg")
_RESERVED = frozenset({*_WORDS, *FUNCTIONS, *CEL_FUNCTIONS})
#: What aliases, variables and results may be called.
WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}$")
_SEXAGESIMAL = re.compile(r"[-+]?\d{1,3}:\d{2}:\d{2}(\.\d+)?$")


class Reading:
    """What has been found in one rule of a file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.rule = ""
        self.problems: list[Problem] = []
        #: Names that stand for events, with the kinds they can be of.
        self.events: dict[str, tuple[str, ...]] = {"ev": ()}

    @property
    def errors(self) -> int:
        """How many errors so far."""
        return sum(problem.level == "error" for problem in self.problems)

    @property
    def failed(self) -> bool:
        """Whether there is an error so far."""
        return self.errors > 0

    def add(self, place: Value, message: str, hint: str = "", *, warning: bool = False) -> None:
        """Note a problem where `place` stands."""
        self._note(place, place.line, place.column, message, hint, warning)

    def wrong(self, place: Value, expected: str, hint: str = "") -> None:
        """Note a value that is not what was expected, saying what was received."""
        self.add(place, f"{expected}; received {describe(place)}", hint or _quote_hint(place))

    def at(self, place: Value, error: ExpressionError, *, warning: bool = False) -> None:
        """Note a problem inside a text, at the character where it is."""
        text = str(place.content)
        if place.inner:
            line, column = place.line, place.inner + error.offset
        else:
            before = text[: error.offset]
            line = place.line + before.count("\n") + (1 if place.style in ("|", ">") else 0)
            column = 1
        shown = " ".join(text.split())
        received = f"; received: {shown if len(shown) <= 100 else shown[:99] + '…'}"
        self._note(place, line, column, f"{error}{received}", error.hint, warning)

    def _note(self, place: Value, line: int, column: int, message: str, hint: str, warning: bool) -> None:
        level = "warning" if warning else "error"
        self.problems.append(
            Problem(
                file=place.file or self.file,
                line=line,
                column=column,
                message=message,
                hint=hint,
                rule=self.rule,
                level="warning" if level == "warning" else "error",
            )
        )

    def guard(self, place: Value, work: Callable[[], T]) -> T | None:
        """Do the work; note what it raises."""
        try:
            return work()
        except ExpressionError as error:
            self.at(place, error)
        except NunciusError as error:
            self.add(place, str(error))
        return None

    def text(self, value: Value | None, *, required: bool = False) -> str:
        """A text."""
        if value is None or (value.content is None and not required):
            return ""
        if not isinstance(value.content, str) or (required and not value.content.strip()):
            self.wrong(value, "expected a text")
            return ""
        return value.content

    def matching(self, value: Value | None, pattern: re.Pattern[str], expected: str) -> str:
        """A text of a certain form."""
        if value is None or value.content is None:
            return ""
        if not isinstance(value.content, str) or not pattern.fullmatch(value.content):
            self.wrong(value, f"expected {expected}")
            return ""
        return value.content

    def choice(self, value: Value | None, choices: Sequence[str], default: str) -> str:
        """One of a few words."""
        if value is None or value.content is None:
            return default
        if value.content not in choices:
            near = difflib.get_close_matches(str(value.content), choices, n=1)
            hint = f"did you mean '{near[0]}'?" if near else ""
            self.add(value, f"expected one of {', '.join(choices)}; received {describe(value)}", hint)
            return default
        return str(value.content)

    def pairs(self, value: Value | None, expected: str) -> Iterator[tuple[str, Value, Value]]:
        """Key, its place and value of a map."""
        if value is None or value.content is None:
            return
        if not isinstance(value.content, dict):
            self.wrong(value, expected)
            return
        for name, (place, item) in value.content.items():
            yield name, place, item

    def name(self, name: str, place: Value, taken: Collection[str]) -> bool:
        """Whether a name may be given to a variable or a result."""
        if not WORD.fullmatch(name):
            self.add(place, f"a name is letters, digits and '_', beginning with a letter; received '{name}'")
        elif name in _RESERVED or name in taken:
            self.add(place, f"the name '{name}' is taken", "choose another")
        else:
            return True
        return False

    def expression(self, value: Value, names: Collection[str], *, condition: bool = False) -> Expression | None:
        """An expression, which for a condition must be true or false."""
        if not isinstance(value.content, str):
            self.wrong(value, "expected an expression")
            return None
        try:
            expression = compile_expression(value.content, frozenset(names))
            check(parse(value.content), names, self.events)
            if condition and expression.type not in ("bool", "dyn"):
                raise ExpressionError(f"a condition is true or false; this is a {expression.type}")
        except ExpressionError as error:
            self.at(value, _cut_off(value.content, error))
            return None
        for offset, message in unusual_fields(parse(value.content), self.events):
            self.at(value, ExpressionError(message, offset=offset), warning=True)
        return expression

    def template(self, value: Value, names: Collection[str], *, quiet: bool = False) -> str:
        """A text with holes; returns its source. `quiet`: its errors have been told already, only warn."""
        text = self.text(value, required=True)
        before = len(self.problems)
        template = self.guard(value, lambda: parse_template(text, names)) if text else None
        if quiet:
            del self.problems[before:]
        offset = 0
        for piece in template.pieces if template else ():
            if isinstance(piece, Hole):
                for place, message in unusual_fields(parse(piece.expression.source), self.events):
                    self.at(value, ExpressionError(message, offset=offset + 2 + place), warning=True)
                offset += len(piece.source) + 3
            else:
                offset += len(piece)
        return text

    def inputs(self, value: Value | None, names: Collection[str]) -> Iterator[tuple[Value, tuple[str, str]]]:
        """What is wrong with the texts among the inputs of an action."""
        if value is None:
            return
        children = value.content
        if isinstance(children, dict):
            children = [item for _, item in children.values()]
        if isinstance(children, list):
            for child in children:
                yield from self.inputs(child, names)
        elif isinstance(children, str):
            if _SEXAGESIMAL.match(children):
                yield value, (f"'{children}' looks sexagesimal", "angles are decimal degrees, such as 187.7059")
            elif "${" in children:
                self.template(value, names)


def _cut_off(text: str, error: ExpressionError) -> ExpressionError:
    """With a hint where YAML has cut a condition at a comma: `[area(ev.sky, 0.9) < 5]`."""
    if error.hint or text.count("(") == text.count(")"):
        return error
    hint = "inside […] or {…} a condition with a comma needs quotes, or a line of its own beginning with '-'"
    return ExpressionError(str(error), offset=error.offset, hint=hint)


def describe(value: Value) -> str:
    """A value in a message."""
    content: Any = value.content
    if isinstance(content, dict):
        return f"a map with the key '{next(iter(content), '')}'"
    if isinstance(content, list):
        return f"a list of {len(content)}"
    if content is None:
        return "nothing"
    if isinstance(content, bool):
        return str(content).lower()
    return f"'{content[:60]}'" if isinstance(content, str) else f"{content:g}"


def _quote_hint(value: Value) -> str:
    """What an unquoted text turned into says what was meant."""
    if isinstance(value.content, dict):
        key = next(iter(value.content), "")
        if "?" in key:
            return "a condition with '? :' needs quotes"
        if " " in key or "$" in key:
            return "text with ': ' or ${…} needs quotes"
    return ""
