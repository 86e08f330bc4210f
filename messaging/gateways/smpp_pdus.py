"""PDUs by smpplib, with what it leaves out: TLVs it has no name for, and a part that cannot be read to its end.

It raises at a TLV that a command does not list, and cuts the last octet off one that has no closing zero.
"""

from __future__ import annotations

import logging
import struct
from typing import Any

from smpplib import command, command_codes, exceptions
from smpplib.client import Client

from messaging.gateways.smpp_words import Submission, tlv

UNKNOWN = "unknown"  # the name of a command that SMPP 3.4 does not have
_LONGEST_PDU = 65_536

logging.getLogger("smpplib.command").setLevel(logging.ERROR)
_log = logging.getLogger(__name__)

ANSWERS = {
    "deliver_sm_resp": command.DeliverSMResp,
    "enquire_link_resp": command.EnquireLinkResp,
    "unbind_resp": command.UnbindResp,
    "generic_nack": command.GenericNAck,
}


class Submit(command.SubmitSM):  # type: ignore[misc]
    """smpplib writes only the TLVs it knows; DLT's stand behind them."""

    def __init__(self, submission: Submission, client: Client, fields: dict[str, Any]) -> None:
        self._tlvs = b"".join(tlv(tag, value) for tag, value in submission.tlvs.items())
        super().__init__(
            "submit_sm",
            client=client,
            short_message=submission.short_message,
            data_coding=submission.data_coding,
            esm_class=submission.esm_class,
            **fields,
        )

    def generate_params(self) -> bytes:
        return bytes(super().generate_params()) + self._tlvs


def numbered(pdu: Any, sequence: int) -> Any:
    """smpplib's classes overlook a sequence number that they are given when they are made."""
    pdu.sequence = sequence
    return pdu


def read(client: Client) -> Any:
    """The next PDU. Its `tlvs` are octets by tag; a part that cannot be read leaves the fields before it."""
    head = client._recv_exact(16)
    length, code, _, _ = struct.unpack(">LLLL", head)
    if not 16 <= length <= _LONGEST_PDU:
        raise exceptions.PDUError("broken PDU")
    octets = head + (client._recv_exact(length - 16) if length > 16 else b"")
    try:
        name = command_codes.get_command_name(code)
        pdu = command.factory(name, client=client)
    except exceptions.UnknownCommandError:
        name, pdu = UNKNOWN, command.GenericNAck("generic_nack", client=client)
    pdu.tlvs = {}
    pdu.parse_optional_params = lambda data: pdu.tlvs.update(_tlvs(data))
    try:
        pdu.parse(octets)
    except exceptions.UnknownCommandError:
        pdu.command, pdu.sequence = UNKNOWN, struct.unpack(">L", octets[12:16])[0]
    except (struct.error, IndexError, TypeError, ValueError):
        _log.warning("a %s of the SMSC cannot be read to its end", name)
    return pdu


def _tlvs(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(data) >= 4:
        tag, length = struct.unpack(">HH", data[:4])
        found[tag], data = data[4 : 4 + length], data[4 + length :]
    return found
