"""PURE: what a hang-up cause (Q.850) says about an offer that was not taken."""

from __future__ import annotations

_BUSY = {17}
_DECLINED = {21}
_NO_ANSWER = {0, 16, 18, 19}
# 0: nobody saw the end. 44: chan_pjsip's word for rtp_timeout, a phone that vanished without BYE.
_NOBODY_HUNG_UP = {0, 44}
# 27 destination out of order, 38 network out of order, 41 temporary failure, 102 a timer ran out (session timers).
_LINE_BROKE = {27, 38, 41, 44, 102}


def offer_result(cause: int) -> str:
    """busy | declined | no_answer | unreachable, for a phone that was rung and never answered.

    chan_pjsip maps SIP 486 and 600 to 17, 603 and 403 to 21, 480 to 19, 404 to 1, 503 to 34.
    """
    if cause in _BUSY:
        return "busy"
    if cause in _DECLINED:
        return "declined"
    if cause in _NO_ANSWER:
        return "no_answer"
    return "unreachable"


def was_cut_off(cause: int) -> bool:
    """Whether a talk ended because a line broke: missing speech packets (44), or a network's own words for it."""
    return cause in _LINE_BROKE


def by_network(cause: int) -> bool:
    """Whether a leg ended without anybody putting the phone down."""
    return cause in _NOBODY_HUNG_UP
