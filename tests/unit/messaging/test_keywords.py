"""What doctors write, in both languages and any spelling, is understood as they mean it, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from messaging.keywords import NotUnderstood, Off, On, Span, Status, parse, span

INDIA, LONDON = ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/London")


def india(hour: int, minute: int = 0, day: int = 22) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=INDIA)


def meant(text: str, at: datetime) -> tuple[str, str]:
    """Beginning and end as an Indian clock shows them, "" for at once and for no end."""
    wish = parse(text)
    assert isinstance(wish, On), wish
    found = span(wish, at, INDIA)
    return tuple(
        moment.astimezone(INDIA).strftime("%d %H:%M") if moment else "" for moment in (found.begins, found.ends)
    )  # type: ignore[return-value]


@pytest.mark.parametrize(
    "text",
    [
        "ON",
        "on.",
        "On!",
        " oN \n",
        "ON DUTY",
        "duty on please",
        "start",
        "चालू",
        "चालु",
        "ड्यूटी चालू",
        "ड्यूटी शुरू करें",
        "मेरी ड्यूटी चालू कर दो।",
        "ऑन",
        "chalu",
        "duty chalu karo",
        "ON ON",
        "“ON”",
        "ON 🙂",
    ],
)
def test_on_in_any_spelling(text: str) -> None:
    assert parse(text) == On()


@pytest.mark.parametrize(
    "text",
    [
        "OFF",
        "off.",
        "duty off",
        "STOP",
        "बंद",
        "बन्द",
        "ड्यूटी बंद",
        "रुको",
        "रोकें",
        "ड्यूटी समाप्त",
        "ऑफ",
        "band karo",
        "OFF OFF",
    ],
)
def test_off_in_any_spelling(text: str) -> None:
    assert parse(text) == Off()


@pytest.mark.parametrize("text", ["STATUS", "status?", "Status.", "स्थिति", "मेरी ड्यूटी की स्थिति?", "sthiti"])
def test_status_in_any_spelling(text: str) -> None:
    assert parse(text) == Status()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "🙂",
        "hello",
        "ON OFF",
        "I am not on duty today",
        "नहीं चालू",
        "don't turn on",
        "OFF 18-20",
        "STATUS 5",
        "18-20",
        "ON 18",
        "ON 18 20",
        "ON 25-30",
        "ON 18:75-20",
        "ON 18-18",
        "ON 24:30-6",
        "ON - 20",
        "ON FROM 18",
        "ON 18-20-22",
        "ON 18-20 9-11",
        "ON pm",
        "ON TILL",
        "ON 0 pm - 5",
        "ON for 30 hours",
        "ON 0 hours",
        "ON 2.30 hours",
        "ON 18:30:00-20",
        "ON 18-",
        "ON सुबह",
        "ON\x00OFF",
        "ON 999999999999-20",
        "ON " * 100,
        "thank you doctor, call me ON my number",
    ],
)
def test_what_is_not_quite_clear_changes_nothing(text: str) -> None:
    assert parse(text) == NotUnderstood()


@pytest.mark.parametrize(
    "text",
    [
        "ON 18-20",
        "on 18 - 20.",
        "ON 18:00-20:00",
        "ON 1800-2000",
        "ON 18.00 to 20.00",
        "ON 18–20",
        "on 6-8 pm",
        "on 6 pm - 8 pm",
        "ON 6PM TO 8PM",
        "ON 6 p.m. to 8 p.m.",
        "ON from 6 till 8 pm",
        "ON १८-२०",
        "ON １８－２０",
        "चालू 18-20",
        "चालू 18 से 20",
        "१८ से २० बजे तक चालू",
        "शाम 6 से 8 चालू",
        "ड्यूटी चालू शाम ६ से शाम ८ बजे तक",
        "chalu sham 6 se 8 baje tak",
        "ON 6-8 evening",
        "Duty on today 18-20",
        "18-20 ON",
    ],
)
def test_two_hours_in_the_evening_in_any_spelling(text: str) -> None:
    assert meant(text, india(15)) == ("22 18:00", "22 20:00")


@pytest.mark.parametrize(
    ("text", "at", "begins", "ends"),
    [
        ("ON 18:30-20", india(15), "22 18:30", "22 20:00"),
        ("ON 18-20", india(18, 40), "", "22 20:00"),  # has begun: at once
        ("ON 18-20", india(20), "23 18:00", "23 20:00"),  # is over: tomorrow
        ("ON 18-20", india(21), "23 18:00", "23 20:00"),
        ("ON 22-6", india(15), "22 22:00", "23 06:00"),
        ("ON 22-6", india(1), "", "22 06:00"),  # began last night
        ("ON 18-24", india(15), "22 18:00", "23 00:00"),
        ("ON 0-6", india(15), "23 00:00", "23 06:00"),
        ("ON TILL 20", india(15), "", "22 20:00"),
        ("20 बजे तक चालू", india(15), "", "22 20:00"),
        ("ON TILL 20", india(21), "", "23 20:00"),
        ("ON TILL 8", india(15), "", "22 20:00"),  # eight comes next in the evening
        ("ON TILL 8", india(21), "", "23 08:00"),
        ("ON FOR 2 HOURS", india(15), "", "22 17:00"),
        ("2 घंटे के लिए चालू", india(15), "", "22 17:00"),
        # Six to eight: what goes on now, else what is not at night, else what comes next.
        ("ON 6-8", india(15), "22 18:00", "22 20:00"),
        ("ON 6-8", india(7), "", "22 08:00"),
        ("ON 6-8", india(19), "", "22 20:00"),
        ("ON 6-8", india(21), "23 06:00", "23 08:00"),
        ("ON 06-08", india(15), "23 06:00", "23 08:00"),  # written with a zero: of twenty-four hours
        ("ON 9-5", india(20), "23 09:00", "23 17:00"),  # not from nine at night
        ("ON 10-12", india(22, 30), "", "23 00:00"),
        ("ON 11-1 pm", india(9), "22 11:00", "22 13:00"),
        ("ON 9 am - 5", india(8), "22 09:00", "22 17:00"),
        ("सुबह 9 से शाम 5 तक चालू", india(8), "22 09:00", "22 17:00"),
        ("रात 10 से 6 चालू", india(15), "22 22:00", "23 06:00"),
        ("दोपहर 12 से 2 चालू", india(9), "22 12:00", "22 14:00"),
        ("ON 12 am - 6 am", india(15), "23 00:00", "23 06:00"),
    ],
)
def test_when_it_is_meant(text: str, at: datetime, begins: str, ends: str) -> None:
    assert meant(text, at) == (begins, ends)


def test_times_are_of_the_doctors_own_clock_also_when_clocks_change() -> None:
    evening = parse("ON 18-20")
    assert isinstance(evening, On)
    found = span(evening, india(12), LONDON)
    assert found == Span(datetime(2026, 11, 22, 18, tzinfo=UTC), datetime(2026, 11, 22, 20, tzinfo=UTC))
    night = parse("ON 0-4")
    assert isinstance(night, On)
    before_spring = datetime(2027, 3, 27, 20, tzinfo=UTC)
    assert span(night, before_spring, LONDON) == Span(
        datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 3, tzinfo=UTC)
    ), "one o'clock did not happen that night"


WORDS = [
    "ON",
    "OFF",
    "चालू",
    "बंद",
    "STATUS",
    "18",
    "6",
    "20:30",
    "9.15",
    "-",
    "से",
    "तक",
    "till",
    "from",
    "pm",
    "am",
    "शाम",
    "रात",
    "for",
    "hours",
    "2",
    "duty",
    ".",
    "24",
    "0",
    "१२",
    "x",
]


@given(
    st.one_of(st.text(max_size=170), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)),
    st.integers(0, 15 * 366 * 24 * 60),
    st.sampled_from([INDIA, LONDON, ZoneInfo("America/New_York")]),
)
@example("ON ²-³", 0, INDIA)
@example("ON 1️⃣-2️⃣", 0, INDIA)
def test_nothing_breaks_it_and_a_duty_ends_within_two_days(text: str, minutes: int, zone: ZoneInfo) -> None:
    at = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    wish = parse(text)
    if isinstance(wish, On):
        found = span(wish, at, zone)
        begins = found.begins or at
        assert begins >= at
        if found.ends is None:
            assert found.begins is None
        else:
            assert begins < found.ends <= begins + timedelta(hours=25)
            assert found.ends <= at + timedelta(hours=50)


@given(st.sampled_from(WORDS[:5]), st.text(st.characters(categories=["P", "S", "Z", "Cf"]), max_size=10))
def test_signs_around_a_word_change_nothing(word: str, signs: str) -> None:
    assert parse(f"{signs} {word} {signs}") in (parse(word), NotUnderstood())
