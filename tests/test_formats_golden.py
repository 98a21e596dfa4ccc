"""Every format and mission by example: own-made messages beside the events that they must become.

`NUNCIUS_UPDATE_GOLDENS=1 pytest tests/test_formats_golden.py` rewrites the expected events; review the diff.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from listeners.formats import FORMATS, Message, parse
from nuncius.core.event import from_json, to_json

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(p for p in GOLDEN.iterdir() if p.is_file())
RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
UPDATE = bool(os.environ.get("NUNCIUS_UPDATE_GOLDENS"))


def events_of(sample: Path) -> list[dict[str, Any]]:
    """The sample's events as JSON values, with what its blobs are by size."""
    message = Message(raw=sample.read_bytes(), received=RECEIVED, name=sample.name)
    out = []
    for event in parse(message):
        record = msgspec.json.decode(to_json(event))
        record["blobs"] = {name: len(content) for name, content in event.blobs.items()}
        out.append(record)
    return out


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.name)
def test_sample_becomes_the_expected_events(sample: Path) -> None:
    expected = GOLDEN / "expected" / f"{sample.name}.json"
    got = events_of(sample)
    if UPDATE:
        expected.write_text(json.dumps(got, indent=1, ensure_ascii=False) + "\n")
    assert got == json.loads(expected.read_text())


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda p: p.name)
def test_event_survives_its_own_json(sample: Path) -> None:
    for event in parse(Message(raw=sample.read_bytes(), received=RECEIVED)):
        again = from_json(to_json(event))
        assert (again.id, again.kind, again.data) == (event.id, event.kind, event.data)


def test_every_format_has_a_sample() -> None:
    tried = set()
    for sample in SAMPLES:
        message = Message(raw=sample.read_bytes(), received=RECEIVED)
        parse(message)
        try:
            decoded: Any = msgspec.json.decode(message.raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            decoded = message.raw
        is_json = decoded is not message.raw
        fits = [(f.order, n) for n, f in FORMATS.items() if f.json is is_json and f.accepts(message, decoded)]
        tried.add(min(fits)[1])
    assert tried == set(FORMATS)


def test_same_message_twice_is_one_event() -> None:
    for sample in SAMPLES:
        raw = sample.read_bytes()
        first = [e.id for e in parse(Message(raw=raw, received=RECEIVED, name="a"))]
        again = [e.id for e in parse(Message(raw=raw, received=datetime(2027, 1, 1, tzinfo=UTC), name="b"))]
        assert first == again
