"""The log names calls, never people, and a record is a line."""

import io
import logging
from collections.abc import Iterator

import pytest

from config.logging import configure, without_numbers


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    out = io.StringIO()
    configure("INFO", out)
    yield out
    logging.captureWarnings(False)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_record_is_one_line_with_the_calls_ids(lines: io.StringIO) -> None:
    logging.getLogger("ivr").info("offer declined", extra={"offer": "offer_2", "call": "call_1"})
    assert lines.getvalue() == "INFO ivr: offer declined call=call_1 offer=offer_2\n"


def test_a_traceback_and_a_strangers_line_ends_stay_on_the_line(lines: io.StringIO) -> None:
    try:
        raise ValueError("first\r\nINFO forged: second")
    except ValueError:
        logging.getLogger("ivr").exception("failed")
    assert lines.getvalue().count("\n") == 1
    assert "ValueError: first ⏎ INFO forged: second" in lines.getvalue()


def test_what_is_below_the_level_is_left_out(lines: io.StringIO) -> None:
    logging.getLogger("ivr").debug("detail")
    assert lines.getvalue() == ""


@pytest.mark.parametrize(
    "number", ["+919876543210", "919876543210", "09876543210", "9876543210", "00919876543210", "+14155550123"]
)
def test_a_telephone_number_is_never_written_out(lines: io.StringIO, number: str) -> None:
    logging.getLogger("ivr").info("From: <sip:%s@trunk>", number)
    assert number.lstrip("+0") not in lines.getvalue()
    assert f"…{number[-3:]}" in lines.getvalue()


@pytest.mark.parametrize("harmless", ["1763758000.12", "linkedid=1763758000.4", "revision 0001", "port 8104", "108"])
def test_ids_and_short_numbers_are_kept(harmless: str) -> None:
    assert without_numbers(harmless) == harmless
