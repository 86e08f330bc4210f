"""Why a line cannot be as somebody wishes."""


class LineRefused(Exception):
    """The message says what is wrong and what would be right, for whoever typed the command."""
