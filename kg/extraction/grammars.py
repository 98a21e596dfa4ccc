"""The grammars that extraction asks, in the order in which their facts are preferred. Adding a family of facts is a
module with a `GRAMMAR` and its line here."""

from __future__ import annotations

from kg.extraction import (
    absent,
    citations,
    classification,
    coincidence,
    counterparts,
    durations,
    fluxes,
    followups,
    instruments,
    magnitudes,
    positions,
    redshift,
    reports,
    retraction,
    times,
)
from kg.extraction.candidate import Grammar

GRAMMARS: tuple[Grammar, ...] = (
    reports.GRAMMAR,
    citations.GRAMMAR,
    retraction.GRAMMAR,
    absent.GRAMMAR,
    counterparts.GRAMMAR,
    classification.GRAMMAR,
    coincidence.GRAMMAR,
    followups.GRAMMAR,
    instruments.GRAMMAR,
    redshift.GRAMMAR,
    times.GRAMMAR,
    durations.GRAMMAR,
    fluxes.GRAMMAR,
    positions.GRAMMAR,
    magnitudes.GRAMMAR,
)

#: The grammar of each predicate.
BY_PREDICATE: dict[str, Grammar] = {predicate: grammar for grammar in GRAMMARS for predicate in grammar.predicates}
