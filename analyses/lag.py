"""The shift that lays one light curve on another, with its interval (after Pal'shin et al. 2013, ApJS 207, 38)."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from analyses.lightcurve import LightCurve, Values
from nuncius.core.errors import PermanentError

#: Made pairs of light curves by which a delay's scatter is known to a tenth of itself.
TRIALS = 60


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds by which the second is later than the first, its 3-sigma interval, how well the best shift fits, and the
    profile itself."""

    delay: float
    low: float
    high: float
    scale: float
    chi2: float
    bins: int
    shifts: Values
    profile: Values

    @property
    def sigma(self) -> float:
        """Half the 3-sigma interval over three, seconds."""
        return (self.high - self.low) / 6.0


def delay_between(
    one: LightCurve, two: LightCurve, start: float, stop: float, shifts: tuple[float, float], seed: int = 1
) -> Delay:
    """The shift d (seconds) for which one(t - d), scaled, fits two(t) best; the burst lies between `start` and `stop`
    after the second one's T0. A correlation over all `shifts` finds the place, then the finer light curve is brought to
    the other's bins at each shift near it.

    The statistic is the sum over bins of (n - s m)^2 / e^2, with the scale s that is best at each shift. Its 3-sigma
    interval is where it grows by 9, and no less than three times the scatter of delays of the same burst seen again;
    both are widened by how badly the best shift fits, because light curves in different energies are never quite
    alike. Raises PermanentError where the two do not overlap.
    """
    near = _correlated(one, two, start, stop, shifts)
    if one.step > two.step:
        turned = _fitted(two, one, start - near, stop - near, -near, seed)
        return msgspec.structs.replace(
            turned,
            delay=-turned.delay,
            low=-turned.high,
            high=-turned.low,
            scale=1.0 / turned.scale if turned.scale else math.inf,
            shifts=-turned.shifts[::-1],
            profile=turned.profile[::-1],
        )
    return _fitted(one, two, start, stop, near, seed)


def _correlated(one: LightCurve, two: LightCurve, start: float, stop: float, shifts: tuple[float, float]) -> float:
    """The shift at which the two go together best, to a bin of the coarser one."""
    step = max(one.step, two.step)
    begin, end = max(two.start[0], start - 2.0 * step), min(two.stop[-1], stop + 2.0 * step)
    first, last = max(shifts[0], begin - one.stop[-1]), min(shifts[1], end - one.start[0])
    if not last > first:
        raise PermanentError(
            f"{one.instrument} and {two.instrument} do not overlap for any delay from {shifts[0]:g} to {shifts[1]:g} s"
        )
    # Four places in a bin are tried: the burst may stand across the edge of two.
    tried = []
    for part in range(4):
        wanted = np.arange(begin + part * step / 4.0, end, step)
        burst = two.rebinned(wanted).rate if len(wanted) > 1 else np.zeros(0)
        low = max(one.start[0], wanted[0] - last) if len(wanted) else 0.0
        whole = np.arange(low, min(one.stop[-1], end - first), step)
        if len(burst) < 1 or len(whole) <= len(burst):
            continue
        field = one.rebinned(whole).rate
        if len(field) < len(burst):
            continue
        field, burst = field - np.median(field), burst - background(two, start, stop)
        together = np.correlate(field, burst, "valid")
        best = int(np.argmax(together))
        tried.append((float(together[best]), float(wanted[0] - whole[best])))
    if not tried:
        raise PermanentError(f"{one.instrument} and {two.instrument} have fewer bins in common than the burst takes")
    return max(tried)[1]


