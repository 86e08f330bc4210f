"""Why a demonstration did not go as it should."""


class DemoFailed(Exception):
    """The message is one sentence for whoever typed the command."""
