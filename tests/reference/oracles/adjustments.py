"""Families of tests."""

from common import INPUTS, r_vector


def adjusted(method):
    """R's adjustment of a family by that method: the place of a test, counted from 0, is the quantity."""
    return lambda case, quantity: f"p.adjust({r_vector(INPUTS['p_values'][case])}, '{method}')[{int(quantity) + 1}]"


R = {"holm": adjusted("holm"), "benjamini_hochberg": adjusted("BH"), "none": adjusted("none")}
