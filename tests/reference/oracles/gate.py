"""The gate: both one-sided tests at a margin, and the interval whose bounds are one-sided ones, by SciPy.

A case is `<set> margin=5% better=lower`, `margin=0.5` in the unit of the values, `paired=yes` or `rates=yes`. The level
of the one-sided tests is 95 %.
"""

import numpy
import scipy.optimize
import scipy.stats
from common import INPUTS, parameters

LEVEL = 0.95


def _welch(b, t):
    """Standard error and degrees of freedom of two samples of which each is (variance of the mean, n)."""
    (vb, nb), (vt, nt) = b, t
    return (vb + vt) ** 0.5, (vb + vt) ** 2 / (vb**2 / (nb - 1) + vt**2 / (nt - 1))


def _tails(statistic, df, better):
    above, below = scipy.stats.t.sf(statistic, df), scipy.stats.t.cdf(statistic, df)
    return {"p_fail": above, "p_pass": below} if better == "lower" else {"p_fail": below, "p_pass": above}


def _ends(outside, estimate):
    """Where a function that is negative at the estimate becomes positive, on both sides."""
    width = 1e-3
    while outside(estimate - width) < 0 or outside(estimate + width) < 0:
        width *= 2
    root = lambda a, b: scipy.optimize.brentq(outside, a, b, xtol=1e-15, rtol=1e-14)
    return root(estimate - width, estimate), root(estimate, estimate + width)


def _means(a, b, relative, size, side, better):
    mean, other = a.mean(), b.mean()
    va, vb = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    weight, shift = (1 + side * size, 0) if relative else (1, side * size)
    at = a * weight + shift
    out = {
        "p_fail": scipy.stats.ttest_ind(b, at, equal_var=False, alternative="greater" if side > 0 else "less").pvalue,
        "p_pass": scipy.stats.ttest_ind(b, at, equal_var=False, alternative="less" if side > 0 else "greater").pvalue,
    }
    if relative:
        change = other / mean - 1

        def outside(c):
            error, df = _welch((va * (1 + c) ** 2, len(a)), (vb, len(b)))
            return abs(other - (1 + c) * mean) - scipy.stats.t.ppf(LEVEL, df) * error

        lower, upper = _ends(outside, change)
    else:
        change = other - mean
        interval = scipy.stats.ttest_ind(b, a, equal_var=False).confidence_interval(2 * LEVEL - 1)
        lower, upper = interval.low, interval.high
    return {**out, "change": change, "lower": lower, "upper": upper}


def _pairs(a, b, relative, size, side, better):
    n = len(a)
    t = scipy.stats.t.ppf(LEVEL, n - 1)
    contrast = b - a * (1 + side * size) if relative else b - a - side * size
    out = _tails(scipy.stats.ttest_1samp(contrast, 0).statistic, n - 1, better)
    if relative:
        change = b.mean() / a.mean() - 1
        outside = lambda c: (b - (1 + c) * a).mean() ** 2 - t**2 * (b - (1 + c) * a).var(ddof=1) / n
        lower, upper = _ends(outside, change)
    else:
        change = (b - a).mean()
        interval = scipy.stats.ttest_1samp(b - a, 0).confidence_interval(2 * LEVEL - 1)
        lower, upper = interval.low, interval.high
    return {**out, "change": change, "lower": lower, "upper": upper}


def _rates(a, b, size, side, better):
    def mode(runs):
        count, exposure = numpy.array(runs, dtype=float).T
        rate, n = count.sum() / exposure.sum(), len(runs)
        variance = n / (n - 1) * ((count - rate * exposure) ** 2).sum() / exposure.sum() ** 2
        return rate, variance / rate**2, n

    (ra, va, na), (rb, vb, nb) = mode(a), mode(b)
    error, df = _welch((va, na), (vb, nb))
    distance, t = numpy.log(rb / ra), scipy.stats.t.ppf(LEVEL, df)
    return {
        **_tails((distance - numpy.log1p(side * size)) / error, df, better),
        "change": rb / ra - 1,
        "lower": numpy.expm1(distance - t * error),
        "upper": numpy.expm1(distance + t * error),
    }


def _gate(case, quantity):
    name, given = parameters(case)
    better = given["better"]
    side = 1 if better == "lower" else -1
    relative = given["margin"].endswith("%")
    size = float(given["margin"].rstrip("%")) / (100 if relative else 1)
    if "rates" in given:
        sets = INPUTS["runs"][name]
        return float(_rates(sets["a"], sets["b"], size, side, better)[quantity])
    sets = INPUTS["two_sample"][name]
    a, b = (numpy.array(sets[mode], dtype=float) for mode in "ab")
    of = _pairs if "paired" in given else _means
    return float(of(a, b, relative, size, side, better)[quantity])


SCIPY = {"gate": _gate}
