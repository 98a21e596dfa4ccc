"""The graph of rules as text, in Graphviz' language, and as a picture."""

from __future__ import annotations

from html import escape

from reactors.rulegraph import Graph, edges, loop_text


def as_text(graph: Graph) -> str:
    """One paragraph for each rule, then the loops."""
    lines = []
    for node in graph.nodes:
        status = "" if node.status == "live" else f"  ({node.status})"
        lines.append(f"{node.rule}{status}")
        told = {
            "hears": [*node.hears, *([node.clock] if node.clock else [])],
            "fires without": node.watches,
            "does": node.does,
            "emits": node.emits,
            "mutes": node.mutes,
        }
        lines += [f"    {word} {', '.join(names)}" for word, names in told.items() if names]
    lines += [loop_text(loop) for loop in graph.loops]
    return "\n".join(lines)


def as_dot(graph: Graph) -> str:
    """The graph in Graphviz' language."""
    styles = {
        "watches": ' [style=dashed, label="without"]',
        "mutes": ' [style=dotted, label="mutes"]',
        "is a": " [style=dotted]",
    }
    looped = {rule for loop in graph.loops for rule in loop}
    lines = ["digraph rules {", "  rankdir=LR; node [fontname=sans, fontsize=11];"]
    lines += [
        f'  "{node.rule}" [shape=box, style="rounded{",bold" if node.rule in looped else ""}"'
        f"{', color=red' if node.rule in looped else ''}];"
        for node in graph.nodes
    ]
    names = {node.rule for node in graph.nodes}
    kinds = dict.fromkeys(name for edge in edges(graph) for name in edge[:2] if name not in names)
    lines += [f'  "{kind}" [shape=plaintext];' for kind in kinds]
    lines += [f'  "{a}" -> "{b}"{styles.get(sort, "")};' for a, b, sort in edges(graph)]
    return "\n".join([*lines, "}"])


_ROW, _WIDTH, _LEFT, _MIDDLE, _RIGHT = 26, 980, 300, 400, 690


def as_svg(graph: Graph) -> str:
    """A picture in three columns: what is heard, the rules, what is emitted. Loops are red."""
    names = [node.rule for node in graph.nodes]
    all_edges = list(edges(graph))
    heard = list(dict.fromkeys(a for a, b, sort in all_edges if sort in ("hears", "watches")))
    emitted = list(dict.fromkeys(b for _, b, sort in all_edges if sort == "emits"))
    looped = {rule for loop in graph.loops for rule in loop}
    height = _ROW * (max(len(heard), len(names), len(emitted)) + 1)
    spread = {
        column: {name: height * (n + 0.5) / len(column_names) for n, name in enumerate(column_names)}
        for column, column_names in (("left", heard), ("rule", names), ("right", emitted))
    }
    lines = []
    for a, b, sort in all_edges:
        if sort in ("hears", "watches"):
            start, end = (_LEFT, spread["left"][a]), (_MIDDLE, spread["rule"][b])
        elif sort == "emits":
            start, end = (_RIGHT - 90, spread["rule"][a]), (_RIGHT, spread["right"][b])
        else:
            continue
        bend = (start[0] + end[0]) / 2
        dash = ' stroke-dasharray="4 3"' if sort == "watches" else ""
        red = ' stroke="#c0392b"' if {a, b} & looped and (sort == "emits" or a in emitted) else ""
        lines.append(
            f'<path d="M{start[0]} {start[1]:.0f}C{bend} {start[1]:.0f} {bend} {end[1]:.0f} {end[0]} {end[1]:.0f}"'
            f"{dash}{red}/>"
        )
    texts = [_label(_LEFT - 6, y, name, "end") for name, y in spread["left"].items()]
    texts += [_box(_MIDDLE, y, name, name in looped) for name, y in spread["rule"].items()]
    texts += [_label(_RIGHT + 6, y, name, "start") for name, y in spread["right"].items()]
    style = (
        "text{font:13px system-ui,sans-serif;fill:#1c2430}path{fill:none;stroke:#8a94a3}"
        "rect{fill:#eef3f9;stroke:#2a6fb0}"
        "@media(prefers-color-scheme:dark){text{fill:#e6e9ee}rect{fill:#1f2a38;stroke:#6fb1ee}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}">'
        f"<style>{style}</style>{''.join(lines)}{''.join(texts)}</svg>"
    )


def _label(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x}" y="{y + 4:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _box(x: float, y: float, text: str, looped: bool) -> str:
    red = ' style="stroke:#c0392b;stroke-width:2"' if looped else ""
    return f'<rect x="{x}" y="{y - 11:.0f}" width="200" height="22" rx="6"{red}/>{_label(x + 8, y, text, "start")}'
