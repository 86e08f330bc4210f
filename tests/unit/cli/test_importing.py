"""What `./helpline import` says and the status it ends with."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.importing import import_file


@pytest.fixture(autouse=True)
def deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A helpline of the test's own, in a folder that does not exist yet."""
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path / "data"))
    return tmp_path


def test_the_status_says_whether_a_row_was_left_out(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = deployment / "pincodes.csv"
    path.write_text("pincode,district,state\n462001,Bhopal,MP\n", "utf-8")
    assert import_file("pincodes", path, dry_run=True) == 0
    assert "1 rows can be imported, 0 left out." in capsys.readouterr().err
    path.write_text("pincode,district,state\n462001,Bhopal,MP\n4620,Bhopal,MP\n" + "x,y,z\n" * 60, "utf-8")
    assert import_file("pincodes", path, dry_run=False) == 1
    told = capsys.readouterr()
    assert f"{path}:3: '4620' is no pincode" in told.out
    assert "and 11 more rows that cannot be imported" in told.out
    assert "1 rows are in the database, 61 left out." in told.err


def test_a_file_that_cannot_be_read_and_a_list_that_is_none_are_told(
    deployment: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_file("pincodes", deployment / "nothing.csv", dry_run=False) == 1
    assert "nothing.csv cannot be read" in capsys.readouterr().err
    assert import_file("nurses", deployment / "nothing.csv", dry_run=False) == 2
    assert import_file("pincodes", None, dry_run=False) == 2
    assert "./helpline import pincodes|centres|opds|hubs|spokes|doctors FILE.csv" in capsys.readouterr().err


def test_samples_are_for_an_empty_helpline_only(deployment: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert import_file("samples", None, dry_run=False) == 0
    assert (deployment / "data" / "catalogue" / "hi" / "centres.yaml").exists()
    assert import_file("samples", None, dry_run=False) == 1
    assert "has places already" in capsys.readouterr().err
