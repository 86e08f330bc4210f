"""From language.yaml to a grammar; what is missing or wrong is named by its place in the file."""

from prompts.errors import CatalogueError
from prompts.numbers.fields import Fields, exactly
from prompts.numbers.grammar import Calendar, Cardinals, Clock, Counted, Grammar, Hours
from prompts.numbers.pattern import Pattern

GENDERS = ("female", "male", "other")
_LETTERS = 26
_LONGEST_ORDINALS = 31


def read_grammar(fields: Fields) -> Grammar:
    """Take the grammar's sections out of `fields`. Raises CatalogueError."""
    ages, minutes = fields.section("ages"), fields.section("minutes")
    ordinals, beyond = _ordinals(fields)
    genders = fields.texts("genders")
    exactly("genders", genders, GENDERS)
    grammar = Grammar(
        unknown=fields.text("unknown"),
        cardinals=_cardinals(fields.section("numbers")),
        digits=fields.words("digits", 10),
        letters=fields.words("letters", _LETTERS),
        phone_group=_phone_group(fields.take("phone_group")),
        ordinals=ordinals,
        ordinal_beyond=beyond,
        years_old=Counted(ages.text("one"), ages.pattern("many", "age.years", ["number"])),
        under_one_year=ages.text("under_one"),
        months_old=Counted(ages.text("one_month"), ages.pattern("months", "age.months.many", ["number"])),
        days_old=Counted(ages.text("one_day"), ages.pattern("days", "age.days.many", ["number"])),
        minutes=Counted(minutes.text("one"), minutes.pattern("many", "minutes.many", ["number"])),
        under_one_minute=minutes.text("under_one"),
        hours=_hours(fields.section("hours")),
        clock=_clock(fields.section("times")),
        calendar=_calendar(fields.section("dates")),
        genders=genders,
    )
    if grammar.calendar.day_is_ordinal and len(next(iter(ordinals.values()))) < _LONGEST_ORDINALS:
        raise CatalogueError(f"dates.day is an ordinal, so ordinals must list {_LONGEST_ORDINALS} words")
    ages.finish()
    minutes.finish()
    return grammar


def _cardinals(fields: Fields) -> Cardinals:
    words = fields.words("words", 100)
    if len(set(words)) < len(words):
        twice = next(word for word in words if words.count(word) > 1)
        raise CatalogueError(f"numbers.words: {twice} stands for two numbers")
    hundred = fields.pattern("hundred", "number.hundred", ["number"])
    thousand = fields.pattern("thousand", "number.thousand", ["number"])
    irregular = fields.texts("irregular")
    regular = {count * 100: hundred.filled(number=words[count]) for count in range(1, 10)}
    regular |= {count * 1000: thousand.filled(number=words[count]) for count in range(1, 10)}
    if not set(irregular) <= set(regular):
        raise CatalogueError("numbers.irregular may only name whole hundreds to 900 and whole thousands to 9000")
    gaps = ["thousands", "hundreds", "joiner", "rest"]
    found = Cardinals(
        words,
        {number: irregular.get(number, word) for number, word in regular.items()},
        fields.optional_text("joiner"),
        fields.pattern("order", "number.order", gaps),
    )
    fields.finish()
    return found


def _ordinals(fields: Fields) -> tuple[dict[str, tuple[str, ...]], Pattern]:
    section = fields.section("ordinals")
    beyond = section.pattern("beyond", "ordinal.beyond", ["number"])
    forms = section.take("forms")
    if not isinstance(forms, list) or not forms or not set(forms) <= {"m", "f", "o"}:
        raise CatalogueError("ordinals.forms must list some of m, f, o")
    ordinals = {str(form): section.words(form, 10, _LONGEST_ORDINALS) for form in forms}
    section.finish()
    return ordinals, beyond


def _hours(fields: Fields) -> Hours:
    found = Hours(
        Counted(fields.text("one"), fields.pattern("many", "hours.many", ["number"])),
        (fields.text("half"), fields.text("one_and_half"), fields.text("two_and_half")),
        fields.pattern("and_half", "hours.and_half", ["number"]),
        fields.pattern("about", "hours.about", ["duration"]),
    )
    fields.finish()
    return found


def _clock(fields: Fields) -> Clock:
    parts = fields.clocks("parts")
    if not parts:
        raise CatalogueError("times.parts must name at least one part of the day")
    names = ("whole", "quarter", "half", "three_quarters")
    whole, quarter, half, last = (fields.pattern(name, f"time.{name}", [], ["part", "hour", "next"]) for name in names)
    found = Clock(
        parts,
        (whole, quarter, half, last),
        fields.clocks("exceptions"),
        fields.pattern("below_ten", "time.below_ten", ["hour", "minute"], ["part"]),
        fields.pattern("other", "time.other", ["hour", "minute"], ["part"]),
    )
    fields.finish()
    return found


def _calendar(fields: Fields) -> Calendar:
    day = fields.take("day")
    if day not in ("number", "ordinal"):
        raise CatalogueError("dates.day must be number or ordinal")
    centuries: dict[int, tuple[str, str, str]] = {}
    for century, words in fields.take("centuries").items():
        of_one = Fields(words, f"dates.centuries.{century}")
        centuries[int(century)] = (of_one.text("before"), of_one.text("alone"), of_one.text("below_ten"))
        of_one.finish()
    found = Calendar(
        fields.words("months", 12),
        fields.words("weekdays", 7),
        day == "ordinal",
        fields.pattern("order", "date.order", ["weekday", "day", "month"]),
        centuries,
    )
    fields.finish()
    return found


def _phone_group(value: object) -> int:
    if not isinstance(value, int) or not 1 <= value <= 10:
        raise CatalogueError("phone_group must be a number from 1 to 10")
    return value
