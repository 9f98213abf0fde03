"""Several modes, the baseline first."""

import functools
import itertools

import mpmath
import numpy as np
import scipy.special
import scipy.stats
from common import INPUTS, exact, moments, mpf, parameters, satterthwaite, t_sf


def modes(name):
    return [moments(exact(values)) for values in INPUTS["modes"][name]]


def welch_anova(case, quantity):
    sets = modes(case)
    if len(sets) < 2 or not all(n > 1 and sd for n, _, sd in sets):
        return None
    k = mpf(len(sets))
    weights = [n / sd**2 for n, _, sd in sets]
    mean = sum(w * m for w, (_, m, _) in zip(weights, sets)) / sum(weights)
    between = sum(w * (m - mean) ** 2 for w, (_, m, _) in zip(weights, sets)) / (k - 1)
    a = sum((1 - w / sum(weights)) ** 2 / (n - 1) for w, (n, _, _) in zip(weights, sets))
    f, df = between / (1 + 2 * (k - 2) / (k**2 - 1) * a), (k**2 - 1) / (3 * a)
    return {
        "statistic": lambda: f,
        "numerator_df": lambda: k - 1,
        "df": lambda: df,
        "p": lambda: mpmath.betainc(df / 2, (k - 1) / 2, 0, df / (df + (k - 1) * f), regularized=True),
    }[quantity]()


class Studentised:
    """X/S of an X whose tail is given; S² ~ χ²(df)/df is independent of it. The tail is remembered where computed."""

    def __init__(self, tail):
        self.tail = functools.cache(lambda step, j, sign: tail(sign * mpmath.exp(j * step)))

    def sf(self, q, df):
        """The integral of the density of ln S times the tail of X, by the trapezoidal rule."""
        step = mpf(2) ** -max(4, int(mpmath.ceil(mpmath.log(10 * df, 4))))
        constant = mpmath.log(2) + df / 2 * mpmath.log(df / 2) - mpmath.loggamma(df / 2)

        def term(j):
            u = j * step - mpmath.log(abs(q))
            return mpmath.exp(constant + df * (u - mpmath.exp(2 * u) / 2)) * self.tail(step, j, mpmath.sign(q))

        # Every term is positive; from where they would peak for a normal tail, on to where they are nothing.
        peak = q / mpmath.sqrt(1 + q * q / df) if q > 0 else -q
        start = int(mpmath.nint(mpmath.log(peak) / step))
        total = term(start)
        for side in (itertools.count(start + 1), itertools.count(start - 1, -1)):
            for j in side:
                total += (t := term(j))
                if t < total * mpf(10) ** -20:
                    break
        return total * step

    def isf(self, p, df, near):
        """The q > 0 with P(X/S > q) = p."""
        excess = lambda x: mpmath.log(self.sf(mpmath.exp(x), df) / p)
        start = mpmath.log(mpf(near))
        return mpmath.exp(mpmath.findroot(excess, (start, start + mpf("1e-3")), tol=1e-50, verify=False))


def range_tail(k, w):
    """P(max - min > w) of k normal values."""
    with mpmath.workdps(23):
        step, reach = mpf(1) / 8, 75
        # Upper tails, from the point half way between the smallest and the largest value.
        above = {i: mpmath.erfc((w / 2 + i * step) / mpmath.sqrt(2)) / 2 for i in range(-reach, reach + 1)}
        total = mpf(0)
        for i in range(-reach, reach + 1):
            whole, beyond = 1 - above[i], above[-i]
            within = whole - beyond
            # whole**(k - 1) - within**(k - 1) without cancellation.
            powers, power = mpf(0), mpf(1)
            for _ in range(k - 1):
                powers, power = powers * whole + power, power * within
            total += mpmath.npdf(w / 2 + i * step) * beyond * powers
        return k * total * step


@functools.cache
def studentised_difference(k):
    """The range of k means over √2."""
    return Studentised(lambda x: range_tail(k, mpmath.sqrt(2) * x))


def studentised_range(case, quantity):
    argument, k, df = (mpf(x) for x in case.split())
    k, root = int(k), mpmath.sqrt(2)
    if k < 2 or df < 0.5:
        return None
    if quantity == "sf" and k == 2:
        return 2 * t_sf(argument / root, df)
    if quantity == "sf":
        return studentised_difference(k).sf(argument / root, df)
    near = scipy.stats.t.isf(float(argument) / (k * (k - 1)), float(df))
    return root * studentised_difference(k).isf(argument, df, near)


def pair_of(case, quantity):
    """The places of a pair of modes, their set, and what is asked of them."""
    pair, name = quantity.split(" ")
    first, second = (int(i) for i in pair.split("-"))
    return first, second, parameters(case)[0], name


