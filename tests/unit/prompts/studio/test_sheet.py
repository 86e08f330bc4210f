"""The sheet names each file as the import expects it, sentences first, in a form that Excel opens."""

import csv
import io
from pathlib import Path

from prompts.catalogue import Catalogue, load_catalogues
from prompts.recordings import Recordings, prompt_of
from prompts.studio.sheet import sheet_csv, sheet_of, words_for

NONE = Recordings(Path(), {}, {})


def test_the_sheet_says_what_is_to_be_recorded_and_what_again(catalogue: Catalogue) -> None:
    recordings = Recordings(Path(), {"welcome": Path("a"), "menu.main": Path("b")}, {"welcome": "नमस्ते"})
    lines = sheet_of(catalogue, recordings, {"menu.main": 2.04})
    assert [(line.file, line.note, line.seconds, line.state) for line in lines] == [
        ("welcome.wav", "", None, "stale"),
        ("menu-main.wav", "धीरे, साफ़", 2.04, "done"),
        ("number-8.wav", "", None, "missing"),
    ]


def test_excel_reads_the_sheet_as_utf_8(catalogue: Catalogue) -> None:
    content = sheet_csv(sheet_of(catalogue, NONE, {"menu.main": 2.04}), "hi")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0] == ["फ़ाइल", "पहचान", "वाक्य", "टिप्पणी", "सेकंड", "स्थिति"]
    assert rows[2] == ["menu-main.wav", "menu.main", "एम्बुलेंस के लिए आठ दबाएँ", "धीरे, साफ़", "2.0", "बाकी"]


def test_a_language_without_headings_of_its_own_has_english_ones() -> None:
    assert words_for("eo")["file"] == "File"
    assert words_for("hi").keys() == words_for("en").keys()


def test_every_file_of_the_real_sheet_is_known_to_the_import() -> None:
    for catalogue in load_catalogues().values():
        lines = sheet_of(catalogue, NONE, {})
        assert len({line.file for line in lines}) == len(lines)
        assert all(prompt_of(line.file.removesuffix(".wav")) == line.id for line in lines)
        generated = [catalogue.prompts[line.id].generated for line in lines]
        assert generated == sorted(generated)
        strangers = [line for line in lines if catalogue.prompts[line.id].language not in ("", catalogue.language)]
        assert all(line.note.startswith("[") and not catalogue.prompts[line.id].generated for line in strangers)
