"""What extraction takes in and gives out: a circular's text, and facts that point at the characters they came from."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from nuncius.core.errors import FormatError

Assertion = Literal["asserted", "hedged", "negated", "hypothetical", "cited"]
Where = Literal["subject", "body"]
Limit = Literal["<", ">"]

#: Name and version of this grammar; it is stored with every fact, so that facts can be made again after a change.
EXTRACTOR = "nuncius-grammar/1"


class Circular(msgspec.Struct, frozen=True, kw_only=True):
    """A circular as the GCN archive has it, under our names."""

    number: int
    subject: str
    body: str
    version: int = 1
    created: str | None = None
    event_name: list[str] = []


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """One fact, with the span it was read from: `text` is exactly `subject[start:end]` or `body[start:end]`.

    `error` is `[minus, plus]`, both positive, 1 sigma unless `error_probability` says otherwise. A range has
    `value` null and `lower`, `upper`. `confidence` is the probability that the fact is right; docs/extraction.md
    says how it was measured.
    """

    circular: int
    version: int = 1
    object: str | None
    predicate: str
    value: float | str | dict[str, float] | None
    unit: str = ""
    error: list[float] | None = None
    error_probability: float | None = None
    limit: Limit | None = None
    lower: float | None = None
    upper: float | None = None
    qualifier: dict[str, Any] = {}
    assertion: Assertion = "asserted"
    where: Where
    start: int
    end: int
    text: str
    confidence: float
    extractor: str = EXTRACTOR


def read_circular(line: bytes | str) -> Circular:
    """One line of the GCN archive's JSON (`circularId, subject, body`, maybe `version, createdOn, eventId`).
    Raises FormatError naming the field."""
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"not JSON: {error}; received {line[:80]!r}") from error
    if not isinstance(row, dict):
        raise FormatError(f"a circular is a JSON object; received {type(row).__name__}")
    for field, sort in (("circularId", int), ("subject", str), ("body", str)):
        value = row.get(field)
        if not isinstance(value, sort) or isinstance(value, bool):
            raise FormatError(
                f"circular {row.get('circularId')!r}: {field} must be {sort.__name__}, received {value!r:.80}"
            )
    version = row.get("version")
    created = row.get("createdOn")
    event = row.get("eventId")
    return Circular(
        number=row["circularId"],
        subject=row["subject"],
        body=row["body"],
        version=version if isinstance(version, int) and not isinstance(version, bool) else 1,
        created=None if created is None else str(created),
        event_name=[event] if isinstance(event, str) and event else [],
    )
