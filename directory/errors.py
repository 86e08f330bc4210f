"""The one exception base of this room."""


class DirectoryError(Exception):
    """Something that was asked for is not there or not as it must be; the message says what."""


class CalendarError(DirectoryError, ValueError):
    """Opening hours cannot be understood; the message names the day and what is wrong."""


class ImportFault(DirectoryError):
    """A file, or one row of it, cannot be imported; the message says why in one sentence."""
