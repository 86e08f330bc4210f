"""Figures, each beside its peer's: a claim about speed is worth what the same run of the obvious alternative says."""
