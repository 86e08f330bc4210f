"""The wordings over the API: looking, trying, registering one by one or by sheet, a trial; who may; what is audited."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from admin_api.permissions import Role
from config.clock import utc_now
from config.database import Database
from config.schema import Message
from config.settings import Settings, load_settings
from messaging import registrations
from messaging.catalogue import load, shipped
from messaging.wording.matching import Registration
from tests.integration.admin_api.conftest import Desk, serving

ID = "1107161234567890123"
OTP = shipped().find("otp", "en")
Audited = Callable[[], list[tuple[str, str, str]]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A deployment whose messages need their registration."""
    return load_settings(
        {},
        data_dir=tmp_path / "data",
        dlt="required",
        dlt_entity_id="1101234567890123456",
        dlt_header="HLTHMP",
        sms_urls="help.example.gov.in",
    )


@pytest.fixture
def address(settings: Settings, database: Database) -> Iterator[str]:
    with serving(settings, database) as address:
        yield address


def register(client: httpx.Client, language: str = "en", **body: str) -> httpx.Response:
    return client.put(f"/templates/otp/registrations/{language}/1", json={"dlt_template_id": ID, **body})


def preview(client: httpx.Client, template: str = "otp", language: str = "en", **values: str) -> dict[str, Any]:
    answer = client.post(f"/templates/{template}/preview", json={"language": language, "values": values})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def wording(client: httpx.Client, template: str = "otp", language: str = "en") -> dict[str, Any]:
    page = client.get("/templates").json()
    found = next(one for one in page["templates"] if one["id"] == template)
    return next(one for one in found["wordings"] if one["language"] == language)


def test_every_wording_is_listed_with_its_cost_and_its_state(supervisor: httpx.Client) -> None:
    page = supervisor.get("/templates").json()
    assert (page["dlt_required"], page["entity_id"], page["header"]) == (True, "1101234567890123456", "HLTHMP")
    assert page["urls"] == ["help.example.gov.in"]
    slip = next(one for one in page["templates"] if one["id"] == "advice_slip")
    assert (slip["category_name"], slip["suffix"], slip["sent"]) == ("Service Implicit", "S", "now")
    assert [one["name"] for one in slip["variables"]] == ["doctor", "registration", "slip"]
    assert [(one["language"], one["state"], one["parts"], one["parts_at_most"]) for one in slip["wordings"]] == [
        ("hi", "to_be_registered", 2, 3),
        ("en", "to_be_registered", 2, 4),
    ]


def test_an_entered_id_makes_a_wording_sendable(admin: httpx.Client, desk: Desk, audited: Audited) -> None:
    assert preview(admin)["refusal"]["reason"] == "not_registered"
    answer = register(admin, header="HlthIN", registered_text=OTP.registered_text)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["registration"]["header"]) == ("being_sent", "HlthIN")
    assert answer.json()["registration"]["registered_by"].startswith("user")
    assert wording(admin)["state"] == "being_sent"
    assert preview(admin)["refusal"] is None
    assert ("template.registered", "template", "otp") in audited()
    register(admin, header="HlthIN", registered_text=OTP.registered_text)
    assert len([entry for entry in audited() if entry[0] == "template.registered"]) == 1


def test_a_blocked_id_is_taken_back(admin: httpx.Client, supervisor: httpx.Client, audited: Audited) -> None:
    register(admin)
    path = "/templates/otp/registrations/en/1"
    assert supervisor.delete(path).status_code == 403
    assert admin.delete(path).status_code == 204
    assert admin.delete(path).status_code == 404
    assert wording(admin)["state"] == "to_be_registered"
    assert ("template.withdrawn", "template", "otp") in audited()


