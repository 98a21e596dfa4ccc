"""A report as it is read where messages cannot be edited (mail, messengers): the present state first, then what is new,
then the report. Pure functions of the report, of its thread's first message and of what was said before."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec

from chat.changes import what_changed
from chat.markdown import Block, Span, clean, parse, safe_href
from chat.plaintable import cell, layout
from nuncius.core.report import Link, Report, ReportState, Severity
from nuncius.core.result import Table

Json = dict[str, Any]

#: Characters of a report's text that are kept to tell later what an amendment changed.
MOST_KEPT = 4000


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`first` is the line that says how things stand, `about` one on where it comes from, `changes` what an amendment
    changed (empty: it is new), `known` what is known of the object by now, line by line."""

    first: str
    about: str
    title: str
    changes: list[str]
    report: Report
    known: list[str]
    links: list[Link]
    retracted: bool


def remembered(head: Report, thread: Json | None) -> Json:
    """What a thread's first message says, to be repeated at the top of each letter; its subject is that of the first
    time, since mail programs gather by it."""
    known = [line for block in parse(head.text) for line in _plain(block.spans).split("\n") if line.strip()]
    subject = str((thread or {}).get("subject") or head.title)
    return {"subject": subject, "title": head.title, "known": known, "state": head.state.value}


def letter(report: Report, thread: Json | None, before: Report | None, *, test: bool, links: list[Link]) -> Letter:
    """The letter that says a report. `before` is what it replaces, as `said` kept it."""
    now = thread or {}
    over = report.state is ReportState.RETRACTED or report.slot.startswith("retraction/")
    retracted = over or now.get("state") == ReportState.RETRACTED.value
    marks = ["TEST, not a real alert"] if test else []
    marks += ["RETRACTED, do not act on this"] if retracted else [report.state.value.upper()]
    marks += [report.severity.value.upper()] if report.severity is not Severity.INFO and not retracted else []
    about = [f"revision {report.revision}"] if report.revision > 1 else []
    about += [f"rule {one_line(report.rule, 80)}"] if report.rule else []
    return Letter(
        first=" · ".join([*marks, one_line(str(now.get("title") or report.title))]),
        about=" · ".join(about),
        title=one_line(report.title),
        changes=what_changed(before, report) if before is not None else [],
        report=report,
        known=[clean(str(line)) for line in now.get("known", [])],
        links=links,
        retracted=retracted,
    )


def said(report: Report) -> Json:
    """What is kept of a report to tell later what has changed."""
    kept = msgspec.structs.replace(report, text=report.text[:MOST_KEPT], attachments=[], links=[], caveats=[], hint="")
    return dict(msgspec.to_builtins(kept))


def said_before(reference: Json | None) -> Report | None:
    """What `said` kept in a delivery's reference, if it is there."""
    kept = (reference or {}).get("said")
    return msgspec.convert(kept, type=Report) if kept else None


