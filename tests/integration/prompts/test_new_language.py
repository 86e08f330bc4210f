"""A new language is a folder of YAML: nothing else is touched, and its callers hear numbers, dates and themselves."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from prompts.catalogue import FOLDER, Catalogue, load_catalogues
from prompts.phrases import speak
from prompts.store import PromptStore

UNITS = ["nul", "unu", "du", "tri", "kvar", "kvin", "ses", "sep", "ok", "naŭ"]


MONTHS = [
    "januaro",
    "februaro",
    "marto",
    "aprilo",
    "majo",
    "junio",
    "julio",
    "aŭgusto",
    "septembro",
    "oktobro",
    "novembro",
    "decembro",
]


def esperanto_word(number: int) -> str:
    tens, units = divmod(number, 10)
    words = [] if not tens else ["dek" if tens == 1 else f"{UNITS[tens]}dek"]
    return " ".join([*words, UNITS[units]] if units or not tens else words)


def esperanto() -> dict[str, Any]:
    """Esperanto has what Hindi and English lack: one word for whole hundreds, and the part of the day at the end."""
    words = [esperanto_word(number) for number in range(100)]
    return {
        "language": "eo",
        "name": "Esperanto",
        "voices": ["eo"],
        "words_per_minute": 130,
        "spoken": {},
        "unknown": "ne konata",
        "offer": "Por {name} premu {digit}.",
        "numbers": {
            "words": words,
            "hundred": "{number} cent",
            "thousand": "{number} mil",
            "irregular": {100: "cent", 200: "ducent", 1000: "mil"},
            "joiner": "",
            "order": "{thousands} {hundreds} {joiner} {rest}",
        },
        "digits": UNITS,
        "letters": [f"{letter}o" if letter not in "aeiou" else letter for letter in "abcdefghijklmnopqrstuvwxyz"],
        "phone_group": 2,
        "ordinals": {"forms": ["m"], "m": [f"{word}a" for word in words[1:32]], "beyond": "numero {number}"},
        "ages": {
            "under_one": "malpli ol unu jaro",
            "one": "unu jaro",
            "many": "{number} jaroj",
            "one_month": "unu monato",
            "months": "{number} monatoj",
            "one_day": "unu tago",
            "days": "{number} tagoj",
        },
        "minutes": {"under_one": "malpli ol minuto", "one": "ĉirkaŭ unu minuto", "many": "ĉirkaŭ {number} minutoj"},
        "hours": {
            "one": "unu horo",
            "many": "{number} horoj",
            "half": "duonhoro",
            "one_and_half": "unu horo kaj duono",
            "two_and_half": "du horoj kaj duono",
            "and_half": "{number} horoj kaj duono",
            "about": "ĉirkaŭ {duration}",
        },
        "times": {
            "parts": {"05:00": "matene", "12:00": "posttagmeze", "18:00": "vespere", "22:00": "nokte"},
            "whole": "je la {hour} {part}",
            "quarter": "je la {hour} kaj kvarono {part}",
            "half": "je la {hour} kaj duono {part}",
            "three_quarters": "kvaronon antaŭ la {next} {part}",
            "exceptions": {"12:00": "tagmeze"},
            "below_ten": "je la {hour} kaj {minute} {part}",
            "other": "je la {hour} kaj {minute} {part}",
        },
        "dates": {
            "weekdays": ["lundo", "mardo", "merkredo", "ĵaŭdo", "vendredo", "sabato", "dimanĉo"],
            "months": MONTHS,
            "day": "ordinal",
            "order": "{weekday} la {day} de {month}",
            "centuries": {},
        },
        "genders": {"female": "ina", "male": "vira", "other": "alia"},
    }


@pytest.fixture(scope="module")
def catalogues(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Catalogue]:
    """Today's catalogues and one more folder."""
    folder = tmp_path_factory.mktemp("catalogue")
    for language in ("hi", "en"):
        shutil.copytree(FOLDER / language, folder / language)
    write(folder / "eo" / "language.yaml", esperanto())
    english = load_catalogues()["en"]
    words = {prompt_id: {"text": english.text(prompt_id)} for prompt_id in english.written()}
    write(folder / "eo" / "everything.yaml", {"prompts": words})
    return load_catalogues(folder)


def write(path: Path, data: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, width=1000), "utf-8")


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("number", "217", "ducent dek sep"),
        ("number", "1100", "mil cent"),
        ("number", "3345", "tri mil tri cent kvardek kvin"),
        ("ordinal", "3:f", "tria"),
        ("ordinal", "40", "numero kvardek"),
        ("minutes", "12", "ĉirkaŭ dek du minutoj"),
        ("minutes", "150", "ĉirkaŭ du horoj kaj duono"),
        ("date", "2026-11-24", "mardo la dudek kvara de novembro"),
        ("time", "08:45", "kvaronon antaŭ la naŭ matene"),
        ("time", "21:07", "je la naŭ kaj sep vespere"),
        ("time", "12:00", "tagmeze"),
        ("year", "1976", "mil naŭ cent sepdek ses"),
        ("age", "20:days", "dudek tagoj"),
        ("language", "hi", "हिन्दी"),
        ("language_offer", "eo:3", "Por Esperanto premu tri."),
    ],
)
def test_the_new_language_says_values_in_its_own_order(
    catalogues: Mapping[str, Catalogue], kind: str, value: str, words: str
) -> None:
    said = speak("eo", kind, value, catalogues)
    assert " ".join(catalogues["eo"].text(prompt_id) for prompt_id in said) == words


def test_hindi_callers_are_offered_the_new_language_in_itself(catalogues: Mapping[str, Catalogue]) -> None:
    assert speak("hi", "language_offer", "eo:3", catalogues) == ("language.offer.eo.3",)
    assert catalogues["hi"].prompts["language.offer.eo.3"].language == "eo"


def test_its_prompts_are_spoken(
    catalogues: Mapping[str, Catalogue], espeak_env: Mapping[str, str], tmp_path: Path
) -> None:
    # Some of each: all eight hundred would only take longer.
    some = dict(list(catalogues["eo"].prompts.items())[::20])
    own = {prompt_id: prompt for prompt_id, prompt in some.items() if prompt.language in ("", "eo")}
    store = PromptStore(tmp_path / "made", tmp_path / "recorded", {"eo": replace(catalogues["eo"], prompts=own)})
    assert store.build(["eo"], espeak_env).spoken == len(own)
    assert min(store.durations("eo").values()) > 0.2
