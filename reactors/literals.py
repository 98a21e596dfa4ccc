"""Values that a rule writes in so many words into a function (an instrument, an observatory, a MOC, a level, a stored
query) are checked when it is loaded: what is wrong with them is wrong with every event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nuncius.core.errors import FormatError
from nuncius.core.registry import did_you_mean
from nuncius.core.sky import Patch
from reactors.expression import Node
from reactors.tokens import ExpressionError
from reactors.vocabulary import USAGE


def check_literals(call: Node) -> None:
    """Raises ExpressionError where a value given to one of our functions can never be right."""
    if str(call.value).startswith("kg."):
        _check_query(call)
    place = _PLACES.get(str(call.value))
    if place is None:
        return
    number, check = place
    given = call.parts[number]
    if given.sort != "literal":
        return
    try:
        check(given.value)
    except FormatError as error:
        raise ExpressionError(str(error), offset=given.start, hint=f"for example {USAGE[str(call.value)]}") from None


def _level(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        raise FormatError(f"a level lies between 0 and 1, such as 0.9; received {value!r:.40}")


def _eyes(value: Any) -> None:
    from analyses.fields import known_as

    if not isinstance(value, str):
        raise FormatError(f"the name of an instrument or an observatory is a text; received {value!r:.40}")
    known_as(value)


def _moc(value: Any) -> None:
    if not isinstance(value, str):
        raise FormatError(f"a MOC is a text of cells, such as '3/16-31 4/7'; received {value!r:.40}")
    Patch(cells=value).moc()


#: Which value of a function is checked (from 0), and how.
_PLACES: dict[str, tuple[int, Callable[[Any], None]]] = {
    "area": (1, _level),
    "fov": (0, _eyes),
    "visible_from": (1, _eyes),
    "in_moc": (1, _moc),
}


def _check_query(node: Node) -> None:
    """A stored query that a rule names in so many words must be there, with the parameters that it is given."""
    from kg.named_queries import named_queries

    first, *rest = node.parts
    if first.sort != "literal" or not isinstance(first.value, str):
        raise ExpressionError(
            f"'{node.value}' wants the name of a stored query", offset=first.start, hint=USAGE["kg.ask"]
        )
    queries = named_queries()
    if first.value not in queries:
        near = did_you_mean(first.value, sorted(queries))
        raise ExpressionError(f"no stored query is called '{first.value}'{near}", offset=first.start)
    wanted = queries[first.value].parameters
    if rest and rest[0].sort == "map":
        given = [str(key.value) for key in rest[0].parts[::2] if key.sort == "literal"]
        wrong = [name for name in given if name not in wanted] or [name for name in wanted if name not in given]
        if wrong:
            said = (
                f"the query '{first.value}' takes {', '.join(wanted) or 'no parameters'}; received {', '.join(given)}"
            )
            raise ExpressionError(said, offset=rest[0].start)
