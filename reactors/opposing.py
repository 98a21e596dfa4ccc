"""Two claims that exclude each other, side by side: who says what, where and when, in whose words. Dresses any text
posted on a `kg.fact.contradiction` or `kg.fact.settled`.

A telephone shows some forty characters in a line: the figures stand in a narrow table of two rows, the quotations one
below the other in the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nuncius.core.report import Link, as_written
from nuncius.core.result import Table

#: Kinds of events that set two claims against each other.
KINDS = ("kg.fact.contradiction", "kg.fact.settled")
#: The name of the table.
SIDE_BY_SIDE = "side by side"


def quotations(ev: Mapping[str, Any]) -> str:
    """Both sources with their words, the earlier first; empty where nothing is opposed."""
    return "\n".join(_quotation(claim) for claim in _claims(ev))


def _quotation(claim: Mapping[str, Any]) -> str:
    who = ", ".join(as_written(str(claim[word])) for word in ("by", "when") if claim.get(word))
    document = as_written(str(claim.get("document") or claim.get("url") or "?"))
    quote = str(claim.get("quote") or "")
    words = f"“{as_written(quote)}”" if quote else as_written(str(claim.get("said") or ""))
    return f"- **{document}**{f' ({who})' if who else ''}: {words}"


def table(ev: Mapping[str, Any]) -> list[Table]:
    """The two values under each other: who and when stands with the quotations."""
    rows: list[list[str | float | None]] = [
        [str(claim.get("document") or "?"), str(claim.get("figure") or "")] for claim in _claims(ev)
    ]
    quantity = str(ev.get("quantity") or "says").replace("_", " ")
    return [Table(name=SIDE_BY_SIDE, columns=["source", quantity], rows=rows)] if rows else []


def links(ev: Mapping[str, Any]) -> list[Link]:
    """The two documents."""
    return [
        Link(label=str(claim.get("document") or "source"), url=str(claim["url"]))
        for claim in _claims(ev)
        if str(claim.get("url") or "").startswith(("https://", "http://"))
    ]


def _claims(ev: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if ev.get("kind") not in KINDS:
        return []
    pair = (ev.get("earlier"), ev.get("later"))
    return [claim for claim in pair if isinstance(claim, Mapping)]
