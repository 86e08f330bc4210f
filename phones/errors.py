"""What goes wrong on a telephone, in one sentence that says what was heard or seen instead."""


class PhoneError(Exception):
    """A phone did not hear, see or reach what was expected of it."""
