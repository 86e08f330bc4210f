"""What stands in a message as figures is heard in words."""

from __future__ import annotations

import pytest

from prompts.aloud import aloud
from prompts.catalogue import load_catalogues

CATALOGUES = load_catalogues()


@pytest.mark.parametrize(
    ("language", "written", "heard"),
    [
        ("hi", "ड्यूटी 22-11-2026 को है", "ड्यूटी रविवार बाईस नवंबर को है"),
        ("hi", "ड्यूटी 18:00 से", "ड्यूटी शाम छह बजे से"),
        ("hi", "डॉ. अनीता वर्मा", "डॉक्टर अनीता वर्मा"),
        ("en", "again on 3-1-2027.", "again on Sunday third January."),
        ("en", "until 09:30", "until nine thirty in the morning"),
        ("en", "on 31-02-2026 or at 25:00", "on 31-02-2026 or at 25:00"),  # no date, no time
        ("en", "1-2-3-2026 and 1:2:30", "1-2-3-2026 and 1:2:30"),
        ("hi", "104 हेल्पलाइन", "104 हेल्प्लाइन"),
    ],
)
def test_dates_and_times_are_heard_in_words(language: str, written: str, heard: str) -> None:
    assert aloud(written, CATALOGUES[language]) == heard