def test_a_text_that_differs_is_refused_with_the_place(admin: httpx.Client) -> None:
    answer = register(admin, registered_text=OTP.registered_text.replace("code", "c0de"))
    assert answer.status_code == 422
    assert answer.json()["field"] == "registered_text"
    assert "line 1, column 21: ours ‘o’ LATIN SMALL LETTER O (U+006F), registered ‘0’" in answer.json()["detail"]
    assert wording(admin)["registration"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [("nothing/registrations/en/1", 404), ("otp/registrations/ta/1", 404), ("otp/registrations/en/9", 404)],
)
def test_only_a_wording_that_is_there_is_registered(admin: httpx.Client, path: str, status: int) -> None:
    assert admin.put(f"/templates/{path}", json={"dlt_template_id": ID}).status_code == status


def test_a_preview_tells_text_encoding_and_parts(supervisor: httpx.Client) -> None:
    shown = preview(supervisor, "follow_up_reminder", doctor="Dr Anita Verma")
    assert (shown["encoding"], shown["parts"]) == ("gsm7", 1)
    assert shown["values"]["day"] == "22-11-2026"
    assert "registration M, P" in shown["spoken"]
    dear = preview(supervisor, "follow_up_reminder", doctor="डॉ. अनीता वर्मा")
    assert (dear["encoding"], dear["parts"], len(dear["part_texts"])) == ("ucs2", 3, 3)
    assert "".join(dear["part_texts"]) == dear["text"]


