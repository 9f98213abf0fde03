"""The bootstrap."""

import functools

import numpy
import scipy.stats
from common import INPUTS, Stream


@functools.cache
def bootstrap_intervals(case):
    """Case: `<statistic> <set> <resamples> <seed>`."""
    statistic, name, resamples, seed = case.split()
    if statistic == "pooled_ratio":
        modes = [INPUTS["runs"][name][mode] for mode in "ab"]
        rate_of = lambda m: sum(c for c, _ in m) / sum(e for _, e in m)
        value = lambda a, b: rate_of(b) / rate_of(a)
    else:
        modes = [INPUTS["two_sample"][name][mode] for mode in "ab"]
        value = lambda a, b: sum(b) / len(b) - sum(a) / len(a)
    stream = Stream(int(seed))
    draw = lambda mode: [mode[stream.below(len(mode))] for _ in mode]
    values = []
    for _ in range(int(resamples)):
        a = draw(modes[0])
        values.append(value(a, draw(modes[1])))
    estimate = value(*modes)
    z0 = scipy.stats.norm.ppf(sum((v < estimate) + (v <= estimate) for v in values) / (2 * len(values)))
    squares = cubes = 0
    for j in (0, 1):
        without = lambda i: [m[:i] + m[i + 1 :] if k == j else m for k, m in enumerate(modes)]
        left_out = [value(*without(i)) for i in range(len(modes[j]))]
        u = [(sum(left_out) / len(left_out) - v) * (len(left_out) - 1) / len(left_out) for v in left_out]
        squares += sum(x**2 for x in u)
        cubes += sum(x**3 for x in u)
    a = cubes / (6 * squares**1.5)
    z = scipy.stats.norm.ppf([0.025, 0.975])
    levels = scipy.stats.norm.cdf(z0 + (z0 + z) / (1 - a * (z0 + z)))
    percentile, bca = numpy.quantile(values, [0.025, 0.975]), numpy.quantile(values, levels)
    return {
        "percentile_lower": percentile[0],
        "percentile_upper": percentile[1],
        "bca_lower": bca[0],
        "bca_upper": bca[1],
    }


@functools.cache
def scipy_bootstrap(case, method):
    _, name, _, seed = case.split()
    modes = [numpy.array(INPUTS["two_sample"][name][mode]) for mode in "ab"]
    difference = lambda a, b, axis: numpy.mean(b, axis=axis) - numpy.mean(a, axis=axis)
    result = scipy.stats.bootstrap(
        modes, difference, n_resamples=60_000, method=method, vectorized=True, batch=2_000, rng=int(seed)
    )
    return result.confidence_interval


def bootstrap(case, quantity):
    return bootstrap_intervals(case)[quantity]


def from_scipy(case, quantity):
    method, side = quantity.split("_")
    interval = scipy_bootstrap(case, {"percentile": "percentile", "bca": "BCa"}[method])
    return interval.low if side == "lower" else interval.high


SCIPY = {"bootstrap": from_scipy}
