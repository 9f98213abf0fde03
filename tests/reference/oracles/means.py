"""One sample and two means."""

import mpmath
from common import exact, moments, mpf, pair, r_vector, sample, satterthwaite, t_isf, t_test


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


def cohen_d(case, quantity):
    return d_and_df(case)[0]


def hedges_g(case, quantity):
    correction = lambda df: mpmath.gammaprod([df / 2], [(df - 1) / 2]) / mpmath.sqrt(df / 2)
    if quantity == "correction":
        return correction(mpf(case))
    d, df = d_and_df(case)
    return None if d is None else d * correction(df)


def ratio_of_means(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    if m1 == 0 or s1 == s2 == 0:
        return None
    if quantity == "ratio":
        return m2 / m1
    if quantity == "change":
        return m2 / m1 - 1
    # Fieller's bounds are the roots in r of (m2 - r·m1)² = t²·(e2² + r²·e1²).
    level, side = quantity[2:].split("_")
    e1, e2, r = s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2), m2 / m1
    t = t_isf((1 - mpf(level) / 100) / 2, satterthwaite([r * e1, e2], [n1, n2]))
    a, b, c = m1**2 - t**2 * e1**2, -2 * m1 * m2, m2**2 - t**2 * e2**2
    if a <= 0:
        return None
    root = mpmath.sqrt(b**2 - 4 * a * c)
    return (-b + (root if side == "upper" else -root)) / (2 * a)


QUARTILES = {"lower_quartile": 0.25, "median": 0.5, "upper_quartile": 0.75}
R = {
    "describe": lambda case, quantity: f"quantile({r_vector(sample(case))}, {QUARTILES[quantity]}, names = FALSE)",
}
