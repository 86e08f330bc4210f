"""The prompts a grammar needs: fragments that an artist can record, and whole sentences for what is said most."""

from collections.abc import Iterator

from prompts.numbers.grammar import Grammar

OLDEST_AGE = 120
OLDEST_IN_MONTHS = 23
OLDEST_IN_DAYS = 30
LONGEST_MINUTES = 60
LONGEST_HOURS = 12
LETTERS = "abcdefghijklmnopqrstuvwxyz"
UNKNOWN = "value.unknown"


def generated_texts(grammar: Grammar) -> dict[str, str]:
    """Return the words of every generated prompt of a language, by id."""
    return {
        UNKNOWN: grammar.unknown,
        **dict(_numbers(grammar)),
        **dict(_ages(grammar)),
        **dict(_durations(grammar)),
        **dict(_times(grammar)),
        **dict(_dates(grammar)),
        **{f"gender.{gender}": text for gender, text in grammar.genders.items()},
    }


def time_sentence(grammar: Grammar, minutes: int) -> str:
    """Return the whole sentence for a quarter of an hour, in minutes since midnight."""
    clock, words = grammar.clock, grammar.cardinals.below_hundred
    if minutes in clock.exceptions:
        return clock.exceptions[minutes]
    hour = minutes // 60
    return clock.quarters[minutes % 60 // 15].filled(
        part=clock.parts[clock.part_start(minutes)], hour=words[_on_the_dial(hour)], next=words[_on_the_dial(hour + 1)]
    )


def _on_the_dial(hour: int) -> int:
    return (hour - 1) % 12 + 1


def _numbers(grammar: Grammar) -> Iterator[tuple[str, str]]:
    cardinals = grammar.cardinals
    yield from ((f"number.{number}", word) for number, word in enumerate(cardinals.below_hundred))
    yield from ((f"number.{number}", word) for number, word in cardinals.round_numbers.items())
    yield from cardinals.order.fragments().items()
    if cardinals.joiner:
        yield "number.joiner", cardinals.joiner
    yield from ((f"digit.{digit}", word) for digit, word in enumerate(grammar.digits))
    yield from ((f"letter.{letter}", word) for letter, word in zip(LETTERS, grammar.letters, strict=True))
    for form, words in grammar.ordinals.items():
        yield from ((f"ordinal.{form}.{number}", word) for number, word in enumerate(words, start=1))
    yield from grammar.ordinal_beyond.fragments().items()


def _ages(grammar: Grammar) -> Iterator[tuple[str, str]]:
    yield "age.0", grammar.under_one_year
    for name, counted, oldest in (
        ("age", grammar.years_old, OLDEST_AGE),
        ("age.months", grammar.months_old, OLDEST_IN_MONTHS),
    ):
        yield f"{name}.1", counted.one
        for count in range(2, oldest + 1):
            yield f"{name}.{count}", counted.many.filled(number=grammar.cardinals.cardinal(count))
    yield "age.days.1", grammar.days_old.one
    yield from grammar.days_old.many.fragments().items()


def _durations(grammar: Grammar) -> Iterator[tuple[str, str]]:
    words, hours = grammar.cardinals.below_hundred, grammar.hours
    yield "minutes.0", grammar.under_one_minute
    yield "minutes.1", grammar.minutes.one
    for count in range(2, LONGEST_MINUTES + 1):
        yield f"minutes.{count}", grammar.minutes.many.filled(number=words[count])
    yield "hours.1", hours.counted.one
    for count in range(2, LONGEST_HOURS + 1):
        yield f"hours.{count}", hours.counted.many.filled(number=words[count])
    for count in range(LONGEST_HOURS):
        text = hours.halves[count] if count < len(hours.halves) else hours.and_half.filled(number=words[count])
        yield f"hours.half.{count}", text
    yield from hours.about.fragments().items()
    yield from hours.counted.many.fragments().items()


def _times(grammar: Grammar) -> Iterator[tuple[str, str]]:
    for minutes in range(0, 24 * 60, 15):
        yield f"time.{minutes // 60:02}{minutes % 60:02}", time_sentence(grammar, minutes)
    for start, words in grammar.clock.parts.items():
        yield part_id(start), words
    yield from grammar.clock.other.fragments().items()
    yield from grammar.clock.below_ten.fragments().items()


def part_id(start: int) -> str:
    """Return the prompt of the part of the day that begins at `start` (minutes since midnight)."""
    return f"time.part.{start // 60:02}{start % 60:02}"


def _dates(grammar: Grammar) -> Iterator[tuple[str, str]]:
    calendar = grammar.calendar
    yield from ((f"date.month.{number}", word) for number, word in enumerate(calendar.months, start=1))
    yield from ((f"weekday.{number}", word) for number, word in enumerate(calendar.weekdays, start=1))
    yield from calendar.date.fragments().items()
    for century, (before, alone, below_ten) in calendar.centuries.items():
        yield f"year.{century}", before
        # Where a language says them alike, one recording serves.
        if alone != before:
            yield f"year.{century}.alone", alone
        if below_ten != before:
            yield f"year.{century}.below_ten", below_ten
