"""How the real espeak-ng pronounces us: Hindi words as Hindi, nothing spelled out, no vowel lost or added."""

import json
import os
import subprocess
import sys
import unicodedata
from collections.abc import Mapping

import pytest

from prompts.catalogue import Catalogue, load_catalogues

# libespeak-ng can only be loaded in a process that was started with its environment.
PHONEMES = """
import ctypes, json, sys
espeak = ctypes.CDLL("libespeak-ng.so.1")
espeak.espeak_TextToPhonemes.restype = ctypes.c_char_p
espeak.espeak_Initialize(2, 0, None, 0)
assert espeak.espeak_SetVoiceByName(b"hi") == 0
def phonemes(text):
    rest, said = ctypes.c_char_p(text.encode()), []
    while rest.value:
        said.append(espeak.espeak_TextToPhonemes(ctypes.byref(rest), 1, 2).decode())
    return " ".join(said)
print(json.dumps({key: phonemes(text) for key, text in json.load(sys.stdin).items()}))
"""


@pytest.fixture(scope="module")
def hindi() -> Catalogue:
    return load_catalogues()["hi"]


@pytest.fixture(scope="module")
def pronounced(hindi: Catalogue, espeak_env: Mapping[str, str]) -> dict[str, str]:
    """Every Hindi prompt in the International Phonetic Alphabet, without stress marks."""
    own = [prompt.id for prompt in hindi.prompts.values() if prompt.language in ("", "hi")]
    texts = {prompt_id: hindi.spoken_text(prompt_id) for prompt_id in own}
    process = subprocess.run(
        [sys.executable, "-c", PHONEMES],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **espeak_env},
    )
    said: dict[str, str] = json.loads(process.stdout)
    return {key: unstressed(text) for key, text in said.items()}


def unstressed(sound: str) -> str:
    return unicodedata.normalize("NFC", sound.replace("ˈ", "").replace("ˌ", ""))


@pytest.mark.parametrize(
    ("prompt_id", "sound"),
    [
        ("ambulance.hint", "eːmbʊlẽːs keː lɪeː aːʈʰ dəbaːẽː"),
        ("category.fever", "bʊxaːɾ"),
        ("offer.intro", "eːk sɔː caːɾ"),
        ("age.0", "eːk ʋʌrʂ seː kʌm"),
        ("age.45", "pɛ̃taːliːs ʋʌrʂ"),
        ("age.53", "tɪɾpən"),
        ("age.55", "pʌcpən"),
        ("age.61", "ɪksəʈʰ"),
        ("age.67", "sʌr.səʈʰ"),
        ("age.69", "ʊnhʌtːəɾ"),
        ("age.99", "nɪnjaːnʋeː"),
        ("age.120", "eːk sɔː biːs ʋʌrʂ"),
    ],
)
def test_words_are_voiced_as_hindi(pronounced: dict[str, str], prompt_id: str, sound: str) -> None:
    assert unstressed(sound) in pronounced[prompt_id]


def test_press_never_loses_its_last_vowel(hindi: Catalogue, pronounced: dict[str, str]) -> None:
    pressing = [prompt_id for prompt_id in pronounced if "दबाएँ" in hindi.text(prompt_id)]
    assert len(pressing) > 10
    for prompt_id in pressing:
        assert pronounced[prompt_id].count(unstressed("dəbaːẽː")) == hindi.text(prompt_id).count("दबाएँ"), prompt_id


def test_nothing_is_spoken_in_another_language_or_letter_by_letter(
    hindi: Catalogue, pronounced: dict[str, str]
) -> None:
    for prompt_id, sound in pronounced.items():
        # espeak-ng writes "(en)" where it changes the language within a text.
        assert "(" not in sound, prompt_id
        # A word said letter by letter falls apart into several; a clause's pause adds none.
        assert len(sound.split()) <= len(hindi.text(prompt_id).split()), prompt_id


def test_no_two_ages_are_pronounced_alike(pronounced: dict[str, str]) -> None:
    assert len({pronounced[f"age.{age}"] for age in range(121)}) == 121
