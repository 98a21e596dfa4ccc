"""What a notebook's outputs, figures and calls of archives come to: a `Result`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec

from analyses.suppliers.annotated import Annotation
from analyses.suppliers.notebookcells import Notebook
from analyses.suppliers.said import MAX_FIGURES, Drawn, Rows, Said, Value, result
from nuncius.core.errors import PermanentError
from nuncius.core.quantity import Quantity
from nuncius.core.result import Result

MOST_CALLS = 500
#: Words by which figures tell their caption and what they show, as Quarto has them.
_CAPTION = re.compile(r"(?m)^#\|\s*fig-cap:\s*[\"']?(.+?)[\"']?\s*$")
_ALT = re.compile(r"(?m)^#\|\s*fig-alt:\s*[\"']?(.+?)[\"']?\s*$")
_LIMIT = {"upper": "<", "lower": ">"}


def result_of(
    name: str, notebook: Notebook, answer: dict[str, Any], place: Path, harvest: list[dict[str, Any]], *, what: str
) -> Result:
    """The result. Raises PermanentError where the notebook left what cannot be shown."""
    told = _told(place / "outputs.json", what)
    work = place / "work"
    values, tables, texts, drawn, caveats = _sorted(told, notebook.outputs, work)
    headline = str(told.get("answer", {}).get("text") or "")
    drawn = [*(_drawn(figure, notebook) for figure in answer["figures"]), *drawn]
    said = Said(
        answer=headline or _headline(name, values, texts),
        values=values,
        tables=tables,
        figures=drawn[:MAX_FIGURES],
        caveats=caveats,
    )
    checked = msgspec.convert(msgspec.to_builtins(said), Said)
    made_by = {"notebook": notebook.file.name, **({"harvest": harvest} if harvest else {})}
    return result(checked, place, what=what, provenance=made_by)


def _told(file: Path, what: str) -> dict[str, dict[str, Any]]:
    try:
        told: dict[str, dict[str, Any]] = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise PermanentError(f"{what}: its outputs cannot be read: {error}") from error
    missing = [name for name, one in told.items() if one["sort"] == "missing"]
    if missing:
        raise PermanentError(f"{what}: the cell tagged `outputs` names '{missing[0]}', which no cell defines")
    return told


def _sorted(
    told: dict[str, dict[str, Any]], outputs: dict[str, Annotation], work: Path
) -> tuple[dict[str, float | Value], list[Rows], dict[str, str], list[Drawn], list[str]]:
    """Outputs by what they are."""
    values: dict[str, float | Value] = {}
    tables: list[Rows] = []
    texts: dict[str, str] = {}
    drawn: list[Drawn] = []
    caveats: list[str] = []
    for name, one in told.items():
        sort = one["sort"]
        if name == "caveats" and sort in ("text", "texts"):
            caveats += one.get("texts") or [one["text"]]
        elif sort == "number" and not _is_error(name, told):
            if (value := _value(name, one, told, outputs)) is not None:
                values[name] = value
        elif sort == "table":
            tables.append(Rows(name=name, columns=one["columns"], rows=one["rows"]))
            if one["count"] > len(one["rows"]):
                caveats.append(f"Of the table {name} the first {len(one['rows'])} of {one['count']} rows are kept.")
        elif sort == "file" and one["file"].lower().endswith(".png"):
            about = outputs[name].about or name.replace("_", " ")
            file = (
                str(Path("work") / Path(one["file"]).relative_to(work)) if _inside(one["file"], work) else one["file"]
            )
            drawn.append(Drawn(file=file, name=name, caption=about, alt=about))
        elif sort == "file":
            texts[name] = f"{Path(one['file']).name}, {one['bytes']} bytes, not kept"
        elif sort in ("text", "texts") and name != "answer":
            texts[name] = one.get("text") or "; ".join(one.get("texts", []))
        elif sort == "unknown":
            caveats.append(f"The output {name} is of a kind that cannot be shown ({one['type']}).")
    if texts:
        rows: list[list[str | float | bool | None]] = [[name, text] for name, text in texts.items()]
        tables.append(Rows(name="texts", columns=["name", "text"], rows=rows))
    return values, tables, texts, drawn, caveats


def _inside(file: str, work: Path) -> bool:
    return Path(file).is_relative_to(work)


def _is_error(name: str, told: dict[str, dict[str, Any]]) -> bool:
    """Whether a number is the error of another output: `t90_error` beside `t90`."""
    return name.endswith("_error") and told.get(name.removesuffix("_error"), {}).get("sort") == "number"


def _value(
    name: str, one: dict[str, Any], told: dict[str, dict[str, Any]], outputs: dict[str, Annotation]
) -> Value | None:
    if one.get("value") is None:
        return None
    words = {key: one[key] for key in ("value", "unit", "minus", "plus", "limit") if one.get(key) is not None}
    error = told.get(f"{name}_error", {}).get("value")
    if error is not None:
        words |= {"minus": error, "plus": error}
    unit = str(words.pop("unit", "") or outputs[name].unit)
    limit = _LIMIT.get(str(words.get("limit")), words.get("limit"))
    return Value(**{**words, "unit": unit, "limit": limit})


def _drawn(figure: dict[str, str], notebook: Notebook) -> Drawn:
    """A picture of a cell: its caption is what the cell says, else the line of prose above it."""
    caption = _CAPTION.search(figure["source"])
    alt = _ALT.search(figure["source"])
    prose = next((line.strip("# *") for line in figure["prose"].splitlines() if line.strip("# *")), "")
    words = caption[1] if caption else prose or f"Figure of cell {figure['cell']}"
    about = alt[1] if alt else f"Figure of cell {figure['cell']} of {notebook.file.name}: {words}"
    return Drawn(file=figure["file"], name=Path(figure["file"]).stem, caption=words[:2000], alt=about[:2000])


def _headline(name: str, values: dict[str, float | Value], texts: dict[str, str]) -> str:
    """The answer of a notebook that gives none: its first values."""
    said = []
    for word, value in list(values.items())[:3]:
        known = Quantity(**msgspec.structs.asdict(value)) if isinstance(value, Value) else Quantity(value=value)
        said.append(f"{word.replace('_', ' ')} {known}")
    said = said or list(texts.values())[:1]
    return f"{name}: {', '.join(said)}"[:2000] if said else f"{name} is done"


def harvested(file: Path) -> list[dict[str, Any]]:
    """What was asked of archives, as it was written while the notebook ran."""
    if not file.is_file() or file.is_symlink():
        return []
    calls: list[dict[str, Any]] = []
    with file.open("rb") as lines:
        for line in lines:
            if len(calls) >= MOST_CALLS:
                break
            try:
                call = json.loads(line[:100_000])
            except ValueError:
                continue  # the last line of a kernel that died
            if isinstance(call, dict) and call not in calls:
                calls.append(call)
    return calls
