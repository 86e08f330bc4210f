"""What a file may say of a provider that takes messages over HTTP, and how that file is read. It holds data, no code.

docs/sms-over-http.md explains each part; described/ has files to begin with.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo, model_validator

from flows.errors import FlowError
from flows.yaml_text import line_of, read_yaml
from messaging.errors import GatewayMisconfigured
from messaging.gateways.placeholders import PLACES, Text, take_apart
from messaging.gateways.web import safe_address
from messaging.reasons import reasons

SHIPPED = Path(__file__).parent / "described"
# What may stand in a header: nothing that a person has written, and nothing beyond ASCII.
_FOR_HEADERS = PLACES - {"text"}


def _text(value: Any, info: ValidationInfo) -> Text:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("write a text here")
    return take_apart(str(value), cast(dict[str, Mapping[str, str]], info.context)["environ"])


def _tree(value: Any, info: ValidationInfo) -> Any:
    if isinstance(value, dict):
        return {str(name): _tree(inner, info) for name, inner in value.items()}
    if isinstance(value, list):
        return [_tree(inner, info) for inner in value]
    return _text(value, info) if isinstance(value, str) else value


def _words(value: Any) -> list[str]:
    return [str(word) for word in (value if isinstance(value, list) else [value])]


def _pattern(value: Any) -> re.Pattern[str]:
    try:
        return re.compile(str(value))
    except re.error as error:
        raise ValueError(f"this is no regular expression: {error}") from None


def _reason(value: Any) -> str:
    if str(value) not in reasons():
        raise ValueError(f"{value!r} is no reason; there are: {', '.join(sorted(reasons()))}")
    return str(value)


Words = Annotated[list[str], BeforeValidator(_words)]
Pattern = Annotated[re.Pattern[str], BeforeValidator(_pattern)]
Reason = Annotated[str, BeforeValidator(_reason)]
Filled = Annotated[Text, BeforeValidator(_text)]
Fields = dict[str, Filled]
Tree = Annotated[Any, BeforeValidator(_tree)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)


class RequestPart(_Part):
    """One request. What comes out empty because a value is (the ids of a number abroad) is left out."""

    method: Literal["GET", "POST", "PUT"] = "POST"
    url: Filled
    headers: Fields = Field(default_factory=dict)
    query: Fields = Field(default_factory=dict)
    form: Fields | None = None
    body_json: Tree = Field(default=None, alias="json")

    @model_validator(mode="after")
    def _is_safe_to_send(self) -> RequestPart:
        beginning = "".join(part if isinstance(part, str) else "" for part in self.url.parts[:1])
        if not re.match(r"https?://[^/?#@{]+(/|$)", beginning):
            raise ValueError("url: the file must name the server itself, such as https://sms.example.in/send")
        try:
            safe_address(beginning, "url")
        except GatewayMisconfigured as error:
            raise ValueError(str(error)) from None
        if "?" in beginning or "#" in beginning:
            raise ValueError("url: write what follows the question mark under query")
        if self.form is not None and self.body_json is not None:
            raise ValueError("a request has a form or json, not both")
        if self.method == "GET" and (self.form is not None or self.body_json is not None):
            raise ValueError("a GET has no form and no json; write them under query")
        for name, text in self.headers.items():
            if not text.places <= _FOR_HEADERS or not re.fullmatch(r"[A-Za-z0-9-]+", name):
                raise ValueError(f"headers: {name} cannot be written; the text of a message belongs into the body")
        return self


class Where(_Part):
    """Where in an answer: a path into its JSON (response.0.id), a regular expression with one group, or both."""

    path: str = ""
    pattern: Pattern | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Where:
        if not self.path and self.pattern is None:
            raise ValueError("say path, or pattern, or both")
        if self.pattern is not None and self.pattern.groups < 1:
            raise ValueError("the pattern needs one group in parentheses: what stands in it is taken")
        return self


class When(_Part):
    """What an answer must be like; all that is said must hold. `is` and `matches` speak of `path`, else of the body."""

    status: Annotated[list[int], BeforeValidator(lambda value: value if isinstance(value, list) else [value])] = Field(
        default_factory=list
    )
    path: str = ""
    words: Words = Field(default_factory=list, alias="is")
    matches: Pattern | None = None

    @model_validator(mode="after")
    def _says_something(self) -> When:
        if not (self.status or self.words or self.matches):
            raise ValueError("say status, is or matches")
        return self


class Refusal(_Part):
    """Certainly not taken. `again`: trying later may help; `unwell`: it is about the provider, not this message."""

    reason: Reason = "gateway_refused"
    again: bool = False
    unwell: bool = False


class SendRule(_Part):
    """What an answer to a message means: one of accepted (where its id is), refused, doubt."""

    when: When
    accepted: Where | None = None
    refused: Refusal | None = None
    doubt: bool = False

    @model_validator(mode="after")
    def _means_one_thing(self) -> SendRule:
        if (self.accepted is not None) + (self.refused is not None) + self.doubt != 1:
            raise ValueError("an answer means one of: accepted, refused, doubt")
        return self


class FindRule(_Part):
    """What an answer to a look-up means: found (where the id is) or not_there."""

    when: When
    found: Where | None = None
    not_there: bool = False

    @model_validator(mode="after")
    def _means_one_thing(self) -> FindRule:
        if (self.found is not None) + self.not_there != 1:
            raise ValueError("an answer means one of: found, not_there")
        return self


class SendPart(_Part):
    request: RequestPart
    answers: list[SendRule] = Field(min_length=1)
    told: Where | None = None  # where the provider says in words what is wrong


class FindPart(_Part):
    request: RequestPart
    answers: list[FindRule] = Field(min_length=1)


class Source(_Part):
    """Where a webhook's request has its fields. `inside`: a field that holds JSON. `each`: the path of a list."""

    source: Literal["query", "form", "json"] = Field(alias="from")
    inside: str = ""
    each: str | None = None


