"""The console speaks both languages completely."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import pytest

from admin_api.console import endpoints
from admin_api.live.schemas import CallStage, DoctorWork
from admin_api.messages.schemas import State as MessageState
from admin_api.permissions import Role
from admin_api.templates.schemas import State as TemplateState
from admin_api.texts import LANGUAGES, texts
from cdr.events import CALL_RESULTS, OFFER_RESULTS, OUTCOMES, PARTIES, REQUIRED
from messaging.catalogue import shipped
from messaging.gateways import ReceiptState
from messaging.recording import CANNOT_TELL, FOUND, NOT_THERE
from messaging.segments import Encoding
from messaging.wording.files import categories
from routing.spoken_agenda import Spoken

FOLDER = Path(endpoints.__file__).parent
WORDS_OF: dict[str, Iterable[str]] = {
    "stage": list(CallStage),
    "work": list(DoctorWork),
    "role": list(Role),
    "journal": REQUIRED,
    "result": CALL_RESULTS,
    "offer": OFFER_RESULTS,
    "disposition": OUTCOMES,
    "by": PARTIES,
    "origin": ("file", "upload", "part"),
    "sms": get_args(MessageState),
    "spoken": ("queued", "sending", "sent", "delivered", "failed", "expired"),
    "sms.event": (
        *("promised", "accepted", "rejected", "doubt", "looked_up", "receipt", "resent", "left", "expired", "failed"),
        *get_args(Spoken),
    ),
    "receipt": (
        *get_args(ReceiptState),
        *(words.replace(" ", "_") for words in (FOUND, NOT_THERE, CANNOT_TELL)),
    ),
    "templates.state": get_args(TemplateState),
    "variable": {name for template in shipped() for name in template.variables},
    "gateway": ("inbox", "twilio", "cdac", "exotel", "http", "smpp", "telephone"),
    "encoding": list(Encoding),
    "dlt": categories(),
}


def test_both_languages_have_the_same_texts_with_the_same_places_to_fill() -> None:
    hindi, english = texts("hi"), texts("en")
    assert hindi.keys() == english.keys()
    for id in hindi:
        assert sorted(re.findall(r"\{\w+\}", hindi[id])) == sorted(re.findall(r"\{\w+\}", english[id])), id


def test_hindi_is_written_in_devanagari() -> None:
    latin = {id for id, text in texts("hi").items() if not re.search(r"[\u0900-\u097f]", text)}
    assert latin == {"language.en"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_can_be_shown_has_words(language: str) -> None:
    wanted = {f"{prefix}.{value}" for prefix, values in WORDS_OF.items() for value in values}
    assert wanted - texts(language).keys() == set()


def test_every_text_the_page_names_is_in_the_catalogue() -> None:
    page = (FOLDER / "templates" / "console.html").read_text(encoding="utf-8")
    scripts = "".join(path.read_text(encoding="utf-8") for path in (FOLDER / "static").glob("*.js"))
    named = set(re.findall(r't\["([\w.]+)"\]', page)) | set(re.findall(r'\btext(?:OrNull)?\("([\w.]+)"', scripts))
    assert named - texts("hi").keys() == set()
    assert len(named) > 40


def test_the_page_holds_no_words_of_its_own() -> None:
    page = (FOLDER / "templates" / "console.html").read_text(encoding="utf-8")
    page = re.sub(r"<title>.*?</title>|\{\{.*?\}\}|\{%.*?%\}", "", page, flags=re.DOTALL)
    assert [text for text in re.findall(r">([^<]+)<", page) if text.strip()] == []
