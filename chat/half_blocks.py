"""Draws a small picture with coloured half-block characters, for terminals. Two pixels a character."""

from __future__ import annotations

import io

from rich.color import Color
from rich.style import Style
from rich.text import Text


def half_blocks(png: bytes, width: int) -> Text | None:
    """The picture `width` characters wide; None when the bytes are no picture."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(png)) as opened:
            # Transparent plots are made for white paper.
            image = Image.alpha_composite(Image.new("RGBA", opened.size, "white"), opened.convert("RGBA"))
    except (OSError, ValueError, Image.DecompressionBombError):
        return None
    height = max(2, 2 * round(image.height * width / image.width / 2))
    pixels = image.convert("RGB").resize((width, height), Image.Resampling.LANCZOS).load()
    if pixels is None:
        return None
    text = Text(no_wrap=True)
    for y in range(0, height, 2):
        for x in range(width):
            text.append("▀", Style(color=_colour(pixels[x, y]), bgcolor=_colour(pixels[x, y + 1])))
        text.append("\n")
    return text


def _colour(pixel: object) -> Color:
    red, green, blue = pixel if isinstance(pixel, tuple) else (0, 0, 0)
    return Color.from_rgb(red, green, blue)
