"""One way for a missing part to be reported: a sentence that says what to install or set."""


class RuntimeUnavailable(Exception):
    """A part the helpline needs is not on this machine and could not be fetched."""
