"""`nuncius extract --explain`: every candidate of a text, what was decided about it, and why, for people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import click

from kg.extraction import Candidate, Document, candidates, explained
from kg.extraction.batch import Choice
from kg.extraction.scoring import chosen
from kg.extraction.sources import Text, read_text
from nuncius.core.errors import FormatError


def explain(documents: Iterable[tuple[str, bytes]], choice: Choice, *, as_json: bool) -> int:
    """Shows the candidates of each document on standard output; the number of documents that could not be read."""
    from rich.console import Console

    console = Console(soft_wrap=False, highlight=False)
    scorer = chosen(choice.scorer)
    bad = 0
    for place, content in documents:
        try:
            text = read_text(content)
        except FormatError as error:
            click.echo(f"{place}: {error}", err=True)
            bad += 1
            continue
        document, found = candidates(text.circular, scorer, also=choice.also)
        shown = [c for c in found if _wanted(c, choice)]
        if as_json:
            for c in shown:
                named = {"document": text.document, "circular": None} if text.document else {}
                click.echo(json.dumps(explained(c, document) | {"confidence": c.confidence} | named, default=str))
        elif shown:
            _table(console, text, document, shown)
    return bad


def _wanted(candidate: Candidate, choice: Choice) -> bool:
    named = not choice.predicates or candidate.predicate in choice.predicates
    return named and candidate.confidence >= choice.min_confidence


def _table(console: Any, text: Text, document: Document, shown: list[Candidate]) -> None:
    """One circular: a line for each candidate, taken ones first of their predicate, its words below the reason."""
    from rich.table import Table
    from rich.text import Text as Words

    name = text.document or f"GCN {text.circular.number}"
    title = Words.assemble((name, "bold"), "  ", text.circular.subject[:100])
    table = Table(title=title, title_justify="left", show_lines=True, expand=True)
    for column, ratio in (("", 0), ("says", 3), ("p", 0), ("why, and the words around it", 7)):
        table.add_column(column, ratio=ratio or None)
    for c in shown:
        mark = Words("taken", style="green") if c.taken else Words("left", style="dim")
        says = Words.assemble((c.predicate, "cyan"), " ", said(c), "\n", (c.assertion, "dim"))
        if c.object and c.object != document.about:
            says.append(f" of {c.object}", style="dim")
        table.add_row(mark, says, f"{c.confidence:.2f}", Words.assemble(c.why or "-", "\n", _words(document, c)))
    console.print(table)


def said(c: Candidate) -> str:
    """A candidate's value as one would say it."""
    if isinstance(c.value, dict):
        value = ", ".join(f"{k} {v:.6g}" for k, v in c.value.items())
    elif c.value is None:
        value = "" if c.lower is None or c.upper is None else f"{c.lower:g} to {c.upper:g}"
    else:
        value = f"{c.value:g}" if isinstance(c.value, float) else str(c.value)
    error = "" if c.error is None else f" -{c.error[0]:g}/+{c.error[1]:g}"
    more = " ".join(f"{k}={v}" for k, v in c.qualifier.items() if isinstance(v, str | int | float) and k != "of")
    return " ".join(part for part in (f"{c.limit or ''}{value}{error}", c.unit, f"[{more}]" if more else "") if part)


def _words(document: Document, c: Candidate) -> Any:
    from rich.text import Text as Words

    text = document.even(c.where).text
    before, after = text[max(0, c.start - 90) : c.start], text[c.end : c.end + 60]
    return Words.assemble((before, "dim"), (text[c.start : c.end], "bold"), (after, "dim"))
