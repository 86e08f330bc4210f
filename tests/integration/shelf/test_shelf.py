"""The shelf: what is active when files change, when a department changes a menu, and when it goes back."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from config.database import Database
from config.schema import AuditEntry, FlowVersion
from flows.errors import FlowError
from shelf import store
from shelf.editing import Editor
from shelf.errors import NothingBefore, Refused, UnknownVersion
from shelf.files import take_in
from tests.integration.shelf.menus import AMBULANCE, LINE, LONGER_LINE, OTHER_AMBULANCE, written


class Shelf:
    """A shelf that is used as controller and console use it, a second later each time."""

    def __init__(self, database: Database, folder: Path, at: datetime) -> None:
        self.database, self.folder, self.at = database, folder, at

    def start(self, **changes: str) -> None:
        """A controller starts with these files."""
        take_in(self.database, written(self.folder, **changes), {}, self._later())

    def upload(self, name: str, text: str) -> str:
        with self.database.writing() as session:
            return Editor(session, {}).upload(name, text, "", "staff-1", self._later())[0].version

    def activate(self, name: str, version: str) -> list[str]:
        with self.database.writing() as session:
            return [item.name for item in Editor(session, {}).activate(name, version, "staff-1", self._later())]

    def use(self, name: str, text: str) -> list[str]:
        """Upload and activate."""
        return self.activate(name, self.upload(name, text))

    def roll_back(self, name: str) -> str:
        with self.database.writing() as session:
            Editor(session, {}).roll_back(name, "staff-1", self._later())
        return self.active(name).version

    def active(self, name: str) -> FlowVersion:
        with self.database.reading() as session:
            item = store.active_of(session, name)
        assert item is not None
        return item.version

    def count(self) -> int:
        with self.database.reading() as session:
            return len(session.scalars(select(FlowVersion)).all())

    def _later(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture
def shelf(database: Database, tmp_path: Path, now: datetime) -> Shelf:
    shelf = Shelf(database, tmp_path / "menus", now)
    shelf.start()
    return shelf


def test_the_first_start_activates_the_files_and_freezes_their_parts(shelf: Shelf) -> None:
    assert shelf.active("line_104").parts == {"helping": AMBULANCE}
    assert shelf.active("helping").is_part
    assert shelf.count() == 4


def test_a_start_with_the_same_files_adds_nothing(shelf: Shelf) -> None:
    shelf.start()
    assert shelf.count() == 4


def test_a_changed_file_becomes_active_and_is_audited(shelf: Shelf) -> None:
    before = shelf.active("line_104").version
    shelf.start(line_104=LONGER_LINE)
    after = shelf.active("line_104")
    assert after.text == LONGER_LINE
    with shelf.database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.source, entry.detail) == (
        "flow.activated",
        "file",
        {"version": after.version, "before": before},
    )


def test_a_changed_file_of_a_part_changes_what_uses_it(shelf: Shelf) -> None:
    shelf.start(helping=OTHER_AMBULANCE)
    assert shelf.active("line_104").parts == {"helping": OTHER_AMBULANCE}


def test_a_departments_own_version_stays_when_the_file_changes(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    shelf.use("line_104", LONGER_LINE)
    shelf.start(line_104=LINE.replace("welcome", "menu.main"))
    assert shelf.active("line_104").text == LONGER_LINE
    assert "the department's own" in caplog.text


def test_who_went_back_to_an_older_file_is_not_moved_on_at_the_next_start(shelf: Shelf) -> None:
    first = shelf.active("line_104").version
    shelf.start(line_104=LONGER_LINE)
    assert shelf.roll_back("line_104") == first
    shelf.start(line_104=LONGER_LINE)
    assert shelf.active("line_104").version == first


def test_who_went_back_to_the_present_file_follows_the_files_again(shelf: Shelf) -> None:
    shelf.use("line_104", LONGER_LINE)
    shelf.roll_back("line_104")
    changed = LINE.replace("welcome", "menu.main")
    shelf.start(line_104=changed)
    assert shelf.active("line_104").text == changed


@pytest.mark.parametrize("broken", ["nodes: [", LINE.replace("exhausted: bye", "exhausted: nowhere"), "\udcff"])
def test_a_broken_file_is_named_and_the_active_version_goes_on(
    shelf: Shelf, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    before = shelf.active("line_104").version
    written(shelf.folder)
    (shelf.folder / "line_104.yaml").write_bytes(broken.encode("utf-8", "surrogateescape"))
    caplog.set_level(logging.ERROR)
    take_in(shelf.database, shelf.folder, {}, shelf.at)
    assert shelf.active("line_104").version == before
    assert "line_104.yaml" in caplog.text


def test_a_broken_part_s_file_leaves_what_uses_it_on_the_active_part(shelf: Shelf) -> None:
    shelf.start(helping=AMBULANCE.replace("1: dial", "1: nowhere"), line_104=LONGER_LINE)
    assert shelf.active("helping").text == AMBULANCE
    assert shelf.active("line_104").text == LONGER_LINE
    assert shelf.active("line_104").parts == {"helping": AMBULANCE}


def test_a_broken_file_with_nothing_on_the_shelf_is_refused(database: Database, tmp_path: Path, now: datetime) -> None:
    folder = written(tmp_path / "menus", line_104=LINE.replace("1: bye", "1: nowhere"))
    with pytest.raises(FlowError, match="nowhere"):
        take_in(database, folder, {}, now)


def test_a_text_with_errors_is_refused_with_all_of_them_and_nothing_is_kept(shelf: Shelf) -> None:
    text = LINE.replace("1: bye", "1: nowhere").replace("exhausted: bye", "exhausted: neither")
    with pytest.raises(Refused) as refused:
        shelf.upload("line_104", text)
    assert {fault.line for fault in refused.value.faults if "no node" in fault.what} == {7}
    assert len(refused.value.faults) == 2
    assert shelf.count() == 4


def test_uploading_changes_nothing_that_is_heard(shelf: Shelf) -> None:
    before = shelf.active("line_104").version
    assert shelf.upload("line_104", LONGER_LINE) != before
    assert shelf.active("line_104").version == before


def test_the_same_text_twice_is_one_version(shelf: Shelf) -> None:
    assert shelf.upload("line_104", LONGER_LINE) == shelf.upload("line_104", LONGER_LINE)
    assert shelf.count() == 5


def test_a_part_takes_the_flows_that_use_it_along(shelf: Shelf) -> None:
    before = shelf.active("line_104").version
    assert shelf.use("helping", OTHER_AMBULANCE) == ["helping", "line_104"]
    user = shelf.active("line_104")
    assert (user.parts, user.origin, user.staff_id) == ({"helping": OTHER_AMBULANCE}, "part", "staff-1")
    assert shelf.roll_back("helping")
    assert shelf.active("line_104").version == before


def test_a_part_that_would_break_a_flow_is_refused_and_the_flow_is_named(shelf: Shelf) -> None:
    with pytest.raises(Refused) as refused:
        shelf.upload("helping", AMBULANCE.replace("exits: [done]", "exits: [done, failed]"))
    assert {fault.source for fault in refused.value.faults} == {"line_104.yaml"}


def test_a_part_taken_on_by_the_department_stays_in_a_changed_file_of_a_flow(shelf: Shelf) -> None:
    shelf.use("helping", OTHER_AMBULANCE)
    shelf.start(line_104=LONGER_LINE)
    assert shelf.active("line_104").text == LONGER_LINE
    assert shelf.active("line_104").parts == {"helping": OTHER_AMBULANCE}


def test_a_flow_taken_back_to_an_older_part_is_not_moved_on_at_the_next_start(shelf: Shelf) -> None:
    before = shelf.active("line_104").version
    shelf.use("helping", OTHER_AMBULANCE)
    assert shelf.roll_back("line_104") == before
    shelf.start()
    assert shelf.active("line_104").version == before
    assert shelf.active("helping").text == OTHER_AMBULANCE


def test_a_flow_may_not_become_a_part(shelf: Shelf) -> None:
    part = AMBULANCE.replace("flow: helping", "flow: line_104")
    with pytest.raises(Refused, match="another name"):
        shelf.upload("line_104", part)


def test_going_back_twice_goes_back_two_versions_and_then_there_is_nothing(shelf: Shelf) -> None:
    first = shelf.active("line_104").version
    shelf.use("line_104", LONGER_LINE)
    second = shelf.active("line_104").version
    shelf.use("line_104", LINE.replace("welcome", "menu.main"))
    assert shelf.roll_back("line_104") == second
    assert shelf.roll_back("line_104") == first
    with pytest.raises(NothingBefore):
        shelf.roll_back("line_104")


def test_an_unknown_version_or_flow_is_said_to_be_unknown(shelf: Shelf) -> None:
    with pytest.raises(UnknownVersion):
        shelf.activate("line_104", "0" * 12)
    with pytest.raises(UnknownVersion):
        shelf.roll_back("line_105")


def test_a_version_whose_prompt_is_gone_is_not_activated(shelf: Shelf) -> None:
    version = shelf.upload("line_104", LONGER_LINE)
    known = {"hi": {"welcome", "goodbye.patient", "ambulance.confirm", "ambulance.connecting"}}
    with shelf.database.writing() as session, pytest.raises(Refused, match=r"menu\.wrong"):
        Editor(session, known).activate("line_104", version, None, shelf.at)


def test_of_two_people_at_once_the_last_one_s_version_is_active(shelf: Shelf) -> None:
    from concurrent.futures import ThreadPoolExecutor

    versions = [shelf.upload("line_104", LINE.replace("retries", "x") + f"# {n}\n") for n in range(6)]
    with ThreadPoolExecutor(6) as people:
        activate: Callable[[str], object] = lambda version: shelf.activate("line_104", version)  # noqa: E731
        list(people.map(activate, versions))
    with shelf.database.reading() as session:
        history = store.history(session, "line_104")
    assert {item.version.version for item in history[:6]} == set(versions)
    # Each came after the one it replaced: nobody's activation was lost between two others.
    assert [item.activation.before_id for item in history[:6]] == [item.activation.id for item in history[1:7]]
    assert shelf.active("line_104").version == history[0].version.version
