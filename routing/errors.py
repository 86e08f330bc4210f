"""The one exception base of this room."""


class RoutingError(Exception):
    """Something about lines, doctors or callback requests cannot be done; the message says what and why."""


class ScheduleError(RoutingError):
    """A schedule or time zone that cannot be stored; the message says what is wrong with it."""


class RulesError(RoutingError):
    """The table of routing rules cannot be used; the message says in which file and on which line."""
