"""PURE: what is said over SMPP 3.4, without a connection: texts as octets, refusals and receipts as their meaning.

Long texts go in the TLV message_payload, as one message with one id and one receipt: it is taken whole or not at all.
An SMSC that knows no such TLV gets parts with a user data header (3GPP TS 23.040) instead.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from messaging.gateways import OutgoingSms, Receipt, ReceiptState, Rejected
from messaging.gateways.dlt_codes import dlt_reason
from messaging.segments import Encoding, segment

PE_ID, TEMPLATE_ID = 0x1400, 0x1401  # TLVs of DLT: octet strings without a closing zero
RECEIPTED_ID, MESSAGE_STATE, NETWORK_ERROR, PAYLOAD = 0x001E, 0x0427, 0x0423, 0x0424
_GSM7, _LATIN1, _UCS2 = 0x00, 0x03, 0x08  # data_coding
_HAS_HEADER = 0x40  # esm_class
_RECEIPT, _INTERMEDIATE = 0x04, 0x20

# 3GPP TS 23.038, in the order of its codes.
_ALPHABET = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = dict(zip("\f^{}\\[~]|€", (0x0A, 0x14, 0x28, 0x29, 0x2F, 0x3C, 0x3D, 0x3E, 0x40, 0x65), strict=True))
_CODES = {character: bytes((code,)) for code, character in enumerate(_ALPHABET)} | {
    character: bytes((0x1B, code)) for character, code in _EXTENSION.items()
}
_EXTENDED = {code: character for character, code in _EXTENSION.items()}


@dataclass(frozen=True, slots=True)
class Submission:
    """The fields of one submit_sm that depend on the text; `tlvs` stand behind it, by tag."""

    data_coding: int
    short_message: bytes
    esm_class: int = 0
    tlvs: Mapping[int, bytes] = field(default_factory=dict)


def submissions(sms: OutgoingSms, reference: int, payload: bool) -> list[Submission]:
    """How a message goes out: one, or one for each part. `reference` (0-255) tells the parts of one message apart."""
    segments = segment(sms.text)
    coding = _GSM7 if segments.encoding is Encoding.GSM7 else _UCS2
    ids = {PE_ID: sms.entity_id, TEMPLATE_ID: sms.template_id}
    dlt = {tag: value.encode("ascii") for tag, value in ids.items() if value}
    if segments.count == 1:
        return [Submission(coding, encode(sms.text, coding), 0, dlt)]
    if payload:
        return [Submission(coding, b"", 0, {PAYLOAD: encode(sms.text, coding), **dlt})]
    return [
        Submission(coding, bytes((5, 0, 3, reference, segments.count, number)) + encode(part, coding), _HAS_HEADER, dlt)
        for number, part in enumerate(segments.parts, start=1)
    ]


def encode(text: str, coding: int) -> bytes:
    """GSM-7 goes one septet an octet, as SMPP wants it."""
    return b"".join(_CODES[character] for character in text) if coding == _GSM7 else text.encode("utf-16-be")


def decode(octets: bytes, coding: int, esm_class: int) -> str:
    """The text of a deliver_sm; a user data header is left out."""
    if esm_class & _HAS_HEADER and octets:
        octets = octets[octets[0] + 1 :]
    if coding & 0x0C == _UCS2:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1") if coding == _LATIN1 else _from_gsm7(octets)


def _from_gsm7(octets: bytes) -> str:
    text, escaped = "", False
    for code in octets:
        if escaped:
            text += _EXTENDED.get(code, " ")
        elif code != 0x1B:
            text += _ALPHABET[code] if code < 0x80 else "?"
        escaped = code == 0x1B and not escaped
    return text


def tlv(tag: int, value: bytes) -> bytes:
    return struct.pack(">HH", tag, len(value)) + value


# --- refusals ------------------------------------------------------------------------------------------------------

# command_status: (final, unwell, key, SMPP's name).
_STATUS = {
    0x01: (True, False, "template_too_long", "ESME_RINVMSGLEN"),
    0x04: (False, True, "gateway_away", "ESME_RINVBNDSTS"),
    0x05: (False, True, "gateway_refused", "ESME_RALYBND"),
    0x08: (False, True, "gateway_away", "ESME_RSYSERR"),
    0x0A: (True, False, "dlt_header", "ESME_RINVSRCADR"),
    0x0B: (True, False, "number_invalid", "ESME_RINVDSTADR"),
    0x0D: (False, True, "gateway_refused", "ESME_RBINDFAIL"),
    0x0E: (False, True, "gateway_refused", "ESME_RINVPASWD"),
    0x0F: (False, True, "gateway_refused", "ESME_RINVSYSID"),
    0x14: (False, True, "gateway_busy", "ESME_RMSGQFUL"),
    0x45: (False, False, "gateway_refused", "ESME_RSUBMITFAIL"),
    0x58: (False, True, "gateway_busy", "ESME_RTHROTTLED"),
    0x64: (False, False, "gateway_refused", "ESME_RX_T_APPN"),
    0xC3: (True, False, "dlt_template", "ESME_RMISSINGOPTPARAM"),
    0xC4: (True, False, "dlt_template", "ESME_RINVOPTPARAMVAL"),
    0xFF: (False, True, "gateway_refused", "ESME_RUNKNOWNERR"),
}
# What an SMSC says that does not take message_payload; to a short text they mean what they say.
NO_PAYLOAD = frozenset({0x01, 0xC0, 0xC1, 0xC2, 0xC4})


def refusal(status: int) -> Rejected:
    """What a command_status other than 0 says. An SMSC's own codes (from 0x400 on) are about the message: final."""
    final, unwell, key, name = _STATUS.get(status, (True, False, dlt_reason(str(status)) or "gateway_refused", ""))
    return Rejected(f"SMPP {status:#04x} {name}".rstrip(), final=final, unwell=unwell, key=key)


