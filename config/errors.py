"""The one exception base of this room."""


class ConfigError(Exception):
    """A setting or a file cannot be used; the message names it and says what to do."""
