"""What a benchmark may fail with."""


class BenchError(Exception):
    """The benchmark could not be carried out, which says nothing about the helpline."""