class ReceiptPart(Source):
    """Paths within the record; words of `state` that stand nowhere mean on its way."""

    id: str
    state: str
    delivered: Words
    failed: Words
    code: str = ""
    cause: str = ""  # what `reasons` speaks of; else the code
    reasons: dict[str, Reason] = Field(default_factory=dict)
    at: str = ""
    at_unit: Literal["seconds", "milliseconds", "iso"] = "iso"


class InboundPart(Source):
    sender: str
    text: str
    recipient: str = ""
    id: str = ""  # none: the same request told again is known by its content


class AnswerPart(_Part):
    status: int = 200
    content_type: str = "text/plain"
    body: str = ""


class WebhookPart(_Part):
    receipts: ReceiptPart | None = None
    inbound: InboundPart | None = None
    answer: AnswerPart = AnswerPart()


class UnicodePart(_Part):
    """What {{unicode}} is for a text beyond GSM-7, and for any other."""

    yes: str = "1"
    no: str = "0"


class Description(_Part):
    """One provider."""

    name: str = Field(min_length=1, max_length=40)
    unicode: UnicodePart = UnicodePart()
    send: SendPart
    look_up: FindPart | None = None
    webhook: WebhookPart | None = None


def read_description(file: str, environ: Mapping[str, str]) -> Description:
    """The description in `file`: a path, or the name of a shipped one (msg91.yaml).

    Raises GatewayMisconfigured with file, line and what to do. Secrets come from `environ`.
    """
    path = Path(file)
    if not path.exists() and path.name == file and (SHIPPED / file).exists():
        path = SHIPPED / file
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        advice = f"give the whole path, or one of {', '.join(sorted(one.name for one in SHIPPED.glob('*.yaml')))}"
        raise GatewayMisconfigured(f"HELPLINE_SMS_HTTP_FILE={file} cannot be read ({why}): {advice}") from None
    return parse_description(text, str(path), environ)


def parse_description(text: str, source: str, environ: Mapping[str, str]) -> Description:
    """PURE. The same, from a text; `source` names it in errors."""
    try:
        data, lines = read_yaml(text, source)
        return Description.model_validate(data, context={"environ": environ})
    except FlowError as error:
        raise GatewayMisconfigured(str(error)) from None
    except ValidationError as error:
        faults = [_fault(item, source, lines) for item in error.errors()]
        raise GatewayMisconfigured("\n".join(faults)) from None


def _fault(item: Any, source: str, lines: Mapping[tuple[str, ...], int]) -> str:
    path = tuple(str(step) for step in item["loc"])
    line = line_of(lines, path)
    what = str(item["msg"]).removeprefix("Value error, ")
    return f"{source}:{line or 1}: {'.'.join(path) or 'the file'}: {what}"
