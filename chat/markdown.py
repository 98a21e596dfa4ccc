"""Reads the small markdown of report texts once, for all targets: paragraphs, bullets, code, bold, italic, links.

Nothing else is markup: alert texts hold `#`, `<`, tables and underscores that must come out as they are.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A run of text in one style; `href` is an http, https or mailto address or empty."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    href: str = ""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A paragraph, a list item (at `level`, 1 outermost, `marker` "•" or "3.") or preformatted code."""

    sort: Literal["paragraph", "item", "code"]
    spans: list[Span]
    level: int = 0
    marker: str = ""


@cache
def _parser() -> MarkdownIt:
    # "zero" knows plain paragraphs only; images, HTML, headings and rules stay off on purpose.
    return MarkdownIt("zero").enable(["emphasis", "backticks", "link", "escape", "newline", "list", "fence"])


_KEPT = "\n\t\u00a0\u2009\u202f"  # no-break and thin spaces hold numbers and units together


def clean(text: str) -> str:
    """Without control, zero-width and direction-changing characters, which an alert could use to move a terminal's
    cursor or to show another text than it holds. Line breaks and tabs stay, odd spaces become plain ones."""
    return "".join(c if c in _KEPT or c.isprintable() else " " if c.isspace() else "" for c in text)


def safe_href(url: str) -> str:
    """The address if it is one that may be shown as a link, else nothing."""
    return url if url.lower().startswith(("http://", "https://", "mailto:")) else ""


def parse(text: str) -> list[Block]:
    """The blocks of a report's text, in order."""
    blocks: list[Block] = []
    lists: list[int | None] = []  # the next number of each open list, None for bullets
    marker = ""
    for token in _parser().parse(clean(text)):
        match token.type:
            case "bullet_list_open":
                lists.append(None)
            case "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                marker = "•" if lists[-1] is None else f"{lists[-1]}."
                lists[-1] = None if lists[-1] is None else lists[-1] + 1
            case "inline":
                sort: Literal["paragraph", "item"] = "item" if lists else "paragraph"
                blocks.append(Block(sort=sort, spans=_spans(token), level=len(lists), marker=marker))
                marker = ""
            case "fence":
                blocks.append(Block(sort="code", spans=[Span(text=token.content.rstrip("\n"), code=True)]))
    return blocks


def _spans(inline: Token) -> list[Span]:
    spans: list[Span] = []
    bold = italic = 0
    href = ""
    for token in inline.children or []:
        match token.type:
            case "strong_open" | "strong_close":
                bold += token.nesting
            case "em_open" | "em_close":
                italic += token.nesting
            case "link_open":
                href = safe_href(str(token.attrGet("href") or ""))
            case "link_close":
                href = ""
            case "softbreak" | "hardbreak":
                spans.append(Span(text="\n"))
            case _:
                if token.content:
                    code = token.type == "code_inline"
                    spans.append(Span(text=token.content, bold=bold > 0, italic=italic > 0, code=code, href=href))
    return spans


def plain(text: str) -> str:
    """The text without any markup, for notifications and previews."""
    return "\n".join("".join(span.text for span in block.spans) for block in parse(text))
