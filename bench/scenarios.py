"""PURE: SIPp's two parts as XML: the caller who keys through the menus, the doctor who accepts and keys the outcome.

Keys go by SIP INFO, because SIPp replays RFC 4733 through a raw socket, which needs root. No sound is sent: what the
callers hear is sent to them in full, and the probe phones (bench/probes.py) speak.
"""

from __future__ import annotations

from bench.plan import AGE, KEY_OF, LOAD_CATEGORY, Timing

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'

_SDP = """v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 8 101
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=ptime:20"""

_CALLER_HEADERS = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: <sip:[field0]@[local_ip]>;tag=[pid]c[call_number]
To: <sip:104@[remote_ip]:[remote_port]>{to_tag}
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70"""

_DOCTOR_HEADERS = """Via: SIP/2.0/UDP [local_ip]:[local_port];branch=[branch]
From: [$2];tag=[pid]d[call_number]
To: [$1]
Call-ID: [call_id]
CSeq: {cseq} {method}
Contact: <sip:doctor@[local_ip]:[local_port]>
Max-Forwards: 70"""

_ANSWER = """SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[pid]d[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:doctor@[local_ip]:[local_port]>"""

_OK = """SIP/2.0 200 OK
[last_Via:]
[last_From:]
[last_To:]
[last_Call-ID:]
[last_CSeq:]
Content-Length: 0"""


def caller(timing: Timing) -> str:
    """A patient: menu, age, talk, BYE. Whatever else comes from the other side fails the call."""
    keys = [(timing.choice, KEY_OF[LOAD_CATEGORY]), (timing.age, AGE[0])]
    keys += [(timing.between, key) for key in (*AGE[1:], "#")]
    steps = [
        _send(_caller_request("INVITE sip:104@[remote_ip]:[remote_port]", "INVITE", 1, tagged=False), _SDP),
        _may_receive(100, 180, 183),
        '<recv response="200" rtd="true" rrs="true"/>',
        _send(_caller_request("ACK [next_url]", "ACK", 1), retransmit=False),
    ]
    for number, (pause, key) in enumerate(keys, start=2):
        steps += _key(pause, key, _caller_request("INFO [next_url]", "INFO", number))
    rest = timing.call - sum(pause for pause, _ in keys)
    steps += [
        _pause(rest),
        _send(_caller_request("BYE [next_url]", "BYE", len(keys) + 2)),
        '<recv response="200"/>',
    ]
    return _scenario("a patient", steps)


def doctor(timing: Timing) -> str:
    """A doctor: rings, answers, presses 1, talks, keys outcome 1 and waits for the BYE."""
    remember = (
        '<recv request="INVITE" rrs="true"><action>'
        '<ereg regexp=".*" search_in="hdr" header="From:" assign_to="1"/>'
        '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="2"/>'
        "</action></recv>"
    )
    steps = [
        remember,
        _send(_ANSWER.format(status="180 Ringing"), retransmit=False),
        _pause(timing.ring),
        _send(_ANSWER.format(status="200 OK"), _SDP),
        '<recv request="ACK"/>',
        *_key(timing.accept, "1", _doctor_request(1)),
        *_key(timing.outcome - timing.accept, "1", _doctor_request(2)),
        '<recv request="BYE" timeout="20000"/>',
        _send(_OK, retransmit=False),
    ]
    return _scenario("a doctor", steps)


def _caller_request(line: str, method: str, cseq: int, tagged: bool = True) -> str:
    headers = _CALLER_HEADERS.format(method=method, cseq=cseq, to_tag="[peer_tag_param]" if tagged else "")
    return f"{line} SIP/2.0\n{headers}"


def _doctor_request(cseq: int) -> str:
    return f"INFO [next_url] SIP/2.0\n{_DOCTOR_HEADERS.format(method='INFO', cseq=cseq)}"


def _key(pause: int, key: str, request: str) -> list[str]:
    body = f"Signal={key}\nDuration=100"
    return [_pause(pause), _send(request, body, "application/dtmf-relay"), '<recv response="200"/>']


def _send(head: str, body: str = "", kind: str = "application/sdp", retransmit: bool = True) -> str:
    if "Content-Length" in head:
        text = head
    elif body:
        text = f"{head}\nContent-Type: {kind}\nContent-Length: [len]\n\n{body}"
    else:
        text = f"{head}\nContent-Length: 0"
    again = ' retrans="500"' if retransmit else ""
    return f"<send{again}><![CDATA[\n\n{text}\n\n]]></send>"


def _may_receive(*statuses: int) -> str:
    return "\n".join(f'<recv response="{status}" optional="true"/>' for status in statuses)


def _pause(milliseconds: int) -> str:
    return f'<pause milliseconds="{milliseconds}"/>'


def _scenario(name: str, steps: list[str]) -> str:
    return f'{_HEAD}<scenario name="{name}">\n' + "\n".join(steps) + "\n</scenario>\n"
