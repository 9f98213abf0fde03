"""The bootstrap, from the documented stream and in exact arithmetic; and simulations of it by SciPy and numpy."""

import functools
from fractions import Fraction

import mpmath
import numpy
import scipy.stats
from common import INPUTS, Stream, mpf, normal_isf, normal_sf, parameters

INFINITY = float("inf")


def to_mpf(x):
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def type_7(values, p):
    """The quantile of sorted values; exact if p is, None at infinity."""
    h = (len(values) - 1) * p
    k = int(h)
    low, high = values[k], values[k + 1 if h > k else k]
    if INFINITY in (abs(low), abs(high)):
        return None
    return low + (h - k) * (high - low) if isinstance(p, Fraction) else to_mpf(low) + (h - k) * to_mpf(high - low)


# Statistics: of the modes of a resample, the value and a function that computes its standard error. The value is
# rational, or infinite.


def of_mean(x):
    n, value = len(x), sum(x) / len(x)
    return value, lambda: mpmath.sqrt(to_mpf(sum((v - value) ** 2 for v in x) / (n * (n - 1))))


@functools.cache
def maritz_jarrett(n, p):
    h = to_mpf((n - 1) * p + 1)
    up_to = [mpmath.betainc(h, n + 1 - h, 0, mpf(i) / n, regularized=True) for i in range(n + 1)]
    return [high - low for low, high in zip(up_to, up_to[1:])]


def of_quantile(x, p):
    x = sorted(x)
    value = type_7(x, p)

    def error():
        deviations, weights = [to_mpf(v - value) for v in x], maritz_jarrett(len(x), p)
        first, second = (sum(w * d**k for w, d in zip(weights, deviations)) for k in (1, 2))
        return mpmath.sqrt(max(second - first**2, mpf(0)))

    return value, error


def of_difference(a, b):
    return b[0] - a[0], lambda: mpmath.hypot(a[1](), b[1]())


def of_change(a, b, sign):
    """`sign` is that of the baseline's mean; beyond zero lies infinity."""
    (m1, e1), (m2, e2) = of_mean(a), of_mean(b)
    if m1 * sign <= 0:
        return (INFINITY if m2 * sign >= 0 else -INFINITY), lambda: mpf(1)
    return (m2 - m1) / m1, lambda: mpmath.hypot(e2(), to_mpf(m2 / m1) * e1()) / abs(to_mpf(m1))


def of_rate(events):
    """The rate and its relative standard error."""
    n, count, exposure = len(events), sum(c for c, _ in events), sum(e for _, e in events)
    squares = lambda: sum((c / count - e / exposure) ** 2 for c, e in events)
    return count / exposure, lambda: mpmath.sqrt(to_mpf(squares() * n / (n - 1)))


def of_ratio(a, b):
    r1, r2 = of_rate(a)[0], of_rate(b)[0]
    if r1 == r2 == 0:
        raise ZeroDivisionError
    return (r2 / r1 if r1 else INFINITY), None


def of_log_ratio(a, b):
    (r1, e1), (r2, e2) = of_rate(a), of_rate(b)
    if r1 == r2 == 0:
        raise ZeroDivisionError
    if r1 == 0 or r2 == 0:
        return (-INFINITY if r1 else INFINITY), lambda: mpf(1)
    return mpmath.log(to_mpf(r2 / r1)), lambda: mpmath.hypot(e1(), e2())


# Intervals.


def resamples(modes, count, seed):
    stream = Stream(seed)
    for _ in range(count):
        yield [[mode[stream.below(len(mode))] for _ in mode] for mode in modes]


def percentile_and_bca(modes, value, count, seed, alpha):
    """Bounds of both intervals; of BCa None when it is undefined."""
    estimate, values = value(*modes), sorted(value(*drawn) for drawn in resamples(modes, count, seed))
    percentile = [type_7(values, alpha), type_7(values, 1 - alpha)]
    squares = cubes = Fraction(0)
    for j, mode in enumerate(modes):
        n = len(mode)
        left_out = [value(*modes[:j], mode[:i] + mode[i + 1 :], *modes[j + 1 :]) for i in range(n)]
        if INFINITY in map(abs, left_out):
            return percentile, None
        centre = sum(left_out) / n
        influences = [(centre - v) * (n - 1) / n for v in left_out]
        squares += sum(u**2 for u in influences)
        cubes += sum(u**3 for u in influences)
    a = to_mpf(cubes) / (6 * to_mpf(squares) ** mpf(1.5)) if squares else mpf(0)
    # 0.1 + 0.2 is 0.3: what differs by the rounding of decimals to doubles is a tie.
    rounding = Fraction(float(squares) ** 0.5) / 10**12
    ties = sum(v < estimate - rounding for v in values) + sum(v <= estimate + rounding for v in values)
    if values[0] == values[-1] or ties in (0, 2 * count):
        return percentile, None
    z0 = -normal_isf(mpf(ties) / (2 * count))
    tilt = lambda z: normal_sf(-(z0 + (z0 + z) / (1 - a * (z0 + z))))
    z = normal_isf(alpha)
    return percentile, [type_7(values, tilt(-z)), type_7(values, tilt(z))]


