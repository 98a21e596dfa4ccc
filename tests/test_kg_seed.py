"""What literature-to-facts, the system before this one, extracts and tests: its facts stand under its names here too.

`gold/seed_facts.json` of the open data (oda-hub/literature-to-facts, volodymyrss/gcn-to-facts) lists circular →
predicate → value. Checked are those whose circular, or at least whose subject, is in the open data.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from kg_samples import NOW

from kg.consumer import circular_of
from kg.extraction import extract
from kg.legacy import document, triples
from kg.store import iri
from kg.vocabulary import PAPER
from nuncius.core.event import Event


def _event(number: int, subject: str, body: str, created: str) -> Event:
    data = {"circular": number, "version": 1, "subject": subject, "body": body, "created": created, "event_name": []}
    return Event(id=f"circular:{number}/1", kind="gcn.circular", source="gcn", received=NOW, data=data)


def _said(event: Event) -> dict[str, set[Any]]:
    """Everything said of `paper:gcn<N>`: predicate → values; IRIs and literals as text, numbers as numbers."""
    facts = extract(circular_of(event))
    own = next((str(f.value) for f in facts if f.predicate == "event_name"), None)
    out: dict[str, set[Any]] = {}
    for subject, predicate, value in document(event, iri("https://gcn.nasa.gov/circulars/1")) + triples(
        event, facts, own
    ):
        if subject.value.startswith(PAPER):
            out.setdefault(predicate.value.removeprefix(PAPER), set()).add(value.value)
    return out


def _agrees(found: set[Any], fact: dict[str, Any]) -> bool:
    want, match = fact["value"], fact["match"]
    if match == "superset":
        return bool(found) and found <= set(want)
    if match == "set":
        return {v.replace(" ", "") for v in want} <= {str(f) for f in found}
    if match == "float":
        return any(abs(float(f) - want) <= fact.get("tolerance", 1e-9) for f in found)
    if match == "int":
        return str(want) in {str(f) for f in found}
    if match == "isot":
        moments = [datetime.fromisoformat(str(f)) for f in found]
        wanted = datetime.fromisoformat(str(want))
        return any(abs((m - wanted).total_seconds()) <= fact.get("tolerance", 0.001) for m in moments)
    return str(want) in found


@pytest.fixture(scope="module")
def seeds(shared_data: Path) -> list[tuple[int, str, dict[str, Any], dict[str, Any], bool]]:
    """(circular, predicate, expected, what we say of it, whether the text is there), for all that can be checked."""
    texts = {c["circularId"]: c for c in map(json.loads, (shared_data / "circulars.jsonl").open(encoding="utf-8"))}
    seed = json.loads((shared_data / "gold" / "seed_facts.json").read_text(encoding="utf-8"))
    out = []
    for number, row in {**seed["gcn"], **seed["gcn_published_2020"]}.items():
        text = texts.get(int(number))
        body = text["body"] if text else ""
        event = _event(int(number), text["subject"] if text else row["subject"], body, row["date"])
        said = _said(event)
        for predicate, fact in row["facts"].items():
            if fact["origin"] == "subject" or (text is not None and not fact["origin"].startswith("linked")):
                out.append((int(number), predicate, fact, said, text is not None))
    return out


def test_what_the_seed_system_reads_is_read_here(seeds: list[Any]) -> None:
    right: Counter[str] = Counter()
    rows: Counter[str] = Counter()
    wrong = []
    for number, predicate, fact, said, _ in seeds:
        rows[predicate] += 1
        if _agrees(said.get(predicate, set()), fact):
            right[predicate] += 1
        else:
            wrong.append(f"{number} {predicate}: {fact['value']!r}, got {sorted(map(str, said.get(predicate, ())))}")
    assert sum(rows.values()) >= 240
    assert wrong == [], f"{sum(right.values())} of {sum(rows.values())}"


def test_a_denied_afterglow_is_no_characteristic() -> None:
    body = (
        "A. Observer (Example Observatory) reports:\n\nWe do not detect any afterglow of GRB 260307A down to R > 22.\n"
    )
    said = _said(_event(1, "GRB 260307A: optical upper limit", body, "2026-03-07T16:00:00Z"))
    assert "reports_characteristic" not in said


def test_all_citations_are_kept_and_no_mail_address_is() -> None:
    body = "A. Observer (a.observer@example.org) reports:\n\nSee GCN 34101, GCN 34102 and ATel 7391.\n"
    said = _said(_event(34120, "GRB 260307A: note", body, "2026-03-07T16:00:00Z"))
    assert said["cites_gcn_id"] == {"34101", "34102"}
    assert said["cites_atel_id"] == {"7391"}
    assert said["cites"] == {f"{PAPER}gcn34101", f"{PAPER}gcn34102", f"{PAPER}atel7391"}
    assert not any("@" in str(v) for values in said.values() for v in values)


def test_superevents_of_the_fourth_run_are_seen_too() -> None:
    said = _said(
        _event(1, "LIGO/Virgo/KAGRA S260307ab: Identification of a GW compact binary merger candidate", "", "")
    )
    assert said["lvc_event_report"] == {"LIGO/Virgo/KAGRA S260307ab"}
    assert said["lvc_event"] == {"S260307ab"}
