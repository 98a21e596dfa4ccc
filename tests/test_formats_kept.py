"""Nothing that a notice says is dropped: every input field is found in the event, understood or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from listeners.formats import Message, parse
from listeners.words import utc
from nuncius.core.event import iso

GOLDEN = Path(__file__).parent / "golden"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def leaves(value: Any) -> Iterator[Any]:
    """Every scalar of a JSON value, numbers as floats."""
    if isinstance(value, dict):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)
    else:
        yield value


#: Understood and turned into something else: fields that end in another unit, a bool, a kind or a name.
TURNED = frozenset(
    {"FAR", "Packet_Type", "Instruments", "Significant", "Most_Likely_Index", "Most_Likely_Prob", "AlertType"}
    | {"Sec_Most_Likely_Index", "Sec_Most_Likely_Prob", "src_err_90", "SRC_CLASS", "TrigID", "IPN_Radius", "IPN_Width"}
    | {"Min_Distance", "Max_Distance", "Mag_Lim", "Burst_Mag", "Mag_Error"}
)


def missing_params(raw: bytes) -> list[str]:
    """Parameters of a VOEvent whose value is nowhere in its event."""
    (event,) = parse(Message(raw=raw, received=NOW))
    found = set(leaves(event.data))
    lost = []
    for param in etree.fromstring(raw).iter("Param"):
        name, text = param.get("name"), param.get("value")
        if text is None:
            text = param.findtext("Value") or ""
        text = text.strip()
        as_written: Any = {"true": True, "false": False}.get(text, text)
        try:
            number: Any = float(text)
        except ValueError:
            number = None
        if as_written not in found and number not in found and name not in TURNED:
            lost.append(f"{name}={text}")
    return lost


@pytest.mark.parametrize("sample", sorted(GOLDEN.glob("voevent_*.xml")), ids=lambda p: p.name)
def test_every_parameter_of_a_voevent_is_kept(sample: Path) -> None:
    assert missing_params(sample.read_bytes()) == []


def test_a_dropped_parameter_would_be_noticed() -> None:
    raw = (GOLDEN / "voevent_gecam_flt.xml").read_bytes()
    (event,) = parse(Message(raw=raw, received=NOW))
    assert event.data["parameters"]["MISSION"] == "B"
    # The finder itself must find: a value in the packet that the event does not hold.
    assert "B" in set(leaves(event.data))
    del event.data["parameters"]["MISSION"]
    assert "B" not in set(leaves(event.data))


@pytest.mark.shared_data
def test_every_parameter_of_every_real_type_is_kept(shared_data: Path) -> None:
    """Samples of about 90 notice types from timstaley/voevent-tarballs."""
    lost = {}
    for folder in sorted((shared_data / "notices" / "voevent_per_type").iterdir()):
        for file in sorted(folder.glob("*.xml"))[:2]:
            missing = missing_params(file.read_bytes())
            if missing:
                lost[file.name] = missing
    assert lost == {}


def spellings(leaf: Any) -> set[Any]:
    """The forms in which a value may stand in an event: as it is, a time in UTC, an identifier as text."""
    if isinstance(leaf, str):
        moment = utc(leaf)
        return {leaf, leaf.strip(), iso(moment)} if moment else {leaf, leaf.strip()}
    if isinstance(leaf, float) and leaf == int(leaf):
        return {leaf, str(int(leaf))}
    return {leaf}


#: Left out on purpose (people), kept elsewhere (maps as blobs), or put in order (the axes of an ellipse).
ELSEWHERE = frozenset({"$schema", "createdOn", "healpix_file", "email", "editedBy", "submitter", "ra_dec_error"})


def unread(raw: bytes) -> list[str]:
    """Values of a JSON notice that are nowhere in its event."""
    (event,) = parse(Message(raw=raw, received=NOW))
    found = {form for leaf in leaves(event.data) for form in spellings(leaf)}
    return [
        f"{key}={leaf}"
        for key, value in json.loads(raw).items()
        if key not in ELSEWHERE
        for leaf in leaves(value)
        if leaf is not None and not spellings(leaf) & found
    ]


#: Notices and circulars; of papers, releases and platforms only what has a word of ours is taken over.
NOTICES = ("gcn.", "lvk.")


@pytest.mark.parametrize("sample", sorted(GOLDEN.glob("json_*.json")), ids=lambda p: p.name)
def test_every_field_of_a_json_notice_is_kept(sample: Path) -> None:
    kinds = {event.kind for event in parse(Message(raw=sample.read_bytes(), received=NOW))}
    if sample.name != "json_cloudevent.json" and all(kind.startswith(NOTICES) for kind in kinds):
        assert unread(sample.read_bytes()) == []


@pytest.mark.shared_data
def test_every_field_of_all_schema_examples_is_kept(shared_data: Path) -> None:
    """nasa-gcn/gcn-schema."""
    examples = sorted((shared_data / "notices" / "gcn_schema").rglob("*.example.json"))
    assert len(examples) == 50
    lost = {p.name: missing for p in examples if (missing := unread(p.read_bytes()))}
    assert lost == {}
