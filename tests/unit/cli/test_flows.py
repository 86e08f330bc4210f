"""./helpline flows: what a flow's author sees in the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.flow_faults import durations
from cli.flows import app
from prompts.catalogue import Catalogue, Prompt, load_catalogues
from prompts.store import PromptStore

RUN = CliRunner()
GOOD = """flow: greet
audience: doctor
start: hello
nodes:
  hello:
    kind: menu
    prompt: [welcome]
    keys: {1: bye, 2: bye}
    exhausted: bye
  bye: {kind: goodbye, prompt: [goodbye.patient]}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one flow of its own."""
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "greet.yaml").write_text(GOOD, "utf-8")
    monkeypatch.setenv("HELPLINE_FLOWS_DIR", str(flows))
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path / "data"))
    return flows


def flows(*args: str, keys: str | None = None) -> tuple[int, str]:
    result = RUN.invoke(app, args, input=keys)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


# --- check --------------------------------------------------------------------------------------------------------


def test_flows_without_faults_are_said_to_be_so(folder: Path) -> None:
    assert flows("check") == (0, "1 flow, no faults\n")


def test_a_fault_has_file_line_and_what_to_do(folder: Path) -> None:
    (folder / "greet.yaml").write_text(GOOD.replace("2: bye", "2: nowhere"), "utf-8")
    status, output = flows("check")
    assert status == 1
    assert f"{folder / 'greet.yaml'}:5: error: node hello: " in output
    assert " -> " in output
    assert "1 flow: 1 error, 0 warnings" in output


def test_a_prompt_without_words_is_an_error_in_each_language(folder: Path) -> None:
    (folder / "greet.yaml").write_text(GOOD.replace("welcome", "welcme"), "utf-8")
    status, output = flows("check", "greet")
    assert status == 1
    assert "'welcme' is missing in language 'hi'" in output
    assert "'welcme' is missing in language 'en'" in output


def test_a_warning_alone_is_no_failure(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.flow_faults.durations", lambda store: {"welcome": 12.6})
    status, output = flows("check")
    assert status == 0
    assert "warning: node hello: the prompt 'welcome' takes 13 s" in output


def test_a_new_version_of_a_flow_is_checked_before_it_is_in_the_folder(folder: Path, tmp_path: Path) -> None:
    new = tmp_path / "greet.yaml"
    new.write_text(GOOD.replace("exhausted: bye", ""), "utf-8")
    status, output = flows("check", str(new))
    assert status == 1
    assert str(new) in output
    assert flows("check")[0] == 0


def test_a_flow_that_is_not_there_is_named(folder: Path) -> None:
    status, output = flows("check", "grete")
    assert status == 1
    assert "grete: error: there is no such flow or file; the flows are greet" in output


def test_a_prompts_length_is_measured_or_else_counted_in_words(tmp_path: Path) -> None:
    prompts = {"short": Prompt("short", "one two"), "long": Prompt("long", "word " * 28)}
    catalogues = {"xx": Catalogue("xx", ("xx",), 140, (), prompts)}
    assert durations(PromptStore(tmp_path, tmp_path, catalogues)) == pytest.approx({"short": 60 / 70, "long": 12.0})


def test_a_prompts_length_is_that_of_the_language_that_takes_longest(tmp_path: Path) -> None:
    catalogues = {
        language: Catalogue(language, (language,), 140, (), {"a": Prompt("a", "word " * number)})
        for language, number in (("xx", 7), ("yy", 14))
    }
    assert durations(PromptStore(tmp_path, tmp_path, catalogues)) == pytest.approx({"a": 6.0})


def test_a_sound_file_that_is_there_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogues = {"xx": Catalogue("xx", ("xx",), 140, (), {"a": Prompt("a", "word " * 14), "b": Prompt("b", "b")})}
    monkeypatch.setattr(PromptStore, "durations", lambda self, language: {"a": 7.5, "b": 9.0})
    monkeypatch.setattr(PromptStore, "missing", lambda self, languages: [])
    assert durations(PromptStore(tmp_path, tmp_path, catalogues)) == {"a": 7.5, "b": 9.0}


# --- simulate -----------------------------------------------------------------------------------------------------


def test_a_call_is_played_with_keys_from_the_keyboard(folder: Path) -> None:
    status, output = flows("simulate", "greet", "--language", "en", keys="\n1\n")
    assert status == 0
    assert output.count("[hello] ♪ ") == 2  # silence repeats the question
    words = load_catalogues()["en"].text("goodbye.patient")
    assert f"[bye] ♪ {words}" in output
    assert "the helpline hangs up" in output


def test_q_hangs_up_and_so_does_the_end_of_the_input(folder: Path) -> None:
    for keys in ("q\n", ""):
        assert "the caller hangs up" in flows("simulate", "greet", keys=keys)[1]


def test_what_is_no_key_is_explained_and_asked_again(folder: Path) -> None:
    status, output = flows("simulate", "greet", keys="x\n1\n")
    assert status == 0
    assert output.count("are the keys, Enter is silence") == 2
    assert "the helpline hangs up" in output


def test_doctors_and_services_are_asked_for_too(folder: Path) -> None:
    shipped = Path(__file__).parents[3] / "flows" / "definitions"
    for name in ("smallest.yaml", "nobody_on_duty.yaml"):
        (folder / name).write_text((shipped / name).read_text("utf-8"), "utf-8")
    status, output = flows("simulate", "smallest", keys="1\n45#\nn\n3\nd\n\n")
    assert status == 0
    assert "looks for a doctor: fever" in output
    assert "no doctor: nobody_on_duty" in output
    assert "talks to a doctor" in output
    assert output.count("[seek] ♪") == 1


def test_a_service_and_a_transfer_answer_as_the_terminal_says(folder: Path) -> None:
    (folder / "greet.yaml").write_text(
        """flow: greet
