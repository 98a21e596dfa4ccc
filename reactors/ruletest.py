"""The shape of a rule's inline tests, as values; `testreading.py` checks them at load time, `testrun.py` performs them.

test:
  - about: a near merger                      # optional, names the test in reports
    T0: 2026-01-01T00:00:00Z                  # optional, what offsets count from
    given:                                    # one event or a list
      - {kind: lvk.alert.preliminary, at: T0+5m, far: 1e-9, significant: true}
      - {file: fixtures/alert.xml}            # beside the rule file; all notices in it
      - {archive: 2022-10.tar.bz2, ids: ["ivo://..."]}
    until: T0+2h                              # optional, how long the clock runs on
    outage: {from: T0+1h, to: T0+9h}          # optional, the service does not run meanwhile
    results: {loc: {area_90: 30}}             # optional, what earlier `run` steps gave
    graph: {redshifts: [{value: 0.065}]}      # optional, rows that stored queries give
    expect: fires                             # or another outcome, or a list, one for each decision
    because: ev.far < 1e-7                    # a condition's line, or words of the reason
    runs: [localization, {visibility: {airmass_max: 1.8}}, {post: "near"}]
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec

from nuncius.core.errors import FormatError
from nuncius.journal.records import Outcome
from reactors import durations

#: T0 of a test that names none: a moment in no archive.
DEFAULT_T0 = datetime(2026, 1, 1, tzinfo=UTC)
TEST_KEYS = ("about", "T0", "given", "until", "outage", "results", "graph", "expect", "because", "runs")
EXPECT_KEYS = ("outcome", "at", "because", "runs", "post", "per")
#: Words of `expect` beside the outcomes that the engine itself uses.
WORDS = ("fires", "silent", *(word for word in get_args(Outcome) if word != "fired"))

_OFFSET = re.compile(r"(?:T0)?\s*(?:(?P<sign>[+-])\s*(?P<for>\S+))?$")


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What one decision should be. `runs` are action words, each alone or with the inputs that it must have."""

    outcome: str = "fires"
    at: str = ""
    because: str = ""
    runs: list[str | dict[str, Any]] | None = None
    post: list[str] = []
    per: str = ""


class RuleTest(msgspec.Struct, frozen=True, kw_only=True):
    """One inline test. `each`: `expect` lists every decision in order, else it speaks of the deciding one."""

    about: str = ""
    t0: datetime = DEFAULT_T0
    given: list[dict[str, Any]] = []
    until: str = ""
    outage: tuple[datetime, datetime] | None = None
    results: dict[str, dict[str, Any]] = {}
    graph: dict[str, list[dict[str, Any]]] | None = None
    expect: list[Expected] = []
    each: bool = False
    line: int = 0


def as_test(plain: dict[str, Any]) -> RuleTest:
    """A test from what is written. Raises FormatError."""
    given = plain.get("given") or []
    expect = plain.get("expect", "fires")
    told = expect if isinstance(expect, list) else [expect]
    expected = [_expected(item) for item in told]
    common = {key: plain[key] for key in ("because", "runs") if key in plain}
    if common and expected:
        # What stands beside `expect` is about the last decision, which is the deciding one.
        last = {"outcome": "fires", **msgspec.to_builtins(expected[-1])}
        expected[-1] = _expected({key: value for key, value in last.items() if value not in ("", None, [])} | common)
    t0 = instant(str(plain["T0"]), DEFAULT_T0) if "T0" in plain else DEFAULT_T0
    if plain.get("until"):
        instant(str(plain["until"]), t0)
    return RuleTest(
        about=str(plain.get("about") or ""),
        t0=t0,
        given=given if isinstance(given, list) else [given],
        until=str(plain.get("until") or ""),
        outage=_outage(plain["outage"], t0) if plain.get("outage") else None,
        results=plain.get("results") or {},
        graph=_rows(plain["graph"]) if "graph" in plain else None,
        expect=expected,
        each=isinstance(expect, list),
        line=int(plain.get("line", 0)),
    )


def _outage(told: Any, t0: datetime) -> tuple[datetime, datetime]:
    if not isinstance(told, dict) or set(told) != {"from", "to"}:
        raise FormatError(f"an outage is {{from: T0+1h, to: T0+9h}}; received {told!r:.80}")
    start, end = (instant(str(told[key]), t0) for key in ("from", "to"))
    if start >= end:
        raise FormatError(f"an outage ends after it begins; received {told!r:.80}")
    return start, end


def _rows(graph: Any) -> dict[str, list[dict[str, Any]]]:
    try:
        return msgspec.convert(graph or {}, dict[str, list[dict[str, Any]]])
    except msgspec.ValidationError as error:
        raise FormatError(f"graph: names of stored queries with lists of rows: {error}") from error


def _expected(item: Any) -> Expected:
    """`fires`, or `{outcome: fires, at: T0+1h, post: text}`."""
    fields = {"outcome": item} if isinstance(item, str) else dict(item)
    for key in ("runs", "post"):
        if key in fields and not isinstance(fields[key], list):
            fields[key] = [fields[key]]
    try:
        return msgspec.convert(fields, Expected)
    except msgspec.ValidationError as error:
        raise FormatError(f"expect: {error}; received {item!r:.120}") from error


def instant(text: str, t0: datetime) -> datetime:
    """A moment: `T0`, `T0+5m`, `-10s` or ISO 8601. Raises FormatError."""
    match = _OFFSET.match(text.strip())
    if match is not None and text.strip():
        delay = timedelta(seconds=durations.seconds(match["for"])) if match["for"] else timedelta()
        return t0 - delay if match["sign"] == "-" else t0 + delay
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise FormatError(f"a moment is T0+5m, -10s or 2026-01-01T00:05:00Z; received {text!r:.60}") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
