"""The one exception base of this room."""


class FlowError(Exception):
    """A flow's definition cannot be used; the message names the file, the node and what to do."""
