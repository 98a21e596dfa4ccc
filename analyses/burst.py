"""What a light curve says about a burst in it: background, significance with trials, duration, limits. Values in and
out; nothing here reads a file or draws."""

from __future__ import annotations

import itertools
import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from analyses.lightcurve import LightCurve, Values
from nuncius.core.errors import PermanentError

#: Significances are of one Gaussian tail.
THREE_SIGMA_TAIL = 1.3499e-3
#: Windows of one length are tried at this many places a length.
PLACES = 4
#: Bins without a burst that a background needs.
LEAST_BINS = 20
#: Bins that Bayesian blocks are looked for in; more are put together.
MOST_BLOCK_BINS = 4000
#: The same where it is done again and again, and how often.
TRIAL_BLOCK_BINS = 300
TRIALS = 40


class Background(msgspec.Struct, frozen=True, kw_only=True):
    """A polynomial through bins without a burst. `rate` and its 1-sigma `error` in each bin of the light curve;
    `excess` is how much more the bins scatter than their errors say (1: as counts do), `bins` how many it was fitted
    to."""

    rate: Values
    error: Values
    excess: float
    bins: int
    order: int


class Excess(msgspec.Struct, frozen=True, kw_only=True):
    """The most significant window: seconds after T0, counts above background, their error, significance in sigma before
    and after trials, and how many independent windows that were."""

    start: float
    stop: float
    counts: float
    error: float
    sigma: float
    trials: float
    probability: float

    @property
    def sigma_after_trials(self) -> float:
        """The Gaussian tail that is as unlikely as the window after all trials."""
        return sigma_of(self.probability)


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """T90 and T50 with their 1-sigma errors, where T90 begins and ends, all in seconds, and the counts in all."""

    t90: float
    t90_error: float
    t50: float
    t50_error: float
    begin: float
    end: float
    counts: float


def fit_background(curve: LightCurve, quiet: NDArray[np.bool_], order: int) -> Background:
    """Least squares through the quiet bins, outliers over 5 sigma left out; a higher order only where it betters the
    fit by more than 9 for its one parameter, up to `order`. Raises PermanentError for fewer than 20 quiet bins."""
    if quiet.sum() < LEAST_BINS:
        raise PermanentError(
            f"{curve.instrument}: {int(quiet.sum())} bins without the burst; a background needs {LEAST_BINS}: "
            "give a longer light curve or a shorter burst"
        )
    span = max(float(curve.stop[-1] - curve.start[0]), 1e-9)
    x = (curve.middle - curve.middle.mean()) / span
    best: Background | None = None
    least = math.inf
    for degree in range(order + 1):
        rate, error, chi2, used = _polynomial(x, curve, quiet, degree)
        if best is not None and chi2 > least - 9.0:
            continue
        scatter = max(1.0, math.sqrt(chi2 / max(used - degree - 1, 1)))
        best, least = Background(rate=rate, error=error * scatter, excess=scatter, bins=used, order=degree), chi2
    assert best is not None
    return best


def _polynomial(
    x: Values, curve: LightCurve, quiet: NDArray[np.bool_], degree: int
) -> tuple[Values, Values, float, int]:
    used = quiet.copy()
    powers = np.vander(x, degree + 1)
    # Bins of few counts have errors of few counts; the mean's serve all alike, so that low bins do not pull.
    level = max(float(curve.rate[quiet].mean()), 1e-300)
    share = curve.error[quiet] ** 2 * curve.width[quiet]
    even = np.sqrt(float(share.mean()) / curve.width) if level > 0.0 else curve.error
    for _ in range(3):
        weight = 1.0 / even[used] ** 2
        matrix = (powers[used] * weight[:, None]).T @ powers[used]
        covariance = np.linalg.pinv(matrix)
        line = covariance @ ((powers[used] * weight[:, None]).T @ curve.rate[used])
        rate = powers @ line
        off = (curve.rate - rate) / even
        scatter = float(np.median(np.abs(off[used]))) * 1.4826 or 1.0
        keep = quiet & (np.abs(off) < 5.0 * scatter)
        if (keep == used).all() or keep.sum() < LEAST_BINS:
            break
        used = keep
    error = np.sqrt(np.einsum("ij,jk,ik->i", powers, covariance, powers))
    return rate, error, float((off[used] ** 2).sum()), int(used.sum())