def one_line(text: str, most: int = 200) -> str:
    """Text of others as one short line, without characters that move or hide others: for subjects and titles."""
    line = " ".join(clean(text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


# --- plain text ---


def plain_letter(letter: Letter, *, most: int = 0) -> str:
    """The letter as plain text, at most `most` characters of it (0: all); what is left out is said."""
    report = letter.report
    parts = [letter.first, "\n".join(line for line in (letter.title, letter.about) if line)]
    parts += _lines("What changed:\n", "- ", letter.changes)
    parts += [plain_text(report.text)] if report.text.strip() else []
    parts += [f"{one_line(table.name)}\n{clean(layout(table))}" for table in report.tables]
    parts += [*_lines("", "! ", report.caveats), *_lines("", "> ", report.marks)]
    links = "\n".join(f"{one_line(link.label)}: {link.url}" for link in shown_links(letter))
    known = "What is known now:\n" + "\n".join(letter.known) if letter.known else ""
    if not most:
        return "\n\n".join(part for part in [*parts, known, links] if part) + "\n"
    return _within([*parts, known], links, most)


def _lines(head: str, sign: str, lines: list[str]) -> list[str]:
    return [head + "\n".join(sign + one_line(line, 600) for line in lines)] if lines else []


def _within(parts: list[str], links: str, most: int) -> str:
    """As much as fits, from the beginning; the links always."""
    links = links if len(links) <= most // 2 else ""
    room = most - len(links) - 2 * bool(links)
    body = "\n\n".join(part for part in parts if part)
    if len(body) > room:
        more = "\n… cut"
        body = body[: max(0, room - len(more))].rstrip() + more
    return "\n\n".join(part for part in (body, links) if part)


def plain_text(text: str) -> str:
    """A report's text without markup, lists and paragraphs kept apart."""
    lines: list[str] = []
    for block in parse(text):
        if block.sort == "item":
            sign = "-" if block.marker == "•" else block.marker
            lines.append(f"{'  ' * (block.level - 1)}{sign} {_plain(block.spans)}")
        else:
            lines += ["", _plain(block.spans), ""]
    return "\n".join(lines).replace("\n\n\n", "\n\n").strip("\n")


def _plain(spans: list[Span]) -> str:
    return "".join(
        f"{span.text} <{span.href}>" if span.href and span.href != span.text else span.text for span in spans
    )


# --- HTML ---

_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.45;max-width:44em"
_QUIET = "color:#595959"


def html_letter(letter: Letter, figures: str = "") -> str:
    """The letter as HTML without scripts, styles of its own or anything that is fetched; `figures` is put below the
    text."""
    report = letter.report
    strike = (lambda text: f"<s>{text}</s>") if letter.retracted else (lambda text: text)
    parts = [
        f"<p><strong>{escape(letter.first)}</strong></p>",
        f"<h2 style='font-size:18px;margin:0'>{strike(escape(letter.title))}</h2>",
        f"<p style='{_QUIET};margin-top:0'>{escape(letter.about)}</p>" if letter.about else "",
        _listed("What changed", letter.changes),
        html_text(report.text),
        figures,
        *(_table(table) for table in report.tables),
        *(f"<p>⚠ {escape(one_line(caveat, 600))}</p>" for caveat in report.caveats),
        *(f"<p><em>{escape(one_line(mark, 400))}</em></p>" for mark in report.marks),
        _listed("What is known now", letter.known),
        "<p>" + " · ".join(_anchor(link.label, link.url) for link in shown_links(letter)) + "</p>",
    ]
    return f"<html><body style='{_STYLE}'>\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"


def html_text(text: str) -> str:
    """A report's text as HTML."""
    return "\n".join(_block(block) for block in parse(text))


def _block(block: Block) -> str:
    if block.sort == "code":
        return f"<pre>{escape(block.spans[0].text)}</pre>"
    inner = "".join(_span(span) for span in block.spans)
    if block.sort == "item":
        return f"<p style='margin:0 0 0 {1.2 * block.level:.1f}em'>{escape(block.marker or '•')} {inner}</p>"
    return f"<p>{inner}</p>"


def _span(span: Span) -> str:
    text = escape(span.text).replace("\n", "<br>")
    for on, tag in ((span.bold, "strong"), (span.italic, "em"), (span.code, "code")):
        text = f"<{tag}>{text}</{tag}>" if on else text
    return f'<a href="{escape(span.href, quote=True)}">{text}</a>' if span.href else text


def _table(table: Table) -> str:
    pad = "style='padding:2px 10px 2px 0;text-align:left'"
    head = "".join(f"<th {pad}>{escape(clean(name))}</th>" for name in table.columns)
    rows = "".join(
        "<tr>" + "".join(f"<td {pad}>{escape(clean(cell(value)))}</td>" for value in row) + "</tr>"
        for row in table.rows[:40]
    )
    more = f"<p>… {len(table.rows) - 40} more rows</p>" if len(table.rows) > 40 else ""
    caption = f"<caption style='text-align:left;font-weight:bold'>{escape(clean(table.name))}</caption>"
    return f"<table>{caption}<tr>{head}</tr>{rows}</table>{more}"


def _listed(title: str, lines: list[str]) -> str:
    if not lines:
        return ""
    told = "<br>".join(escape(clean(line)) for line in lines)
    return f"<p style='margin-bottom:0'><strong>{title}</strong></p><p style='margin-top:0'>{told}</p>"


def _anchor(label: str, url: str) -> str:
    return f'<a href="{escape(url, quote=True)}">{escape(one_line(label))}</a>'


def shown_links(letter: Letter) -> list[Link]:
    """Links of the letter and of its report that may be followed."""
    return [link for link in [*letter.links, *letter.report.links][:20] if safe_href(link.url) and "\n" not in link.url]