def _fitted(fine: LightCurve, coarse: LightCurve, start: float, stop: float, near: float, seed: int) -> Delay:
    """The best shift of the finer light curve near one that is known to a bin, and how far off it may be."""
    margin = 3.0 * coarse.step
    window = coarse.where((coarse.stop > start - margin) & (coarse.start < stop + margin))
    edges = np.append(window.start, window.stop[-1])
    reach = max(3.0 * coarse.step, 8.0 * fine.step)
    shifts = near + np.linspace(-reach, reach, 401)
    under = background(fine, start - near, stop - near)
    fine = _padded(fine, under, edges[0] - near - reach, edges[-1] - near + reach)
    net = window.rate - background(coarse, start, stop)
    models = _moved(fine, edges, shifts) - under
    spread = _spread(fine, under, net, window)
    profile, scales = _profile(models, net, spread)
    best = int(np.argmin(profile))
    worse = max(1.0, float(profile[best]) / max(len(net) - 2, 1))
    level = float(profile[best]) + 9.0 * worse
    low, high = _crossings(shifts, profile, level)
    delay = _vertex(shifts, profile, best, (low, high))
    sigma = math.sqrt(worse) * _scatter(fine, under, window, net, edges, shifts, best, float(scales[best]), seed)
    return Delay(
        delay=delay,
        low=min(low, delay - 3.0 * sigma),
        high=max(high, delay + 3.0 * sigma),
        scale=float(scales[best]),
        chi2=float(profile[best]),
        bins=len(net),
        shifts=shifts,
        profile=profile,
    )


def _moved(fine: LightCurve, edges: Values, shifts: Values) -> Values:
    """Rates of the finer light curve in the bins between the edges, for each shift: (shifts, bins)."""
    at = edges[None, :] - shifts[:, None]
    return np.diff(fine.summed(fine.rate * fine.width, at), axis=1) / np.diff(edges)


def _profile(models: Values, net: Values, spread: Values) -> tuple[Values, Values]:
    """How badly each model fits at the scale at which it fits best, and that scale."""
    weight = 1.0 / spread**2
    power = np.maximum((weight * models**2).sum(axis=1), 1e-300)
    scales = np.maximum((weight * models * net).sum(axis=1) / power, 1e-12)
    return (weight * (net - scales[:, None] * models) ** 2).sum(axis=1), scales


def _scatter(
    fine: LightCurve,
    under: float,
    window: LightCurve,
    net: Values,
    edges: Values,
    shifts: Values,
    best: int,
    scale: float,
    seed: int,
) -> float:
    """How much the delay scatters when the same burst is seen again, 1 sigma: both light curves are made anew from
    one that is smoothed over a bin of the coarser one, with their noise, and fitted in the same way. The finer one's
    noise makes its fit rugged, so that the growth of the misfit alone is too sure of itself."""
    dice = np.random.default_rng(seed)
    half = window.step / 2.0
    rise = np.stack([fine.start - half, fine.stop + half], axis=1)
    smooth = np.diff(fine.summed(fine.rate * fine.width, rise), axis=1)[:, 0] / (rise[:, 1] - rise[:, 0])
    truth = msgspec.structs.replace(fine, rate=np.maximum(smooth, 0.0))
    expected = scale * (_moved(truth, edges, shifts[best : best + 1])[0] - under)
    noise = _noise(fine)
    found = []
    for _ in range(TRIALS):
        again = truth.rate + dice.normal(size=len(truth.rate)) * np.sqrt(
            noise * np.maximum(truth.rate, 0.0) / truth.width
        )
        drawn = msgspec.structs.replace(fine, rate=again)
        seen = expected + dice.normal(size=len(net)) * window.error
        profile, _ = _profile(_moved(drawn, edges, shifts) - under, seen, _spread(drawn, under, seen, window))
        lowest = int(np.argmin(profile))
        grown = float(profile[lowest]) + 9.0 * max(1.0, float(profile[lowest]) / max(len(net) - 2, 1))
        found.append(_vertex(shifts, profile, lowest, _crossings(shifts, profile, grown)))
    return float(np.std(np.array(found) - shifts[best]))


