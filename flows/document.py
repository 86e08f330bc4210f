"""PURE: the flow language as it is written in YAML. One class a kind of node; flows/schema.json is made from these.

The texts here are what an editor shows while somebody writes a flow, so they say what a node does for the caller.
flows/lowering.py turns a document into what the engine walks (flows/definition.py).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from flows.numbers_spoken import KINDS


def _word(value: Any) -> Any:
    """YAML reads `yes`, `no` and `45` as something else than words; a flow means the words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int | float) else value


# The input types are what editors accept: flows/schema.json is made from them.
Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=str | int | float | bool)]
# To an editor `yes` is a word, as YAML has it since 1.2.
Flag = Annotated[bool, BeforeValidator(lambda value: value, json_schema_input_type=bool | Literal["yes", "no"])]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Target = Annotated[
    str,
    Field(
        pattern=r"^(@?[a-z][a-z0-9_]*)$",
        description="A node of this flow. In a part (a flow used by `subflow`), @name leaves by that exit.",
    ),
]
KeyName = Annotated[str, BeforeValidator(lambda key: str(key) if type(key) is int else key), Field(pattern=r"^[0-9]$")]
Seconds = Annotated[float, Field(gt=0, le=60)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, str_strip_whitespace=True)


class Value(_Part):
    """A variable's value, spoken: {value: token, as: token}."""

    value: Name = Field(description="The variable")
    as_: str = Field(alias="as", pattern="^(" + "|".join(KINDS) + ")$", description="How it is said")


class Named(_Part):
    """The prompt named by a variable's value: {prompt: category, of: category} says `category.fever`."""

    prompt: Name = Field(description="The variable whose value ends the prompt's name")
    of: str = Field(pattern=r"^[a-z][a-z0-9_.]*$", description="How the prompt's name begins")


class Phrase(_Part):
    """What the item chosen at a `choose` node was called: {phrase: opd}."""

    phrase: Name


Prompt = Annotated[str, Field(min_length=1)] | Value | Named | Phrase
Prompts = Annotated[
    list[Prompt],
    BeforeValidator(
        lambda value: [value] if isinstance(value, str | dict) else value, json_schema_input_type=Prompt | list[Prompt]
    ),
]


class GoTo(_Part):
    """Where an answer leads, with what is remembered and said on the way."""

    go: Target
    set: dict[Name, Word] = Field(default_factory=dict, description="Variables to remember: {category: fever}")
    say: Prompts = Field(default_factory=list, description="Said before what comes next")
    result: Word = Field(default="", description="The flow's answer to whoever started it (accepted, advice, …)")


Go = Target | GoTo
Keys = Annotated[dict[KeyName, Go], Field(json_schema_extra={"propertyNames": {"pattern": "^[0-9]$"}})]


class _Node(_Part):
    title: dict[str, str] = Field(default_factory=dict, description="What the drawing shows: {hi: …, en: …}")


class _Question(_Node):
    prompt: Prompts
    greeting: Prompts = Field(default_factory=list, description="Said once a call, before the prompt")
    wrong: Prompts = Field(default_factory=list, description="Said after a wrong key, before the prompt is repeated")
    silent: Prompts = Field(default_factory=list, description="Said after silence, before the prompt is repeated")
    retries: int = Field(default=2, ge=0, le=5, description="How often the question is repeated")
    seconds: Seconds = Field(default=5, description="How long to wait for the first key")
    exhausted: Go = Field(description="Where it goes on after the last repetition")
    on_silence: Go | None = Field(default=None, description="Lead on at the first silence instead of repeating")
    on_wrong: Go | None = Field(default=None, description="Lead on at the first wrong key instead of repeating")
    everywhere: Flag = Field(default=True, description="Whether the flow's `everywhere` keys (8, 9, 0) count here")


class MenuNode(_Question):
    """A question answered by one key. 1-6 are choices, 7 is "more"; 8, 9 and 0 belong to `everywhere`."""

    kind: Literal["menu"]
    keys: Keys
    words: dict[KeyName, list[str]] = Field(
        default_factory=dict, description="Words that count as the key, for a line with speech recognition"
    )


class YesNoNode(_Question):
    """A question answered by 1 (yes) or 2 (no)."""

    kind: Literal["yes_no"]
    name: Name | None = Field(default=None, description="A flag variable that remembers the answer")
    yes: Go
    no: Go


