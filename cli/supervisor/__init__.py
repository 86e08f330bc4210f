"""Keeps Asterisk, the controller and the web process running together: started in order, restarted, stopped cleanly."""

from cli.supervisor.errors import AlreadyRunning, NotRunning, ServiceFailed, SupervisorError
from cli.supervisor.service import Service
from cli.supervisor.supervisor import Supervisor

__all__ = ["AlreadyRunning", "NotRunning", "Service", "ServiceFailed", "Supervisor", "SupervisorError"]
