"""What texts, numbers and ids in requests may look like: limits for every field, control characters nowhere."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

# Besides control characters: line and paragraph separators, and the marks that turn the direction of writing (they
# make one name look like another). ZWJ and ZWNJ stay allowed: Devanagari needs them.
_MARKS = r"\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
_LINE = rf"^[^\x00-\x1f{_MARKS}]*$"
_LINES = rf"^[^\x00-\x09\x0b-\x1f{_MARKS}]*$"


def _unix_lines(value: Any) -> Any:
    return value.replace("\r\n", "\n") if isinstance(value, str) else value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("may not be blank")
    return value.strip()


ShortText = Annotated[str, StringConstraints(max_length=80, pattern=_LINE), AfterValidator(str.strip)]
Line = Annotated[str, StringConstraints(max_length=200, pattern=_LINE), AfterValidator(str.strip)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=_LINE), AfterValidator(_not_blank)]
# Several lines; a browser's CR LF is one line end.
Paragraph = Annotated[
    str, BeforeValidator(_unix_lines), StringConstraints(max_length=1000, pattern=_LINES), AfterValidator(str.strip)
]
NumberText = Annotated[str, StringConstraints(min_length=2, max_length=40, pattern=_LINE)]
Username = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_LINE)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]

# Spelled as in flows and prompts (category.* of the catalogue).
Category = Literal["fever", "heart", "neuro", "skin", "maternity", "child", "general", "mental", "medicines"]
# What a doctor takes calls for: categories, and the skills that OPDs and hubs ask for (docs/directory.md).
Skill = Annotated[
    str, StringConstraints(max_length=64, pattern=f"^({'|'.join(get_args(Category))}|(opd|hub):[a-z0-9_]+)$")
]
Level = Literal["general", "specialist", "super"]
Duty = Literal["on", "off", "paused"]
Gender = Literal["female", "male", "other"]
AgeUnit = Literal["years", "months", "days"]
AgeValue = Annotated[int, Field(ge=0, le=1500)]

# Ids are ours (config/ids.py); anything else cannot exist, and NUL may not reach PostgreSQL.
IdText = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_=-]+$")]
CallId = Annotated[IdText, Path(description="Our own id of the call")]
DoctorId = Annotated[IdText, Path(description="Our own id of the doctor")]
PhoneId = Annotated[IdText, Path(description="Our own id of one of the doctor's phones")]
RequestId = Annotated[IdText, Path(description="Our own id of the request to be called back")]
StrikeId = Annotated[IdText, Path(description="Our own id of the number's newest strike")]
RoomId = Annotated[IdText, Path(description="Our own id of the control room")]


def _storable(value: datetime) -> datetime:
    if not 1900 <= value.year <= 2200:
        raise ValueError("give a moment between the years 1900 and 2200")
    return value


# Moments need a zone; and those at the ends of the calendar cannot be turned into UTC.
Moment = Annotated[AwareDatetime, AfterValidator(_storable)]


class RequestBody(BaseModel):
    """A request's body: an unknown field is a misspelling, and refused."""

    model_config = ConfigDict(extra="forbid")


class ResponseBody(BaseModel):
    """A response's body, built from rows or from values."""

    model_config = ConfigDict(from_attributes=True)
