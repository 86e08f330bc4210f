"""What can go wrong with the services as a whole, each as one sentence for the person who typed the command."""


class SupervisorError(Exception):
    """The services could not be run together."""


class AlreadyRunning(SupervisorError):
    """Another helpline already works in this data folder."""


class NotRunning(SupervisorError):
    """A service that was asked about is not running now."""


class ServiceFailed(SupervisorError):
    """A service ended, or did not become ready in time, while the helpline was starting."""
