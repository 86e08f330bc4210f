"""Calls as staff see them, and the patient of a call."""
