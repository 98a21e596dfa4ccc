"""A pattern with its opening looked for first finds what the pattern alone finds."""

from __future__ import annotations

import random
import re

import pytest

from kg.openings import compiled

PATTERNS = [
    (r"\b(?:retracted|withdrawn|no longer)\b", re.I),
    (r"(?<![\d.])\d{1,2}(?:\.\d+)?", 0),
    (r"(?<![A-Za-z])(?:[eE]rgs?|[kMG]?eV|J)\b", 0),
    (r"\b(?P<a>kelvin|\u212b|s[a-f]?)|\+/-", re.I),
    (r"^(?:We|I) (?:thank|see)|\bimage", re.M | re.I),
    (r"(?:very )?(?:faint|[^a-m]ight)", re.I),
    (r"(?i:GRB)|(?-i:s)\d", re.I),
    (r"\s+(?=K)|[\w-]+K", re.I),
    (r"(?:a|b)*$", 0),
    (r"[^a]b|(?<=x)c", 0),
]


@pytest.mark.parametrize(("pattern", "flags"), PATTERNS)
def test_the_same_is_found_in_random_texts_of_the_patterns_own_letters(pattern: str, flags: int) -> None:
    chance = random.Random(7)
    # The sign of Kelvin, the long s and the dotless i are other cases of ASCII letters.
    letters = [*(c for c in pattern if c.isalnum()), *"kKsSiI .-+/\n05\u212a\u017f\u0131\u0130\u00e5\u212b"]
    words = [
        "retracted",
        "No Longer",
        "We thank",
        "very faint",
        "light",
        "GRB",
        "erg",
        "MeV",
        "\u212aelvin",
        "\u0131mage",
    ]
    for _ in range(300):
        text = "".join(chance.choice(words) if chance.random() < 0.2 else chance.choice(letters) for _ in range(40))
        alone, quick = re.compile(pattern, flags), compiled(pattern, flags)
        assert [m.span() for m in quick.finditer(text)] == [m.span() for m in alone.finditer(text)]
        assert [m.groupdict() for m in quick.finditer(text)] == [m.groupdict() for m in alone.finditer(text)]


def test_an_opening_is_looked_for_only_where_that_saves_something() -> None:
    assert compiled(r"\b(?:one|two)\b", re.I).pattern != r"\b(?:one|two)\b"
    assert compiled("trigger").pattern == "trigger"  # the engine itself looks for the letters
    assert compiled(r"\w+ day", re.I).pattern == r"\w+ day"  # most places of a text begin so