def background(curve: LightCurve, start: float, stop: float) -> float:
    """The mean rate outside the burst: within ten times its length before it where that is twenty bins or more, else
    wherever there is something."""
    length = max(stop - start, 20.0 * curve.step)
    before = curve.between(start - 10.0 * length, start)
    outside = before if len(before.rate) >= 20 else curve.where((curve.stop <= start) | (curve.start >= stop))
    return float(np.mean(outside.rate)) if len(outside.rate) else 0.0


def _padded(curve: LightCurve, level: float, begin: float, end: float) -> LightCurve:
    """A light curve that ends too soon, with bins at its background beyond: files of short bursts hold little else."""
    step = curve.step
    before = np.arange(curve.start[0] - step, begin - 2.0 * step, -step)[::-1]
    after = np.arange(curve.stop[-1], end + step, step)
    error = math.sqrt(max(level, 1.0 / step) / step)

    def grown(middle: Values, low: Values, high: Values) -> Values:
        return np.concatenate([low, middle, high])

    return msgspec.structs.replace(
        curve,
        start=grown(curve.start, before, after),
        stop=grown(curve.stop, before + step, after + step),
        rate=grown(curve.rate, np.full(len(before), level), np.full(len(after), level)),
        error=grown(curve.error, np.full(len(before), error), np.full(len(after), error)),
    )


def _noise(curve: LightCurve) -> float:
    """The variance of a rate times its bin's width over the rate: 1 for counts, what the errors say otherwise."""
    lit = curve.rate > 0.0
    return float(np.median(curve.error[lit] ** 2 * curve.width[lit] / curve.rate[lit])) if lit.any() else 0.0


def _spread(fine: LightCurve, under: float, net: Values, window: LightCurve) -> Values:
    """The 1-sigma error of each difference, the same at every shift: errors read off the shifted light curve would
    favour shifts that bring its brightest bins where the two differ. What the finer one would have counted follows from
    the coarser one."""
    counted = (fine.rate - under) * fine.width
    scale = max(float((net * window.width).sum() / counted.sum()), 0.0) if counted.sum() > 0.0 else 0.0
    rate = np.maximum(net, 0.0) / scale + max(under, 0.0) if scale > 0.0 else np.zeros_like(net)
    spread: Values = np.sqrt(window.error**2 + scale**2 * _noise(fine) * rate / window.width)
    return spread


def _crossings(shifts: Values, profile: Values, level: float) -> tuple[float, float]:
    """The outermost places where the profile is at a level: noise of the finer light curve makes it rugged. The ends
    of what was tried where it stays below."""
    below = np.flatnonzero(profile <= level)
    first, last = int(below[0]), int(below[-1])
    low = shifts[0] if first == 0 else _cross(shifts, profile, first - 1, first, level)
    high = shifts[-1] if last == len(shifts) - 1 else _cross(shifts, profile, last, last + 1, level)
    return float(low), float(high)


def _cross(shifts: Values, profile: Values, i: int, j: int, level: float) -> float:
    if not (math.isfinite(profile[i]) and math.isfinite(profile[j])) or profile[i] == profile[j]:
        return float(shifts[i] if profile[i] <= level else shifts[j])
    return float(shifts[i] + (level - profile[i]) / (profile[j] - profile[i]) * (shifts[j] - shifts[i]))


def _vertex(shifts: Values, profile: Values, best: int, interval: tuple[float, float]) -> float:
    """The lowest point of a parabola through the profile within its interval; the lowest point tried where that has
    none or where it lies outside."""
    inside = (shifts >= interval[0]) & (shifts <= interval[1]) & np.isfinite(profile)
    if inside.sum() >= 5:
        middle = shifts[best]
        bend, slope, _ = np.polyfit(shifts[inside] - middle, profile[inside], 2)
        if bend > 0.0 and interval[0] < (vertex := float(middle - slope / (2.0 * bend))) < interval[1]:
            return vertex
    return float(shifts[best])
