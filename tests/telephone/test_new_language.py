"""A third language is a folder of words and nothing else: it is checked, spoken, offered, chosen and remembered."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.flow_faults import check
from phones.prompt_shelf import PromptShelf
from prompts.catalogue import FOLDER, load_catalogues
from tests.telephone.conftest import open_house
from tests.telephone.house import House
from tests.telephone.other_languages import hears_in

pytestmark = pytest.mark.timeout(120)

# Not Marathi, whose words nobody here can vouch for, but as far from Hindi to the ear: consonants change places.
_PLACES = str.maketrans("कगखघचजछझतदथधपबफभटडठढमनरलसहयव", "गकघखजचझछदतधथबपभफडटढठनमलरहसवय")
MARATHI = {"language": "mr", "name": "मराठी", "voices": ["mr"], "offer": "{name}साठी {digit} दाबा."}


def in_other_words(said: Any) -> Any:
    """Every text in `said`, however deep it lies, with its consonants changed."""
    if isinstance(said, dict):
        return {key: in_other_words(value) for key, value in said.items()}
    if isinstance(said, list):
        return [in_other_words(value) for value in said]
    return said.translate(_PLACES) if isinstance(said, str) else said


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped words, and a folder `mr` made of the Hindi one."""
    folder = tmp_path_factory.mktemp("words")
    for language in ("hi", "en"):
        shutil.copytree(FOLDER / language, folder / language)
    (folder / "mr").mkdir()
    for path in (FOLDER / "hi").glob("*.yaml"):
        words = in_other_words(yaml.safe_load(path.read_text("utf-8")))
        if path.name == "language.yaml":
            words |= MARATHI
        (folder / "mr" / path.name).write_text(yaml.safe_dump(words, allow_unicode=True, width=1000), "utf-8")
    return folder


@pytest.fixture(scope="module")
def prompts(spoken_prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the other tests have spoken already, so that only the new language is left to be."""
    folder = tmp_path_factory.mktemp("spoken") / "prompts"

    def share(source: str, target: str) -> None:
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)

    shutil.copytree(spoken_prompts, folder, copy_function=share, ignore=shutil.ignore_patterns("index.json"))
    shutil.copy2(spoken_prompts / "index.json", folder)  # this one is written anew
    return folder


@pytest.fixture(scope="module")
def house(catalogue: Path, prompts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    options = {"lines": {"104": "line_104"}, "prompt_catalogue_dir": catalogue}
    with open_house(tmp_path_factory.mktemp("house"), prompts, **options) as rehearsal:
        house = House(rehearsal)
        yield house
        house.closes()


def test_every_sentence_of_the_new_language_sounds_different(catalogue: Path) -> None:
    words = load_catalogues(catalogue)
    hindi, own = words["hi"].prompts, words["mr"].prompts
    # Prompts with a language of their own, such as the English ambulance, are the same for everybody.
    worded = {name for name in words["mr"].written() if not own[name].language}
    counted = {name for name in own if name.startswith("number.")}
    assert [name for name in worded | counted if own[name].text == hindi[name].text] == []


def test_the_menus_are_sound_in_the_new_language_too(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(house.settings) == 0
    told = capsys.readouterr()
    assert ": error:" not in told.out
    assert " 0 errors" in told.err or "no faults" in told.err


def test_a_caller_is_offered_it_in_itself_chooses_it_and_the_next_call_begins_in_it(house: House) -> None:
    shelf = PromptShelf(house.settings.prompts_dir, "mr")
    phone = house.patient()
    call = phone.dials("104")
    call.answered()
    for offer in ("language.offer.hi.1", "language.offer.en.2", "language.offer.mr.3"):
        call.hears(offer, timeout=15)
    call.presses("3")
    pressed = len(call.heard()) / 8000
    hears_in(shelf, call, "menu.main", after=pressed)
    call.presses("1")
    hears_in(shelf, call, "age.ask", after=pressed)
    assert house.net.prompts.recognise(call.heard()[round(pressed * 8000) :]) == []
    call.hangs_up()
    assert house.record(call).language == "mr"

    again = phone.dials("104")
    again.answered()
    hears_in(shelf, again, "ambulance.short", timeout=6)
    hears_in(shelf, again, "menu.main", timeout=6)
    again.hangs_up()
    assert house.record(again).language == "mr"
