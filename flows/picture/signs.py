"""PURE: the sign and the colours of each kind of box, drawn as shapes: emoji look different on every machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sign:
    """Colours of a box, and its sign: a letter, or a path within 16 x 16."""

    fill: str
    stroke: str
    letter: str = ""
    path: str = ""


_CROSS = "M6.6 3h2.8v3.6H13v2.8H9.4V13H6.6V9.4H3V6.6h3.6z"
_VAN = "M2.5 5h6.5v5.5h-6.5z M9.6 6.6h2.2l1.7 2v1.9H9.6z M4 10.2h2v2h-2z M10.4 10.2h2v2h-2z"
_BARS = "M4 4.6h8v1.6H4z M4 7.2h8v1.6H4z M4 9.8h8v1.6H4z"
_DIAMOND = "M8 3l5 5-5 5-5-5z"
_DOTS = "M3.2 7h2v2h-2z M7 7h2v2H7z M10.8 7h2v2h-2z"
_BACK = "M2.8 8.2l4-3.8v2.5h6v2.6h-6v2.5z"
_ROUND = "M8 4.2a3.8 3.8 0 1 0 .01 0z"
_LETTER = "M3 4.8h10l-5 4z M3 6.4l5 4 5-4v5H3z"
_SQUARE = "M5 5h6v6H5z"

SIGNS = {
    "question": Sign("#eef4ff", "#3565c4", letter="?"),
    "yes_no": Sign("#eef4ff", "#3565c4", letter="?"),
    "triage": Sign("#fff1ee", "#c8412f", letter="!"),
    "consent": Sign("#f4f0fe", "#7350bd", letter="?"),
    "digits": Sign("#e9f6f6", "#1b7f86", letter="#"),
    "list": Sign("#e9f6f6", "#1b7f86", path=_BARS),
    "information": Sign("#f6f7f9", "#66717f", letter="i"),
    "decision": Sign("#fffae3", "#93780b", path=_DIAMOND),
    "service": Sign("#fffae3", "#93780b", path=_DOTS),
    "doctor": Sign("#e8f7ec", "#22813f", path=_CROSS),
    "ambulance": Sign("#ffe5e0", "#b3221a", path=_VAN),
    "callback": Sign("#fff3e4", "#b8661a", path=_BACK),
    "recording": Sign("#fff3e4", "#b8661a", path=_ROUND),
    "sms": Sign("#fff3e4", "#b8661a", path=_LETTER),
    "end": Sign("#ebecef", "#2f363e", path=_SQUARE),
}