def bca_bounds(modes, value, count, seed, alpha):
    return percentile_and_bca(modes, value, count, seed, alpha)[1]


def studentised_bounds(modes, estimate, count, seed, alpha):
    value, error = estimate(*modes)
    error, t = error(), []
    if error == 0:
        return None
    for drawn in resamples(modes, count, seed):
        at, spread = estimate(*drawn)
        distance = at - value
        finite = abs(distance) < INFINITY
        if finite and abs(to_mpf(distance)) <= error / 10**12:
            t.append(mpf(0))
        elif finite and (own := spread()):
            t.append(to_mpf(distance) / own)
        else:
            t.append(INFINITY if distance > 0 else -INFINITY)
    t.sort()
    return [None if q is None else to_mpf(value) - q * error for q in (type_7(t, 1 - alpha), type_7(t, alpha))]


# Methods: a case is a set and parameters.


def fractions(values):
    return [Fraction(x) for x in values]


def modes_of(method, name):
    if "rate_ratio" in method:
        return [[tuple(fractions(run)) for run in INPUTS["runs"][name][mode]] for mode in "ab"]
    if name in INPUTS["two_sample"]:
        return [sorted(fractions(INPUTS["two_sample"][name][mode])) for mode in "ab"]
    name, mode = name.rsplit(".", 1)
    return [sorted(fractions(INPUTS["two_sample"][name][mode]))]


def statistic_of(method, modes, p):
    """What is resampled, and by which function the result is transformed."""
    log = method == "bootstrap_rate_ratio_t"
    sign = sum(modes[0]) if "change" in method else None
    estimate = {
        "mean": of_mean,
        "quantile": lambda x: of_quantile(x, p),
        "mean_difference": lambda a, b: of_difference(of_mean(a), of_mean(b)),
        "quantile_difference": lambda a, b: of_difference(of_quantile(a, p), of_quantile(b, p)),
        "change": lambda a, b: of_change(a, b, sign),
        "rate_ratio": of_log_ratio if log else of_ratio,
    }[method.removeprefix("bootstrap_").removesuffix("_t")]
    return estimate, (mpmath.exp if log else to_mpf)


@functools.cache
def interval_of(method, case, level):
    """Estimate and bounds, or None."""
    name, given = parameters(case)
    modes = modes_of(method, name)
    estimate, transform = statistic_of(method, modes, Fraction(float(given.get("quantile", 0.5))))
    if any(len(mode) < 2 for mode in modes) or ("change" in method and sum(modes[0]) == 0):
        return None
    plan = int(given.get("resamples", 10_000)), int(given.get("seed", 1)), (1 - mpf(level) / 100) / 2
    try:
        if method.endswith("_t"):
            bounds = studentised_bounds(modes, estimate, *plan)
        else:
            bounds = bca_bounds(modes, lambda *drawn: estimate(*drawn)[0], *plan)
        if bounds is None or INFINITY == abs(estimate(*modes)[0]):
            return None
        return [None if x is None else transform(x) for x in [estimate(*modes)[0], *bounds]]
    except ZeroDivisionError:
        return None


def recomputed(method, case, quantity):
    found = interval_of(method, case, "95" if quantity == "estimate" else quantity[2:].split("_")[0])
    place = 0 if quantity == "estimate" else 1 if quantity.endswith("lower") else 2
    return None if found is None else found[place]


METHODS = [
    f"bootstrap_{statistic}{suffix}"
    for statistic in ["mean", "quantile", "mean_difference", "quantile_difference", "change", "rate_ratio"]
    for suffix in ["", "_t"]
]
globals().update({method: functools.partial(recomputed, method) for method in METHODS})


# The function `bootstrap` itself. A case is `<statistic> <set> <resamples> <seed>`, drawn from in run order.


