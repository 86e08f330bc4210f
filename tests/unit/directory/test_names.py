"""Imported names are words of the catalogue: they can be spoken, in every language, and what is shipped stays."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from directory.errors import ImportFault
from directory.importing.names import NameBook


def book(folder: Path) -> NameBook:
    return NameBook(folder, ["hi", "en", "gu"], {"district.bhopal"})


def words(folder: Path, language: str) -> dict[str, str]:
    prompts: dict[str, str] = yaml.safe_load((folder / language / "centres.yaml").read_text("utf-8"))["prompts"]
    return prompts


def test_a_name_goes_into_every_language_the_english_one_where_there_is_no_other(tmp_path: Path) -> None:
    names = book(tmp_path)
    names.add("centres", "centre.near", names.check({"hi": " पास  का ", "en": "Near"}))
    assert not list(tmp_path.iterdir())
    assert names.write() == 1
    assert [words(tmp_path, language)["centre.near"] for language in ("hi", "en", "gu")] == ["पास का", "Near", "Near"]


def test_names_are_added_to_earlier_ones_and_replace_them(tmp_path: Path) -> None:
    for name, changed in (("Near", 1), ("Near", 0), ("Nearer", 1)):
        names = book(tmp_path)
        names.add("centres", "centre.near", names.check({"en": name}))
        assert names.write() == changed
    names = book(tmp_path)
    names.add("centres", "centre.far", names.check({"en": "Far"}))
    assert names.write() == 1
    assert words(tmp_path, "en") == {"centre.far": "Far", "centre.near": "Nearer"}


def test_what_is_shipped_is_known_and_not_written(tmp_path: Path) -> None:
    names = book(tmp_path)
    names.add("districts", "district.bhopal", names.check({"en": "Bhopal"}))
    assert names.can_say("district.bhopal")
    assert not names.can_say("district.indore")
    assert names.write() == 0
    assert not list(tmp_path.iterdir())


def test_what_was_imported_earlier_is_known(tmp_path: Path) -> None:
    names = book(tmp_path)
    names.add("districts", "district.indore", names.check({"en": "Indore"}))
    names.write()
    assert book(tmp_path).can_say("district.indore")


@pytest.mark.parametrize(
    ("texts", "complaint"), [({"hi": "केंद्र २", "en": "Two"}, "figure"), ({"hi": "केंद्र"}, "missing"), ({}, "missing")]
)
def test_a_name_that_cannot_be_spoken_is_refused(tmp_path: Path, texts: dict[str, str], complaint: str) -> None:
    with pytest.raises(ImportFault, match=complaint):
        book(tmp_path).check(texts)


def test_a_file_that_somebody_has_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "centres.yaml").write_text("prompts: [")
    with pytest.raises(ImportFault, match=r"centres\.yaml"):
        NameBook(tmp_path, ["en"], ())
