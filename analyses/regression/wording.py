"""Outcomes in words, the same at the shell and in chat."""

from __future__ import annotations

from collections.abc import Sequence

from analyses.regression.outcomes import Outcome
from analyses.regression.verdicts import Compared


def headline(outcome: Outcome) -> str:
    """The case and what it ran with."""
    versions = " → ".join(v for v in (outcome.old_version, outcome.version) if v)
    what = f" ({outcome.package} {versions})" if versions else ""
    return f"{outcome.case}{what}{', as with the version before' if outcome.before else ''}"


def quantity_line(one: Compared) -> str:
    """One quantity, old and new, and what is expected."""
    unit = f" {one.expected.unit}" if one.expected.unit else ""
    now = "missing" if one.new is None else str(one.new)
    was = f"{one.old} → " if one.old is not None else ""
    allowed = f" ± {one.allowed:.3g}" if one.allowed else ""
    return f"{one.quantity}: {was}{now}{unit}, expected {one.expected.value:.10g}{allowed}{unit}: {verdict(one)}"


def verdict(one: Compared) -> str:
    """The verdict with what is known of its history."""
    if one.before:
        return f"{one.verdict}, but not by this release"
    return f"{one.verdict}, now as the reference" if one.mended else one.verdict


def answer(about: str, outcomes: Sequence[Outcome]) -> str:
    """One line that says it all."""
    bad = [outcome for outcome in outcomes if outcome.bad]
    if not bad:
        before = sum(outcome.before for outcome in outcomes)
        old = f" ({before} were off before already)" if before else ""
        return f"{about}: nothing changed in {_cases(len(outcomes))}{old}"
    counts = {verdict: sum(o.verdict == verdict for o in bad) for verdict in dict.fromkeys(o.verdict for o in bad)}
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"{about}: of {_cases(len(outcomes))} {said}: {', '.join(o.case for o in bad)}"


def _cases(count: int) -> str:
    return f"{count} test case" if count == 1 else f"{count} test cases"
