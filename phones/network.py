"""The telephone network around the helpline: an operator, patients' and doctors' phones."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from config.free_ports import FreePorts
from phones.background import Background
from phones.call import PhoneCall
from phones.errors import PhoneError
from phones.exchange import Asterisk, ExchangeProcess, socket_folder
from phones.exchange_config import Exchange
from phones.leg import Leg
from phones.phone import Behaviour, Phone
from phones.prompt_shelf import PromptShelf
from phones.sip_capture import SipMessage, read_capture
from phones.switchboard import Switchboard

T = TypeVar("T")

_RTP_PORTS = 200


class PhoneNetwork:
    """A second Asterisk as the operator: one SIP trunk to the helpline and a phone for every number.

    `asterisk` tells what to start (argv, module_dir, data_dir). `helpline` is the helpline's SIP address, host:port;
    `address` is this network's, which HELPLINE_TRUNK names; it is known before the start. `prompts_dir` holds what the
    helpline says (`<language>/<id>.wav`, `music/hold.wav`). With `trunk_user` the network takes the helpline's REGISTER
    and challenges the INVITEs it sends. Everything it writes lies in `folder`. A context manager; PhoneError when it
    cannot start.
    """

    def __init__(
        self,
        asterisk: Asterisk,
        folder: Path,
        helpline: str,
        *,
        prompts_dir: Path | None = None,
        language: str = "hi",
        bind: str = "127.0.0.1",
        sip_port: int = 0,
        rtp_ports: tuple[int, int] | None = None,
        trunk_user: str = "",
        trunk_password: str = "",
        softphone_number: str = "+919000000104",
    ) -> None:
        self.folder = folder.resolve()
        self.helpline = helpline
        self._free = FreePorts(bind)
        self.sip_port = sip_port or self._free.udp()
        self.address = f"{'127.0.0.1' if bind == '0.0.0.0' else bind}:{self.sip_port}"  # noqa: S104
        self.prompts = PromptShelf(prompts_dir or self.folder / "prompts", language)
        self.softphone_user, self.softphone_number = "softphone", softphone_number
        self.softphone_password = secrets.token_urlsafe(12)
        # What phones do that nobody has told how to behave.
        self.default_behaviour: Behaviour = "rings"
        self.switchboard = Switchboard(helpline, self._changed, self._rung)
        self._background = Background()
        self._phones: dict[str, Phone] = {}
        self._calls: dict[str, PhoneCall] = {}
        self._captures = 0
        self._messages: list[SipMessage] = []
        self._asterisk = asterisk
        self._options = (bind, rtp_ports, trunk_user, trunk_password)
        self._process: ExchangeProcess | None = None

    # --- start and stop ---------------------------------------------------------------------------------------------

    def __enter__(self) -> PhoneNetwork:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start the exchange; returns when phones can dial and be rung."""
        self._background.start()
        try:
            self.run(self.switchboard.audio.start())
            exchange = self._exchange()
            self._process = ExchangeProcess(self._asterisk, exchange)
            self._process.start()
            self.run(self.switchboard.connect(exchange.ami_port, exchange.ami_secret), 20)
            self._next_capture()
        except BaseException:
            self.stop()
            raise

    def _exchange(self) -> Exchange:
        bind, rtp_ports, trunk_user, trunk_password = self._options
        self.folder.mkdir(parents=True, exist_ok=True)
        return Exchange(
            folder=self.folder,
            sockets=socket_folder(self.folder),
            module_dir=self._asterisk.module_dir,
            data_dir=self._asterisk.data_dir,
            bind=bind,
            sip_port=self.sip_port,
            ami_port=self._free.tcp(),
            ami_secret=secrets.token_urlsafe(24),
            audio_port=self.switchboard.audio.port,
            rtp_ports=rtp_ports or self._free.udp_range(_RTP_PORTS),
            helpline=self.helpline,
            trunk_user=trunk_user,
            trunk_password=trunk_password,
            softphone_number=self.softphone_number,
            softphone_password=self.softphone_password,
        )

    def stop(self) -> None:
        """Hang up every call and end the exchange; nothing of it is left running."""
        with contextlib.suppress(PhoneError):
            self.thaw()
            self.hang_up_all()
        with contextlib.suppress(PhoneError):
            self.run(self.switchboard.disconnect())
        if self._process is not None:
            self._process.stop()
            self.sip_messages()
        self._background.stop()

    def hang_up_all(self, timeout: float = 3.0) -> None:
        """End every call, as when all phones are put down; returns when no channel is left."""
        if self._process is None or not self._process.is_running:
            return
        for leg in self.switchboard.legs:
            if leg.ended_at is None:
                with contextlib.suppress(PhoneError):
                    self.run(self.switchboard.hang_up(leg))
        self._settle(timeout)

    def _settle(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while (left := self.channels()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if left:
            raise PhoneError(f"these channels did not end within {timeout:g} s: {', '.join(left)}")

    # --- phones -----------------------------------------------------------------------------------------------------

    def phone(self, number: str) -> Phone:
        """The phone of a number, as the helpline dials it: E.164 with +, or a short code."""
        return self._phones.setdefault(number, Phone(self, number))

    def patient(self, number: str = "+919876543210") -> Phone:
        """A patient's phone."""
        return self.phone(number)

    def doctor(self, number: str) -> Phone:
        """A doctor's phone."""
        return self.phone(number)

    def call_of(self, leg: Leg) -> PhoneCall:
        return self._calls.setdefault(leg.id, PhoneCall(self, leg))

    # --- what happens to networks -----------------------------------------------------------------------------------

    @property
    def pid(self) -> int:
        assert self._process is not None, "the network has not been started"
        return self._process.pid

    def freeze(self) -> None:
        """Every phone vanishes without BYE: the exchange stops (SIGSTOP) but its ports stay open."""
        if self._process is not None:
            self._process.signal(signal.SIGSTOP)

    vanish = freeze

    def thaw(self, timeout: float = 5.0) -> None:
        """Undo `freeze`; returns when the exchange answers again, on the old line or on a new one."""
        if self._process is None or not self._process.is_running:
            return
        self._process.signal(signal.SIGCONT)
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(PhoneError):
                self.channels()
                return
            time.sleep(0.05)

    def kill(self) -> None:
        """The exchange dies at once (SIGKILL): no BYE, and its ports are closed."""
        if self._process is not None:
            self._process.signal(signal.SIGKILL)

    # --- witnesses --------------------------------------------------------------------------------------------------

    def channels(self) -> list[str]:
        """The names of the channels that exist in the exchange now."""
        return self.run(self.switchboard.channels())

    def sip_messages(self, since: float = 0.0) -> list[SipMessage]:
        """Every SIP message sent or received by the network at or after `since` (seconds since the epoch), in order."""
        finished = self._capture
        if self._process is not None and self._process.is_running:
            self._next_capture()
        else:
            self._captures += 1
        if finished.exists():
            self._messages += read_capture(finished.read_bytes())
        return [message for message in self._messages if message.at >= since]

    @property
    def _capture(self) -> Path:
        return self.folder / f"sip-{self._captures}.pcap"

    def _next_capture(self) -> None:
        # Asterisk writes its capture through a buffer; opening the next one is what empties it.
        self._captures += 1
        self.run(self.switchboard.command(f"pjsip set logger pcap {self._capture}"))
        if self._captures == 1:
            self.run(self.switchboard.command("pjsip set logger verbose off"))
            self.run(self.switchboard.command("pjsip set logger on"))

    # --- for calls and phones ---------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, T], timeout: float = 10.0) -> T:
        """The result of a coroutine in the network's loop."""
        return self._background.run(work, timeout)

    def wait_until(self, met: Callable[[], bool], timeout: float) -> bool:
        """Whether `met` came true within `timeout` seconds."""
        return self._background.wait_until(met, timeout)

    async def until(self, met: Callable[[], bool], timeout: float) -> bool:
        """The same inside the loop."""
        deadline = time.monotonic() + timeout
        while not met():
            if time.monotonic() >= deadline:
                return False
            await asyncio.sleep(0.05)
        return True

    def _changed(self) -> None:
        self._background.changed()

    def _rung(self, leg: Leg) -> None:
        self.phone(leg.number).called(leg)