def pairwise(case, quantity, distribution, near):
    """The test of a pair of modes by the distribution of the greatest |t|, or t; `near` guesses its quantile."""
    first, second, name, quantity = pair_of(case, quantity)
    sets = modes(name)
    if len(sets) < 2 or any(n < 2 for n, _, _ in sets):
        return None
    errors = [sd / mpmath.sqrt(n) for n, _, sd in sets]
    greatest = distribution(tuple(errors))
    if greatest is None:
        return None
    estimate = sets[second][1] - sets[first][1]
    error = mpmath.sqrt(errors[first] ** 2 + errors[second] ** 2)
    df = satterthwaite([errors[first], errors[second]], [sets[first][0], sets[second][0]])
    if quantity.startswith("ci"):
        level, side = quantity[2:].split("_")
        p = 1 - mpf(level) / 100
        margin = greatest.isf(p, df, near(float(p), float(df))) * error
        return estimate + (margin if side == "upper" else -margin)
    t = estimate / error
    return {
        "estimate": lambda: estimate,
        "standard_error": lambda: error,
        "statistic": lambda: t,
        "df": lambda: df,
        "p": lambda: greatest.sf(abs(t), df),
        "p_less": lambda: greatest.sf(-t, df),
        "p_greater": lambda: greatest.sf(t, df),
    }[quantity]()


def games_howell(case, quantity):
    k = len(INPUTS["modes"][parameters(case)[0]])
    two_are_constant = lambda errors: sorted(errors)[1] == 0
    near = lambda p, df: scipy.stats.t.isf(p / (k * (k - 1)), df)
    return pairwise(case, quantity, lambda e: None if two_are_constant(e) else studentised_difference(k), near)


def many_to_one_tail(errors, both, x):
    """P(max |Zⱼ| > x), or P(max Zⱼ > x), of differences from a shared normal value."""
    with mpmath.workdps(23):
        scales = [(errors[0] / s, e / s) for e in errors[1:] for s in [mpmath.sqrt(errors[0] ** 2 + e**2)]]
        step = min(own for _, own in scales) / 2.5
        reach = int((abs(x) + 9.5) / step)
        beyond = lambda y: [mpmath.erfc((x - shared * y) / own / mpmath.sqrt(2)) / 2 for shared, own in scales]
        at = {i: beyond(i * step) for i in range(-reach, reach + 1)}
        total = mpf(0)
        for i in range(-reach, reach + 1):
            with mpmath.workdps(60):  # as 1 - none may be small
                none = mpmath.fprod(1 - up - (down if both else 0) for up, down in zip(at[i], at[-i]))
                total += mpmath.npdf(i * step) * (1 - none)
        return total * step


@functools.cache
def many_to_one(errors, both):
    return Studentised(lambda x: many_to_one_tail(errors, both, x))


def is_two_sided(case, quantity):
    return "alternative" not in case and not quantity.endswith(("_less", "_greater"))


def dunnett(case, quantity):
    both = is_two_sided(case, quantity)
    m = len(INPUTS["modes"][parameters(case)[0]]) - 1
    undefined = lambda errors: errors[0] == 0 and 0 in errors[1:]
    near = lambda p, df: scipy.stats.t.isf(p / m / (1 + both), df)
    return pairwise(case, quantity, lambda e: None if undefined(e) else many_to_one(e, both), near)


def scipy_dunnett(case, quantity):
    """p, by Gauss-Legendre panels in doubles."""
    both = is_two_sided(case, quantity)
    first, second, name, quantity = pair_of(case, quantity)
    x, w = np.polynomial.legendre.leggauss(16)
    sets = [np.array(values, float) for values in INPUTS["modes"][name]]
    errors = np.array([values.std(ddof=1) / len(values) ** 0.5 for values in sets])
    error = np.hypot(errors[0], errors[1:])
    shared, own = errors[0] / error, errors[1:] / error

    def panels(edge, end):
        """Thirty-two panels, the smaller the nearer to the edge, near which a probability may jump."""
        edges = edge + (end - edge) * np.linspace(0, 1, 33) ** 3
        middle, half = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        return (middle[:, None] + half[:, None] * x).ravel(), abs(half[:, None] * w).ravel()

    def normal_tail(z):
        sides = [panels(edge, end) for edge in (z, -z) for end in (0, np.copysign(10, edge) + edge)]
        y, weight = np.concatenate(sides, axis=1)
        beyond = lambda y: scipy.special.ndtr((np.outer(y, shared) - z) / own)
        with np.errstate(divide="ignore"):
            exceeds = beyond(y) + (beyond(-y) if both else 0)
            any_exceeds = -np.expm1(np.log1p(-np.minimum(exceeds, 1)).sum(axis=1))
        return weight @ (np.exp(-y * y / 2) * any_exceeds) / (2 * np.pi) ** 0.5

    def sf(t, df):
        width = 12 / df**0.5 + 2
        u = np.arange(-40 / df - width - np.log1p(t * t / df) / 2, width, 0.15 / (1 + df**0.5))
        density = np.exp(df * (u - np.expm1(2 * u) / 2))
        return density @ [normal_tail(t * s) if d else 0 for s, d in zip(np.exp(u), density)] / density.sum()

    sizes = [len(sets[0]), len(sets[second])]
    df = float(satterthwaite([errors[0], errors[second]], sizes))
    t = (sets[second].mean() - sets[0].mean()) / error[second - 1]
    return sf({"p": abs(t), "p_less": -t, "p_greater": t}[quantity], df)


def scipy_games_howell(case, quantity):
    first, second, name, _ = pair_of(case, quantity)
    return scipy.stats.tukey_hsd(*INPUTS["modes"][name], equal_var=False).pvalue[first][second]


SCIPY = {"dunnett": scipy_dunnett, "games_howell": scipy_games_howell}
