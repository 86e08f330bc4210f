"""How our processes write their log: one line for each record, the ids of a call as key=value, no telephone numbers.

The time is added by whoever collects the lines (`./helpline up`, Docker, journald); only a terminal gets it from here.
"""

import logging
import re
import sys
from typing import TextIO

# What a record may be about: log.info("declined", extra={"call": call_id, "offer": offer_id}).
SUBJECTS = ("call", "leg", "offer", "doctor", "sms", "command")

# E.164, or an Indian mobile as trunks write it. Channel ids such as 1763758000.12 are no numbers of people.
_NUMBER = re.compile(r"\+[1-9]\d{4,11}(\d{3})(?!\d)|(?<![\d.+])(?:0|91|0091)?[6-9]\d{6}(\d{3})(?![\d.])")


class OneLine(logging.Formatter):
    """`LEVEL logger: message call=… offer=…`; a traceback follows on the same line, its ends of line as ⏎."""

    def __init__(self, with_time: bool = False) -> None:
        time = "%(asctime)s.%(msecs)03d " if with_time else ""
        super().__init__(f"{time}%(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """The message and the subjects that were given with it."""
        subjects = [f"{name}={value}" for name in SUBJECTS if (value := getattr(record, name, None)) is not None]
        return " ".join([super().formatMessage(record), *subjects])

    def format(self, record: logging.LogRecord) -> str:
        """The whole record as one line without anybody's number."""
        return without_numbers(" ⏎ ".join(super().format(record).splitlines()))


def without_numbers(text: str) -> str:
    """The text with telephone numbers shortened to their last three digits: enough to tell two apart, not to call."""
    return _NUMBER.sub(lambda match: f"…{match[1] or match[2]}", text)


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send this process's log to `stream` (default stderr); replaces what was configured before.

    Give servers that bring a configuration of their own none (uvicorn: `log_config=None`), so that they come here.
    """
    stream = stream or sys.stderr
    handler = logging.StreamHandler(stream)
    handler.setFormatter(OneLine(with_time=stream.isatty()))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.captureWarnings(True)
    # These repeat on INFO what we log ourselves, with addresses in it.
    for chatty in ("twilio.http_client", "panoramisk", "urllib3", "uvicorn.access", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
