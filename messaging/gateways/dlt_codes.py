"""PURE: the codes that the operators' DLT platforms share for a message they drop, as reasons a person can read.

The platforms' common table (600 ENTITY_NOT_FOUND … 670 SCRUBBING_FAILED), as several providers publish it.
"""

from __future__ import annotations

_EXACTLY = {"623": "dlt_header_owner", "633": "wording_dropped", "635": "value_too_long", "636": "wording_dropped"}
_FIRST_TWO = {
    "60": "dlt_entity",
    "61": "dlt_entity",  # the chain of telemarketers between the entity and the operator
    "62": "dlt_header",
    "63": "dlt_template",
    "64": "dnd",  # consent
    "65": "dnd",  # preference
    "67": "wording_dropped",  # the check itself failed
}


def dlt_reason(code: str) -> str:
    """A key of messaging/reasons.yaml for one of the platforms' three-digit codes; "" for any other code."""
    code = code.strip()
    if len(code) != 3 or not code.isdecimal():
        return ""
    return _EXACTLY.get(code) or _FIRST_TWO.get(code[:2], "")
