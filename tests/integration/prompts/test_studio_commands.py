"""`./helpline prompts …` as a department uses it: the sheet, recordings back, what is left to do."""

import logging
from pathlib import Path

import pytest

from cli import studio
from prompts.catalogue import FOLDER
from tests.unit.prompts.studio.conftest import voice, wav


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A deployment of its own, with a small catalogue: the real one fills thirty pages."""
    for language in ("hi", "en"):
        folder = tmp_path / "catalogue" / language
        folder.mkdir(parents=True)
        folder.joinpath("language.yaml").write_bytes((FOLDER / language / "language.yaml").read_bytes())
        folder.joinpath("endings.yaml").write_bytes((FOLDER / language / "endings.yaml").read_bytes())
    for name, value in {
        "HELPLINE_DATA_DIR": tmp_path / "data",
        "HELPLINE_RECORDED_PROMPTS_DIR": tmp_path / "recorded",
        "HELPLINE_PROMPT_CATALOGUE_DIR": tmp_path / "catalogue",
    }.items():
        monkeypatch.setenv(name, str(value))
    return tmp_path


def test_the_sheet_is_written_with_every_letter_in_its_fonts(
    deployment: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    assert studio.sheet("hi", deployment / "out") == 0
    pdf = (deployment / "out" / "prompts-hi.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"LohitDevanagari" in pdf or b"Lohit" in pdf
    # fpdf2 warns of letters that no font has; it draws boxes for them.
    assert not [record.getMessage() for record in caplog.records if "glyph" in record.getMessage()]
    assert (deployment / "out" / "prompts-hi.csv").exists()
    assert "to record" in capsys.readouterr().out


def test_an_import_tells_each_file_and_its_status_is_in_the_exit(
    deployment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wav(deployment / "studio" / "number-8.wav", voice(0.5, 48000))
    assert studio.take_in(deployment / "studio", "hi") == 0
    wav(deployment / "studio" / "number-9.wav", voice(8.0, 48000))
    assert studio.take_in(deployment / "studio", "hi") == 1
    said = capsys.readouterr().out
    assert "ok       number-8.wav" in said
    assert "REFUSED  number-9.wav lasts 8.0 s, too long for its one word" in said
    assert "1 of 2 recordings accepted" in said


def test_a_changed_sentence_is_told_as_stale(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wav(deployment / "studio" / "closed-line.wav", voice(4.0, 48000))
    assert studio.take_in(deployment / "studio", "hi") == 0
    endings = deployment / "catalogue" / "hi" / "endings.yaml"
    endings.write_text(endings.read_text("utf-8").replace("closed.line: यह सेवा", "closed.line: हमारी सेवा"), "utf-8")
    capsys.readouterr()
    assert studio.status("hi") == 0
    said = capsys.readouterr().out
    assert "0 recorded" in said
    assert "1 stale" in said
    assert "closed.line: recorded as “यह सेवा" in said


@pytest.mark.parametrize(("language", "complaint"), [("xx", "there is no catalogue for 'xx'"), ("hi", "is no folder")])
def test_what_cannot_be_done_is_said_in_one_line(
    deployment: Path, capsys: pytest.CaptureFixture[str], language: str, complaint: str
) -> None:
    assert studio.take_in(deployment / "nowhere", language) == 1
    assert complaint in capsys.readouterr().out
