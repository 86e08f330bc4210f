"""The one exception base of this room."""


class RoutingError(Exception):
    """Something about lines, doctors or callback requests cannot be done; the message says what and why."""
