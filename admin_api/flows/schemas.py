"""Menus, their versions and what is wrong with a text, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from admin_api.fields import Line, RequestBody, ResponseBody
from flows.errors import Fault

LARGEST_TEXT = 256 * 1024  # bytes of UTF-8


def _unix_lines(value: object) -> object:
    return value.replace("\r\n", "\n").removeprefix("\ufeff") if isinstance(value, str) else value


def _not_too_large(value: str) -> str:
    if len(value.encode()) > LARGEST_TEXT:
        raise ValueError(f"may have at most {LARGEST_TEXT} bytes; cut parts out of it")
    return value


FlowText = Annotated[
    str,
    BeforeValidator(_unix_lines),
    StringConstraints(min_length=1, max_length=LARGEST_TEXT, pattern=r"^[^\x00]*$"),
    AfterValidator(_not_too_large),
]
_Name = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z][a-z0-9_]*$")]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
FlowName = Annotated[_Name, Path(description="The flow's name, such as line_104")]
VersionName = Annotated[_Version, Path(description="Twelve hexadecimal digits")]


class Upload(RequestBody):
    """A text to become the flow's next version. It is kept only if it has no errors; activating it is another step."""

    text: FlowText
    note: Line = Field(default="", description="What was changed, and why: for those who read the list of versions")


class Attempt(RequestBody):
    """A text to be judged only."""

    name: _Name
    text: FlowText


class FaultShown(ResponseBody):
    source: str = Field(description="The file: the flow's own, a part's, or that of a flow that uses this part")
    line: int = Field(description="From 1; 0: the whole file")
    node: str
    what: str
    advice: str
    severity: Literal["error", "warning"]


class Judgement(ResponseBody):
    """What would come of uploading a text. `version` is null where it cannot be kept."""

    name: str
    version: str | None
    faults: list[FaultShown]
    changes: list[str] = Field(description="Lines of a unified diff from the active version's text")


class VersionShown(ResponseBody):
    """A version. `origin`: file (shipped with the helpline), upload, part (made anew because a part was changed)."""

    name: str
    version: str
    is_part: bool
    origin: Literal["file", "upload", "part"]
    author: str | None = Field(description="User name; null: it came with the helpline's files")
    note: str
    created_at: datetime
    shipped: bool = Field(description="It is what the helpline's files hold now")
    active: bool
    activated_at: datetime | None = Field(description="When it was last activated")
    activated_by: str | None
    taken_up_at: datetime | None = Field(description="When the controller began to use it; null: not (yet)")
    trouble: str = Field(description="Why the controller could not take it up")


class VersionPage(ResponseBody):
    versions: list[VersionShown]


class PartShown(ResponseBody):
    name: str
    same_as_active: bool = Field(description="Whether the version is frozen with the part's active text")


class VersionDetail(VersionShown):
    text: str
    parts: list[PartShown]
    faults: list[FaultShown]
    changes: list[str] = Field(description="Lines of a unified diff from the active version's text to this one")


class FlowShown(ResponseBody):
    """A flow, or a part that flows use."""

    name: str
    title: dict[str, str]
    is_part: bool
    used_by: list[str]
    active: VersionShown
    faults: int = Field(description="Errors and warnings of the active version today")
    versions: int
    newer_shipped: str | None = Field(description="The shipped version, where the department's own is active instead")


class FlowPage(ResponseBody):
    flows: list[FlowShown]


class Activated(ResponseBody):
    """What new calls hear from now on."""

    active: VersionShown
    made_anew: list[str] = Field(description="Flows that use this part: they were frozen and activated with it")


def fault_shown(fault: Fault) -> FaultShown:
    return FaultShown(**{name: getattr(fault, name) for name in FaultShown.model_fields})
