"""Distributions."""

from common import mp, mpf, normal_isf, normal_sf, t_isf, t_sf


def t_distribution(case, quantity):
    argument, df = (mpf(float(x)) for x in case.split())
    return t_sf(argument, df) if quantity == "sf" else t_isf(argument, df)


def normal(case, quantity):
    if quantity == "sf":
        return normal_sf(mpf(float(case)))
    mp.dps = 340  # 1 - 2·1e-300 needs them
    try:
        return normal_isf(mpf(float(case)))
    finally:
        mp.dps = 40
