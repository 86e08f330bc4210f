"""The one exception base of this room."""


class CdrError(Exception):
    """An event or a question about calls is not as it must be; the message says which and why."""
