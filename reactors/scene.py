"""An event together with a rule's variables and the results so far: all that a condition or a text can name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reactors.compiling import compile_expression
from reactors.evaluation import Evaluation, Outcome
from reactors.templates import fill, fill_value, parse_template

Variables = Sequence[tuple[str, str]]


class Values(Mapping[str, Outcome]):
    """Variables, computed when first asked for, and values given from outside (earlier results)."""

    def __init__(self, evaluation: Evaluation, variables: Variables, given: Mapping[str, Any]) -> None:
        self._evaluation = evaluation
        self._sources = dict(variables)
        self._known = {name: Outcome("value", value) for name, value in given.items()}
        self._names = frozenset(self._sources) | frozenset(self._known)

    def __getitem__(self, name: str) -> Outcome:
        if name not in self._known:
            source = self._sources[name]
            # Until it is computed it is unknown: a variable that names itself ends here.
            self._known[name] = Outcome("unknown", why=f"'{name}' is defined by itself")
            self._known[name] = self._evaluation.evaluate(compile_expression(source, self._names), self)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Scene:
    """What expressions and texts of one rule are evaluated in. `absent` are names that are declared but have no
    value (results of steps that have not run or failed)."""

    def __init__(
        self,
        evaluation: Evaluation,
        variables: Variables = (),
        given: Mapping[str, Any] | None = None,
        absent: Sequence[str] = (),
    ) -> None:
        self.evaluation = evaluation
        self.variables = variables
        self.given = dict(given or {})
        self.values = Values(evaluation, variables, self.given)
        self.absent = frozenset(absent) - frozenset(self.values)
        self.names = frozenset(self.values) | self.absent

    def binding(self, **more: Any) -> Scene:
        """This scene with further values, such as the `item` of a `for_each`."""
        return Scene(self.evaluation, self.variables, self.given | more, sorted(self.absent))

    @property
    def ev(self) -> dict[str, Any]:
        """The event's fields."""
        return self.evaluation.ev

    def evaluate(self, source: str) -> Outcome:
        """The value of an expression."""
        return self.evaluation.evaluate(compile_expression(source, self.names), self.values)

    def text(self, source: str) -> tuple[str, list[str]]:
        """A text with its holes filled, and why those that could not be are unknown."""
        return fill(parse_template(source, self.names), self.evaluation, self.values)

    def value(self, value: Any) -> Any:
        """An input with its texts filled; None where it is unknown."""
        return fill_value(value, self.evaluation, self.values, self.names)

    def pending(self, source: str) -> bool:
        """Whether a text names a result that is not there yet."""
        return bool(parse_template(source, self.names).names & self.absent)