class TriageNode(_Question):
    """A red-flag question: 1 (yes) leads to the confirmation and the ambulance. Every answer is on record."""

    kind: Literal["triage"]
    yes: Go
    no: Go


class ConsentNode(_Question):
    """Asks for consent: 1 grants it. Anything else, silence too, is no consent. The answer is on record."""

    kind: Literal["consent"]
    to: Word = Field(description="What is consented to, such as recording")
    granted: Go
    refused: Go


class CollectNode(_Question):
    """Digits keyed in, ended by #. Digits are data here, so the way to the ambulance is `star`: a menu with an 8."""

    kind: Literal["collect"]
    name: Name = Field(description="The variable that remembers the digits")
    as_: Literal["number", "age", "count", "date", "pincode", "pin", "mobile", "digits"] = Field(
        default="number",
        alias="as",
        description="number, age, count: between `least` and `most`. date: day, month, year (DDMMYYYY). pincode: six "
        "digits. mobile: an Indian one; messages of this call go there. pin: kept off the record. digits: `least` and "
        "`most` count the digits.",
    )
    least: int = 0
    most: int = 9999
    unit: Word = Field(default="", description="years, months, days: kept with the answer")
    go: Go
    skip: Go | None = Field(default=None, description="Where a lone # leads; without it, that is a wrong answer")
    star: Target | Literal[""] = Field(default="", description="The help menu that * opens")
    read_back: Prompts = Field(
        default_factory=list,
        description="Said after the digits; 1 then confirms and 2 asks again. Silence confirms.",
    )
    unconfirmed: Go | None = Field(
        default=None, description="Where silence or a lone # after `read_back` leads, if it shall not confirm"
    )
    wrong_mobile: dict[Literal["length", "landline", "foreign", "other", "unknown"], Prompts] = Field(
        default_factory=dict,
        description="For a mobile, said instead of `wrong`: not ten digits, a landline, a foreign number, one that "
        "takes no messages (toll free), none of any operator",
    )


class ChooseNode(_Question):
    """A list that a service gave, offered six at a time: 1-6 choose, 7 says more."""

    kind: Literal["choose"]
    from_: Name = Field(alias="from", description="The list variable")
    name: Name = Field(description="The variable that remembers the choice")
    go: Go
    other: GoTo | None = Field(default=None, description="A last item after the list's own: `say` names it")
    empty: Go = Field(description="Where an empty list leads")


class SayNode(_Node):
    """Something to hear, then on."""

    kind: Literal["say"]
    prompt: Prompts
    go: Go


class GoodbyeNode(_Node):
    """The last thing heard, if anything; then the helpline hangs up."""

    kind: Literal["goodbye"]
    prompt: Prompts = Field(default_factory=list)


class Test(_Part):
    """A number's test: {under: 5}, {from: 2, to: 5}; or whether a variable has a value: {known: yes}."""

    under: float | None = None
    over: float | None = None
    from_: float | None = Field(default=None, alias="from")
    to: float | None = None
    known: Flag | None = None


class Case(_Part):
    """One way of a branch: taken where every test holds."""

    when: dict[Name, Word | Test | list[Word]]
    go: Go


class BranchNode(_Node):
    """Goes on at once, by what is known: the first case that holds, else `otherwise`."""

    kind: Literal["branch"]
    cases: list[Case] = Field(min_length=1)
    otherwise: Go


class ServiceNode(_Node):
    """Asks the helpline for something or has it done (flows/services.py lists what there is)."""

    kind: Literal["service"]
    service: str
    with_: dict[Name, Word] = Field(
        default_factory=dict, alias="with", description="The service's arguments: variables, or =text"
    )
    outcomes: dict[Name, Go]
    failed: Go = Field(description="Where it goes on if the database is down or slow")


