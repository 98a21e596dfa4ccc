"""Turns the small markdown of reports into HTML that is safe whatever an alert said. Everything is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from chat.markdown import Block, Span, clean, parse


def markup(text: str) -> Markup:
    """The text as HTML paragraphs, lists and preformatted blocks."""
    out: list[Markup] = []
    level = 0
    for block in parse(text):
        wanted = block.level if block.sort == "item" else 0
        out += [Markup("<ul>")] * (wanted - level) + [Markup("</ul>")] * (level - wanted)
        level = wanted
        out.append(_block(block))
    return Markup("").join([*out, *[Markup("</ul>")] * level])


def _block(block: Block) -> Markup:
    inner = Markup("").join(_spans(block.spans))
    if block.sort == "code":
        return Markup("<pre>{}</pre>").format(block.spans[0].text)
    if block.sort == "item":
        number = Markup("{} ").format(block.marker) if block.marker not in ("", "•") else ""
        return Markup("<li>{}{}</li>").format(number, inner)
    return Markup("<p>{}</p>").format(inner)


def _spans(spans: Iterable[Span]) -> Iterable[Markup]:
    for span in spans:
        text = escape(span.text).replace("\n", Markup("<br>"))
        if span.code:
            text = Markup("<code>{}</code>").format(text)
        if span.italic:
            text = Markup("<em>{}</em>").format(text)
        if span.bold:
            text = Markup("<strong>{}</strong>").format(text)
        if span.href:
            # The label may come from an alert, so the reader is shown where the link goes.
            host = urlsplit(span.href).hostname or span.href
            text = Markup('<a href="{}" rel="noopener noreferrer nofollow">{}</a>').format(span.href, text)
            text += "" if host in span.text else Markup(' <span class="host">{}</span>').format(clean(host))
        yield text
