"""A case with a new version beside the version before and its reference: what people are told."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from analyses.regression.announcing import RESULT, SOURCE
from analyses.regression.bench import Asked, Bench, Trial
from analyses.regression.cases import Case, Expected, package_name
from analyses.regression.verdicts import BAD, Compared, Verdict, compare, worst
from analyses.regression.versions import Version, before, normal, released
from nuncius.core.errors import TransientError
from nuncius.core.event import Event, content_id
from nuncius.journal.testresults import TestReference

#: A release is tried together with what else was there a day after it.
AFTERWARDS = timedelta(days=1)


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """How a case ended with `version`. `also` are other packages that could not stay as they were; `before` that the
    version before was as far off; `error` why it is broken or could not be built."""

    case: str
    verdict: Verdict
    package: str = ""
    version: str = ""
    old_version: str = ""
    quantities: list[Compared] = []
    error: str = ""
    old_error: str = ""
    before: bool = False
    also: list[str] = []
    environment: str = ""
    old_environment: str = ""
    software: dict[str, str] = {}
    seconds: float = 0.0

    @property
    def bad(self) -> bool:
        """Whether this version did harm: an old fault is not its own."""
        return self.verdict in BAD and not self.before


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """An outcome with the two trials that it rests on."""

    outcome: Outcome
    new: Trial
    old: Trial | None = None


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """What is compared: a version with an older one (empty: there is none), other packages as of a moment."""

    package: str
    version: str
    old: str = ""
    as_of: datetime | None = None


def release_of(package: str, version: str, old: str = "", *, as_of: datetime | None = None) -> Release:
    """A release with the regular version before it. Raises ConfigurationError, TransientError."""
    package, version = package_name(package), normal(version)
    known = released(package)
    found: Version | None = next((v for v in known if v.version == version), None)
    if found is None:
        # Announced by its authors before the index had it, or only elsewhere.
        raise TransientError(f"the package index has no {package} {version} (yet)", retry_after_s=600.0)
    older = normal(old) if old else (b.version if (b := before(version, known)) else "")
    moment = as_of or (found.uploaded + AFTERWARDS if found.uploaded else None)
    return Release(package=package, version=version, old=older, as_of=moment)


def references(case: Case, accepted: Sequence[TestReference]) -> dict[str, Expected]:
    """What the case expects: the file's word, or what somebody accepted since while the file says the same."""
    expect = dict(case.test.expect)
    for one in accepted:
        said = case.test.expect.get(one.quantity)
        if one.case == case.name and said is not None and said.digest() == one.of:
            expect[one.quantity] = msgspec.structs.replace(said, value=one.value, unit=one.unit, error=one.error)
    return expect


def try_release(
    bench: Bench,
    case: Case,
    release: Release,
    *,
    cause: str = "",
    again: bool = False,
    stop: threading.Event | None = None,
) -> Pair:
    """Run a case with the old version, where its result is missing, and with the new one, everything else being kept
    as it is with the old one where that is possible."""
    old: Trial | None = None
    if release.old:
        asked = Asked(package=release.package, version=release.old, as_of=release.as_of, cause=cause, again=again)
        old = bench.trial(case, asked, stop)
    asked = Asked(
        package=release.package,
        version=release.version,
        as_of=release.as_of,
        like=old.packages if old else None,
        cause=cause,
        again=again,
    )
    new = bench.trial(case, asked, stop)
    expect = references(case, bench.results.references([case.name]))
    pair = Pair(outcome=outcome_of(case, expect, new, old), new=new, old=old)
    bench.results.judge(new.runs, pair.outcome.verdict)
    return pair


def outcome_of(case: Case, expect: Mapping[str, Expected], new: Trial, old: Trial | None) -> Outcome:
    """What the two trials say."""
    former = old.values if old is not None and old.state == "ran" else []
    quantities: list[Compared] = []
    verdict: Verdict
    error = new.error
    if new.state == "ran":
        quantities = compare(expect, new.values, former)
        verdict = worst(quantities)
        missing = [q.quantity for q in quantities if q.new is None]
        error = f"the result has no {', '.join(missing)} in the unit that is expected" if missing else ""
        same = [q for q in quantities if q.verdict in BAD]
        already = bool(same) and all(q.before for q in same)
    else:
        verdict = new.state
        quantities = [
            Compared(quantity=q.quantity, expected=q.expected, old=q.new, new=None, allowed=q.allowed, verdict=verdict)
            for q in compare(expect, former)
        ]
        already = old is not None and old.state == new.state
    return Outcome(
        case=case.name,
        verdict=verdict,
        package=new.package,
        version=new.version,
        old_version=old.version if old else "",
        quantities=quantities,
        error=error,
        old_error=old.error if old and old.state != "ran" else "",
        before=already,
        also=_also(new, old),
        environment=new.environment,
        old_environment=old.environment if old else "",
        software={name: new.packages[name] for name in case.test.depends if name in new.packages},
        seconds=round(sum(run.seconds for run in new.runs), 3),
    )


def _also(new: Trial, old: Trial | None) -> list[str]:
    """Other packages that are not the same in both environments."""
    if old is None or not old.packages or not new.packages:
        return []
    names = sorted((old.packages.keys() | new.packages.keys()) - {new.package})
    changed = [n for n in names if old.packages.get(n) != new.packages.get(n)]
    return [f"{n} {old.packages.get(n, '(none)')} → {new.packages.get(n, '(none)')}" for n in changed]


def result_event(pair: Pair, case: Case, cause: str, now: datetime, *, of: str = "package") -> Event:
    """The outcome for the journal, the graph and rules; the same numbers against the same references are one event.
    `of`: whether it is a `package` or a `dataset` that has a new version."""
    outcome = pair.outcome
    data: dict[str, Any] = {
        "case": outcome.case,
        of: outcome.package,
        "version": outcome.version,
        "old_version": outcome.old_version,
        "verdict": outcome.verdict,
        "before": outcome.before,
        "error": outcome.error,
        "environment": outcome.environment,
        "old_environment": outcome.old_environment,
        "protects": case.test.protects,
        "values": {q.quantity: _value(q) for q in outcome.quantities},
    }
    digest = content_id("", msgspec.json.encode(data, order="deterministic"))[1:13]
    event_id = f"regression:{outcome.case}:{outcome.package}=={outcome.version}:{digest}"
    return Event(id=event_id, kind=RESULT, source=SOURCE, received=now, trigger_time=now, data={**data, "cause": cause})


def _value(q: Compared) -> dict[str, Any]:
    said: dict[str, Any] = {"verdict": q.verdict, "reference": q.expected.value, "unit": q.expected.unit}
    said |= {"value": q.new.mean} if q.new else {}
    return said | ({"old": q.old.mean} if q.old else {})
