"""A second, independent pair of eyes on Asterisk: AMI through asterisk-ami, which the controller does not use.

Guarded here: its socket time-out of 3 s kills its listener on a quiet Asterisk; its futures call a method that Python
has deprecated, which is an error in our tests and would leave a lock taken; its disconnect waits for a blocked read.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from asterisk.ami import AMIClient, SimpleAction
from asterisk.ami.client import FutureResponse

# An idle Asterisk says nothing for hours.
_LISTENER_SECONDS = 86_400
_ANSWER_SECONDS = 3


_LISTING_SECONDS = 5


class WitnessError(OSError):
    """Asterisk did not answer the witness, or refused it."""


class _Answer(FutureResponse):  # type: ignore[misc]
    """A future that is told without the deprecated notifyAll."""

    def set_response(self, response: Any) -> None:
        with self._lock:
            self._response = response
            self._lock.notify_all()

    response = property(FutureResponse.get_response, set_response)


class Witness(AMIClient):  # type: ignore[misc]
    """Asks Asterisk over AMI; a context manager. `on_event` hears every event, in the listener's thread."""

    def __init__(
        self, port: int, secret: str, on_event: Callable[[Any], None] | None = None, user: str = "witness"
    ) -> None:
        super().__init__("127.0.0.1", port, timeout=_LISTENER_SECONDS)
        self._user, self._secret = user, secret
        if on_event:
            self.add_event_listener(lambda event, **_: on_event(event))

    def __enter__(self) -> Self:
        try:
            self.connect()
            answer = self.login(self._user, self._secret).response
            if answer is None or answer.is_error():
                raise WitnessError("AMI refused the witness")
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    def ask(self, action: str, **fields: str) -> dict[str, str]:
        """An action's answer. Raises WitnessError."""
        answer = self.send_action(SimpleAction(action, **fields)).response
        if answer is None or answer.is_error():
            raise WitnessError(f"AMI did not answer {action}")
        return dict(answer.keys)

    def send_action(self, action: Any, callback: Callable[..., None] | None = None) -> Any:
        """As the library's own, with an answer's time-out apart from the listener's."""
        action_id = action.keys.setdefault("ActionID", self.next_action_id())
        self._futures[action_id] = answer = _Answer(callback, _ANSWER_SECONDS)
        self.send(action)
        return answer

    def leave(self) -> None:
        """Close the connection and wait for the listener."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)
            if self.finished is None:  # nobody listened there: the library knows no listener that it could end
                self._socket.close()
            else:
                self.disconnect()


def channels(port: int, secret: str) -> list[str]:
    """The channels that exist now, each with its context and application. WitnessError where the list has no end."""
    found: list[str] = []
    complete = threading.Event()

    def hear(event: Any) -> None:
        if event.name == "CoreShowChannel":
            found.append(f"{event.keys['Channel']} ({event.keys['Context']}, {event.keys['Application']})")
        elif event.name == "CoreShowChannelsComplete":
            complete.set()

    with Witness(port, secret, hear) as witness:
        witness.ask("CoreShowChannels")
        if not complete.wait(_LISTING_SECONDS):
            raise WitnessError("Asterisk did not finish its list of channels")
    return found
