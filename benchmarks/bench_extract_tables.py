"""The benchmark of extraction as tables that can stand in a page."""

from __future__ import annotations

from typing import Any


def _rate(r: dict[str, Any], key: str) -> str:
    if r[key] is None:
        return "–"
    low, high = r[f"{key}_95"]
    return f"{r[key]:.3f} ({low:.2f}–{high:.2f})"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def shown(result: dict[str, Any]) -> str:
    """All tables, as Markdown."""
    parts = [
        "## Redshifts, Swift gold",
        _swift(result["swift_redshifts"]),
        "## Whose event",
        _names(result["event_names"]),
    ]
    for split in ("dev", "test"):
        parts += [f"## Hand annotations, {split}", _fields(result["hand_annotations"], split)]
    rows = [[k, str(v["tp"]), str(v["fp"]), str(v["fn"]), str(v["all_rows"]["f1"]), str(v["rows_in_text"]["f1"])]
            for k, v in result["photometry_rows"].items() if isinstance(v, dict)]  # fmt: skip
    parts += ["## Photometry rows", _table(["", "tp", "fp", "fn", "F1, all rows", "F1, rows in the text"], rows)]
    calibration = [
        [f"{name}, {split}", str(c["facts"]), f"{c['mean_confidence']:.3f}", f"{c['right']:.3f}", f"{c['error']:.3f}",
         f"{c['if_perfect']:.3f}"]
        for name, splits in _calibrations(result).items() for split, c in splits.items()
    ]  # fmt: skip
    head = ["", "facts", "mean confidence", "right", "calibration error", "if perfectly calibrated"]
    parts += ["## Calibration", _table(head, calibration)]
    adversarial = [[name, f"{n} of 58"] for name, n in result["adversarial_cases_passed"].items()]
    parts += ["## Adversarial cases passed", _table(["", "passed"], adversarial)]
    parts += ["## Circulars a second", _table(["", ""], [[k, f"{v:g}"] for k, v in result["circulars_per_s"].items()])]
    return "\n\n".join(parts)


def _calibrations(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Calibration on the hand annotations and on the Swift redshifts."""
    return {
        name: {"Swift redshifts": result["swift_redshifts"][name]["calibration"]} | splits
        for name, splits in result["calibration"].items()
    }


def _swift(table: dict[str, Any]) -> str:
    rows = []
    for name, r in table.items():
        right, told = r["in_text_right"]
        macro = "–" if r["type_macro_f1"] is None else f"{r['type_macro_f1']:.3f}"
        rows.append([
            name, _rate(r, "precision"), _rate(r, "recall"), _rate(r, "f1"), f"{right} of {told} ({right / told:.1%})",
            f"{r['false_per_100']:.1f}", macro,
        ])  # fmt: skip
    return _table(["", "precision", "recall", "F1", "where the text has it", "false per 100", "type, macro-F1"], rows)


def _names(table: dict[str, Any]) -> str:
    rows = [
        [name, f"{r['right']} of {r['rows']}", f"{r['wilson_95'][0]:.2f}–{r['wilson_95'][1]:.2f}"]
        for name, r in table.items()
    ]
    return _table(["", "right", "95 %"], rows)


def _fields(table: dict[str, Any], split: str) -> str:
    """A line a field: counts and rates of the grammar alone, and everybody's F1."""
    names = list(table)
    rows = []
    for field, r in table["grammar alone"][split].items():
        peers = []
        for name in names:
            other = table[name][split].get(field)
            silent = other is None or other["tp"] + other["fp"] == 0
            peers.append("–" if silent or other["f1"] is None else f"{other['f1']:.3f}")
        counts = [str(r[k]) for k in ("tp", "fp", "fn")]
        rows.append([field, *counts, _rate(r, "precision"), _rate(r, "recall"), _rate(r, "f1"), *peers])
    head = ["field", "tp", "fp", "fn", "precision", "recall", "F1", *(f"F1 {n}" for n in names)]
    return _table(head, rows)
