"""Draws one object as the graph sees it: the circulars and notices about it in the order they came, clockwise from the
top, what each of them claims, and who cites whom. Decides nothing; reads through `kg.knowledge`."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from kg.knowledge import Document, Reader
from kg.scene import COLOUR, FAMILIES, WORD, Scene, scene

_RING, _INNER, _TEXT = 1.0, 0.62, 1.025
_AGES = [(3600.0, "1 h"), (86400.0, "1 day"), (3 * 86400.0, "3 days"), (604800.0, "1 week"), (2592000.0, "1 month")]

_Place = tuple[float, float]


def draw(reader: Reader, obj: str, path: Path, *, name: str) -> Scene:
    """Write the picture as SVG, PNG or PDF, by the ending of `path`; returns what it shows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    shown = scene(reader, obj, name)
    with mpl.rc_context({"font.family": "DejaVu Sans", "svg.fonttype": "none", "svg.hashsalt": "nuncius"}):
        figure = Figure(figsize=(12.0, 12.4), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set(xlim=(-1.52, 1.52), ylim=(-1.57, 1.57), aspect="equal")
        axes.axis("off")
        inner = _inner_angles(shown)
        _draw_cites(axes, shown)
        _draw_links(axes, shown, inner)
        _draw_disputes(axes, shown)
        _draw_documents(axes, shown)
        _draw_quantities(axes, shown, inner)
        _draw_words(axes, shown)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)
    return shown


def _at(angle: float, radius: float) -> _Place:
    return radius * math.cos(angle), radius * math.sin(angle)


def _inner_angles(shown: Scene) -> dict[str, float]:
    """Quantities evenly around the middle, in the order of where the documents that claim them stand."""
    mean: dict[str, float] = {}
    for predicate in {p for _, p in shown.links}:
        pull = [(_at(shown.angles[d], 1.0), n) for (d, p), n in shown.links.items() if p == predicate]
        x, y = (sum(place[i] * n for place, n in pull) for i in (0, 1))
        mean[predicate] = (math.pi / 2 - math.atan2(y, x)) % (2 * math.pi)
    order = sorted(mean, key=lambda p: (mean[p], p))
    return {p: math.pi / 2 - 2 * math.pi * (i + 0.5) / len(order) for i, p in enumerate(order)}


def _curve(axes: Any, a: _Place, b: _Place, first: _Place, second: _Place, **style: Any) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Line

    line = Line([a, first, second, b], [Line.MOVETO, Line.CURVE4, Line.CURVE4, Line.CURVE4])
    axes.add_patch(PathPatch(line, fill=False, capstyle="round", **style))


def _draw_cites(axes: Any, shown: Scene) -> None:
    for citing, cited in shown.cites:
        one, other = shown.angles[citing], shown.angles[cited]
        near = 0.72 if abs(one - other) < 1.0 else 0.62
        _curve(axes, _at(one, _RING - 0.012), _at(other, _RING - 0.012), _at(one, near), _at(other, near),
               color="#94a3b8", linewidth=0.4, alpha=0.16, zorder=1)  # fmt: skip


def _draw_links(axes: Any, shown: Scene, inner: Mapping[str, float]) -> None:
    for (document, predicate), count in sorted(shown.links.items()):
        start, end = shown.angles[document], inner[predicate]
        _curve(axes, _at(start, _RING - 0.012), _at(end, _INNER), _at(start, 0.8), _at(end, 0.8),
               color=COLOUR[predicate], linewidth=0.7 + 0.45 * math.sqrt(count), alpha=0.5, zorder=2)  # fmt: skip


def _draw_disputes(axes: Any, shown: Scene) -> None:
    for one, other, _ in shown.disputes:
        a, b = shown.angles[one], shown.angles[other]
        _curve(axes, _at(a, _RING - 0.012), _at(b, _RING - 0.012), _at(a, 0.8), _at(b, 0.8),
               color="#e53e3e", linewidth=1.8, linestyle=(0, (4, 2)), zorder=4)  # fmt: skip


def _draw_documents(axes: Any, shown: Scene) -> None:
    size = 8.2 if len(shown.documents) <= 70 else 6.6
    disputed = {name for pair in shown.disputes for name in pair[:2]}
    for document in shown.documents:
        angle = shown.angles[document.name]
        x, y = _at(angle, _RING)
        own = Counter({p: n for (d, p), n in shown.links.items() if d == document.name})
        colour = COLOUR[own.most_common(1)[0][0]] if own else "#a0aec0"
        axes.plot([x], [y], "o", markersize=3.4 + 1.1 * math.sqrt(sum(own.values())), color=colour,
                  markeredgecolor="#e53e3e" if document.name in disputed else "white",
                  markeredgewidth=1.6 if document.name in disputed else 0.7, zorder=5)  # fmt: skip
        turned, right = math.degrees(angle), math.cos(angle) >= 0
        tx, ty = _at(angle, _TEXT + 0.01)
        axes.text(tx, ty, _label(document), fontsize=size, rotation=turned if right else turned + 180,
                  rotation_mode="anchor", ha="left" if right else "right", va="center",
                  color="#1a202c" if own else "#718096", zorder=6)  # fmt: skip
    _draw_ages(axes, shown)


