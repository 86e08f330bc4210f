"""The peer's configuration says the same as the product's flows."""

from __future__ import annotations

from pathlib import Path

from bench.native import files
from bench.plan import Plan
from config.settings import load_settings
from flows.definition import Collect, Menu
from flows.digits import max_digits
from flows.loader import load_flows
from prompts.phrases import offer_phrase
from prompts.store import file_name

SETTINGS = load_settings({}, data_dir=Path("/nowhere"))
FILES = files(SETTINGS, Plan(doctors=3, probe_doctors=2))
FLOWS = load_flows(SETTINGS.flows_dir)


def test_every_doctor_is_a_member_of_the_category_the_helpline_would_ask() -> None:
    fever, heart = FILES["queues.conf"].split("[heart]")
    assert fever.count("member => PJSIP/+9198110") == 3
    assert heart.count("member => PJSIP/+9197110") == 2


def test_the_same_prompts_are_asked_with_the_same_keys_and_patience() -> None:
    main, age = FLOWS["smallest"].nodes["main"], FLOWS["smallest"].nodes["age"]
    assert isinstance(main, Menu)
    assert isinstance(age, Collect)
    menu = "&".join(file_name(prompt) for prompt in main.greeting + main.prompt)
    assert f"Read(CHOICE,{menu},1,,1,{main.seconds:g})" in FILES["extensions.conf"]
    question = "&".join(file_name(prompt) for prompt in age.prompt)
    assert f"Read(AGE,{question},{max_digits(age)},,1,0)" in FILES["extensions.conf"]


def test_the_doctor_hears_the_same_offer() -> None:
    said = "&".join(file_name(prompt) for prompt in offer_phrase("fever", 45, "years"))
    written = FILES["extensions.conf"].partition("__OFFER=")[2].partition(")")[0]
    assert written.replace("${CATEGORY}", "fever").replace("${AGE}", "45") == said


def test_native_asterisk_writes_call_records_and_has_no_ami() -> None:
    assert "enable = yes" in FILES["cdr.conf"]
    assert "enabled = no" in FILES["manager.conf"]
