"""What a doctor may prescribe in a consultation by telephone: a pure decision over a formulary that is data.

Rules: Telemedicine Practice Guidelines of 25 March 2020 ("TPG"). Whatever no rule allows is refused, and nothing
overrides a refusal. Callers log each one together with its rule. This decides *whether* a drug may be prescribed;
the dose for this patient is the doctor's judgement, not ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

AgeUnit = Literal["years", "months", "days"]
Mode = Literal["audio", "video", "text"]

IDENTITY = "TPG 3.2, identification of the doctor and the patient"
PRESCRIBING = "TPG 3.7, prescribing medicines"
DRUG_LISTS = "TPG Annexure 1, drug lists"
PRESCRIPTION_FORMAT = "TPG Annexure 2, sample prescription format"

ADULT_FROM_YEARS = 18
_OLDEST: Mapping[str, int] = {"years": 120, "months": 120 * 12, "days": 120 * 366}
_LONGEST_TEXT = 200

# Morning-noon-night, optionally bedtime: whole or half units, such as 1-0-1 or 1/2-0-1/2.
_FREQUENCY = re.compile(r"(?:[0-4]|1/2)(?:-(?:[0-4]|1/2)){2,3}")


@dataclass(frozen=True, slots=True)
class Age:
    """An age as it was told: a value and its unit."""

    value: int
    unit: AgeUnit

    @property
    def is_plausible(self) -> bool:
        return 0 <= self.value <= _OLDEST.get(self.unit, -1)

    @property
    def is_minor(self) -> bool:
        """Under 18. Months and days are counted generously: 18 years are 216 months or 6,574 days."""
        return self.value < {"years": 1, "months": 12, "days": 365.25}[self.unit] * ADULT_FROM_YEARS


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug as the doctor asks for it. `frequency` in 1-0-1 notation, `days` the length of the course."""

    generic: str
    form: str
    strength: str
    frequency: str
    days: int
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Consultation:
    """Who prescribes to whom, and how they talk. On a pooled helpline: by voice, and nearly always for the first time.

    `guardian_name`, the adult beside a minor (TPG 3.2), is carried but not yet demanded.
    """

    age: Age | None
    registration_number: str
    mode: Mode = "audio"
    first: bool = True
    guardian_name: str = ""


@dataclass(frozen=True, slots=True)
class FormularyDrug:
    """A row of the formulary. `forms` maps a dosage form to the strengths it comes in."""

    generic: str
    list: str
    forms: Mapping[str, tuple[str, ...]]
    aliases: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Formulary:
    """The drugs there are, and where that is written."""

    drugs: tuple[FormularyDrug, ...]
    source: str
    longest_days: int = 30
    _by_name: Mapping[str, FormularyDrug] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {_key(name): row for row in self.drugs for name in (row.generic, *row.aliases)}
        object.__setattr__(self, "_by_name", names)

    def find(self, name: str) -> FormularyDrug | None:
        """The row of this generic name or alias, however spaced or capitalised."""
        return self._by_name.get(_key(name))


@dataclass(frozen=True, slots=True)
class Permitted:
    """The drug as it goes onto the slip: the formulary's spelling, the generic name in capitals."""

    name: str
    form: str
    strength: str
    frequency: str
    days: int
    instructions: str
    list: str
    rule: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A rule that stands against it. `reason_id` is the wording's key in data/refusals.yaml."""

    rule: str
    reason_id: str
    detail: str = ""


def may_prescribe(drug: Drug, consultation: Consultation, formulary: Formulary) -> Permitted | Refused:
    """The first rule against this drug in this consultation, or the drug as it may be written down."""
    return next(refusals(drug, consultation, formulary), None) or _permitted(drug, formulary)


def refusals(drug: Drug, consultation: Consultation, formulary: Formulary) -> Iterator[Refused]:
    """Every rule that stands against this drug in this consultation."""
    yield from missing_identity(consultation)
    row = formulary.find(drug.generic)
    if row is None:
        yield Refused(DRUG_LISTS, "not_in_formulary", _shown(drug.generic))
    else:
        yield from _outside_the_row(drug, row)
    if not _is_frequency(drug.frequency):
        yield Refused(PRESCRIPTION_FORMAT, "frequency_invalid", _shown(drug.frequency))
    if not 1 <= drug.days <= formulary.longest_days:
        yield Refused(PRESCRIBING, "duration_invalid", str(drug.days))
    if not is_printable(drug.instructions, _LONGEST_TEXT):
        yield Refused(PRESCRIPTION_FORMAT, "text_invalid")


def missing_identity(consultation: Consultation) -> Iterator[Refused]:
    """What every prescription, and so every slip, must carry: the patient's age, the doctor's registration number."""
    if consultation.age is None or not consultation.age.is_plausible:
        yield Refused(IDENTITY, "age_missing")
    number = consultation.registration_number.strip()
    if not any(c.isdigit() for c in number) or not is_printable(number, _LONGEST_TEXT):
        yield Refused(IDENTITY, "registration_number_missing")


def is_printable(text: str, longest: int) -> bool:
    """Whether free text may go onto a slip: not longer than `longest`, no control or direction characters."""
    return len(text) <= longest and not any(
        unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(c) in _DIRECTIONS for c in text
    )


_DIRECTIONS = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})


def _outside_the_row(drug: Drug, row: FormularyDrug) -> Iterator[Refused]:
    # List O is allowed in any mode and any consultation. Lists A and B need video or a follow-up, which a pooled
    # telephone line cannot show, so that they, and any list we do not know, are refused.
    if row.list != "O":
        yield Refused(DRUG_LISTS, "list_not_allowed", f"{row.generic.upper()} (List {row.list})")
    form = _same(drug.form, tuple(row.forms))
    if form is None:
        yield Refused(DRUG_LISTS, "form_not_in_formulary", _shown(drug.form))
    elif _same(drug.strength, row.forms[form]) is None:
        yield Refused(DRUG_LISTS, "strength_not_in_formulary", _shown(drug.strength))


def _permitted(drug: Drug, formulary: Formulary) -> Permitted:
    row = formulary.find(drug.generic)
    assert row is not None
    form = _same(drug.form, tuple(row.forms))
    assert form is not None
    strength = _same(drug.strength, row.forms[form])
    assert strength is not None
    return Permitted(
        name=row.generic.upper(),
        form=form,
        strength=strength,
        frequency=_frequency(drug.frequency),
        days=drug.days,
        instructions=" ".join(drug.instructions.split()),
        list=row.list,
        rule=formulary.source,
    )


def _is_frequency(text: str) -> bool:
    written = _frequency(text)
    return bool(_FREQUENCY.fullmatch(written)) and any(c in "1234" for c in written)


def _frequency(text: str) -> str:
    return text.replace("½", "1/2").replace(" ", "")


def _same(wanted: str, offered: tuple[str, ...]) -> str | None:
    return next((each for each in offered if _key(each) == _key(wanted)), None)


def _key(text: str) -> str:
    return "".join(text.split()).casefold()


def _shown(text: str) -> str:
    """What was asked for, safe to log: printable and short."""
    return "".join(c for c in text if c.isprintable())[:60] or "?"
