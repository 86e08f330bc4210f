"""docs/routing.md explains the policy with an example; its figures are those that the policy computes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from routing.model import DoctorSnapshot, Level, Phone, Ranking, Snapshot, WaitingCall
from routing.policy import rank

DOC = Path(__file__).parents[3] / "docs" / "routing.md"
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)  # a Monday, noon in India


def doctor(
    name: str, idle: int, calls: int, languages: str, serves: str = "", level: Level = "general", **more: object
) -> DoctorSnapshot:
    places = frozenset(serves.split()) if serves else None
    values = {
        "categories": {"maternity": level},
        "duty": "on",
        "active": True,
        "claimed": False,
        "free_since": NOON - timedelta(minutes=idle),
        "phones": (Phone(name, f"+9198765{len(name):05}"),),
        "languages": frozenset(languages.split()),
        "serves": places,
        "gender": "female",
        "day": NOON.date(),
        "calls_today": calls,
    } | more
    return DoctorSnapshot(id=name, **values)  # type: ignore[arg-type]


STAFF = (
    doctor("Asha", 60, 2, "hi en", "bhopal"),
    doctor("Bina", 30, 0, "hi", ""),
    doctor("Chitra", 90, 1, "mr en", "bhopal"),
    doctor("Devi", 120, 0, "hi en", "indore", level="specialist"),
    doctor("Esha", 240, 0, "hi", "", claimed=True),
    doctor("Farah", 240, 0, "hi", "", duty="off"),
    doctor("Gita", 240, 0, "hi", ""),
    doctor("Hema", 240, 0, "hi", "", categories={"skin": "general"}),
)


def ranked(waited: int) -> Ranking:
    call = WaitingCall(
        "call-1",
        "maternity",
        NOON - timedelta(seconds=waited),
        declined_by=frozenset({"Gita"}),
        priority="pregnant",
        language="hi",
        district="bhopal",
        state="madhya_pradesh",
        gender="female",
    )
    return rank(Snapshot(NOON, STAFF), call)


def table(waited: int) -> str:
    names = ("skill", "language", "district", "gender", "idle", "fewest_today")
    rows = [
        f"| {place} | {scored.doctor_id} | "
        + " | ".join(f"{scored.parts[name]:.1f}" for name in names)
        + f" | **{scored.total:.1f}** |"
        for place, scored in enumerate(ranked(waited).best, 1)
    ]
    return "\n".join(rows)


def test_the_worked_example_is_what_the_policy_computes() -> None:
    text = DOC.read_text(encoding="utf-8")
    for waited in (0, 60, 240):
        assert table(waited) in text, f"after {waited} s:\n{table(waited)}"


def test_who_is_excluded_in_the_example_is_excluded_by_those_rules() -> None:
    assert ranked(0).excluded == {"busy": 1, "off_duty": 1, "declined": 1, "wrong_category": 1}


if __name__ == "__main__":
    for seconds in (0, 60, 240):
        print(seconds, table(seconds), sep="\n")
