"""The one exception base of this room."""


class IvrError(Exception):
    """Something between us and Asterisk went wrong."""
