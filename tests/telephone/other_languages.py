"""Ears for prompts of another language than the network's own, which is Hindi."""

from __future__ import annotations

import time

from phones.call import PhoneCall
from phones.ears import RATE, find_prompt
from phones.prompt_shelf import PromptShelf, likeness


def hears_in(shelf: PromptShelf, call: PhoneCall, prompt: str, timeout: float = 10.0, after: float = 0.0) -> float:
    """Wait until the call hears a prompt of the shelf's language; its offset."""
    pattern, lead = shelf.beginning(prompt)
    deadline = time.monotonic() + timeout
    while True:
        over = time.monotonic() > deadline or not call.is_up
        if match := find_prompt(call.heard()[round(after * RATE) :], pattern, likeness(pattern)):
            return after + match.offset_s - lead
        assert not over, f"{shelf.language}/{prompt} was not heard; {call.what_was_heard(after)}"
        time.sleep(0.1)
