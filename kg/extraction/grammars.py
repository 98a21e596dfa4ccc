"""The grammars that extraction asks, in the order in which their facts are preferred. Adding a family of facts is a
module with a `GRAMMAR` and its line here."""

from __future__ import annotations

from collections.abc import Iterable

from kg.extraction import (
    absent,
    citations,
    classification,
    coincidence,
    counterparts,
    durations,
    fluxes,
    followups,
    indices,
    instruments,
    lengths,
    magnitudes,
    positions,
    redshift,
    reports,
    retraction,
    spectra,
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

#: Families beyond the contract of `nuncius extract`, by name: the graph reads all, the command those it is asked for.
ALSO: dict[str, tuple[Grammar, ...]] = {"spectrum": (spectra.GRAMMAR, indices.GRAMMAR, lengths.GRAMMAR)}
EVERYTHING = tuple(ALSO)


def families_of(predicates: Iterable[str]) -> list[str]:
    """The families beyond the contract that some predicates are of."""
    wanted = set(predicates)
    return [name for name, family in ALSO.items() if any(wanted & set(grammar.predicates) for grammar in family)]


#: The grammar of each predicate.
BY_PREDICATE: dict[str, Grammar] = {
    predicate: grammar
    for grammar in (*GRAMMARS, *(g for also in ALSO.values() for g in also))
    for predicate in grammar.predicates
}
