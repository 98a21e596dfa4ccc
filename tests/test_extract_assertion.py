"""Whether the authors stand by a value: doubt, denial, condition, forecast, another's result; sentences of our own."""

from __future__ import annotations

import pytest

from kg.extraction import Circular
from kg.extraction.assertion import assertion_of
from kg.extraction.document import Document


def _of(body: str, value: str) -> str:
    document = Document(Circular(number=99_100, subject="GRB 310101A: a report", body=body))
    start = document.body.text.index(value)
    return assertion_of(document, "body", start, start + len(value))[0]


@pytest.mark.parametrize(
    ("assertion", "body", "value"),
    [
        ("asserted", "We measure T90 = 12.3 s for this burst.", "12.3"),
        ("asserted", "With the NOT we find R = 20.4 for the source.", "20.4"),
        ("asserted", "The afterglow, seen by Smith et al. (GCN 1234), has now R = 20.4 in our images.", "20.4"),
        ("asserted", "Assuming a power-law spectrum, the fluence is 3e-6 erg/cm2.", "3e-6"),
        ("asserted", "The on-board position is RA, Dec 22.917, -41.554 with an uncertainty of 3 arcmin.", "22.917"),
        ("asserted", "We measure R = 21.6, consistent with Smith et al. (GCN 1234).", "21.6"),
        ("hypothetical", "If the source lies at this distance, its flux is 4e-12 cgs.", "4e-12"),
        ("hypothetical", "The predicted flux one day later is 8.8e-14 cgs.", "8.8e-14"),
        (
            "hypothetical",
            "If the light curve continues to decay so, the rate at T+24 hours will be 0.1 per second, corresponding "
            "to a flux of 3e-13 cgs. The unabsorbed one is 5e-13 cgs.",
            "5e-13",
        ),
        ("hypothetical", "The energy of the burst is 3e51 erg (assuming z=1).", "3e51"),
        ("cited", "The burst had a fluence of 4.3e-6 erg/cm2 (Doe et al., GCN 1234).", "4.3e-6"),
        ("cited", "The magnitude was R = 17.2, as determined by Doe (private communication).", "17.2"),
        ("cited", "The previously reported redshift 1.5 was used.", "1.5"),
        ("negated", "The spectrum rules out a magnitude of 19.5 there.", "19.5"),
        ("negated", "The value 12.5 s is right, instead of 21.5 s.", "21.5"),
        ("hedged", "The brightness ought to be R = 23.4 or so.", "23.4"),
        ("hedged", "The duration is tentatively 12 s.", "12"),
        ("cited", "> On Monday Doe wrote:\n> the fluence is 5e-6 cgs\n\nThis is low.", "5e-6"),
        (
            "negated",
            "It has z = 0.5955.\n\n[GCN OPS NOTE(14jan31): the value was changed from 0.599 to 0.5955.]",
            "0.599",
        ),
    ],
)
def test_a_value_is_asserted_only_where_the_authors_stand_by_it(assertion: str, body: str, value: str) -> None:
    assert _of(body, value) == assertion


def test_the_parts_of_a_body_are_told_apart() -> None:
    body = (
        "A. B. Doe (Somewhere), C. Roe (Elsewhere) report on behalf of a team:\n\nWe looked.\n\n"
        "R   20.1   0.1\nI   19.7   0.1\n\nWe thank the staff.\n\n[GCN OPS NOTE(01jan31): a letter was added.]"
    )
    document = Document(Circular(number=99_101, subject="", body=body))
    wanted = {"Roe": "authors", "looked": "body", "19.7": "table", "staff": "acknowledgements", "letter": "note"}
    for word, part in wanted.items():
        start = document.body.text.index(word)
        assert document.part("body", start, start + len(word)) == part


@pytest.mark.parametrize("unit", ['"said ', "[GCN ", "> a\n", "if assuming ", "a  1  b\n", "A. Bcd, ", "may be "])
def test_hostile_text_is_read_in_bounded_time(unit: str) -> None:
    import time

    body = unit * (60_000 // len(unit))
    before = time.process_time()
    document = Document(Circular(number=99_102, subject="", body=body))
    assertion_of(document, "body", 30_000, 30_001)
    assert time.process_time() - before < 3
