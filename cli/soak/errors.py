"""What a soak may fail with before it can say anything about the helpline."""


class SoakError(Exception):
    """The soak could not be carried out."""
