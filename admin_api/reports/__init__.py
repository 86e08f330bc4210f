"""Figures over many calls and doctors, for those who answer for them."""
