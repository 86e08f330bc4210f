"""The masking test trusts this reader: a message it loses is a leak nobody sees."""

import struct

from phones.sip_capture import read_capture

INVITE = "INVITE sip:104@h SIP/2.0\r\nCall-ID: abc@x\r\nCSeq: 1 INVITE\r\nFrom: <sip:+91981@x>\r\n\r\n"
BUSY = "SIP/2.0 486 Busy Here\r\ncall-id: abc@x\r\nCSeq: 1 INVITE\r\n\r\n"


def capture(*packets: tuple[int, int, str], ethertype: bytes = b"\x08\x00") -> bytes:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for index, (source, target, text) in enumerate(packets):
        body = text.encode()
        frame = bytes(12) + ethertype + bytes(20) + struct.pack(">HHHH", source, target, 8 + len(body), 0) + body
        data += struct.pack("<IIII", 100 + index, 500_000, len(frame), len(frame)) + frame
    return data


def test_each_message_is_read_with_its_direction_time_and_call() -> None:
    first, second = read_capture(capture((0, 5060, INVITE), (5060, 0, BUSY)))
    assert (first.direction, first.at, first.call_id) == ("sent", 100.5, "abc@x")
    assert (first.method, first.status, first.first_line) == ("INVITE", None, "INVITE sip:104@h SIP/2.0")
    assert first.header("from") == "<sip:+91981@x>"
    assert first.header("Privacy") is None
    assert (second.direction, second.status, second.method, second.call_id) == ("received", 486, "INVITE", "abc@x")


def test_a_torn_last_packet_is_left_out() -> None:
    whole = capture((0, 5060, INVITE), (5060, 0, BUSY))
    assert len(list(read_capture(whole[:-1]))) == 1
    assert list(read_capture(whole[:30])) == []
    assert list(read_capture(b"")) == []


def test_what_is_not_ip_is_left_out() -> None:
    assert list(read_capture(capture((0, 5060, INVITE), ethertype=b"\x08\x06"))) == []
