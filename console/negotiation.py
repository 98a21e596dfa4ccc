"""Which of several formats a client wants, by its Accept header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence


def best(accept: str, offers: Sequence[str]) -> str | None:
    """The offer that the header likes most, the earlier one of equals; None where it takes none. No header takes
    anything."""
    ranges = [_range(part) for part in (accept or "*/*").split(",")]
    scored = [(_quality(offer, ranges), -place, offer) for place, offer in enumerate(offers)]
    quality, _, offer = max(scored)
    return offer if quality > 0 else None


def _range(part: str) -> tuple[str, float]:
    name, *words = (piece.strip().lower() for piece in part.split(";"))
    quality = next((word[2:] for word in words if word.startswith("q=")), "1")
    try:
        return name, min(1.0, max(0.0, float(quality)))
    except ValueError:
        return name, 0.0


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """What the closest range says of the offer."""
    kind = offer.partition("/")[0]
    for name in (offer, f"{kind}/*", "*/*"):
        found = [quality for wanted, quality in ranges if wanted == name]
        if found:
            return max(found)
    return 0.0
