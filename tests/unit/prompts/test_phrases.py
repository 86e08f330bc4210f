"""The sentence a doctor hears before deciding."""

import pytest

from prompts.catalogue import load_catalogues
from prompts.phrases import CATEGORIES, age_phrase, offer_phrase


def test_the_offer_names_helpline_complaint_age_and_keys() -> None:
    assert offer_phrase("fever", 45) == (
        "offer.intro",
        "category.fever",
        "offer.age_prefix",
        "age.45",
        "offer.keys",
    )


@pytest.mark.parametrize(
    ("value", "unit", "age"),
    [
        (0, "years", "age.0"),
        (120, "years", "age.120"),
        (11, "months", "age.0"),
        (12, "months", "age.1"),
        (30, "months", "age.2"),
        (20, "days", "age.0"),
        (400, "days", "age.1"),
    ],
)
def test_an_infants_age_is_said_in_whole_years(value: int, unit: str, age: str) -> None:
    assert age_phrase(value, unit) == ("offer.age_prefix", age)


@pytest.mark.parametrize(("value", "unit"), [(None, "years"), (-1, "years"), (121, "years"), (5, "weeks")])
def test_an_age_that_cannot_be_is_said_to_be_unknown(value: int | None, unit: str) -> None:
    assert age_phrase(value, unit) == ("offer.age_unknown",)


def test_a_category_without_a_name_is_called_general() -> None:
    assert offer_phrase("dental", None) == ("offer.intro", "category.general", "offer.age_unknown", "offer.keys")


@pytest.mark.parametrize("language", ["hi", "en"])
def test_every_phrase_is_made_of_prompts_that_exist(language: str) -> None:
    known = load_catalogues()[language].prompts.keys()
    for category in CATEGORIES:
        for age in (None, *range(-1, 130)):
            assert set(offer_phrase(category, age)) <= known