def _label(document: Document) -> str:
    who = document.by or document.title.rpartition(": ")[2]
    who = who.removeprefix("The ").removeprefix("the ")
    who = who if len(who) <= 24 else who[:23].rstrip() + "…"
    return f"{document.circular}  {who}" if document.circular is not None else who or document.kind


def _draw_ages(axes: Any, shown: Scene) -> None:
    """How long after T0 the circulars came, where the ring passes an age."""
    if shown.t0 is None:
        return
    for before, after in pairwise(shown.documents):
        ages = [(d.received - shown.t0).total_seconds() for d in (before, after)]
        passed = [word for seconds, word in _AGES if ages[0] < seconds <= ages[1]]
        if passed:
            angle = (shown.angles[before.name] + shown.angles[after.name]) / 2
            axes.plot(*zip(_at(angle, 0.95), _at(angle, 1.04), strict=True), color="#4a5568", linewidth=1.0, zorder=6)
            x, y = _at(angle, 0.905)
            box = {"boxstyle": "round,pad=0.2", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
            axes.text(x, y, passed[-1], fontsize=8.5, color="#2d3748", style="italic", ha="center", va="center",
                      zorder=6, bbox=box)  # fmt: skip


def _draw_quantities(axes: Any, shown: Scene, inner: Mapping[str, float]) -> None:
    counts: Counter[str] = Counter()
    for (_, predicate), count in shown.links.items():
        counts[predicate] += count
    disputed = {d[2] for d in shown.disputes}
    for predicate, angle in inner.items():
        x, y = _at(angle, _INNER - 0.075)
        best = shown.best.get(predicate, {})
        said = _short(predicate, best)
        text = f"{WORD[predicate]}  ×{counts[predicate]}" + (f"\n{said}" if said else "")
        edge = "#e53e3e" if predicate in disputed else COLOUR[predicate]
        box = {"boxstyle": "round,pad=0.38", "facecolor": "white", "edgecolor": edge, "linewidth": 1.5}
        axes.text(x, y, text, fontsize=8.8, ha="center", va="center", color="#1a202c", zorder=8, linespacing=1.25,
                  bbox=box)  # fmt: skip
        axes.plot(*zip(_at(angle, _INNER), _at(angle, _INNER - 0.06), strict=True), color=COLOUR[predicate],
                  linewidth=2.4, alpha=0.6, zorder=7)  # fmt: skip


def _short(predicate: str, row: Mapping[str, Any]) -> str:
    """The claim to go by in a few characters; quantities with many values show none."""
    if not row or predicate in ("magnitude", "flux", "counterpart", "non_detection", "host"):
        return ""
    if predicate == "trigger_time":
        return str(row.get("value") or "")[11:21].rstrip("Z") + " UT"
    if predicate == "position" and row.get("ra") is not None:
        return f"{row['ra']:.4f}, {row['dec']:+.4f}"
    if predicate == "redshift" and isinstance(row.get("value"), int | float):
        return f"z = {row['value']:g}" if not row.get("limit") else f"z {row['limit']} {row['value']:g}"
    if isinstance(row.get("value"), int | float) and row.get("unit"):
        return f"{row.get('limit') or ''}{row['value']:.3g} {row['unit'].replace(' / ', '/')}"
    text = str(row.get("said", "")).split(" (")[0]
    return text if len(text) <= 22 else text[:21] + "…"


def _draw_words(axes: Any, shown: Scene) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle

    axes.add_patch(Circle((0, 0), 0.2, facecolor="#1a365d", edgecolor="white", linewidth=3, zorder=9))
    axes.text(0, 0.022, shown.name, fontsize=12, fontweight="bold", color="white", ha="center", va="center", zorder=10)
    when = f"T0 {shown.t0:%Y-%m-%d}\n{shown.t0:%H:%M:%S} UTC" if shown.t0 else ""
    axes.text(0, -0.065, when, fontsize=7.8, color="#bee3f8", ha="center", va="center", zorder=10)
    claims = sum(shown.links.values())
    axes.text(-1.49, 1.53, f"{shown.name} as the knowledge graph sees it", fontsize=15, fontweight="bold", va="top")
    said = (f"{len(shown.documents)} documents, clockwise in the order they came (ages since T0 inside the ring); "
            f"{claims:,} claims about it, "
            f"each with its span; {len(shown.cites):,} citations among them")  # fmt: skip
    axes.text(-1.49, 1.465, said, fontsize=9.5, color="#4a5568", va="top")
    handles = [Line2D([], [], color=colour, linewidth=3, label=word) for word, colour, _ in FAMILIES]
    handles.append(Line2D([], [], color="#94a3b8", linewidth=1, label="cites"))
    if shown.disputes:
        handles.append(
            Line2D([], [], color="#e53e3e", linewidth=1.8, linestyle=(0, (4, 2)), label="contradict each other")
        )
    axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0.012, 0.008), frameon=False, fontsize=9.5)
