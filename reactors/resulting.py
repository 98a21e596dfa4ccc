"""What an analysis gave, as the journal keeps it: for later actions of the rule, for the thread, for the graph."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from nuncius.core.event import Event, Tense
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result, Table
from reactors.beside import sky_maps
from reactors.naming import digest

if TYPE_CHECKING:
    from reactors.actions.contract import Work

#: The word of a result's event for the record of its run, by SHA-256.
RECORD = "run_record"


def kept_of(result: Result) -> dict[str, Any]:
    """Answer, values and provenance."""
    return {
        "answer": result.answer,
        "values": {name: msgspec.to_builtins(value) for name, value in result.values.items()},
        "provenance": msgspec.to_builtins(result.provenance),
    }


def run_record(analysis: str, inputs: Mapping[str, Any], result: Result) -> dict[str, bytes]:
    """What it takes to run an analysis again and to compare: its inputs, its whole result and its figures, each by the
    SHA-256 of its bytes, the record itself first."""
    figures = {hashlib.sha256(figure.png).hexdigest(): figure.png for figure in result.figures}
    told = [{"name": f.name, "caption": f.caption, "alt": f.alt} for f in result.figures]
    record = {
        "analysis": analysis,
        "inputs": dict(inputs),
        "maps": sorted(set(sky_maps(inputs))),
        "result": msgspec.to_builtins(msgspec.structs.replace(result, figures=[])),
        "figures": [one | {"sha256": sha256} for one, sha256 in zip(told, figures, strict=False)],
    }
    content = msgspec.json.encode(record, order="deterministic")
    return {hashlib.sha256(content).hexdigest(): content} | figures


def result_event(
    work: Work,
    analysis: str,
    kept: dict[str, Any],
    part: str = "",
    by: Mapping[str, str] | None = None,
    record: Mapping[str, bytes] | None = None,
) -> Event:
    """The result for the graph, so that what others say can contradict it. The same step (and part of it), done again,
    gives the same event; what rests on a mock is a mock, and what rests on a retraction takes nothing back. `by` is
    mission and instrument of a part that speaks for one, `record` what `run_record` gives."""
    action, reaction, ev = work.step.action, work.step.reaction, work.scene.ev
    who = {word: ev[word] for word in ("mission", "instrument") if isinstance(ev.get(word), str)} if not part else {}
    who |= by or {}
    mock = str(ev.get("tense")) in (Tense.TEST, Tense.INJECTION)
    names = [action["key"] or reaction.key, action["slot"], *([part] if part else [])]
    return Event(
        id=f"result:{digest(*names)}",
        kind="analysis.result",
        source=f"rules:{reaction.rule}",
        received=work.now,
        tense=Tense.TEST if mock else Tense.INITIAL,
        object=reaction.object,
        data={"analysis": analysis, "rule": reaction.rule, "because": reaction.context["event"], **who, **kept}
        | ({RECORD: next(iter(record))} if record else {}),
        blobs=dict(record or {}),
    )


def values_table(values: dict[str, Quantity]) -> Table:
    """Values as people read them."""
    rows: list[list[str | float | None]] = [[name.replace("_", " "), str(value)] for name, value in values.items()]
    return Table(name="values", columns=["quantity", "value"], rows=rows)
