"""Control rooms, as JSON."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from admin_api.fields import IdText, Name, NumberText, RequestBody, ResponseBody, ShortText

_Lines = Annotated[int, Field(ge=1, le=100, description="So many calls at most are rung or talking there at a time")]
_Doctors = Annotated[list[IdText], Field(max_length=200, description="Ids of the doctors who sit there")]


class NewRoom(RequestBody):
    name: Name
    number: NumberText
    district: ShortText = ""
    lines: _Lines = 1
    doctors: _Doctors = Field(default_factory=list)


class RoomChange(RequestBody):
    """Fields that are left out stay as they are. `doctors` is the whole list."""

    name: Name | None = None
    number: NumberText | None = None
    district: ShortText | None = None
    lines: _Lines | None = None
    active: bool | None = None
    doctors: _Doctors | None = None

    def given(self) -> dict[str, Any]:
        return {name: value for name in self.model_fields_set if (value := getattr(self, name)) is not None}


class RoomDoctor(ResponseBody):
    id: str
    name: str
    duty: str


class RoomShown(ResponseBody):
    id: str
    name: str
    number: str
    district: str
    lines: int
    active: bool
    doctors: list[RoomDoctor]


class RoomList(ResponseBody):
    rooms: list[RoomShown]
