"""The look of all figures: made for a chat thread, so legible at 360 px and on light and dark pages alike.

A figure is 3.6 inches wide at 300 dots per inch: scaled to 360 px, one point of type is 1.4 px, hence nothing below
6 points. The ground is an opaque off-white card, which reads the same on any page.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDTH_IN = 3.6
DPI = 300
CARD = "#fbfbf8"
INK = "#1f2328"
FAINT = "#8a8f98"
HAIRLINE = "#c9ccd1"

#: Okabe & Ito (2008), told apart by people with any colour vision; strongest contrast on the card first.
COLOURS = ("#0072b2", "#009e73", "#8b3fa0", "#c25b00", "#3b3b98", "#5b7f00")

#: Credible level 0 (peak) to 1 (excluded): dark red to the card's own colour.
LEVELS = ("#7f0000", "#b2182b", "#d6604d", "#f0a58a", "#f9d9c8", CARD)

#: A thread shows a picture at once only when it is small.
MAX_PNG_BYTES = 200_000


def new_figure(height_in: float) -> Figure:
    """An empty card of our width; no global state, so that two threads may draw."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, facecolor=CARD)


def png_of(figure: Figure) -> bytes:
    """The figure as PNG; in 256 colours where full colour would be too large for a thread."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    canvas = FigureCanvasAgg(figure)
    canvas.draw()  # type: ignore[no-untyped-call]
    pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    image = Image.fromarray(pixels[:, :, :3])
    for colours in (None, 256, 96):
        out = io.BytesIO()
        picture = image if colours is None else image.quantize(colours, dither=Image.Dither.NONE)
        picture.save(out, format="png", compress_level=7)
        if out.tell() <= MAX_PNG_BYTES:
            break
    return out.getvalue()


def shorten_to(text: str, length: int) -> str:
    """Text that fits a narrow card."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