@pytest.mark.parametrize(
    ("name", "reason", "said"),
    [
        ("Dr \u202eAnita", "value_unsendable", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("Dr Anita 🙂", "value_unsendable", "SLIGHTLY SMILING FACE"),
        ("www .fraud", "link_not_listed", "looks like one"),
        (" ", "value_missing", "is empty"),
    ],
)
def test_a_preview_tells_why_it_would_be_refused(supervisor: httpx.Client, name: str, reason: str, said: str) -> None:
    shown = preview(supervisor, "advice_slip", "hi", doctor=name)
    assert (shown["text"], shown["parts"]) == ("", 0)
    assert shown["refusal"]["reason"] == reason
    assert said in shown["refusal"]["detail"]
    assert set(shown["refusal"]["words"]) == {"hi", "en"}


def test_the_sheet_goes_out_and_comes_back_with_ids(admin: httpx.Client, audited: Audited) -> None:
    answer = admin.get("/templates/sheet")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.content.startswith(b"\xef\xbb\xbfentity_id,")
    lines = [
        "template,language,version,dlt_template_id,registered_text",
        f'otp,en,1,{ID},"{OTP.registered_text}"',
        f'otp,hi,1,1107161234567890124,"{OTP.registered_text}"',
        "otp,hi,1,1.1E+18,x",
    ]
    taken = admin.post("/templates/sheet", content="\r\n".join(lines), headers={"Content-Type": "text/csv"})
    assert taken.status_code == 200, taken.text
    assert taken.json()["entered"] == [{"template": "otp", "language": "en", "version": 1}]
    assert [fault["line"] for fault in taken.json()["faults"]] == [3, 4]
    assert ("template.registered", "template", "otp") in audited()
    again = admin.post("/templates/sheet", content=admin.get("/templates/sheet").content)
    assert (again.json()["entered"], again.json()["unchanged"]) == ([], 1)


def test_what_is_no_sheet_is_refused(admin: httpx.Client) -> None:
    for content in (b"", b"otp,hi\n", b"\xff\xfe\x00", b"x" * 600_000):
        answer = admin.post("/templates/sheet", content=content, headers={"Content-Type": "text/csv"})
        assert answer.status_code == (413 if len(content) > 500_000 else 422), content[:20]
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_trial_is_promised_like_every_message(admin: httpx.Client, database: Database, audited: Audited) -> None:
    register(admin)
    sent = admin.post("/templates/otp/test", json={"mobile": "98930 12345", "language": "en"})
    assert sent.status_code == 201, sent.text
    assert (sent.json()["state"], sent.json()["parts"], sent.json()["refusal"]) == ("queued", 1, None)
    with database.reading() as session:
        row = session.get_one(Message, sent.json()["message_id"])
    assert (row.purpose, row.recipient, row.dlt_template_id, row.header) == ("test", "+919893012345", ID, "HLTHMP")
    assert row.asked_by
    assert ("template.tried", "template", "otp") in audited()


def test_a_trial_that_cannot_be_sent_says_why(admin: httpx.Client) -> None:
    register(admin)
    for body, reason in [
        ({"mobile": "0755 2660000", "language": "en"}, "not_mobile"),
        ({"mobile": "9893012345", "language": "hi"}, "not_registered"),
        ({"mobile": "9893012345", "language": "en", "values": {"code": "12a"}}, "value_unsendable"),
        ({"mobile": "9893012345", "language": "en", "values": {"cod": "12"}}, "value_missing"),
    ]:
        answer = admin.post("/templates/otp/test", json=body)
        assert (answer.status_code, answer.json()["state"]) == (201, "refused"), body
        assert answer.json()["refusal"]["reason"] == reason


def test_who_may_look_and_who_may_register(desk: Desk, doctor_id: str) -> None:
    officers = [desk.signed_in(Role.DISTRICT, district="Bhopal"), desk.signed_in(Role.DOCTOR, doctor_id=doctor_id)]
    supervisor = desk.signed_in(Role.SUPERVISOR)
    for client in officers:
        assert client.get("/templates").status_code == 403
        assert client.get("/templates/sheet").status_code == 403
        assert client.post("/templates/otp/preview", json={"language": "en"}).status_code == 403
    for client in (*officers, supervisor):
        assert register(client).status_code == 403
        assert client.post("/templates/sheet", content=b"").status_code == 403
        assert client.post("/templates/otp/test", json={"mobile": "1", "language": "en"}).status_code == 403
    assert supervisor.get("/templates/sheet").status_code == 200


@pytest.mark.parametrize(
    "body", ['"values": {"code": "\\ud800"}', '"values": {"\\ud800": "1"}', '"values": {"code": "\\u0000"}']
)
def test_half_a_character_is_refused_before_anything_is_made_of_it(supervisor: httpx.Client, body: str) -> None:
    answer = supervisor.post(
        "/templates/otp/preview",
        content=f'{{"language": "en", {body}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422, answer.text


def _two_versions(folder: Path, changed: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "camp.yaml").write_text(
        "id: camp\ncategory: promotional\nversions:\n"
        f"- {{version: 1, languages: {{en: {{text: A camp is today{changed}.}}}}}}\n"
        "- {version: 2, languages: {en: {text: A camp is held today.}}}\n",
        "utf-8",
    )
    return folder


def test_a_new_version_is_sent_once_it_is_registered(tmp_path: Path, settings: Settings, database: Database) -> None:
    def states(folder: Path) -> dict[int, tuple[str, str]]:
        with serving(settings.model_copy(update={"sms_templates_dir": str(folder)}), database) as address:
            client = Desk(address, database).signed_in(Role.ADMIN)
            if first:
                body = {"dlt_template_id": ID, "header": ""}
                assert client.put("/templates/camp/registrations/en/1", json=body).status_code == 200
            page = client.get("/templates").json()["templates"]
            camp = next(one for one in page if one["id"] == "camp")
            client.close()
        assert (camp["category_name"], camp["suffix"]) == ("Promotional", "P")
        return {one["version"]: (one["state"], one["difference"] or "") for one in camp["wordings"]}

    first = True
    assert states(_two_versions(tmp_path / "own")) == {1: ("being_sent", ""), 2: ("to_be_registered", "")}
    with database.writing() as session:
        second = Registration("camp", "en", 2, "1107161234567890124", "A camp is held today.")
        registrations.register(session, load(str(tmp_path / "own")), second, "", utc_now())
    first = False
    assert states(tmp_path / "own") == {1: ("registered", ""), 2: ("being_sent", "")}
    told = "line 1, column 16: ours ‘!’ EXCLAMATION MARK (U+0021), registered ‘.’ FULL STOP (U+002E)"
    assert states(_two_versions(tmp_path / "changed", "!")) == {1: ("differs", told), 2: ("being_sent", "")}
