"""PURE but for `load_rules`: the preferences that a health department may change, checked before anybody is routed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from flows.errors import FlowError
from flows.yaml_text import line_of, read_yaml
from routing.errors import RulesError

Strategy = Literal["one", "two", "three", "all"]
PARALLEL: dict[Strategy, int] = {"one": 1, "two": 2, "three": 3, "all": 1_000}

_Points = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Seconds = Annotated[float, Field(ge=0, le=3600)]
_Hour = Annotated[int, Field(ge=0, le=23)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Points(_Part):
    """What each preference is worth."""

    skill: _Points = 30.0
    language: _Points = 40.0
    district: _Points = 20.0
    gender: _Points = 20.0
    preferred: _Points = 200.0
    idle: _Points = 20.0


class Relaxed(_Part):
    """How much is left of the points after so many seconds of waiting."""

    after: _Seconds
    skill: _Share = 1.0
    language: _Share = 1.0
    district: _Share = 1.0
    gender: _Share = 1.0


class Ring(_Part):
    """How many phones ring for a call at a time."""

    usual: Strategy = "one"
    lines: dict[str, Strategy] = Field(default_factory=dict)
    categories: dict[str, Strategy] = Field(default_factory=dict)
    priorities: dict[str, Strategy] = Field(default_factory=dict)

    def parallel(self, line: str, queues: Iterable[str], priority: str) -> int:
        """The widest that is named for the call's line, its category or skills, or its priority."""
        named = [self.lines.get(line), self.priorities.get(priority), *(self.categories.get(name) for name in queues)]
        return max((PARALLEL[each] for each in named if each is not None), default=PARALLEL[self.usual])


_RELAX = (
    Relaxed(after=0),
    Relaxed(after=30, skill=0.5, district=0.5),
    Relaxed(after=60, skill=0, district=0, gender=0.5),
    Relaxed(after=120, skill=0, district=0, gender=0, language=0.5),
    Relaxed(after=240, skill=0, district=0, gender=0, language=0),
)


class RoutingRules(_Part):
    """The whole table, which config/routing.yaml explains. `zone` is the deployment's: it counts the days."""

    points: Points = Points()
    idle_minutes: Annotated[float, Field(gt=0, le=10_080)] = 120.0
    minutes_per_call: Annotated[float, Field(ge=0, le=1_440)] = 15.0
    relax: tuple[Relaxed, ...] = _RELAX
    wait_for_preferred: _Seconds = 20.0
    follow_up_months: Annotated[int, Field(ge=0, le=60)] = 6
    ring: Ring = Ring()
    rest_after_no_answer: _Seconds = 60.0
    cool_down: _Seconds = 60.0
    night: tuple[_Hour, _Hour] = (22, 6)
    zone: str = "Asia/Kolkata"

    @field_validator("relax")
    @classmethod
    def _begins_at_once_and_goes_on(cls, steps: tuple[Relaxed, ...]) -> tuple[Relaxed, ...]:
        moments = [step.after for step in steps]
        if not moments or moments[0] != 0:
            raise ValueError("the first line is that of `after: 0`")
        if any(later <= earlier for earlier, later in pairwise(moments)):
            raise ValueError("each line's `after` must be later than the one before it")
        return steps

    def step(self, waited_seconds: float) -> int:
        """Which line of `relax` counts after so much waiting."""
        number = 0
        for index, moment in enumerate(self._moments):
            if waited_seconds >= moment:
                number = index
        return number

    @cached_property
    def _moments(self) -> tuple[float, ...]:
        return tuple(step.after for step in self.relax)


DEFAULT_RULES = RoutingRules()


def load_rules(path: Path, zone: str) -> RoutingRules:
    """The rules in the file. RulesError names the file and the line of what is wrong."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(f"{path}: {error}") from None
    try:
        data, lines = read_yaml(text, str(path))
    except FlowError as error:
        raise RulesError(str(error)) from None
    if not isinstance(data, dict):
        raise RulesError(f"{path}: this is no table of routing rules")
    if "zone" in data:
        raise RulesError(f"{path}:{lines[('zone',)]}: the zone is HELPLINE_TIME_ZONE")
    try:
        return RoutingRules.model_validate({**data, "zone": zone})
    except ValidationError as error:
        raise RulesError("; ".join(_explain(path, lines, item) for item in error.errors())) from None


def _explain(path: Path, lines: dict[tuple[str, ...], int], item: Any) -> str:
    where = tuple(str(part) for part in item["loc"])
    line = line_of(lines, where)
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{path}:{line}: {'.'.join(where)}: {message}"
