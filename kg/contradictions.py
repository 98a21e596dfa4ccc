"""Claims about one object that cannot both be right: values further apart than their errors allow, a value beyond
another's limit, one team's yes against another's no. Pure arithmetic on claims; reads nothing.

Only like is compared with like: the same instrument and band for durations, fluences and fluxes, the same band at
about the same time for magnitudes, the burst's or the host's redshift but no absorber in front.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations

import msgspec

from kg.claim import Claim, said
from kg.coincidences import separation_deg
from kg.intervals import interval

#: Values this many joint standard deviations apart contradict each other.
SIGMAS = 3.0
#: The same for positions on the sphere: 3.44 sigma holds 99.73 % of a two-dimensional Gaussian, as 3 does of one.
SIGMAS_2D = 3.44
#: Systematic floors, in the unit of the claim after conversion: differences below are never a contradiction.
#: Redshift: 0.002 (1+z) between instruments, 0.1 (1+z) where one is photometric. Magnitude: zero points, 0.2.
#: Position: 1 arcsec. Relative floors for energies and durations: different cuts give 10 %.
_FLOOR_Z, _FLOOR_PHOTO_Z, _FLOOR_MAG, _FLOOR_DEG, _FLOOR_RELATIVE = 0.002, 0.1, 0.2, 1 / 3600, 0.1
#: Magnitudes are compared when their epochs (after T0) differ by less than this part, for an afterglow fades.
_SAME_EPOCH = 0.05
#: At most this many claims of one predicate are compared pair by pair.
_MOST = 300

_VALUES = frozenset({"redshift", "t90", "fluence", "flux", "magnitude", "position"})
_VERDICTS = frozenset({"counterpart", "classification", "coincidence", "host"})
COMPARED = _VALUES | _VERDICTS


class Contradiction(msgspec.Struct, frozen=True, kw_only=True):
    """Two claims, the earlier first, and why they exclude each other. `sigmas` is None where no errors decide."""

    predicate: str
    earlier: Claim
    later: Claim
    why: str
    sigmas: float | None = None


def contradictions(claims: Sequence[Claim]) -> list[Contradiction]:
    """All contradicting pairs among claims about one object, the earliest first. Claims that were corrected or taken
    back, repeat another's result, or follow an "if" contradict nothing."""
    out: list[Contradiction] = []
    for predicate in sorted({c.predicate for c in claims} & COMPARED):
        live = [c for c in claims if c.predicate == predicate and _counts(c)]
        live = (_single_places(live) if predicate == "position" else live)[-_MOST:]
        out += [found for a, b in combinations(live, 2) if (found := compare(a, b))]
    return sorted(once(out), key=lambda c: (c.later.received, c.later.node, c.earlier.node))


def once(found: Sequence[Contradiction]) -> list[Contradiction]:
    """Each disagreement of two documents once: a place is often printed in degrees and in hours, a value in subject and
    body."""
    kept: dict[tuple[object, ...], Contradiction] = {}
    for pair in found:
        said_of = [(c.document, c.value, c.limit, c.lower, c.upper) for c in (pair.earlier, pair.later)]
        kept.setdefault((pair.predicate, *said_of), pair)
    return list(kept.values())


def against(claim: Claim, others: Sequence[Claim]) -> Iterator[Contradiction]:
    """What contradicts one claim among others."""
    if claim.predicate in COMPARED and _counts(claim):
        live = [c for c in others if c.predicate == claim.predicate and _counts(c)]
        if claim.predicate == "position":
            live = _single_places(live)
            if claim.node not in {c.node for c in live}:
                return
        for other in live[-_MOST:]:
            if other.node != claim.node and (found := compare(other, claim)):
                yield found


def _counts(claim: Claim) -> bool:
    return claim.status == "stands" and claim.assertion in ("asserted", "hedged", "negated")


def compare(a: Claim, b: Claim) -> Contradiction | None:
    """Why two claims of one predicate exclude each other; None where they do not, or cannot be compared."""
    # A paper's preprint and its journal's record are one work: of its versions the newest counts.
    if a.document == b.document or a.predicate != b.predicate or (a.work and a.work == b.work):
        return None
    first, second = sorted((a, b), key=lambda c: (c.received, c.circular or 0, c.node))
    if a.predicate in _VERDICTS:
        found = _verdicts(first, second)
    elif not _alike(first, second):
        return None
    elif a.predicate == "position":
        found = _positions(first, second)
    else:
        found = _numbers(first, second)
    if found is None:
        return None
    return Contradiction(predicate=a.predicate, earlier=first, later=second, why=found[0], sigmas=found[1])


def _alike(a: Claim, b: Claim) -> bool:
    """Whether two values measure the same thing, so that a difference says something."""
    if "negated" in (a.assertion, b.assertion):
        return False
    if a.predicate == "redshift":
        whose = {str(c.qualifier.get("whose") or c.qualifier.get("of") or "afterglow") for c in (a, b)}
        return whose <= {"afterglow", "host", "burst"}
    if a.predicate == "position":
        return not {str(c.qualifier.get("target") or "") for c in (a, b)} - {"", "event", "counterpart", "afterglow"}
    bands = [_plain(c.qualifier.get("band")) for c in (a, b)]
    if a.predicate == "magnitude":
        systems = {str(c.qualifier.get("system") or "") for c in (a, b)} - {""}
        whose = {_plain(c.qualifier.get("target") or c.qualifier.get("of")) for c in (a, b)}
        return bands[0] == bands[1] != "" and len(systems) < 2 and len(whose) == 1 and _same_epoch(a, b)
    if a.predicate in ("flux", "fluence") and not (_same_epoch(a, b) or a.predicate == "fluence"):
        return False
    return a.instrument == b.instrument != "" and bands[0] == bands[1]


