"""Families of tests."""

from common import INPUTS, r_vector

R = {
    "holm": lambda case, quantity: f"p.adjust({r_vector(INPUTS['p_values'][case])}, 'holm')[{int(quantity) + 1}]",
}
