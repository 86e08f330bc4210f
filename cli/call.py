"""`./helpline call`: a simulated patient dials into a running helpline and tells what was heard."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from cli.runtime import RuntimeUnavailable, asterisk
from cli.runtime.progress import say
from config.errors import ConfigError
from config.free_ports import is_free
from config.numbers import parse_number
from config.settings import CHECKOUT, Settings, load_settings
from phones.call import PhoneCall
from phones.ears import RATE, find_prompt, is_music, longest_silence
from phones.errors import PhoneError
from phones.network import PhoneNetwork
from phones.prompt_shelf import PromptShelf
from prompts.catalogue import Catalogue
from prompts.store import open_store

_LISTEN_BEFORE_A_KEY = 3.0


def call(keys: Sequence[str], number: str, dialled: str, seconds: float) -> int:
    """Dial `dialled` as `number`, press each of `keys` when a new prompt is heard, listen on for `seconds`.

    Where the trunk's port is free, the phones of doctors ring here too, answer by themselves and press 1.
    """
    try:
        number = parse_number(number).e164
        settings = _running(load_settings())
        with tempfile.TemporaryDirectory(prefix="call-", dir=_folder()) as folder, _network(settings, folder) as net:
            heard = net.patient(number).dials(dialled)
            heard.answered(5)
            print(f"answered after {((heard.answered_at or 0) - heard.dialled_at) * 1000:.0f} ms", flush=True)
            texts = open_store(settings).catalogues[settings.language]
            _listen(heard, keys, seconds, net.prompts, texts)
            kept = heard.recording().rename(_folder() / "last-call.wav")
            if heard.is_up:
                heard.hangs_up()
            print(f"what was heard: {kept}")
    except (ConfigError, PhoneError, RuntimeUnavailable) as problem:
        say(str(problem))
        return 1
    return 0


def _running(settings: Settings) -> Settings:
    """The settings; a demonstration's prompts where that is what runs."""
    if is_free("UDP", settings.bind, settings.sip_port):
        raise ConfigError(
            f"no helpline answers at SIP port {settings.sip_port}; start ./helpline up, or set HELPLINE_SIP_PORT "
            "to the port that ./helpline demo printed"
        )
    demo = CHECKOUT / "data" / "demo"
    if not settings.prompts_dir.exists() and (demo / "prompts").exists():
        return type(settings)(**(settings.model_dump() | {"data_dir": demo}))
    return settings


def _network(settings: Settings, folder: str) -> PhoneNetwork:
    trunk = settings.trunk_port if is_free("UDP", "127.0.0.1", settings.trunk_port) else 0
    net = PhoneNetwork(
        asterisk({"HELPLINE_ASTERISK": settings.asterisk}),
        Path(folder),
        f"127.0.0.1:{settings.sip_port}",
        prompts_dir=settings.prompts_dir,
        language=settings.language,
        sip_port=trunk,
        trunk_user=settings.trunk_user,
        trunk_password=settings.trunk_password,
    )
    net.default_behaviour = "auto_accept"
    return net


def _listen(heard: PhoneCall, keys: Sequence[str], seconds: float, shelf: PromptShelf, texts: Catalogue) -> None:
    told: set[tuple[str, int]] = set()
    waiting = list(keys)
    end = time.monotonic() + seconds + _LISTEN_BEFORE_A_KEY * len(keys)
    next_key = time.monotonic() + _LISTEN_BEFORE_A_KEY
    while heard.is_up and time.monotonic() < end:
        time.sleep(0.5)
        for at, prompt in shelf.recognise(heard.heard()):
            if (prompt, round(at)) not in told and (prompt, round(at) - 1) not in told:
                told.add((prompt, round(at)))
                words = texts.text(prompt) if prompt in texts.prompts else "♪"
                print(f"{at:6.1f} s  {prompt:<24} {words}", flush=True)
        if waiting and time.monotonic() >= next_key:
            key = waiting.pop(0)
            print(f"          presses {key}", flush=True)
            heard.presses(key)
            next_key = time.monotonic() + _LISTEN_BEFORE_A_KEY
    print(f"{len(heard.heard()) / RATE:6.1f} s  {_at_the_end(heard, shelf)}")


def _at_the_end(heard: PhoneCall, shelf: PromptShelf) -> str:
    """What the last seconds sounded like."""
    if not heard.is_up:
        return "the call has ended"
    whole = heard.heard()
    last = whole[-2 * RATE :]
    for at, prompt in shelf.recognise(whole):
        if round(at * RATE) + len(shelf.prompt(prompt)) > len(whole) - RATE:
            return f"in the middle of {prompt}"
    if find_prompt(last, shelf.prompt("listen")):
        return "waiting for a key"
    if longest_silence(last) > 1.5:
        return "silence"
    if is_music(last):
        return "music: still waiting for a doctor"
    return "somebody is speaking who is no prompt of the helpline: connected to a doctor (or the ambulance)"


def _folder() -> Path:
    folder = CHECKOUT / "data" / "call"
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    return folder