def _plain(text: object) -> str:
    return re.sub(r"[\s_'-]", "", str(text or ""))


def _same_epoch(a: Claim, b: Claim) -> bool:
    """Whether both say when, and it is about the same time after T0."""
    one, two = (c.qualifier.get("epoch_s") for c in (a, b))
    if not isinstance(one, int | float) or not isinstance(two, int | float) or one <= 0 or two <= 0:
        return False
    return abs(math.log(float(one) / float(two))) <= _SAME_EPOCH


def _numbers(a: Claim, b: Claim) -> tuple[str, float | None] | None:
    """Values, limits and ranges as intervals with errors: the gap between them, in joint standard deviations."""
    one, two = interval(a), interval(b)
    if one is None or two is None or one.unit != two.unit:
        return None
    low, high = (one, two) if one.low <= two.low else (two, one)
    gap = high.low - low.high
    if not gap > 0:
        return None
    sigma = math.hypot(low.sigma_up, high.sigma_down)
    floor = _floor(a, b, max(abs(x) for x in (low.high, high.low)))
    if gap <= floor or gap <= SIGMAS * sigma:
        return None
    sigmas = gap / sigma if sigma > 0 else None
    return f"{said(a)} against {said(b)}: {_measure(sigmas)}", sigmas


def _measure(sigmas: float | None) -> str:
    if sigmas is None:
        return "apart by more than a limit or rounding allows"
    return f"apart by {sigmas:.1f} sigma" if sigmas < 100 else "apart by more than 100 sigma"


def _floor(a: Claim, b: Claim, size: float) -> float:
    if a.predicate == "redshift":
        rough = any(c.qualifier.get("type") in ("photometric", "pseudo") for c in (a, b))
        return (_FLOOR_PHOTO_Z if rough else _FLOOR_Z) * (1.0 + size)
    if a.predicate == "magnitude":
        return _FLOOR_MAG
    return _FLOOR_RELATIVE * size


def _positions(a: Claim, b: Claim) -> tuple[str, float | None] | None:
    """Two places on the sky. A place without an error says too little to contradict another."""
    if a.ra is None or a.dec is None or b.ra is None or b.dec is None:
        return None
    one, two = _sigma_deg(a), _sigma_deg(b)
    if one is None or two is None:
        return None
    angle, sigma = separation_deg(a.ra, a.dec, b.ra, b.dec), math.hypot(one, two)
    if angle <= SIGMAS_2D * sigma or angle <= _FLOOR_DEG:
        return None
    return f"{said(a)} against {said(b)}: {angle:.3g}° apart, {_measure(angle / sigma)[9:]}", angle / sigma


def _single_places(claims: Sequence[Claim]) -> list[Claim]:
    """Without the places of a circular that lists several which exclude each other: candidates, of which at most one
    is the object."""
    lists: set[str] = set()
    by_source: dict[str, list[Claim]] = {}
    for claim in claims:
        by_source.setdefault(claim.document, []).append(claim)
    for source, own in by_source.items():
        if any(_positions(a, b) for a, b in combinations(own[:20], 2) if a.instrument == b.instrument):
            lists.add(source)
    return [c for c in claims if c.document not in lists]


#: Systematic errors along one axis, degrees, of instruments whose positions state the statistical one alone.
_SYSTEMATIC_DEG = {"fermi-gbm": 2.4}


def _sigma_deg(claim: Claim) -> float | None:
    """The standard deviation along one axis of a position's error circle; 68 % where it says no probability."""
    radius = claim.radius or max(claim.minus or 0.0, claim.plus or 0.0)
    level = claim.containment or claim.error_probability or 0.68
    if radius <= 0.0 or not 0.0 < level < 1.0:
        return None
    return math.hypot(radius / math.sqrt(-2.0 * math.log(1.0 - level)), _SYSTEMATIC_DEG.get(claim.instrument, 0.0))


#: Verdicts that exclude each other, in words of either side.
_EXCLUSIVE = [({"short"}, {"long"}), ({"bns", "nsbh", "bbh"}, {"terrestrial", "noise"})]


def _verdicts(a: Claim, b: Claim) -> tuple[str, float | None] | None:
    """Yes against no about the same thing, or two sorts that exclude each other. Doubt contradicts nothing."""
    if "hedged" in (a.assertion, b.assertion):
        return None
    one, two = (_plain(c.value).lower() for c in (a, b))
    if a.assertion != b.assertion:
        if one and one == two:
            return f"{a.by or a.document} {_verb(a)} “{a.text}”, {b.by or b.document} {_verb(b)} “{b.text}”", None
        return None
    if a.assertion == "asserted" and a.predicate == "classification":
        for left, right in _EXCLUSIVE:
            if (one in left and two in right) or (one in right and two in left):
                return f"{a.value} against {b.value}", None
    return None


def _verb(claim: Claim) -> str:
    return "denies" if claim.assertion == "negated" else "says"