class RouteNode(_Node):
    """Waits, with music, for a doctor, and is bridged. Questions may be asked meanwhile."""

    kind: Literal["route"]
    prompt: Prompts
    category: Word = Field(default="=category", description="A category, or =variable")
    priority: Word = Field(
        default="",
        pattern=r"^(red_flag|pregnant|child|spoke|follow_up|callback|=[a-z][a-z0-9_]*)?$",
        description="Who goes before others: red_flag, pregnant, child, spoke, follow_up, callback, or =variable",
    )
    skills: list[Word] = Field(default_factory=list, description="What the doctor must have too: words or =variable")
    meanwhile: list[Name] = Field(
        default_factory=list, description="The nodes asked while a doctor is sought, the first of them first"
    )
    gender: Word = Field(default="", description="female, male, or =variable: the doctor who would be liked best")
    busy: Prompts = Field(description="Said when nobody is free; then the place in the queue and the wait are said")
    nobody: Prompts = Field(description="Said instead when nobody at all is on duty")
    offer: Prompts = Field(default_factory=list, description="Said at the end of each announcement: what the keys do")
    keys: Keys = Field(default_factory=dict, description="Keys that count once it was said that nobody is free")
    on_nobody: Go | None = Field(
        default=None,
        description="Where the caller is led, once, when nobody is on duty; the place is kept",
    )
    on_full: Go | None = Field(default=None, description="Where a caller goes for whom the queue has no place left")
    tips: Prompts = Field(default_factory=list, description="Health tips, one between every two announcements")
    own_tips: dict[Name, Prompts] = Field(
        default_factory=dict, description="A category's own tips, told before the others: {child: [tip.ors]}"
    )
    after: Go = Field(description="Where the caller goes when the doctor has left the talk")
    gave_up: Go = Field(description="Where the caller goes after `give_up` announcements")
    stretch: Seconds = Field(default=5, description="Seconds of music at a time while a telephone rings for the caller")
    every: Annotated[float, Field(ge=1, le=50)] = Field(
        default=45, description="Seconds from one announcement of the place in the queue to the next"
    )
    give_up: int = Field(default=40, ge=1, description="After so many announcements the caller goes to `gave_up`")


class TransferNode(_Node):
    """Connects to another service, such as the ambulance; its number is the service line's own."""

    kind: Literal["transfer"]
    target: Literal["ambulance", "emergency", "mother_transport", "child_line", "tele_manas"]
    prompt: Prompts
    done: Go
    failed: Go


class CallbackNode(_Node):
    """Stores that the caller wants to be called back."""

    kind: Literal["callback"]
    category: Word = "=category"
    go: Go
    impossible: Go = Field(description="For a caller whose number is withheld, and who keyed no mobile")


class RecordNode(_Node):
    """Records what the caller says after a tone, until a key or silence."""

    kind: Literal["record"]
    name: Name
    prompt: Prompts
    seconds: Annotated[int, Field(ge=3, le=120)] = 30
    go: Go
    nothing: Go = Field(description="Where it goes on if nothing was said")


class SmsNode(_Node):
    """Sends a message to the mobile that the caller keyed in this call, else to the caller's own."""

    kind: Literal["sms"]
    template: str
    with_: dict[str, Word] = Field(default_factory=dict, alias="with", description="Its variables: variables, or =text")
    go: Go
    no_mobile: Go = Field(description="For a landline or a withheld number, where no mobile was keyed")


class SubflowNode(_Node):
    """Walks another flow (a part) and goes on by the exit it left by."""

    kind: Literal["subflow"]
    flow: Name
    exits: dict[Name, Go] = Field(default_factory=dict)


AnyNode = (
    MenuNode
    | YesNoNode
    | TriageNode
    | ConsentNode
    | CollectNode
    | ChooseNode
    | SayNode
    | GoodbyeNode
    | BranchNode
    | ServiceNode
    | RouteNode
    | TransferNode
    | CallbackNode
    | RecordNode
    | SmsNode
    | SubflowNode
)
NodeDocument = Annotated[AnyNode, Field(discriminator="kind")]
NODE_DOCUMENTS: tuple[type[BaseModel], ...] = get_args(AnyNode)


class Variable(_Part):
    """Something the flow remembers, and what it may be."""

    type: Literal["choice", "number", "flag", "text", "digits", "date", "time", "list"]
    of: list[Word] = Field(default_factory=list, description="A choice's possible values")


class FlowDocument(_Part):
    """One flow, one file. Docs: docs/flows.md."""

    flow: Name = Field(description="The file's name")
    title: dict[str, str] = Field(default_factory=dict)
    audience: Literal["patient", "health_worker", "doctor"] = Field(
        default="patient", description="A patient or health worker must be able to reach the ambulance from everywhere"
    )
    variables: dict[Name, Variable] = Field(default_factory=dict)
    exits: list[Name] = Field(default_factory=list, description="Makes this a part, used by `subflow` nodes")
    start: Target
    everywhere: Keys = Field(default_factory=dict, description="Keys that count at every menu and while waiting")
    nodes: dict[Name, NodeDocument] = Field(min_length=1)
