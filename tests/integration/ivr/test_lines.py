"""What the controller knows of a line: whom it may be passed on to, and that a wrong number is never dialled."""

from __future__ import annotations

import asyncio

from config.database import Database
from config.schema import TRANSFER_NUMBERS, ServiceLine
from ivr.lines import LineBook


def test_a_line_knows_its_hours_districts_and_transfer_numbers(database: Database) -> None:
    with database.writing() as session:
        session.add(
            ServiceLine(
                id="line-1",
                dialled_number="104",
                name="104",
                flow="line_104",
                hours={"mon": [["09:00", "14:00"]]},
                districts=["bhopal"],
                numbers=TRANSFER_NUMBERS | {"tele_manas": "14416&SIP/thief", "child_line": ""},
            )
        )
    book = LineBook(database)
    asyncio.run(book.refresh())
    line = book.get("104")
    assert line is not None
    assert line.hours == {"mon": [["09:00", "14:00"]]}
    assert line.districts == ("bhopal",)
    assert line.number_for("ambulance") == "108"
    assert line.number_for("mother_transport") == "102"
    assert line.number_for("tele_manas") is None
    assert line.number_for("child_line") is None
    assert line.number_for("nobody") is None
