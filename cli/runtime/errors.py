"""One way for a missing part to be reported: a sentence that says what to install or set."""


class RuntimeUnavailable(Exception):  # noqa: N818 - it names a state of the machine
    """A part the helpline needs is not on this machine and could not be fetched."""
