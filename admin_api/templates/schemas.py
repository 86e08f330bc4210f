"""Wordings, their registrations and what a preview shows, as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Path
from pydantic import Field, StringConstraints

from admin_api.fields import IdText, NumberText, RequestBody, ResponseBody

_Id = Annotated[str, StringConstraints(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]
TemplateId = Annotated[_Id, Path(description="The template's id, such as advice_slip")]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
LanguageName = Annotated[_Language, Path(description="Such as hi or en")]
VersionNumber = Annotated[int, Path(ge=1, le=999, description="The wording's version")]
# What is filled in is judged by the wording itself, which says why it does not fit; only NUL may not reach a database.
_Value = Annotated[str, StringConstraints(max_length=400, pattern=r"^[^\x00]*$")]
Values = Annotated[dict[Annotated[str, StringConstraints(max_length=40)], _Value], Field(max_length=20)]

State = Literal["being_sent", "registered", "to_be_registered", "differs", "older"]


class VariableShown(ResponseBody):
    """A place in the wordings. `words`: key -> language -> word, where the value is one of some keys."""

    name: str
    tag: str = Field(description="The type to register it with: alphanumeric, numeric, url, urlott, cbn, email")
    shorten: bool = Field(description="A value that is too long is cut at a word; otherwise it is refused")
    words: dict[str, dict[str, str]]
    sample: dict[str, str] = Field(description="An example by language")


class RegistrationShown(ResponseBody):
    dlt_template_id: str
    header: str = Field(description="Empty: the deployment's")
    registered_text: str
    registered_at: datetime
    registered_by: str | None = Field(description="User name; null: from the command line")


class WordingShown(ResponseBody):
    """A version of a template in one language.

    `state`: being_sent (what goes out now), registered (an older one, still known to the operators), to_be_registered
    (waits until its id is entered; where DLT is off it would have been sent), differs (the registered text is not this
    text: nothing goes out with it), older (replaced, never registered).
    """

    language: str
    version: int
    state: State
    text: str = Field(description="With the variables' names: {#doctor#}")
    registered_text: str = Field(description="As the portal wants it: {#var#}")
    tagged_text: str = Field(description="With the variables' types: {#alphanumeric#}")
    spoken: str = Field(description="What is said where the message is spoken; empty: the text")
    encoding: Literal["gsm7", "ucs2"] = Field(description="Of the sample")
    parts: int = Field(description="Of the sample")
    sample_text: str
    parts_at_most: int = Field(description="Every variable full, in letters beyond GSM-7")
    difference: str | None = Field(description="Where the registered text and this one part, if they do")
    registration: RegistrationShown | None


class TemplateShown(ResponseBody):
    id: str
    category: str
    category_name: str = Field(description="As the portals call it")
    suffix: str = Field(description="What operators add to the header: P, S or T; G for exempted government headers")
    sent: Literal["now", "later"] = Field(description="later: nothing in the product sends it yet")
    used_for: dict[str, str] = Field(description="When it is sent, by language")
    variables: list[VariableShown]
    wordings: list[WordingShown]


class TemplatePage(ResponseBody):
    dlt_required: bool = Field(description="Whether an Indian number gets only what is registered")
    entity_id: str
    header: str
    urls: list[str]
    templates: list[TemplateShown]


class PreviewWish(RequestBody):
    """`version`: none is what would be sent now. Values that are left out are taken from the sample."""

    language: _Language
    values: Values = Field(default_factory=dict)
    version: int | None = Field(default=None, ge=1, le=999)


class Refusal(ResponseBody):
    """Why it cannot be sent. `reason`: a stable key (messaging/reasons.yaml); `words`: in the page's languages."""

    reason: str
    words: dict[str, str]
    detail: str = Field(description="In English, with the variable, the character or the place")


class Preview(ResponseBody):
    """What would be sent. Where it is refused for a value, `text` is empty and `parts` 0."""

    version: int
    values: dict[str, str] = Field(description="What was filled in, samples included")
    text: str
    encoding: Literal["gsm7", "ucs2"]
    parts: int
    part_texts: list[str]
    registered_text: str = Field(description="As it is registered, else as it would have to be")
    spoken: str
    refusal: Refusal | None


class NewRegistration(RequestBody):
    """What the portal says of one wording. `registered_text` to the character; left out: it is ours exactly."""

    dlt_template_id: Annotated[str, StringConstraints(max_length=40, pattern=r"^[^\x00]*$")]
    header: Annotated[str, StringConstraints(max_length=20, pattern=r"^[^\x00]*$")] = ""
    registered_text: Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\x00]*$")] | None = None


class SheetKey(ResponseBody):
    template: str
    language: str
    version: int


class SheetFault(ResponseBody):
    line: int = Field(description="The line of the file in which the row begins, from 1")
    what: str


class SheetTaken(ResponseBody):
    """What came of a sheet. Good rows are kept, whatever is wrong with others."""

    entered: list[SheetKey]
    unchanged: int
    waiting: int = Field(description="Rows without an id yet")
    faults: list[SheetFault]


class TrialWish(RequestBody):
    """A message to be sent for trial; values that are left out are taken from the sample."""

    mobile: NumberText
    language: _Language
    values: Values = Field(default_factory=dict)


class Trial(ResponseBody):
    """The message as it was promised: to be followed under GET /messages/{id}."""

    message_id: IdText
    state: str
    channel: str = Field(description="sms or voice")
    text: str
    encoding: str = Field(description="gsm7 or ucs2")
    parts: int
    refusal: Refusal | None