audience: doctor
variables: {district: {type: text}, state: {type: text}, note: {type: text}}
start: where
nodes:
  where: {kind: service, service: place, with: {pincode: =462001}, outcomes: {found: dial, unknown: note}, failed: note}
  note: {kind: record, name: note, prompt: welcome, go: dial, nothing: dial}
  dial: {kind: transfer, target: ambulance, prompt: please.hold, done: bye, failed: bye}
  bye: {kind: goodbye, prompt: goodbye.patient}
""",
        "utf-8",
    )
    status, output = flows("simulate", "greet", keys="unknown\n2\n7\n2\n")
    assert status == 0, output
    assert "1 found, 2 unknown, 3 failed [1]" in output
    assert "1 says something, 2 says nothing [1]" in output
    assert output.count("1 answered, 2 failed [1]") == 2  # 7 is none of them
    assert "[bye]" in output


def test_a_flow_can_be_tried_while_another_is_broken(folder: Path) -> None:
    (folder / "broken.yaml").write_text("flow: [", "utf-8")
    assert flows("simulate", "greet", keys="1\n")[0] == 0
    status, output = flows("simulate", "broken", keys="1\n")
    assert status == 1
    assert "broken.yaml" in output


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nothing",), "There is no flow 'nothing'; there are: greet."),
        (("greet", "--language", "xx"), "There is no language 'xx'"),
        ((), "Name a flow, one of: greet."),
        (("greet", "--script", "no_such_file"), "no_such_file: this cannot be read"),
    ],
)
def test_what_cannot_be_played_is_said(folder: Path, args: tuple[str, ...], words: str) -> None:
    status, output = flows("simulate", *args)
    assert status != 0
    assert words in output


def test_without_a_player_program_speaking_is_refused_but_not_the_call(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    status, output = flows("simulate", "greet", "--speak", keys="1\n")
    assert status == 0
    assert "No player program" in output


def test_prompts_that_are_not_made_yet_are_told_while_speaking(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "bin" / "paplay"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\necho played >> {tmp_path}/played\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    sounds = tmp_path / "data" / "prompts" / "hi"
    sounds.mkdir(parents=True)
    (sounds / "goodbye-patient.wav").write_bytes(b"RIFF")
    output = flows("simulate", "greet", "--speak", keys="1\n")[1]
    assert "1 prompts have not been made yet" in output
    assert (tmp_path / "played").read_text() == "played\n"


# --- scripts and golden transcripts ---------------------------------------------------------------------------------


@pytest.fixture
def script(folder: Path) -> Path:
    path = folder / "greet.transcripts" / "short.script.yaml"
    path.parent.mkdir()
    path.write_text("story: Somebody presses one\nlanguage: en\nsteps: [press: 1]\n", "utf-8")
    return path


def test_a_script_is_played_without_asking_anything(script: Path) -> None:
    status, output = flows("simulate", "greet", "--script", str(script))
    assert status == 0
    assert output.startswith("# Somebody presses one\n\n  4 s [hello] ♪ ")


def test_golden_transcripts_are_written_beside_the_flow_and_strays_removed(script: Path) -> None:
    stray = script.with_name("forgotten.txt")
    stray.write_text("x")
    status, output = flows("simulate", "--update-golden")
    assert (status, output) == (0, "greet: 1 stories, 1 changed; they tell 1 of 3 edges\n")
    assert "[bye]" in script.with_name("short.txt").read_text("utf-8")
    assert not stray.exists()
    assert "0 changed" in flows("simulate", "greet", "--update-golden")[1]


def test_a_script_that_does_not_fit_leaves_every_transcript_as_it_was(script: Path) -> None:
    script.with_name("a.script.yaml").write_text("story: x\nsteps: [doctor]\n", "utf-8")
    status, output = flows("simulate", "--update-golden")
    assert status == 1
    assert "a.script.yaml: step 1, doctor" in output
    assert not script.with_name("short.txt").exists()
