"""Which prompts, in which order, make a sentence, so that flows name facts and never string words together."""

from collections.abc import Mapping
from functools import cache, lru_cache

from prompts.catalogue import Catalogue, load_catalogues
from prompts.numbers.generated import OLDEST_AGE, UNKNOWN
from prompts.numbers.speaking import KINDS as _KINDS_OF_GRAMMAR
from prompts.numbers.speaking import say

CATEGORIES = ("fever", "heart", "neuro", "skin", "maternity", "child", "general", "mental", "medicines")
KINDS = frozenset({*_KINDS_OF_GRAMMAR, "language", "language_offer"})
_UNITS_IN_A_YEAR = {"years": 1, "months": 12, "days": 365}

_shipped_catalogues = cache(load_catalogues)


def speak(language: str, kind: str, value: str, catalogues: Mapping[str, Catalogue] | None = None) -> tuple[str, ...]:
    """Return the prompts of `language` that say `value`; pure, given `catalogues` (default: the shipped ones).

    `kind` and how `value` is written:

    ============== ======================================================================================
    number         "0" to "9999"
    digits         "4213", one by one
    phone          "+91 98765 43210", digit by digit in groups with a short pause ("pause") between them
    token          "A-17", "17", "P-7K3M-22QX-5": sign by sign, letters by name
    ordinal        "3", or with a form: "3:m", "3:f", "3:o" (oblique: तीसरे)
    position       "3": an ordinal for a place in a queue (तीसरे स्थान पर)
    minutes        "12": about twelve minutes; over sixty, about so many hours, to the nearest half hour
    duration_hours "2", "1.5": hours, to the nearest half
    age            "45", "45:years", "8:months", "20:days"
    date           "2026-11-24": weekday, day, month
    time           "09:30", 24 hours
    year           "1976"
    gender         "female", "male", "other"
    language       "en": the language's name, said in itself
    language_offer "en:2": the sentence that offers it on that key, said in itself (keys 1 to 6)
    ============== ======================================================================================

    A value that cannot be said (no number, out of range, no such date or language) is said as "value.unknown", a
    neutral "not known": what a caller keyed must never end the call. Raises ValueError only for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is nothing that can be spoken; known are {', '.join(sorted(KINDS))}")
    catalogue = (_shipped_catalogues() if catalogues is None else catalogues).get(language)
    if catalogue is None:
        return (UNKNOWN,)
    if kind in ("language", "language_offer"):
        prompt_id = f"language.{'' if kind == 'language' else 'offer.'}{value.replace(':', '.')}"
        return (prompt_id,) if prompt_id in catalogue.prompts else (UNKNOWN,)
    return say(catalogue.grammar, kind, value) if catalogue.grammar else (UNKNOWN,)


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


# How an offer begins, by what the doctor is sought for (ivr/state.py: OfferKind).
OFFER_BEGINS: Mapping[str, tuple[str, ...]] = {
    "call": ("offer.intro",),
    "specialist": ("offer.intro", "offer.colleague"),
    "handed_over": ("offer.intro", "offer.handed_over"),
    "dial_back": ("offer.intro", "offer.was_cut_off"),
    "callback": ("offer.intro", "callback.offer"),
}


@lru_cache(4096)
def offer_phrase(
    category: str, age_value: int | None, age_unit: str = "years", begins: tuple[str, ...] = OFFER_BEGINS["call"]
) -> tuple[str, ...]:
    """Return the prompts that offer a call to a doctor: who calls, complaint, age, then which keys to press."""
    return (*begins, *category_phrase(category), *age_phrase(age_value, age_unit), "offer.keys")
