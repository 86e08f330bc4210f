"""The advice slip of a call."""
