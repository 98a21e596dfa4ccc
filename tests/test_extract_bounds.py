"""Extraction of what no honest circular holds ends soon: the text comes from strangers, and the graph waits for it."""

from __future__ import annotations

import time

import pytest

from kg.extraction import Circular, Fact, extract


def _within(seconds: float, body: str) -> list[Fact]:
    began = time.process_time()
    facts = extract(Circular(number=34120, subject="GRB 260307A: redshift", body=body))
    assert time.process_time() - began < seconds
    return facts


@pytest.mark.parametrize(
    "phrase",
    [
        "we find z = 1.23 here, ",
        "We find z = 1.23 here. ",
        "1.1 < z < 1.2, ",
        "the limit z < 3.1 for ",
        "redshift of the ",
        "GRB 260307A and GCN 34101; ",
        "1",
        " \n\t",
    ],
)
def test_five_megabytes_of_one_phrase_are_read_within_two_seconds(phrase: str) -> None:
    _within(2.0, phrase * (5_000_000 // len(phrase)))


def test_many_different_redshifts_are_compared_within_two_seconds() -> None:
    _within(2.0, "".join(f"we find {i % 7}.{i:05d} < z < 9.1, " for i in range(60_000)))


def test_a_run_of_words_after_redshift_is_read_in_one_way_only() -> None:
    _within(1.0, "redshift " + "value new refined best-fit " * 12 + "x")


def test_a_redshift_before_a_long_appendix_is_still_found() -> None:
    body = "We detect Mg II and Fe II at a common redshift of z = 1.234. " + "Nothing else was seen. " * 40_000
    [fact] = [f for f in _within(2.0, body) if f.predicate == "redshift"]
    assert (fact.value, fact.qualifier["type"], fact.qualifier["whose"]) == (1.234, "spectroscopic", "afterglow")