def noise(curve: LightCurve, background: Background) -> Values:
    """The 1-sigma error of each bin's rate if there is nothing but background."""
    if not is_counted(curve):  # its background was taken away already, and its errors tell of that
        return curve.error * background.excess
    made: Values = np.sqrt(unit_noise(curve) * np.maximum(background.rate, 0.0) / curve.width) * background.excess
    return made


def is_counted(curve: LightCurve) -> bool:
    """Whether rates are counts, and not what was left of them: counts are never negative."""
    return bool((curve.rate < 0.0).mean() < 0.01)


def unit_noise(curve: LightCurve) -> float:
    """The variance of a rate times its bin's width over the rate: 1 for counts, what the errors say otherwise."""
    lit = curve.rate > 0.0
    return float(np.median(curve.error[lit] ** 2 * curve.width[lit] / curve.rate[lit])) if lit.any() else 0.0


def brightest(curve: LightCurve, background: Background, begin: float, end: float, longest: float) -> Excess:
    """The window between `begin` and `end` whose counts stand out most: lengths are doubled from one bin to `longest`,
    each tried at four places a length."""
    inside = (curve.start >= begin - 1e-9) & (curve.stop <= end + 1e-9)
    if not inside.any():
        raise PermanentError(f"{curve.instrument} has no bins from {begin:g} to {end:g} s after T0")
    net = ((curve.rate - background.rate) * curve.width)[inside]
    variance = ((noise(curve, background) * curve.width) ** 2)[inside]
    systematic = (background.error * curve.width)[inside]
    start, stop = curve.start[inside], curve.stop[inside]
    sums, spreads, drifts = (np.concatenate([[0.0], np.cumsum(what)]) for what in (net, variance, systematic))
    length, trials = 1, 0.0
    best = (-math.inf, 0, 1, 0.0, 1.0)
    while length <= len(net) and (length == 1 or stop[length - 1] - start[0] <= longest + 1e-9):
        at = np.arange(0, len(net) - length + 1, max(1, length // PLACES))
        counts = sums[at + length] - sums[at]
        error = np.sqrt(spreads[at + length] - spreads[at] + (drifts[at + length] - drifts[at]) ** 2)
        i = int(np.argmax(counts / error))
        best = max(best, (float(counts[i] / error[i]), int(at[i]), length, float(counts[i]), float(error[i])))
        trials += len(at)
        length *= 2
    sigma, i, length, counts_, error_ = best
    single = tail(sigma)
    probability = -math.expm1(trials * math.log1p(-single)) if single < 1.0 else 1.0
    return Excess(
        start=float(start[i]),
        stop=float(stop[i + length - 1]),
        counts=counts_,
        error=error_,
        sigma=sigma,
        trials=trials,
        probability=probability,
    )


def tail(sigma: float) -> float:
    """The probability of a Gaussian above so many sigma."""
    return 0.5 * math.erfc(sigma / math.sqrt(2.0))


def sigma_of(probability: float) -> float:
    """The sigma above which a Gaussian has this probability, by bisection; 38 where it is too small for a float."""
    low, high = -38.0, 38.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if tail(middle) > probability else (low, middle)
    return (low + high) / 2.0


def extent(curve: LightCurve, background: Background, found: Excess, begin: float, end: float) -> tuple[float, float]:
    """Where the burst begins and ends between two moments: the Bayesian blocks (Scargle et al. 2013, ApJ 764, 167) from
    the first to the last that stands more than 4 sigma above the background, as Swift's burst pipeline takes them; the
    brightest window alone where there is none."""
    inside = (curve.start >= begin - 1e-9) & (curve.stop <= end + 1e-9)
    net, error = (curve.rate - background.rate)[inside], noise(curve, background)[inside]
    blocks = _bright_blocks(curve.start[inside], curve.stop[inside], net, error, MOST_BLOCK_BINS)
    if blocks is None:
        return found.start, found.stop
    return min(blocks[0], found.start), max(blocks[1], found.stop)


def _bright_blocks(start: Values, stop: Values, net: Values, error: Values, most: int) -> tuple[float, float] | None:
    """From the first to the last Bayesian block above 4 sigma; bins are put together until there are no more than
    `most`, because the search takes the square of their number."""
    from astropy.stats import bayesian_blocks

    many = max(1, math.ceil(len(net) / most))
    keep = len(net) // many * many
    net = net[:keep].reshape(-1, many).mean(axis=1)
    error = np.sqrt((error[:keep].reshape(-1, many) ** 2).sum(axis=1)) / many
    start, stop = start[:keep:many], stop[many - 1 : keep : many]
    middle, width = (start + stop) / 2.0, stop - start
    bright = []
    for low, high in itertools.pairwise(bayesian_blocks(middle, net, error, fitness="measures", p0=1e-3)):
        block = (middle >= low) & (middle <= high)
        counts, spread = float((net * width)[block].sum()), float(np.sqrt(((error * width)[block] ** 2).sum()))
        if spread > 0.0 and counts / spread > 4.0:
            bright.append((float(start[block][0]), float(stop[block][-1])))
    return (bright[0][0], bright[-1][1]) if bright else None


def duration(curve: LightCurve, background: Background, begin: float, end: float, seed: int) -> Duration:
    """T90 and T50 by the counts that have come above background between the burst's beginning and end (Koshut et al.
    1996, ApJ 463, 570). Errors are the scatter of the same light curve with its noise drawn again, its beginning and
    end found anew each time."""
    span = max(end - begin, 5.0 * curve.step)
    inside = (curve.start >= begin - span) & (curve.stop <= end + span)
    around = curve.where(inside)
    quiet = noise(curve, background)[inside]
    net = around.rate - background.rate[inside]
    exact = _crossings(around, net * around.width, begin, end)
    spread = quiet
    if is_counted(curve):  # the counts of the burst itself are noisy, too
        spread = np.sqrt(quiet**2 + unit_noise(curve) * np.maximum(net, 0.0) / around.width)
    dice = np.random.default_rng(seed)
    tried = []
    for _ in range(TRIALS):
        again = net + dice.normal(size=len(net)) * spread
        ends = _bright_blocks(around.start, around.stop, again, quiet, TRIAL_BLOCK_BINS) or (begin, end)
        tried.append(_crossings(around, again * around.width, *ends))
    t90, t50 = (np.array([found[j] - found[i] for found in tried]) for i, j in ((0, 2), (1, 3)))
    return Duration(
        t90=exact[2] - exact[0],
        t90_error=max(float(np.std(t90)), curve.step / 2.0),
        t50=exact[3] - exact[1],
        t50_error=max(float(np.std(t50)), curve.step / 2.0),
        begin=exact[0],
        end=exact[2],
        counts=float((net * around.width)[(around.start >= begin - 1e-9) & (around.stop <= end + 1e-9)].sum()),
    )


def _crossings(curve: LightCurve, net: Values, begin: float, end: float) -> tuple[float, float, float, float]:
    """When 5, 25, 95 and 75 percent of the counts have come, in the order T05, T25, T95, T75."""
    sums = np.concatenate([[0.0], np.cumsum(net)])
    times = np.concatenate([curve.start, curve.stop[-1:]])
    inside = (times >= begin - 1e-9) & (times <= end + 1e-9)
    sums, times = sums[inside], times[inside]
    low, high = float(sums[0]), float(sums[-1])
    part = (sums - low) / (high - low) if high > low else np.linspace(0.0, 1.0, len(sums))

    def first(level: float) -> float:
        i = int(np.argmax(part >= level))
        if i == 0:
            return float(times[0])
        return float(np.interp(level, part[i - 1 : i + 1], times[i - 1 : i + 1]))

    def last(level: float) -> float:
        under = np.flatnonzero(part < level)
        i = int(under[-1]) if len(under) else 0
        if i >= len(times) - 1:
            return float(times[-1])
        return float(np.interp(level, part[i : i + 2], times[i : i + 2]))

    return first(0.05), first(0.25), last(0.95), last(0.75)


def upper_limit(curve: LightCurve, background: Background, begin: float, end: float, length: float) -> float:
    """Counts that a burst of this length within the window does not exceed, at 3 sigma (99.87 %, one-sided): what is
    there at its brightest place, where that is above the background, and three of its errors."""
    window = brightest(curve, background, begin, end, length)
    steps = max(1, round(length / curve.step))
    error = float(np.median(noise(curve, background) * curve.width)) * math.sqrt(steps)
    drift = float(np.median(background.error * curve.width)) * steps
    here = max(window.counts, 0.0) if window.stop - window.start <= length * 1.01 else 0.0
    return here + 3.0 * math.hypot(error, drift)
