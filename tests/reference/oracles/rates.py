"""Counts with exposure."""

import mpmath
from common import INPUTS, moments, mpf, runs, satterthwaite, t_isf, t_test


def pooled(events):
    """Total count, total exposure, rate, and its linearised standard error."""
    n = len(events)
    count, exposure = (sum(column) for column in zip(*events))
    rate = count / exposure
    squares = sum((c - rate * e) ** 2 for c, e in events)
    error = mpmath.sqrt(squares * n / (n - 1)) / exposure if n > 1 else None
    return count, exposure, rate, error


def rate(case, quantity):
    events = runs(case)
    n = len(events)
    count, exposure, value, error = pooled(events)
    ratios = [c / e for c, e in events]
    if quantity in ("ci95_lower", "ci95_upper"):
        if count == 0:
            return -mpmath.log(mpf(1) / 40) / exposure if quantity == "ci95_upper" else None
        if n < 2:
            return None
        factor = mpmath.exp(t_isf(mpf(1) / 40, mpf(n - 1)) * error / value)
        return value * factor if quantity == "ci95_upper" else value / factor
    return {
        "count": lambda: count,
        "exposure": lambda: exposure,
        "rate": lambda: value,
        "standard_error": lambda: error if count else None,
        "mean_of_ratios": lambda: moments(ratios)[1],
        "mean_of_ratios_standard_error": lambda: moments(ratios)[2] / mpmath.sqrt(n) if n > 1 else None,
    }[quantity]()


def rate_ratio(case, quantity):
    events = [runs(f"{case}.{mode}") for mode in "ab"]
    totals = [pooled(mode) for mode in events]
    counts = [t[0] for t in totals]
    if not all(counts):
        return rate_ratio_empty(events, totals, quantity)
    relative = [error / value for _, _, value, error in totals]
    if not any(relative):
        return None
    sizes = [len(mode) for mode in events]
    ratio = totals[1][2] / totals[0][2]
    if quantity == "estimate":
        return ratio
    error, df = mpmath.sqrt(sum(r**2 for r in relative)), satterthwaite(relative, sizes)
    result = t_test(mpmath.log(ratio), error, df, quantity)
    return mpmath.exp(result) if quantity.startswith("ci") else result


def rate_ratio_empty(events, totals, quantity):
    """The exact conditional test; its bound as a quantile of the beta distribution (Clopper and Pearson)."""
    counts = [t[0] for t in totals]
    if not any(counts):
        return None
    empty = counts.index(0)
    other = 1 - empty
    _, exposure, value, _ = totals[other]
    chi2 = sum((c - value * e) ** 2 / (value * e) for c, e in events[other])
    n = counts[other] / max(mpf(1), chi2 / (len(events[other]) - 1))
    share = totals[empty][1] / (totals[empty][1] + exposure)
    p_none = (1 - share) ** n
    towards = "p_less" if empty == 1 else "p_greater"
    bounded = "ci95_upper" if empty == 1 else "ci95_lower"
    if quantity == "p":
        return min(mpf(1), 2 * p_none)
    if quantity in ("p_less", "p_greater"):
        return p_none if quantity == towards else mpf(1)
    if quantity == bounded:
        # The upper 97.5 % limit of a share of 0 in n: I_x(1, n) = 0.975, that is (1 - x)^n = 0.025.
        x = 1 - mpf("0.025") ** (1 / n)
        ratio = x / (1 - x) * exposure / totals[empty][1]
        return ratio if empty == 1 else 1 / ratio
    return None


def r_rate(case, quantity):
    count, exposure = (float(sum(column)) for column in zip(*runs(case)))
    assert count == 0 and quantity == "ci95_upper", "R's is the exact Poisson interval"
    return f"poisson.test({count}, {exposure})$conf.int[2]"


def r_rate_ratio(case, quantity):
    a, b = ([float(sum(column)) for column in zip(*INPUTS["runs"][case][mode])] for mode in "ab")
    test = f"poisson.test(c({b[0]}, {a[0]}), c({b[1]}, {a[1]})"
    return {
        "p_less": f"{test}, alternative = 'less')$p.value",
        "p_greater": f"{test}, alternative = 'greater')$p.value",
        "ci95_lower": f"{test})$conf.int[1]",
        "ci95_upper": f"{test})$conf.int[2]",
    }[quantity]


R = {"rate": r_rate, "rate_ratio": r_rate_ratio}
