"""The anchor gate: nothing leaves extraction that its span does not say, whatever the text."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import extraction
from kg.extraction import Circular, extract, reads_again
from kg.extraction.candidate import Candidate, Grammar
from kg.extraction.normalise import Even

_PIECES = st.sampled_from(
    [
        "z = ", "z~", "redshift of ", "a common redshift of z=", "photometric redshift ", "1.234", "0.5", ".92",
        "2.876(3)", " +/- 0.002", "\xb10.1", "+0.3-0.4", "(+0.3, -0.4)", "< ", ">~", "\u2264", "3.7<z<~4.0",
        "$z \\sim 2.1$", "\n", "\n\n", "  ", "\t", " ", ". ", ", ", "GRB 260307A", "grb260307a", "IC211125A",
        "S260307ab", "bn260307656", "AT 2026abc", "(GCN 34101; 34102)", "ATel 7391", "CGN 10034", "retraction",
        "is not a GRB", "We retract this trigger", "trigger", "upper limit", "absorption lines",
        "intervening system at ", "\u2212", "\u2009", "\xe9", "\U0001f52d", "**", "&lt;", "mag", "we find ",
        "\u200b", "\x00", "assuming ",
    ]
)  # fmt: skip
_TEXT = st.lists(st.one_of(_PIECES, st.text(max_size=6)), max_size=25).map("".join)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(subject=_TEXT, body=_TEXT)
def test_every_fact_is_its_slice_and_the_slice_gives_the_value_again(subject: str, body: str) -> None:
    for fact in extract(Circular(number=40000, subject=subject, body=body)):
        original = subject if fact.where == "subject" else body
        assert original[fact.start : fact.end] == fact.text
        assert fact.text
        assert reads_again(fact)
        assert 0.0 <= fact.confidence <= 1.0


@settings(max_examples=300, deadline=None)
@given(text=_TEXT)
def test_every_span_of_the_even_text_lies_in_the_original(text: str) -> None:
    even = Even(text)
    for i in range(len(even.text)):
        start, end = even.span(i, i + 1)
        assert 0 <= start <= end <= len(text)
        if even.text[i].isalnum():  # signs are rewritten, letters and digits never
            assert text[start:end] == even.text[i]


def test_the_gate_refuses_a_value_that_the_span_does_not_say() -> None:
    facts = extract(
        Circular(number=40000, subject="GRB 260307A: redshift", body="We find z = 1.25 from lines (GCN 34101).")
    )
    assert {f.predicate for f in facts} == {"event_name", "report_type", "follows_up", "redshift", "cites"}
    for fact in facts:
        assert reads_again(fact)
        forged = {
            "redshift": 1.26,
            "cites": 34102,
            "event_name": "GRB 260307B",
            "report_type": "detection",
            "follows_up": "GRB 260307B",
        }
        assert not reads_again(msgspec.structs.replace(fact, value=forged[fact.predicate]))


@pytest.mark.parametrize(
    ("value", "start", "end"),
    [(1.235, 4, 9), (1.234, 5, 9), (1.234, 0, 3)],
    ids=["another value", "part of the number", "another place"],
)
def test_whatever_proposes_a_value_that_its_span_does_not_say_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, value: float, start: int, end: int
) -> None:
    def extracted(said: float, first: int, last: int) -> list[Any]:
        lie = Candidate(predicate="redshift", where="body", start=first, end=last, value=said, confidence=0.99)
        lying = Grammar(predicates=("redshift",), propose=lambda document: [lie], reads_again=lambda fact: True)
        monkeypatch.setattr(extraction, "GRAMMARS", (lying,))
        return extract(Circular(number=40000, subject="GRB 260307A: redshift", body="z = 1.234 from our spectrum"))

    assert [fact.value for fact in extracted(1.234, 4, 9)] == [1.234]
    assert extracted(value, start, end) == []
