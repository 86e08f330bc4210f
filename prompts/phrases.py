"""Which prompts, in which order, make a sentence, so that flows name facts and never string words together."""

from prompts.catalogue import OLDEST_AGE

CATEGORIES = ("fever", "heart", "neuro", "skin", "maternity", "child", "general")
_UNITS_IN_A_YEAR = {"years": 1, "months": 12, "days": 365}


def age_phrase(value: int | None, unit: str = "years") -> tuple[str, ...]:
    """Return the prompts that say an age; an age in months or days is said in whole years.

    An infant is "less than one year". An age that is missing, of an unknown unit, negative or over 120 is said to be
    unknown: a wrong age would mislead the doctor about a dose.
    """
    if value is None or value < 0 or unit not in _UNITS_IN_A_YEAR:
        return ("offer.age_unknown",)
    years = value // _UNITS_IN_A_YEAR[unit]
    return ("offer.age_prefix", f"age.{years}") if years <= OLDEST_AGE else ("offer.age_unknown",)


def category_phrase(category: str) -> tuple[str, ...]:
    """Return the prompt that names a symptom category; one without a name of its own is called general."""
    return (f"category.{category if category in CATEGORIES else 'general'}",)


def offer_phrase(category: str, age_value: int | None, age_unit: str = "years") -> tuple[str, ...]:
    """Return the prompts that offer a call to a doctor: who calls, complaint, age, then which keys to press."""
    return ("offer.intro", *category_phrase(category), *age_phrase(age_value, age_unit), "offer.keys")
