"""What reviews say of each rule: how often it was right, and how long people took to say so; and what they say of
single facts that were read from texts. Counted from review events; the newest word on a report counts."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from nuncius.core.event import Event
from nuncius.journal import Journal

#: What counts for or against a rule.
RIGHT, WRONG = ("approved",), ("rejected", "unrelated")
_PAGE = 500


class RuleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One rule's reviews. `precision` is approved / (approved + rejected + unrelated), None without a verdict; times to
    review are in seconds. `open`, `expired` and `withdrawn` count its questions that nobody answered."""

    rule: str
    approved: int
    rejected: int
    unrelated: int
    repeated: int
    muted: int
    precision: float | None
    median_s: float | None
    p90_s: float | None
    open: int
    expired: int
    withdrawn: int


class FactVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word on a fact that was read from a text: gold for the extractor's evaluation."""

    verdict: str
    circular: int | None
    predicate: str
    value: Any
    text: str
    start: int | None
    end: int | None
    rule: str
    by: str
    why: str = ""


def per_rule(journal: Journal) -> list[RuleFigures]:
    """The figures of every rule that was ever reviewed or that asked something, by name."""
    verdicts = _verdicts(journal)
    acts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for event in _events(journal):
        if event.kind in ("review.repeated", "review.muted"):
            acts[str(event.data.get("rule", ""))][event.kind.removeprefix("review.")] += 1
    for review in journal.reviews(limit=100_000):
        acts[review.rule][review.state] += 1
    names = {str(event.data.get("rule", "")) for event in verdicts.values()} | set(acts)
    return [
        _figures(name, [e for e in verdicts.values() if e.data.get("rule") == name], acts[name])
        for name in sorted(names)
    ]


def _figures(rule: str, verdicts: list[Event], acts: dict[str, int]) -> RuleFigures:
    counts = {word: sum(e.kind == f"review.{word}" for e in verdicts) for word in (*RIGHT, *WRONG)}
    right, all_ = counts["approved"], sum(counts.values())
    took = sorted(float(e.data["took_s"]) for e in verdicts if isinstance(e.data.get("took_s"), int | float))
    return RuleFigures(
        rule=rule,
        approved=counts["approved"],
        rejected=counts["rejected"],
        unrelated=counts["unrelated"],
        repeated=acts["repeated"],
        muted=acts["muted"],
        precision=right / all_ if all_ else None,
        median_s=statistics.median(took) if took else None,
        p90_s=took[min(len(took) - 1, int(0.9 * len(took)))] if took else None,
        open=acts["open"],
        expired=acts["expired"],
        withdrawn=acts["withdrawn"],
    )


def facts(journal: Journal) -> list[FactVerdict]:
    """Verdicts on reports that one fact caused, oldest first."""
    found = []
    for event in _verdicts(journal).values():
        cause = journal.get(str(event.data.get("about", "")))
        if cause is None or not cause.event.is_a("kg.fact"):
            continue
        said = cause.event.data
        found.append(
            FactVerdict(
                verdict="right" if event.kind.removeprefix("review.") in RIGHT else "wrong",
                circular=said.get("circular"),
                predicate=str(said.get("predicate", "")),
                value=said.get("value"),
                text=str(said.get("text", "")),
                start=said.get("start"),
                end=said.get("end"),
                rule=str(event.data.get("rule", "")),
                by=str(event.data.get("by", "")),
                why=str(event.data.get("why", "")),
            )
        )
    return found


def _verdicts(journal: Journal) -> dict[tuple[Any, ...], Event]:
    """The newest verdict on each report or question."""
    found: dict[tuple[Any, ...], Event] = {}
    for event in _events(journal):
        if event.kind.removeprefix("review.") in (*RIGHT, *WRONG):
            found[event.data.get("reaction"), event.data.get("slot") or event.data.get("question")] = event
    return found


def _events(journal: Journal) -> Iterator[Event]:
    after = 0
    while page := journal.read(after, limit=_PAGE, kinds=["review"]):
        yield from (stored.event for stored in page)
        after = page[-1].seq
