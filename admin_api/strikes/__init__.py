"""Callers whom doctors have flagged for abuse."""
