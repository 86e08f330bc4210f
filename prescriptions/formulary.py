"""Reads the formulary and the wording of refusals from files a health department can change."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml

from prescriptions.errors import FormularyError
from prescriptions.rules import Formulary, FormularyDrug, Refused

DATA_DIR = Path(__file__).parent / "data"


@cache
def load_formulary(path: Path = DATA_DIR / "formulary.yaml") -> Formulary:
    """The formulary of `path`; FormularyError names the file when it is none."""
    data = _read(path)
    try:
        return Formulary(
            drugs=tuple(_drug(row) for row in data["drugs"]),
            source=str(data["source"]),
            longest_days=int(data["longest_days"]),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise FormularyError(f"{path}: not a formulary: {error!r}") from None


def explain(refused: Refused, language: str = "en") -> str:
    """The refusal in words for the doctor, ending with the rule it stands on."""
    wording = _refusal_texts()[refused.reason_id]
    return f"{wording[language].format(detail=refused.detail)} [{refused.rule}]"


@cache
def _refusal_texts() -> dict[str, dict[str, str]]:
    return dict(_read(DATA_DIR / "refusals.yaml"))


def _drug(row: dict[str, Any]) -> FormularyDrug:
    return FormularyDrug(
        generic=row["generic"],
        list=str(row["list"]),
        forms={form: tuple(strengths) for form, strengths in row["forms"].items()},
        aliases=frozenset(row.get("aliases", ())),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise FormularyError(f"{path} cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise FormularyError(f"{path} holds no table")
    return data