# --- receipts ------------------------------------------------------------------------------------------------------

_TOLD = re.compile(r"\bid:\s*(\S+).*?\bstat:\s*(\w+)", re.IGNORECASE | re.DOTALL)
_ERROR = re.compile(r"\berr:\s*(\w+)", re.IGNORECASE)
_FINAL: Mapping[str, tuple[ReceiptState, str]] = {
    "DELIVRD": ("delivered", ""),
    "EXPIRED": ("failed", "out_of_reach"),
    "DELETED": ("failed", "blocked"),
    "UNDELIV": ("failed", "out_of_reach"),
    "REJECTD": ("failed", "blocked"),
}
_BY_NUMBER = {2: "DELIVRD", 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
# MAP's errors (3GPP TS 29.002), as the TLV network_error_code tells them for GSM (network type 3).
_MAP = {
    1: "subscriber_unknown",
    5: "subscriber_unknown",
    6: "out_of_reach",
    9: "subscriber_unknown",
    11: "blocked",
    13: "blocked",
    27: "out_of_reach",
    32: "handset_full",
}


def read_receipt(esm_class: int, text: str, tlvs: Mapping[int, bytes]) -> Receipt | None:
    """The receipt in a deliver_sm; None when it is an SMS somebody has sent to us."""
    told = _TOLD.search(text)
    tlv_id = tlvs.get(RECEIPTED_ID, b"").split(b"\0")[0].decode("ascii", "replace")
    if not (esm_class & (_RECEIPT | _INTERMEDIATE) or tlv_id) or not (told or tlv_id):
        return None
    number = tlvs.get(MESSAGE_STATE, b"\0")
    word = told[2].upper()[:7] if told else _BY_NUMBER.get(number[-1] if number else 0, "")
    state, reason = _FINAL.get(word, ("on_its_way", ""))
    error = _ERROR.search(text)
    code = error[1] if error else ""
    if state == "failed":
        reason = dlt_reason(code) or _network_reason(tlvs.get(NETWORK_ERROR, b"")) or reason
    return Receipt(told[1] if told else tlv_id, state, reason, " ".join(part for part in (word, code) if part))


def _network_reason(error: bytes) -> str:
    return _MAP.get(int.from_bytes(error[1:3], "big"), "") if len(error) == 3 and error[0] == 3 else ""


def spellings(provider_id: str) -> Iterable[str]:
    """How an SMSC may write one id elsewhere: in hexadecimal in its answer and in decimal in its receipt."""
    yield provider_id
    bare = provider_id.lstrip("0").lower()
    yield from (bare, bare.upper())
    if bare.isascii() and bare.isdecimal():
        yield from (f"{int(bare):x}", f"{int(bare):X}")
    if re.fullmatch(r"[0-9a-f]+", bare):
        yield str(int(bare, 16))
