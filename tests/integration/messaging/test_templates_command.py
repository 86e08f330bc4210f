"""`./helpline templates`: the way to the operators' portal and back, from the machine itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from cli import wordings
from cli.checks.messages import messages
from config.database import Database
from config.schema import AuditEntry
from config.settings import load_settings
from messaging.catalogue import shipped

ID = "1107161234567890123"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A deployment that needs registration, not started yet."""
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HELPLINE_DLT", "required")
    monkeypatch.delenv("HELPLINE_DATABASE_URL", raising=False)
    return f"sqlite:///{tmp_path / 'data' / 'helpline.db'}"


def filled(path: Path, text: str) -> Path:
    """The sheet with the id of otp in Hindi, and its text as the portal shows it."""
    assert wordings.run(wordings.write_sheet(path)) == 0
    path.write_text(
        "template,language,version,dlt_template_id,registered_text\r\n" + f'otp,hi,1,{ID},"{text}"\r\n', "utf-8-sig"
    )
    return path


def test_a_wording_is_listed_registered_and_previewed(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wordings.run(wordings.preview("otp", "hi", [])) == 1
    assert "not_registered" in capsys.readouterr().err
    sheet = filled(tmp_path / "t.csv", shipped().find("otp", "hi").registered_text)
    assert "HELPLINE_DLT_HEADER is empty: this column is empty in the sheet" in capsys.readouterr().err
    assert wordings.run(wordings.take_sheet(sheet), writing=True) == 0
    assert "1 entered, 0 unchanged, 0 without an id yet, 0 faulty" in capsys.readouterr().err
    assert wordings.run(wordings.show_all) == 0
    shown = capsys.readouterr()
    assert f"otp                  hi 1  parts 2, at most 3  registered {ID}, not sent yet" in shown.out
    assert "HELPLINE_DLT_HEADER is empty" in shown.err
    assert wordings.run(wordings.preview("otp", "hi", ["code=12"])) == 0
    assert "आपका कोड 12 है" in capsys.readouterr().out
    store = Database(database)
    with store.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    store.close()
    assert (entry.action, entry.source, entry.subject_id) == ("template.registered", "command line", "otp")


def test_a_faulty_row_is_told_by_its_line(database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sheet = filled(tmp_path / "t.csv", shipped().find("otp", "hi").registered_text.replace("।", "|", 1))
    assert wordings.run(wordings.take_sheet(sheet), writing=True) == 1
    assert "t.csv:2: template otp (hi, version 1) is not what is registered: line 1, column" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        (wordings.preview("otp", "ta", []), 1, "no SMS template otp in language ta"),
        (wordings.preview("otp", "hi", ["code"]), 2, "name=value"),
        (wordings.preview("otp", "hi", ["code=१२"]), 1, "value_unsendable"),
        (wordings.write_sheet(Path("/nowhere/t.csv")), 1, "/nowhere/t.csv: No such file or directory"),
        (wordings.take_sheet(Path("/nowhere/t.csv")), 1, "/nowhere/t.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(
    database: str, work: wordings.Work, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert wordings.run(work) == status
    assert said in capsys.readouterr().err


def test_a_departments_broken_wording_is_named(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.yaml").write_text("id: otp\ncategory: service_implicit\nversions: []\n", "utf-8")
    monkeypatch.setenv("HELPLINE_SMS_TEMPLATES_DIR", str(tmp_path))
    assert wordings.run(wordings.show_all) == 1
    assert "own.yaml: not a template file: versions" in capsys.readouterr().err


def test_a_sheet_with_ids_typed_in_is_not_written_over(
    database: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = filled(tmp_path / "t.csv", shipped().find("otp", "hi").registered_text)
    before = sheet.read_bytes()
    capsys.readouterr()
    assert wordings.run(wordings.write_sheet(sheet)) == 1
    assert "t.csv is there already" in capsys.readouterr().err
    assert sheet.read_bytes() == before


def test_the_check_says_what_keeps_messages_from_going_out(database: str, tmp_path: Path) -> None:
    ids = {"dlt_entity_id": "1101234567890123456", "dlt_header": "HLTHMP"}
    assert messages(load_settings({}, data_dir=tmp_path)).what == "20 wordings, no registration needed; gateway inbox"
    assert messages(load_settings({}, dlt="required")).what == "HELPLINE_DLT_ENTITY_ID is empty"
    wrong = messages(load_settings({}, sms_urls="https://help.example.gov.in/"))
    assert wrong.what == "https://help.example.gov.in/ cannot stand in a message"
    assert "20 of 20 wordings are not registered" in messages(load_settings({}, dlt="required", **ids)).what
    (tmp_path / "own.yaml").write_text("id: otp", "utf-8")
    assert messages(load_settings({}, sms_templates_dir=str(tmp_path))).what == "a wording is broken"


def test_the_check_is_content_once_everything_is_registered(database: str, tmp_path: Path) -> None:
    ids = {"dlt_entity_id": "1101234567890123456", "dlt_header": "HLTHMP"}
    path = tmp_path / "t.csv"
    assert wordings.run(wordings.write_sheet(path)) == 0
    head, *rows = path.read_text("utf-8-sig").splitlines()
    numbered = [f"{row[:-2]},{1107161234567890123 + number}," for number, row in enumerate(rows)]
    path.write_text("\n".join([head, *numbered]), "utf-8")
    assert wordings.run(wordings.take_sheet(path), writing=True) == 0
    found = messages(load_settings({}, data_dir=tmp_path / "data", dlt="required", **ids))
    assert (found.ok, found.what) == (True, "20 wordings, all registered; gateway inbox")
    cdac = {name: "https://sms.example.in" if name == "url" else "x" for name in ("url", "username", "password")}
    gateway = {f"cdac_{name}": value for name, value in cdac.items()} | {"cdac_secure_key": "x", "sms_gateway": "cdac"}
    found = messages(load_settings({}, data_dir=tmp_path / "data", **gateway, **ids))
    assert (found.ok, "cdac tells no receipts without HELPLINE_CDAC_REPORT_URL" in found.what) == (True, True)
    gateway["cdac_report_url"] = "https://sms.example.in/report"
    found = messages(load_settings({}, data_dir=tmp_path / "data", **gateway, **ids))
    assert found.what == "20 wordings, all registered; gateway cdac"
