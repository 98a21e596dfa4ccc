"""Dresses a report in Slack's Block Kit: a pure function of the report, no network.

What comes from alerts goes into rich_text and plain_text only. Slack takes those literally, so neither
`<!channel>` nor `*`, `:fire:` or a bare address in an alert can become a mention, a style or a link.
"""

from __future__ import annotations

from typing import Any

from chat.contract import HEAD
from chat.markdown import Block, Span, clean, parse, plain
from chat.plaintable import layout
from chat.slack_buttons import buttons, marks
from nuncius.core.report import Report, ReportState, Severity
from nuncius.core.result import Table

# Slack's documented limits (https://docs.slack.dev/reference/block-kit/blocks); text per block is the limit of a
# section, kept for rich_text too. MAX_TOTAL stays below the point where chat.postMessage says msg_blocks_too_long.
MAX_BLOCKS, MAX_HEADER, MAX_TEXT, MAX_CONTEXT, MAX_TOTAL = 50, 150, 3000, 10, 12_000

Json = dict[str, Any]


def escape(text: str) -> str:
    """Text for mrkdwn: the three characters that Slack gives a meaning to."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fallback(report: Report, *, test: bool) -> str:
    """The line shown in a notification, which Slack reads as mrkdwn."""
    marks = [mark for mark in ("TEST" if test else "", _mark(report)) if mark]
    body = plain(report.text).strip().split("\n")[0]
    return escape(_cut(clean(" · ".join([*marks, report.title, *([body] if body else [])])), 300))


def blocks(report: Report, *, test: bool, interactive: bool = False) -> list[Json]:
    """The whole message; with buttons where it is `interactive`. What does not fit is counted in a last line, never
    dropped silently."""
    out: list[Json] = [_title(report), _context(_about(report, test=test)), *marks(report)]
    last = buttons(report) if interactive else []
    text = report.text if last or not report.hint else f"{report.text}\n\n{report.hint}"
    budget = MAX_TOTAL
    left_out = 0
    for block in [*_text(text), *(part for table in report.tables for part in _table(table))]:
        size = _size(block)
        # Room for caveats, links and the last line.
        if size > budget or len(out) >= MAX_BLOCKS - 5:
            left_out += 1
            continue
        budget -= size
        out.append(block)
    if report.caveats:
        kept = report.caveats[: MAX_CONTEXT - 1]
        more = [f"{len(report.caveats) - len(kept)} more caveats"] if len(kept) < len(report.caveats) else []
        out.append(_context([f"⚠ {caveat}" for caveat in kept] + more))
    if report.links:
        out.append(_links(report))
    if left_out:
        out.append(_context([f"{left_out} more parts do not fit here; the web page has the whole report"]))
    return out + last


def _mark(report: Report) -> str:
    return "" if report.state is ReportState.CURRENT else report.state.value.upper()


def _title(report: Report) -> Json:
    title = clean(report.title).strip() or "(no title)"
    if report.state is ReportState.CURRENT:
        return {"type": "header", "text": _plain(_cut(title, MAX_HEADER))}
    # A header cannot be struck through.
    mark = {"type": "text", "text": f"{_mark(report)}  ", "style": {"bold": True}}
    return _rich([_section([mark, {"type": "text", "text": _cut(title, 600), "style": {"strike": True}}])])


def _about(report: Report, *, test: bool) -> list[str]:
    words = []
    if test:
        words.append("TEST, not a real alert")
    if report.severity is not Severity.INFO and report.slot != HEAD:
        words.append(report.severity.value.upper())
    if report.slot != HEAD and report.revision > 1:
        words.append(f"revision {report.revision}")
    if report.rule:
        words.append(f"rule {report.rule}")
    return [" · ".join(words) or ("present state" if report.slot == HEAD else "for information")]


def _text(text: str) -> list[Json]:
    sections: list[Json] = []
    for block in parse(clean(text)):
        sections.extend(_pieces(block))
    out: list[Json] = []
    for section in _joined(sections):
        if out and _size(out[-1]) + _size(section) <= MAX_TEXT:
            out[-1]["elements"].append(section)
        else:
            out.append(_rich([section]))
    return out


def _joined(sections: list[Json]) -> list[Json]:
    """Neighbouring items of one list as one list, as long as it fits a block."""
    out: list[Json] = []
    for section in sections:
        last = out[-1] if out else {}
        bullets = section.get("style") == "bullet" == last.get("style") and section["indent"] == last["indent"]
        if bullets and _size(last) + _size(section) <= MAX_TEXT:
            last["elements"].extend(section["elements"])
        else:
            out.append(section)
    return out


def _pieces(block: Block) -> list[Json]:
    if block.sort == "code":
        return [_preformatted(piece) for piece in _split(block.spans[0].text, MAX_TEXT)]
    elements = [_element(span, piece) for span in block.spans for piece in _split(span.text, MAX_TEXT)]
    if block.sort == "item":
        style = "bullet" if block.marker == "•" or not block.marker else "ordered"
        item: Json = {"type": "rich_text_list", "style": style, "indent": max(0, block.level - 1)}
        if style == "ordered":
            item["offset"] = int(block.marker[:-1]) - 1
        return [{**item, "elements": [_section(elements)]}]
    pieces: list[Json] = []
    for element in [*elements, {"type": "text", "text": "\n"}]:
        if pieces and _size(pieces[-1]) + _size(element) <= MAX_TEXT:
            pieces[-1]["elements"].append(element)
        else:
            pieces.append(_section([element]))
    return pieces


def _element(span: Span, text: str) -> Json:
    styles = {"bold": span.bold, "italic": span.italic, "code": span.code}
    style = {name: True for name, on in styles.items() if on}
    element: Json = {"type": "text", "text": text}
    if span.href:
        element = {"type": "link", "url": span.href[:MAX_TEXT], "text": text}
    return {**element, "style": style} if style else element


def _table(table: Table) -> list[Json]:
    name = _section([{"type": "text", "text": clean(table.name), "style": {"bold": True}}])
    body = [_preformatted(piece) for piece in _split(clean(layout(table)), MAX_TEXT - 200)]
    return [_rich([name, body[0]]), *(_rich([piece]) for piece in body[1:])]


def _links(report: Report) -> Json:
    elements: list[Json] = []
    for link in report.links[:20]:
        if elements:
            elements.append({"type": "text", "text": "  ·  "})
        label = _cut(clean(link.label), 120)
        good = link.url.startswith(("https://", "http://"))
        elements.append({"type": "link", "url": link.url, "text": label} if good else {"type": "text", "text": label})
    return _rich([_section(elements)])


def _context(lines: list[str]) -> Json:
    return {"type": "context", "elements": [_plain(_cut(clean(line), 2000)) for line in lines[:MAX_CONTEXT]]}


def _plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def _rich(elements: list[Json]) -> Json:
    return {"type": "rich_text", "elements": elements}


def _section(elements: list[Json]) -> Json:
    return {"type": "rich_text_section", "elements": elements}


def _preformatted(text: str) -> Json:
    return {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}


def _size(block: Json) -> int:
    own = len(block["text"]) if isinstance(block.get("text"), str) else 0
    return own + len(block.get("url", "")) + sum(_size(inner) for inner in block.get("elements", []))


def _split(text: str, size: int) -> list[str]:
    """Pieces of at most `size` characters, cut at line breaks where there are any."""
    pieces = []
    while len(text) > size:
        cut = text.rfind("\n", 1, size)
        cut = size if cut < 1 else cut
        pieces.append(text[:cut])
        text = text[cut:].removeprefix("\n")
    return [*pieces, text] if text else pieces or [" "]


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"
