"""Files of checks, test cases and assumptions come from many hands: whatever is in them, the error names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyses.checks.declared import declarations
from analyses.plainyaml import MAX_BYTES, documents
from analyses.regression.cases import load_cases
from nuncius.core.errors import ConfigurationError

BOMB = '"a": &a [1, 1, 1, 1]\n"b": [*a, *a, *a, *a]\n'
HOSTILE = {
    "bytes that are no text": (b"case: \xff\xfe\n", "cannot be read"),
    "aliases behind a quoted key": (BOMB.encode(), "line 1: anchors, aliases and tags"),
    "a tag behind a quoted key": (b"'a': !!python/object/apply:os.system [ls]\n", "line 1: anchors, aliases and tags"),
    "nested without end": (b"a: " + b"[" * 20_000, "more than 32 deep"),
    "nested in lines": (b"".join(b" " * n + b"a:\n" for n in range(400)), "more than 32 deep"),
    "a number of 5000 digits": (b"a: " + b"9" * 5000 + b"\n", "not YAML"),
    "month 13": (b"a: 2026-13-01\n", "not YAML"),
    "half a letter": (b'about: ["\\ud800"]\n', "lone surrogate"),
    "a control character": (b"a: \x00\n", "not YAML"),
    "a key twice": (b"a: 1\na: 2\n", "not YAML"),
    "no end": (b"a: 1\n" + "é".encode() * MAX_BYTES, "more than 262144 bytes"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("reader", [documents, lambda file: load_cases([file]), lambda file: declarations([file])])
def test_a_hostile_file_is_refused_by_its_name(name: str, reader: object, tmp_path: Path) -> None:
    content, says = HOSTILE[name]
    file = tmp_path / "own.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"own\.yaml") as caught:
        reader(file)  # type: ignore[operator]
    assert says in str(caught.value)


@pytest.mark.parametrize("reader", [load_cases, declarations])
def test_a_folder_in_the_place_of_a_file_is_named(reader: object, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").mkdir()
    with pytest.raises(ConfigurationError, match=r"own\.yaml: cannot be read"):
        reader([tmp_path])  # type: ignore[operator]


def test_what_only_looks_like_an_anchor_is_text(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text("a: R&D and 2 *x\nb: '&x *y !z'  # &c *d\nc: |\n  *bold* & !important\n---\n---\nd: 1\n")
    assert documents(file) == [{"a": "R&D and 2 *x", "b": "&x *y !z", "c": "*bold* & !important\n"}, {"d": 1}]
