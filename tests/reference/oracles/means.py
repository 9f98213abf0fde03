"""One sample and two means."""

import functools

import mpmath
from common import exact, moments, mpf, normal_isf, normal_sf, pair, r_vector, sample, satterthwaite, t_isf, t_test


def describe(case, quantity):
    x = exact(sample(case))
    n, mean, sd = moments(x)
    if quantity in ("ci95_lower", "ci95_upper"):
        margin = t_isf(mpf(1) / 40, n - 1) * sd / mpmath.sqrt(n)
        return mean + (margin if quantity == "ci95_upper" else -margin)
    return {
        "n": lambda: n,
        "mean": lambda: mean,
        "sd": lambda: sd,
        "standard_error": lambda: sd / mpmath.sqrt(n),
        "cv": lambda: sd / abs(mean) if mean else None,
        "min": lambda: min(x),
        "median": lambda: (sorted(x)[(len(x) - 1) // 2] + sorted(x)[len(x) // 2]) / 2,
        "max": lambda: max(x),
    }[quantity]()


def welch(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    errors = [s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2)]
    if not any(errors):
        return None
    return t_test(m2 - m1, mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, [n1, n2]), quantity)


def d_and_df(case):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    df = n1 + n2 - 2
    sd = mpmath.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    return ((m2 - m1) / sd if sd else None), df


@functools.cache
def noncentral_t(t, df, ncp):
    """P(T <= t), P(T > t) and the density of t - T in ncp, of T = (Z + ncp)/sqrt(V/df) by its definition: the integral
    over u = ln sqrt(V/df), which the trapezoidal rule does to all digits, as the integrand is analytic and falls off
    doubly exponentially (to the right) or exponentially (to the left)."""
    step = min(mpf("0.04"), 1 / mpmath.sqrt(2 * df + max(t * t, ncp * ncp)) / 2)
    constant = mpmath.log(2) + df / 2 * mpmath.log(df / 2) - mpmath.loggamma(df / 2)
    log_density = lambda u: constant + df * u - df / 2 * mpmath.exp(2 * u)
    below = above = slope = mpf(0)
    for direction in (1, -1):
        k = 0 if direction == 1 else -1
        while (log_f := log_density(k * step)) > -58 or k in (0, -1):
            f, z = mpmath.exp(log_f), t * mpmath.exp(k * step) - ncp
            p = normal_sf(abs(z))
            below, above = below + f * (p if z < 0 else 1 - p), above + f * (1 - p if z < 0 else p)
            slope += f * mpmath.npdf(z)
            k += direction
    return below * step, above * step, slope * step


@functools.cache
def noncentrality(t, df, quantity):
    """The ncp whose T falls beyond t with the probability that an interval's bound leaves out: Newton's method on the
    logarithm of that tail, which is concave."""
    level, side = quantity[2:].split("_")
    tail, sign = (1 - mpf(level) / 100) / 2, 1 if side == "lower" else -1
    ncp = t - sign * normal_isf(tail) * mpmath.sqrt(1 + t * t / (2 * df))
    for _ in range(60):
        below, above, slope = noncentral_t(t, df, ncp)
        p = above if side == "lower" else below
        step = sign * (mpmath.log(tail) - mpmath.log(p)) * p / slope
        ncp += step
        if abs(step) < mpf(10) ** -22 * max(1, abs(ncp)):
            return ncp
    raise ArithmeticError(f"noncentrality({t}, {df}, {quantity}) does not converge")


def correction(df):
    return mpmath.gammaprod([df / 2], [(df - 1) / 2]) / mpmath.sqrt(df / 2)


def cohen_d(case, quantity):
    d, df = d_and_df(case)
    if d is None or quantity == "estimate":
        return d
    (n1, _, _), (n2, _, _) = pair(case)
    unit = mpmath.sqrt(1 / n1 + 1 / n2)
    return noncentrality(d / unit, df, quantity) * unit


def hedges_g(case, quantity):
    if quantity == "correction":
        return correction(mpf(case))
    d = cohen_d(case, quantity)
    return None if d is None else d * correction(d_and_df(case)[1])


def ratio_of_means(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    if m1 == 0 or s1 == s2 == 0:
        return None
    if quantity == "ratio":
        return m2 / m1
    if quantity == "change":
        return m2 / m1 - 1
    # The r at which Welch's test of m2 = r·m1 begins to reject, its degrees of freedom being those at r.
    level, side = quantity[2:].split("_")
    tail, sign = (1 - mpf(level) / 100) / 2, 1 if side == "upper" else -1
    e1, e2 = s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2)
    if abs(m1) <= t_isf(tail, n1 - 1) * e1:
        return None

    def rejects(distance):
        errors = [(m2 / m1 + sign * distance) * e1, e2]
        if not any(errors):
            return True
        return distance * abs(m1) > t_isf(tail, satterthwaite(errors, [n1, n2])) * mpmath.hypot(*errors)

    inside, outside = mpf(0), mpmath.hypot(m2 / m1 * e1, e2) / abs(m1)
    while not rejects(outside):
        inside, outside = outside, 2 * outside
    while outside - inside > mpf(10) ** -24 * outside:
        middle = (inside + outside) / 2
        inside, outside = (inside, middle) if rejects(middle) else (middle, outside)
    return m2 / m1 + sign * inside


QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
R = {
    "describe": lambda case, quantity: f"quantile({r_vector(sample(case))}, {QUARTILES[quantity]}, names = FALSE)",
}
