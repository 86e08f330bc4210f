"""docs/ami.md leads to what it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
PAGE = (CHECKOUT / "docs" / "ami.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:ivr|tests|config)/[\w/.]+)`", PAGE))))
def test_a_file_that_the_page_names_is_there(path: str) -> None:
    assert (CHECKOUT / path).is_file()


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)]+)\)", PAGE))))
def test_a_link_of_the_page_leads_somewhere(link: str) -> None:
    assert (CHECKOUT / "docs" / link).resolve().is_file()


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", PAGE))))
def test_a_test_that_the_page_names_is_run(name: str) -> None:
    sources = (CHECKOUT / "tests" / "integration" / "ivr").glob("test_*.py")
    assert any(f"def {name}(" in source.read_text(encoding="utf-8") for source in sources)


@pytest.mark.parametrize(
    "name", sorted(set(re.findall(r"`(_?[A-Za-z]\w+(?:\._\w+|\.\w+)?)` in `ivr/", PAGE)) | {"watch", "stir"})
)
def test_what_the_page_says_stands_in_ivr_stands_there(name: str) -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (CHECKOUT / "ivr").rglob("*.py"))
    assert re.search(rf"(def|class) {name.split('.')[-1]}\b", sources)
