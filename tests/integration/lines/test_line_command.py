"""`./helpline line` on a database: what is stored, what is said, what the controller and the audit log hear of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from cli.lines.command import add, change, ensure_lines, show, switch
from cli.lines.wishes import Wish
from config.clock import utc_now
from config.commands import take
from config.database import Database
from config.schema import AuditEntry, Pincode, ServiceLine
from config.settings import load_settings


@pytest.fixture(autouse=True)
def deployment(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A helpline that does not run, on a database that knows one district."""
    monkeypatch.setenv("HELPLINE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("HELPLINE_DATABASE_URL", database_url)
    database = Database(database_url)
    with database.writing() as session:
        session.add(Pincode(pincode="462001", district="bhopal", state="madhya_pradesh"))
    yield database
    database.close()


@contextmanager
def an_asterisk_that_runs() -> Iterator[None]:
    """Its console's socket: below the data, or, where that is too deep for a socket, in a folder of its own."""
    folder = load_settings().socket_dir
    folder.mkdir(parents=True)
    (folder / "asterisk.ctl").touch()
    yield
    shutil.rmtree(folder)


def the_line(database: Database, number: str) -> ServiceLine:
    with database.reading() as session:
        return session.scalars(select(ServiceLine).where(ServiceLine.dialled_number == number)).one()


def test_a_line_is_added_changed_and_switched(deployment: Database, capsys: pytest.CaptureFixture[str]) -> None:
    wish = Wish("specialist_line", hours="mon-sat 09:00-14:00", districts="Bhopal", numbers=["child_line="])
    assert add("1800-103-7378", wish) == 0
    assert (
        "+9118001037378 is a service line. It can be dialled when the helpline is started." in capsys.readouterr().out
    )
    line = the_line(deployment, "+9118001037378")
    assert (line.flow, line.language, line.districts, line.active) == ("specialist_line", "hi", ["bhopal"], True)
    assert (line.name, line.ambulance_number) == ("+9118001037378", "108")
    assert "child_line" not in line.numbers

    assert change("18001037378", Wish(name="Specialists", language="en", hours="mon-sat 09:00-14:00")) == 0
    assert "has changed (name, language)" in capsys.readouterr().out
    assert change("18001037378", Wish(name="Specialists")) == 0
    assert "is like that already" in capsys.readouterr().out
    assert switch("18001037378", on=False) == 0
    assert not the_line(deployment, "+9118001037378").active
    assert switch("18001037378", on=True) == 0
    assert the_line(deployment, "+9118001037378").active
    assert the_line(deployment, "+9118001037378").hours == line.hours

    with deployment.reading() as session:
        audit = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    entries = [(entry.action, entry.staff_id, entry.source, (entry.detail or {}).get("fields")) for entry in audit]
    assert entries == [
        ("line.added", None, "shell", ["districts", "flow", "hours", "numbers"]),
        ("line.changed", None, "shell", ["language", "name"]),
        ("line.switched_off", None, "shell", None),
        ("line.switched_on", None, "shell", None),
    ]
    assert {entry.subject_id for entry in audit} == {line.id}
    assert {command.kind for command in take(deployment, "controller", utc_now())} == {"lines_changed"}


def test_a_refused_wish_changes_nothing(deployment: Database, capsys: pytest.CaptureFixture[str]) -> None:
    assert add("105", Wish("line_104")) == 0
    take(deployment, "controller", utc_now())
    refusals: list[tuple[Callable[[], int], str]] = [
        (lambda: add("105", Wish("opd_line")), "105 is a service line already"),
        (lambda: add("106", Wish("opd")), "there is no flow 'opd'; there are doctor_line, line_104, opd_line"),
        (lambda: add("106", Wish("arrival")), "arrival is a part"),
        (lambda: add("106", Wish("offer")), "what doctors hear in a call"),
        (lambda: add("106", Wish("opd_line", districts="indore")), "there is no district indore; there are bhopal"),
        (lambda: change("106", Wish(name="x")), "106 is no service line"),
        (lambda: change("105", Wish()), "say what to change"),
        (lambda: change("105", Wish(name="New", language="xx")), "there is no language 'xx'"),
        (lambda: switch("106", on=False), "106 is no service line"),
        (lambda: switch("one", on=False), "cannot be dialled"),
    ]
    for refused, why in refusals:
        assert refused() == 1
        assert why in capsys.readouterr().err
    assert take(deployment, "controller", utc_now()) == []
    assert the_line(deployment, "105").name == "105"


def test_a_flow_that_the_running_helpline_does_not_know_yet_is_no_line_yet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with an_asterisk_that_runs():
        assert add("105", Wish("line_104")) == 1
    assert "the helpline takes up line_104 when it is started the next time" in capsys.readouterr().err


def test_an_asterisk_that_does_not_answer_is_told_at_its_next_start(
    deployment: Database, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert add("105", Wish("line_104")) == 0
    take(deployment, "controller", utc_now())
    monkeypatch.setenv("HELPLINE_ASTERISK", "/bin/false")
    with an_asterisk_that_runs():
        assert switch("105", on=False) == 0
    assert "until it is started the next time, callers hear an apology" in capsys.readouterr().out


def test_the_list_says_what_each_line_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert show() == 0
    assert "There are no lines yet" in capsys.readouterr().out
    add("105", Wish("opd_line", "OPDs", hours="daily 08:00-20:00", closed="2027-01-26", districts="bhopal"))
    add("104", Wish("line_104"))
    switch("105", on=False)
    capsys.readouterr()
    assert show() == 0
    heading, first, second = (row.split("  ") for row in capsys.readouterr().out.splitlines())
    assert [cell.strip() for cell in heading if cell][:5] == ["number", "name", "flow", "language", "in service"]
    assert [cell.strip() for cell in first if cell][:7] == ["104", "104", "line_104", "hi", "yes", "always", "all"]
    cells = [cell.strip() for cell in second if cell]
    assert cells[4:7] == ["no", "daily 08:00-20:00 (not on 2027-01-26)", "bhopal"]
    assert cells[7].startswith("ambulance=108 emergency=112")


def test_lines_that_a_demonstration_wants_are_made_once(deployment: Database) -> None:
    add("105", Wish("opd_line"))
    wishes = {"105": Wish("line_104"), "106": Wish("spoke_line", name="Spokes")}
    for _ in range(2):
        ensure_lines(load_settings(), wishes)
    assert the_line(deployment, "105").flow == "opd_line"
    assert (the_line(deployment, "106").flow, the_line(deployment, "106").name) == ("spoke_line", "Spokes")
