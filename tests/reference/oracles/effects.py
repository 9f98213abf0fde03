"""Two means: Student's test, changes on the log scale, margins, and standardised differences other than the pooled."""

import mpmath
from common import mpf, pair, parameters, satterthwaite, t_isf, t_test
from means import correction, noncentrality


def student(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    df = n1 + n2 - 2
    sd = mpmath.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    return t_test(m2 - m1, sd * mpmath.sqrt(1 / n1 + 1 / n2), df, quantity) if sd else None


def log_ratio_of_means(case, quantity):
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    if m1 * m2 <= 0 or s1 == s2 == 0:
        return None
    errors = [s1 / mpmath.sqrt(n1) / abs(m1), s2 / mpmath.sqrt(n2) / abs(m2)]
    error, df = mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, [n1, n2])
    if quantity == "estimate":
        return m2 / m1 - 1
    result = t_test(mpmath.log(m2 / m1), error, df, quantity)
    return mpmath.exp(result) - 1 if quantity.startswith("ci") else result


def against_margin(case, towards):
    """The contrast mean2 - w·mean1 whose sign is tested, what has to be added to it to make it the difference of the
    means, its standard error and df."""
    name, chosen = parameters(case)
    (n1, m1, s1), (n2, m2, s2) = pair(name)
    side = 1 if towards == "less" else -1
    if "margin" in chosen:
        weight, limit = mpf(1), side * mpf(float(chosen["margin"]))
        contrast = m2 - m1 - limit
    else:
        relative = side * mpf(float(chosen["relative_margin"])) * mpmath.sign(m1)
        weight, limit = 1 + relative, relative * m1
        contrast = m2 - weight * m1
    errors = [weight * s1 / mpmath.sqrt(n1), s2 / mpmath.sqrt(n2)]
    if not any(errors) or ("relative_margin" in chosen and m1 == 0):
        return None
    return contrast, limit, mpmath.sqrt(sum(e**2 for e in errors)), satterthwaite(errors, [n1, n2])


def one_sided(case, towards, quantity):
    if (test := against_margin(case, towards)) is None:
        return None
    contrast, limit, error, df = test
    if quantity == "estimate":
        return contrast + limit
    if quantity.startswith("ci"):
        level, side = quantity[2:].split("_")
        if side != ("upper" if towards == "less" else "lower"):
            return None
        margin = t_isf(1 - mpf(level) / 100, df) * error
        return contrast + limit + (margin if side == "upper" else -margin)
    return t_test(contrast, error, df, f"p_{towards}" if quantity == "p" else quantity)


def non_inferiority(case, quantity):
    chosen = parameters(case)[1]
    if "alternative" not in chosen or chosen.keys() == {"alternative"}:
        return None
    return one_sided(case, chosen["alternative"], quantity)


def equivalence(case, quantity):
    """`ci95` is what confidence level 95 % leads to: each bound leaves out 5 %, both enclose 90 %."""
    name, chosen = parameters(case)
    if not chosen:
        return None
    p_values = [(one_sided(case, towards, "p"), towards) for towards in ("greater", "less")]
    if p_values[0][0] is None:
        return None
    if quantity.startswith("ci"):
        return one_sided(case, "less" if quantity.endswith("upper") else "greater", quantity)
    p, towards = max(p_values, key=lambda item: item[0])
    return p if quantity == "p" else one_sided(case, towards, quantity)


def standardised(case, quantity, denominator, df, corrected=False):
    """The difference in units of `denominator`, or a bound of it: Welch's t taken for a noncentral t."""
    (n1, m1, s1), (n2, m2, s2) = pair(case)
    factor = correction(df) if corrected else 1
    if quantity == "estimate":
        return factor * (m2 - m1) / denominator
    error = mpmath.sqrt(s1**2 / n1 + s2**2 / n2)
    return factor * noncentrality((m2 - m1) / error, df, quantity) * error / denominator


def d_average(case, quantity, corrected=False):
    (n1, _, s1), (n2, _, s2) = pair(case)
    if s1 == s2 == 0:
        return None
    df = satterthwaite([s1, s2], [n1, n2])
    if corrected and df <= 1:
        return None
    return standardised(case, quantity, mpmath.sqrt((s1**2 + s2**2) / 2), df, corrected)


def g_average(case, quantity):
    return d_average(case, quantity, corrected=True)


def glass_delta(case, quantity):
    (n1, _, s1), _ = pair(case)
    return standardised(case, quantity, s1, n1 - 1) if s1 else None
