"""The voice menus over the API: looking, trying, uploading, activating, going back; who may, and what is audited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from admin_api.permissions import Role
from config.clock import utc_now
from config.commands import take
from config.database import Database
from shelf import store
from shelf.files import take_in
from tests.integration.admin_api.conftest import Desk
from tests.integration.shelf.menus import AMBULANCE, LINE, LONGER_LINE, OTHER_AMBULANCE, written

BROKEN = LINE.replace("1: bye", "1: nowhere").replace("prompt: [welcome]", "prompt: [no.such.prompt]")


@pytest.fixture(autouse=True)
def shipped(database: Database, tmp_path: Path) -> None:
    """What the controller left at its first start."""
    take_in(database, written(tmp_path / "menus"), {}, utc_now())


def upload(client: httpx.Client, text: str = LONGER_LINE, name: str = "line_104", note: str = "") -> httpx.Response:
    return client.post(f"/flows/{name}/versions", json={"text": text, "note": note})


def active(client: httpx.Client, name: str = "line_104") -> dict[str, Any]:
    flows = client.get("/flows").json()["flows"]
    return next(flow for flow in flows if flow["name"] == name)


def test_flows_and_parts_are_listed_with_what_new_calls_hear(supervisor: httpx.Client) -> None:
    flows = {flow["name"]: flow for flow in supervisor.get("/flows").json()["flows"]}
    assert set(flows) == {"line_104", "helping", "offer", "disposition"}
    assert flows["line_104"]["title"] == {"hi": "परीक्षण", "en": "Trial line"}
    assert (flows["helping"]["is_part"], flows["helping"]["used_by"]) == (True, ["line_104"])
    assert (flows["line_104"]["active"]["origin"], flows["line_104"]["versions"], flows["line_104"]["faults"]) == (
        "file",
        1,
        0,
    )


def test_a_text_is_judged_by_line_and_nothing_is_kept(supervisor: httpx.Client, database: Database) -> None:
    answer = supervisor.post("/flows/validate", json={"name": "line_104", "text": "flow: line_104\nnodes: [\n"})
    assert answer.status_code == 200
    assert answer.json()["version"] is None
    assert [fault["line"] for fault in answer.json()["faults"]] == [3]
    good = supervisor.post("/flows/validate", json={"name": "line_104", "text": LONGER_LINE}).json()
    assert (len(good["version"]), good["faults"]) == (12, [])
    assert "+  more:" in good["changes"]
    assert len(supervisor.get("/flows/line_104/versions").json()["versions"]) == 1


def test_a_prompt_must_exist_in_every_language(admin: httpx.Client) -> None:
    text = LINE.replace("welcome", "no.such.prompt")
    faults = admin.post("/flows/validate", json={"name": "line_104", "text": text}).json()["faults"]
    assert {fault["what"] for fault in faults} == {
        f"the prompt 'no.such.prompt' is missing in language '{language}'" for language in ("hi", "en")
    }


def test_a_broken_upload_is_refused_with_every_fault_and_the_running_one_stays(admin: httpx.Client) -> None:
    before = active(admin)["active"]["version"]
    answer = upload(admin, BROKEN.replace("go: nowhere", ""))
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("broken_flow")
    assert answer.json()["errors"][0]["source"] == "line_104.yaml"
    assert answer.json()["errors"][0]["line"] == 7
    assert active(admin)["active"]["version"] == before
    assert active(admin)["versions"] == 1


def test_an_upload_is_kept_but_not_heard_until_it_is_activated(
    desk: Desk, database: Database, audited: Callable[[], list[tuple[str, str, str]]]
) -> None:
    admin = desk.signed_in(Role.ADMIN)
    answer = upload(admin, note="एक सवाल और")
    assert answer.status_code == 201
    version = answer.json()["version"]
    assert (answer.json()["active"], answer.json()["note"]) == (False, "एक सवाल और")
    assert answer.json()["author"].startswith("user")
    assert active(admin)["active"]["version"] != version
    assert take(database, "controller", utc_now()) == []

    done = admin.post(f"/flows/line_104/versions/{version}/activate").json()
    assert (done["active"]["version"], done["active"]["active"], done["made_anew"]) == (version, True, [])
    assert active(admin)["active"]["version"] == version
    assert active(admin)["newer_shipped"] is not None
    commands = take(database, "controller", utc_now())
    assert [(command.kind, command.data) for command in commands] == [("flows_changed", {"flows": ["line_104"]})]
    assert audited()[-2:] == [("flow.uploaded", "flow", "line_104"), ("flow.activated", "flow", "line_104")]


def test_the_same_text_again_is_the_version_that_is_there(admin: httpx.Client) -> None:
    first = upload(admin)
    again = upload(admin)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["version"] == again.json()["version"]


def test_going_back_is_audited_with_what_was_replaced(admin: httpx.Client, database: Database) -> None:
    before = active(admin)["active"]["version"]
    version = upload(admin).json()["version"]
    admin.post(f"/flows/line_104/versions/{version}/activate")
    assert admin.post("/flows/line_104/rollback").json()["active"]["version"] == before
    entry = admin.get("/audit", params={"action": "flow.rolled_back"}).json()["entries"][0]
    assert entry["detail"] == {"version": before, "before": version, "made_anew": []}
    assert admin.post("/flows/line_104/rollback").status_code == 409


def test_a_part_takes_along_what_uses_it(admin: httpx.Client) -> None:
    version = upload(admin, OTHER_AMBULANCE, "helping").json()["version"]
    done = admin.post(f"/flows/helping/versions/{version}/activate").json()
    assert done["made_anew"] == ["line_104"]
    made = active(admin)["active"]
    assert made["origin"] == "part"
    detail = admin.get(f"/flows/line_104/versions/{made['version']}").json()
    assert detail["parts"] == [{"name": "helping", "same_as_active": True}]


def test_a_version_shows_its_text_and_the_difference_to_the_active_one(supervisor: httpx.Client, desk: Desk) -> None:
    version = upload(desk.signed_in(Role.ADMIN)).json()["version"]
    detail = supervisor.get(f"/flows/line_104/versions/{version}").json()
    assert detail["text"] == LONGER_LINE
    assert "+      2: more" in detail["changes"]
    assert [line for line in detail["changes"] if line.startswith("-") and not line.startswith("---")] == []


def test_what_the_controller_could_not_take_up_is_shown(admin: httpx.Client, database: Database) -> None:
    with database.writing() as session:
        item = store.active_of(session, "line_104")
        assert item is not None
        store.note_trouble(session, item.activation.id, "a prompt has no sound")
    assert active(admin)["active"]["trouble"] == "a prompt has no sound"
    with database.writing() as session:
        store.note_taken_up(session, [item.activation.id], utc_now())
    assert active(admin)["active"]["taken_up_at"] is not None


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (LINE.replace("flow: line_104", "flow: line_105"), "must be the file's name"),
        ("a: &a [x, x]\nb: &b [*a, *a]\n", "alias"),
        (AMBULANCE.replace("flow: helping", "flow: line_104"), "into a part"),
        ("[" * 5000, "not YAML"),
        ("flow: line_104\nflow: line_104\n", "twice"),
    ],
)
def test_traps_are_refused(admin: httpx.Client, text: str, what: str) -> None:
    answer = upload(admin, text)
    assert answer.status_code == 422
    assert any(what in error["detail"] for error in answer.json()["errors"]), answer.text


def test_a_text_of_more_than_256_kb_is_refused_and_one_just_below_is_read(admin: httpx.Client) -> None:
    too_large = LINE + "# " + "क" * 90_000
    assert upload(admin, too_large).status_code == 422
    assert upload(admin, LINE + "# " + "क" * 80_000).status_code == 201
    answer = admin.post("/flows/line_104/versions", content=json.dumps({"text": "x" * 2_000_000}))
    assert answer.status_code == 413


def test_unknown_flows_and_versions_are_not_found(admin: httpx.Client) -> None:
    assert admin.get("/flows/line_105/versions").status_code == 404
    assert admin.get("/flows/line_104/versions/000000000000").status_code == 404
    assert admin.post("/flows/line_104/versions/000000000000/activate").status_code == 404
    assert admin.post("/flows/line_105/rollback").status_code == 404


def test_supervisors_look_and_try_but_change_nothing_and_others_do_not_even_look(
    desk: Desk, supervisor: httpx.Client, doctor: httpx.Client
) -> None:
    version = active(supervisor)["active"]["version"]
    assert upload(supervisor).status_code == 403
    assert supervisor.post(f"/flows/line_104/versions/{version}/activate").status_code == 403
    assert supervisor.post("/flows/line_104/rollback").status_code == 403
    for client in (doctor, desk.signed_in(Role.DISTRICT, district="Bhopal")):
        assert client.get("/flows").status_code == 403
        assert client.post("/flows/validate", json={"name": "line_104", "text": LINE}).status_code == 403
