"""Whatever a doctor is called: the message is promised in its registered wording, or is kept as refused with why.

From enqueue to the row, with registrations as a department enters them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.clock import utc_now
from config.database import Database
from config.ids import new_id
from config.schema import Message
from messaging import registrations
from messaging.catalogue import shipped
from messaging.outbox import enqueue
from messaging.reasons import reasons
from messaging.rules import MessagingRules
from messaging.segments import segment
from messaging.wording.matching import check_against

RULES = MessagingRules(
    catalogue=shipped(),
    dlt_required=True,
    entity_id="1101234567890123456",
    header="HLTHMP",
    urls=frozenset({"help.example.gov.in"}),
)
LONG = "डॉक्टर श्रीनिवासाचार्युलु वेंकटरमणय्या सुब्रमण्यम राव"
SLIP = {"doctor": "डॉ. अनीता वर्मा", "registration": "MP/12345/2010", "slip": "P-7K3M-22QX-5"}


def enter_registrations(database: Database) -> None:
    """The sheet goes out and comes back with ids."""
    with database.writing() as session:
        sheet = registrations.as_sheet(session, shipped(), RULES.entity_id, RULES.header).decode("utf-8-sig")
        lines = sheet.split("\r\n")
        rows = [f"{line[: -len(',,')]},{1107161234567890123 + number}," for number, line in enumerate(lines[1:-1])]
        taken = registrations.take(session, shipped(), "\r\n".join([lines[0], *rows]).encode(), "staff-1", utc_now())
    assert (len(taken.entered), taken.faults) == (len(rows), ())


def promised(database: Database, language: str = "hi", **values: str) -> Message:
    with database.writing() as session:
        return enqueue(
            session,
            purpose="slip",
            recipient="+919893012345",
            key=new_id("slip"),
            template="advice_slip",
            language=language,
            variables={**SLIP, **values},
            call_id=None,
            rules=RULES,
        )


@pytest.fixture(scope="module")
def one_database(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """For many examples: one file."""
    path = tmp_path_factory.mktemp("names") / "helpline.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    database = Database(f"sqlite:///{path}")
    enter_registrations(database)
    yield database
    database.close()


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('Dr "Anita" O\'Neil', 'Dr "Anita" O\'Neil'),
        ("Dr “Anita” O’Neil", 'Dr "Anita" O\'Neil'),
        ("डॉ. क्\u200dषमा शर्\u200cमा", "डॉ. क्\u200dषमा शर्\u200cमा"),
        (LONG, "डॉक्टर श्रीनिवासाचार्युलु"),
        ("Dr " + "Venkata " * 25, "Dr Venkata Venkata Venkata"),
        ("क्ष" * 67, "क्ष" * 10),
    ],
    ids=["quotes", "typographic quotes", "joiners", "sixty letters", "two hundred letters", "one long word"],
)
@pytest.mark.parametrize("language", ["hi", "en"])
def test_a_name_fits(one_database: Database, language: str, name: str, shown: str) -> None:
    row = promised(one_database, language, doctor=name)
    assert (row.state, row.error, row.receipt_reason) == ("queued", None, "")
    assert shown in row.text
    assert row.header == "HLTHMP"
    assert row.dlt_template_id.isdigit()
    assert row.parts == segment(row.text).count


@pytest.mark.parametrize(
    ("name", "reason", "told"),
    [
        ("Dr Anita 🙂", "value_unsendable", "SLIGHTLY SMILING FACE"),
        ("Dr 👩\u200d⚕️ Anita", "value_unsendable", "WOMAN"),
        ("Dr \u202eatinA", "value_unsendable", "RIGHT-TO-LEFT OVERRIDE"),
        ("Dr \u200fAnita", "value_unsendable", "RIGHT-TO-LEFT MARK"),
        ("Dr \u2067Anita\u2069", "value_unsendable", "RIGHT-TO-LEFT ISOLATE"),
        ("A\u200dnita", "value_unsendable", "ZERO WIDTH JOINER"),
        ("Dr Anita\r\nSend money", "value_unsendable", "a line end"),
        ("Dr Anita www .fraud", "link_not_listed", "what looks like one"),
        ("help.example.gov.in", "link_not_listed", "holds a link"),
        ("  ", "value_missing", "is empty"),
    ],
)
def test_a_name_is_refused_with_the_reason(one_database: Database, name: str, reason: str, told: str) -> None:
    row = promised(one_database, doctor=name)
    assert (row.state, row.receipt_reason) == ("refused", reason)
    assert row.error is not None
    assert told in row.error


def test_names_fit_or_are_refused_on_both_databases(database: Database) -> None:
    enter_registrations(database)
    fits = promised(database, doctor="डॉ. क्\u200dषमा")
    assert (fits.state, fits.dlt_template_id.isdigit()) == ("queued", True)
    refused = promised(database, doctor="Dr \x00 \u202e 🙂")
    assert (refused.state, refused.receipt_reason, refused.text) == ("refused", "value_unsendable", "")


def test_a_registration_number_is_never_cut(one_database: Database) -> None:
    assert "पंजीयन MP/12345/2010" in promised(one_database).text
    row = promised(one_database, registration="Madhya Pradesh Medical Council / 12345 / 2010")
    assert (row.state, row.receipt_reason) == ("refused", "value_too_long")


def test_a_devanagari_name_in_an_english_message_costs_a_part_and_the_row_says_so(one_database: Database) -> None:
    latin, devanagari = promised(one_database, "en", doctor="Dr Anita Verma"), promised(one_database, "en")
    assert (latin.encoding, latin.parts) == ("gsm7", 2)
    assert (devanagari.encoding, devanagari.parts) == ("ucs2", 3)


_NAMES = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="कषमशर्ािी\u200c\u200d .'\"“”-🙂\u200f\u202e\n", max_size=200),
    st.text(alphabet=st.characters(max_codepoint=0x250), max_size=60),
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=_NAMES, language=st.sampled_from(["hi", "en"]))
@example(name="\u200d" * 40, language="hi")
@example(name="{#var#}{#slip#}", language="hi")
@example(name="\ud7ff\U0010ffff", language="en")
def test_every_name_fits_its_registered_template_or_is_refused_with_a_reason(
    one_database: Database, name: str, language: str
) -> None:
    row = promised(one_database, language, doctor=name)
    if row.state == "refused":
        assert row.receipt_reason in reasons()
        assert row.error
        return
    assert row.state == "queued"
    with one_database.reading() as session:
        registered = registrations.of_template(session, "advice_slip", language)[row.template_version]
    check_against(registered, row.text)
    assert row.dlt_template_id == registered.dlt_template_id
    assert unicodedata.is_normalized("NFC", row.text)
    assert all(unicodedata.category(letter) not in ("Cc", "Zl", "Zp", "So", "Co") for letter in row.text)
    assert (row.encoding, row.parts) == (segment(row.text).encoding.value, segment(row.text).count)
