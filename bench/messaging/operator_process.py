"""The mobile operator in a process of its own: `python -m bench.messaging.operator_process FOLDER`.

Writes its address to FOLDER/url and a line for each message it takes to FOLDER/taken: the moment, seconds since 1970,
and the recipient. Ends with its standard input.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from bench.messaging.plan import GATEWAY_SECONDS
from phones.operators import TakenSms
from phones.operators.exotel import ExotelOperator


def serve(folder: Path) -> None:
    """Take messages until standard input ends."""
    lines, lock = (folder / "taken").open("a", encoding="ascii", buffering=1), threading.Lock()

    def took(sms: TakenSms) -> None:
        with lock:
            lines.write(f"{time.time():.6f} {sms.recipient}\n")
            operator.taken.clear()  # hours of them would fill the memory
        time.sleep(GATEWAY_SECONDS)

    with ExotelOperator() as operator:
        operator.on_taken = took
        (folder / "url.new").write_text(operator.url, encoding="ascii")
        (folder / "url.new").rename(folder / "url")
        sys.stdin.read()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
