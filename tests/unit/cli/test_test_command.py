"""What `./helpline test` runs: the quick before the slow, in one pytest, apart from the caller's own helpline."""

import subprocess
from pathlib import Path

import pytest
import yaml

from cli import test as command
from config.settings import CHECKOUT


def test_the_whole_run_is_one_pytest_with_the_telephone_tests_last() -> None:
    line = command.pytest_command(fast=False)
    folders = [arg for arg in line if arg.startswith("tests/")]
    assert folders[0] == "tests/unit"
    assert folders == [folder for folder in command.FOLDERS if folder in folders]


def test_the_fast_run_leaves_out_whatever_needs_a_process_of_its_own() -> None:
    line = command.pytest_command(fast=True)
    assert [arg for arg in line if arg.startswith("tests/")] == ["tests/unit"]
    assert line[line.index("tests/unit") + 2] == "not telephone and not postgres and not browser"


def test_named_tests_are_run_alone() -> None:
    line = command.pytest_command(fast=False, pytest_args=["tests/unit/cli", "-x"])
    assert [arg for arg in line if arg.startswith("tests/")] == ["tests/unit/cli"]
    assert line[-2:] == ["tests/unit/cli", "-x"]


def test_all_tests_run_side_by_side_and_named_ones_one_after_the_other() -> None:
    for fast in (True, False):
        assert "--numprocesses=2" in command.pytest_command(fast)
        assert "--numprocesses=2" not in command.pytest_command(fast, ["tests/unit/cli"])


def test_every_folder_of_tests_is_run() -> None:
    folders = {f"tests/{path.name}" for path in (CHECKOUT / "tests").iterdir() if any(path.rglob("test_*.py"))}
    assert folders <= set(command.FOLDERS)


def test_the_callers_deployment_does_not_reach_the_tests() -> None:
    env = command.environment({"HELPLINE_DATABASE_URL": "postgresql://live", "HELPLINE_ASTERISK": "/x", "PATH": "/bin"})
    assert env == {"HELPLINE_ASTERISK": "/x", "PATH": "/bin", "PYTHONPATH": str(CHECKOUT)}


def test_a_linter_that_complains_is_quoted_and_makes_the_command_fail(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "LINTS", (("style", ("sh", "-c", "echo bad line; exit 1")), ("types", ("true",))))
    monkeypatch.setattr(command, "ensure_test_packages", lambda: None)
    monkeypatch.setattr(command, "pytest_command", lambda *_: ["echo", "1 passed in 0.01s"])
    assert command.test(fast=True, pytest_args=[]) == 1
    said = capfd.readouterr().out.splitlines()
    assert "bad line" in said
    assert said[-1] == "1 passed in 0.01s"


def test_a_failing_test_makes_the_command_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "LINTS", (("style", ("true",)),))
    monkeypatch.setattr(command, "ensure_test_packages", lambda: None)
    monkeypatch.setattr(command, "pytest_command", lambda *_: ["sh", "-c", "exit 1"])
    assert command.test(fast=True, pytest_args=[]) == 1


def test_ci_runs_the_same_command_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text((CHECKOUT / ".ci" / "run").read_text())
    helpline = tmp_path / "helpline"
    helpline.write_text('#!/bin/sh\necho "$PWD $*"\n')
    helpline.chmod(0o755)
    said = subprocess.run(["sh", str(tmp_path / ".ci" / "run")], cwd="/", capture_output=True, text=True, check=True)
    assert said.stdout.strip() == f"{tmp_path} test"


def test_hooks_before_a_commit_need_nothing_from_elsewhere() -> None:
    config = yaml.safe_load((CHECKOUT / ".pre-commit-config.yaml").read_text())
    assert {repository["repo"] for repository in config["repos"]} == {"local"}
    hooks = [hook for repository in config["repos"] for hook in repository["hooks"]]
    assert {hook["language"] for hook in hooks} == {"system"}
    assert {hook["name"] for hook in hooks} == {name for name, _ in command.LINTS}
