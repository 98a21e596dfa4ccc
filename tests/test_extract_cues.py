"""Words that a pattern needs, and alternatives dealt out by their first character: what is found stays the same."""

from __future__ import annotations

import re

import pytest

from kg.cues import Cued, needed
from kg.extraction import report_words
from kg.extraction.normalise import Even
from kg.openings import dealt


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:retract(?:ed|ion)|withdrawn)\b", {"retract", "withdrawn"}),
        (r"\b(?:is|are) (?:not|NOT) an? GRB", {" grb"}),
        (r"(?:Jy|Crab)\b(?: ?/ ?beam)?", {"jy", "crab"}),
        (r"\d+ ?(?:s|sec)?", set()),
        (r"(?:a|\d)b?", set()),
        (r"(?=before)\bthe (?:first|second)(?! one)", {"first", "second"}),
    ],
)
def test_a_match_holds_one_of_the_words(pattern: str, words: set[str]) -> None:
    assert set(needed(pattern, re.I)) == words


def test_a_cued_pattern_finds_what_the_plain_one_finds() -> None:
    texts = ["RETRACTION of it", "it was withdrawn", "nothing of the kind", "", "a retracted one, a Withdrawn one"]
    pattern = r"\b(?:retract(?:ed|ion)|withdrawn)\b"
    cued, plain = Cued(pattern, re.I), re.compile(pattern, re.I)
    for text in texts:
        assert [m.span() for m in cued.finditer(text)] == [m.span() for m in plain.finditer(text)]
        assert bool(cued.search(text)) == bool(plain.search(text))


def test_sorts_of_reports_have_words_that_most_subjects_lack() -> None:
    without = [detail or sort for sort, detail, pattern in report_words.SORTS if not pattern.words]
    assert len(without) <= 2, without


def test_alternatives_dealt_out_match_in_their_order() -> None:
    given = [("a", "Swift/XRT"), ("b", "Swift"), ("c", "(?:GTC|NOT)"), ("d", "Gemini")]
    plain = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in given))
    quick = re.compile(dealt(given))
    text = "Swift/XRT and Swift, GTC, Gemini, NOT; G and S"
    assert [m.span() for m in quick.finditer(text)] == [m.span() for m in plain.finditer(text)]
    assert [(m.lastgroup or "")[0] for m in quick.finditer(text)] == [m.lastgroup for m in plain.finditer(text)]
    with pytest.raises(ValueError, match="begins with no character"):
        dealt([("a", "x*")])


@pytest.mark.parametrize(
    "text", ["5 \u00b1 1", "a\n\n  b", "$\\alpha$ **x** \u2264 3", "\u2212\u2212", "", "  a  \r\n b"]
)
def test_places_of_the_even_text_are_those_of_the_original(text: str) -> None:
    even = Even(text)
    for place in range(len(even.text)):
        start, end = even.span(place, place + 1)
        assert 0 <= start <= end <= len(text)
        if even.text[place].isalnum():
            assert text[start:end] == even.text[place]
            assert even.at(start) == place
