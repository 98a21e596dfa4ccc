"""The terminal as a chat target: reports as they come, with tables, and pictures where colours can be shown.

What is printed stays; an edit is printed again and says that it replaces the report before it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table as RichTable
from rich.text import Text

from chat.contract import HEAD, Blob, Delivery
from chat.desk.answers import Answer
from chat.half_blocks import half_blocks
from chat.markdown import clean, parse
from chat.plaintable import cell, numeric
from nuncius.core.errors import TransientError
from nuncius.core.report import Attachment, Picture, Report, ReportState, Severity
from nuncius.core.result import Table

_BORDER = {Severity.INFO: "bright_black", Severity.NOTICE: "cyan", Severity.WARNING: "yellow", Severity.PAGE: "red"}
_PREVIEW_WIDTH = 60


class TerminalTarget:
    """Prints to `console`; pictures are kept in `pictures` and, where `preview`, shown small."""

    name = "terminal"
    certain = False  # nobody can ask a terminal what it showed
    heads = True
    head_in_reports = False
    silent_edits = False
    most_an_hour = 0

    def __init__(self, console: Console, pictures: Path, *, preview: bool = True) -> None:
        self._console, self._pictures = console, pictures
        # Without true colours a sky map is noise.
        self._preview = preview and console.is_terminal and console.color_system == "truecolor"

    def opens(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> str:
        """See Target.opens."""
        return ""

    def deliver(
        self,
        report: Report,
        *,
        blob: Blob,
        thread: dict[str, Any] | None,
        previous: dict[str, Any] | None,
        test: bool = False,
    ) -> Delivery:
        """See Target.deliver."""
        if report.slot == HEAD:
            self._head(report, thread, test=test)
            return Delivery(thread={"title": report.title, "state": report.state.value})
        current = report.state is not ReportState.RETRACTED
        saved = {p.name: self._save(p, blob) for p in report.pictures} if current else {}
        files = [self._save(file, blob) for file in report.attachments] if current else []
        self._console.print(
            Panel(
                Group(_title(report, test=test), *self._body(report, saved, files)),
                title=Text(f"replaces the report before it (revision {report.revision})") if previous else None,
                title_align="left",
                border_style="magenta" if test else _BORDER[report.severity],
                box=box.ROUNDED,
                subtitle=Text(f"rule {clean(report.rule)}", style="dim") if report.rule else None,
                subtitle_align="right",
            )
        )
        return Delivery(reference={"pictures": [str(path) for path in saved.values()]}, thread=thread or {})

    def find(self, report: Report, *, thread: dict[str, Any] | None, test: bool = False) -> Delivery | None:
        """See Target.find. What a terminal showed before cannot be known."""
        return None

    def _head(self, report: Report, thread: dict[str, Any] | None, *, test: bool) -> None:
        """The whole state when the thread opens; later only what changes the meaning of all that was printed."""
        if thread is None:
            self._console.print()
            self._console.print(Rule(style="bright_black"))
            self._console.print(_title(report, test=test))
            self._console.print(*_text(report.text))
        elif (thread.get("title"), thread.get("state")) != (report.title, report.state.value):
            self._console.print(Rule(style="bright_black"))
            self._console.print(_title(report, test=test))

    def _body(self, report: Report, saved: dict[str, Path], files: list[Path]) -> list[RenderableType]:
        parts: list[RenderableType] = [Text(clean(mark), style="dim") for mark in report.marks]
        parts += _text(report.text) + _text(report.hint)
        if report.state is not ReportState.CURRENT:
            return parts  # the rest was printed while it stood
        parts += [_table(table) for table in report.tables]
        for picture in report.pictures:
            path = saved.get(picture.name)
            if path is None:
                continue
            preview = half_blocks(path.read_bytes(), self._width()) if self._preview else None
            parts += [preview] if preview is not None else [Text(clean(picture.alt), style="italic dim")]
            parts.append(Text.assemble((f"{clean(picture.caption)}  ", ""), (str(path), "dim")))
        parts += [Text(f"⚠ {clean(caveat)}", style="yellow") for caveat in report.caveats]
        parts += [Text(clean(str(path)), style="dim") for path in files]
        parts += [Text.assemble((f"{clean(link.label)}  ", ""), (clean(link.url), "blue")) for link in report.links]
        return parts

    def _width(self) -> int:
        return max(20, min(_PREVIEW_WIDTH, self._console.width - 6))

    def _save(self, picture: Picture | Attachment, blob: Blob) -> Path:
        """Named by content, so that saving again changes nothing."""
        name = re.sub(r"[^A-Za-z0-9_]+", "-", picture.name).strip("-")[:40] or "picture"
        ending = "png" if isinstance(picture, Picture) else "json"
        path = self._pictures / f"{name}-{picture.sha256[:12]}.{ending}"
        try:
            self._pictures.mkdir(parents=True, exist_ok=True)
            path.write_bytes(blob(picture.sha256))
        except OSError as error:
            raise TransientError(f"picture '{picture.name}' cannot be saved as {path}: {error.strerror}") from error
        return path


def answer_lines(answer: Answer) -> list[RenderableType]:
    """What the desk answers, for a terminal; its buttons are shown as the words that they say."""
    title = Text(clean(answer.title), style="bold" if answer.ok else "bold yellow")
    said = [Text.assemble(("  say ", "dim"), (clean(offer.words), "cyan")) for offer in answer.offers]
    pictures = [Text.assemble((clean(p.caption), ""), (f"  {p.sha256}", "dim")) for p in answer.pictures]
    return [title, *_text(answer.text), *(_table(table) for table in answer.tables), *pictures, *said]


def _title(report: Report, *, test: bool) -> Text:
    title = Text()
    if test:
        title.append(" TEST ", style="black on magenta").append(" ")
    if report.severity in (Severity.WARNING, Severity.PAGE):
        title.append(report.severity.value.upper() + " ", style=f"bold {_BORDER[report.severity]}")
    if report.state is not ReportState.CURRENT:
        title.append(report.state.value.upper() + " ", style="bold red")
    title.append(clean(report.title), style="bold" if report.state is ReportState.CURRENT else "strike")
    return title


def _text(text: str) -> list[RenderableType]:
    parts: list[RenderableType] = []
    for block in parse(text):
        line = Text("  " * (block.level - 1) + f"{block.marker or ' '} " if block.sort == "item" else "")
        for span in block.spans:
            styles = {"bold": span.bold, "italic": span.italic, "cyan": span.code, "underline": bool(span.href)}
            line.append(span.text, style=" ".join(name for name, on in styles.items() if on))
            if span.href and span.href != span.text:
                line.append(f" ({span.href})", style="dim")
        parts.append(line)
    return parts


def _table(table: Table) -> RichTable | Text:
    if table.columns == ["quantity", "value"]:  # an analysis's values: the title has already said the main ones
        pairs = [" ".join(clean(cell(value)) for value in row) for row in table.rows]
        return Text(" · ".join(pairs), style="dim")
    shown = RichTable(title=clean(table.name), title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for index, name in enumerate(table.columns):
        shown.add_column(Text(clean(name)), justify="right" if numeric(table, index) else "left")
    for row in table.rows:
        shown.add_row(*(Text(clean(cell(value))) for value in row))
    return shown