@functools.cache
def both_intervals(case):
    statistic, name, count, seed = case.split()
    if statistic == "pooled_ratio":
        modes, of = modes_of("bootstrap_rate_ratio", name), lambda a, b: of_ratio(a, b)[0]
    else:
        modes, of = [fractions(INPUTS["two_sample"][name][mode]) for mode in "ab"], lambda a, b: of_mean(b)[0] - of_mean(a)[0]
    percentile, bca = percentile_and_bca(modes, of, int(count), int(seed), mpf(1) / 40)
    names = [f"{method}_{side}" for method in ("percentile", "bca") for side in ("lower", "upper")]
    return dict(zip(names, [*percentile, *bca]))


def bootstrap(case, quantity):
    return both_intervals(case)[quantity]


# Simulations: SciPy's bootstrap, and the studentised interval with numpy and its own generator.

SIMULATED = 100_000


def vectorised(method, name, p):
    """The samples, and a statistic of arrays of samples, along the last axis, with its standard error."""
    if "rate_ratio" in method:
        runs = [numpy.array(INPUTS["runs"][name][mode]) for mode in "ab"]

        def rates(*indices):
            rates, squares = [], 0
            for mode, index in zip(runs, indices):
                count, exposure = mode[index, 0], mode[index, 1]
                rate = count.sum(-1, keepdims=True) / exposure.sum(-1, keepdims=True)
                n = count.shape[-1]
                squares = squares + n / (n - 1) * ((count - rate * exposure) ** 2).sum(-1) / count.sum(-1) ** 2
                rates.append(rate[..., 0])
            return rates[1] / rates[0], numpy.sqrt(squares)

        return [numpy.arange(len(mode)) for mode in runs], rates

    def means(x):
        return x.mean(-1), x.std(-1, ddof=1) / numpy.sqrt(x.shape[-1])

    def quantiles(x):
        x = numpy.sort(x, -1)
        n = x.shape[-1]
        h = (n - 1) * p + 1
        cells = numpy.diff(scipy.stats.beta.cdf(numpy.arange(n + 1) / n, h, n + 1 - h))
        return numpy.quantile(x, p, axis=-1), numpy.sqrt(numpy.maximum(0, (x**2) @ cells - (x @ cells) ** 2))

    one = quantiles if "quantile" in method else means

    def two(a, b):
        (m1, e1), (m2, e2) = one(a), one(b)
        if "change" in method:
            return m2 / m1 - 1, numpy.hypot(e2, m2 / m1 * e1) / abs(m1)
        return m2 - m1, numpy.hypot(e1, e2)

    if name in INPUTS["two_sample"]:
        return [numpy.array(INPUTS["two_sample"][name][mode], float) for mode in "ab"], two
    name, mode = name.rsplit(".", 1)
    return [numpy.array(INPUTS["two_sample"][name][mode], float)], one


def scipy_interval(samples, statistic, method):
    return scipy.stats.bootstrap(
        samples,
        lambda *drawn, axis: statistic(*drawn)[0],
        n_resamples=SIMULATED,
        method=method,
        vectorized=True,
        batch=5_000,
        rng=20_251,
    ).confidence_interval


@functools.cache
def simulated(method, case):
    name, given = parameters(case)
    samples, statistic = vectorised(method, name, float(given.get("quantile", 0.5)))
    if not method.endswith("_t"):
        return tuple(scipy_interval(samples, statistic, "BCa"))
    generator, t = numpy.random.default_rng(20_251), []
    log = numpy.log if "rate_ratio" in method else lambda x: x
    value, error = statistic(*samples)
    for _ in range(SIMULATED // 5_000):
        drawn = [generator.choice(sample, (5_000, len(sample))) for sample in samples]
        at, spread = statistic(*drawn)
        t.append((log(at) - log(value)) / spread)
    low, high = numpy.quantile(numpy.concatenate(t), [0.025, 0.975])
    bounds = log(value) - high * error, log(value) - low * error
    return tuple(numpy.exp(bounds)) if "rate_ratio" in method else bounds


def simulation(method):
    return lambda case, quantity: simulated(method, case)[quantity.endswith("upper")]


@functools.cache
def scipy_bootstrap(case, method):
    _, name, _, _ = case.split()
    return scipy_interval(*vectorised("bootstrap_mean_difference", name, None), method)


def from_scipy(case, quantity):
    method, side = quantity.split("_")
    interval = scipy_bootstrap(case, {"percentile": "percentile", "bca": "BCa"}[method])
    return interval.low if side == "lower" else interval.high


SCIPY = {"bootstrap": from_scipy} | {method: simulation(method) for method in METHODS}
