"""Nobody calls out through us: what is no service line, or does not come through the trunk, is refused and logged."""

from __future__ import annotations

import re
import socket
import time
import uuid
from datetime import datetime

import pytest
from sqlalchemy import select

from config.clock import utc_now
from config.schema import Call
from phones.phone import Phone
from tests.telephone.house import House

pytestmark = pytest.mark.timeout(60)


@pytest.mark.parametrize("dialled", ["105", "1040", "+919999900000", "00447700900000", "108", "s", "offer", "9"])
def test_whatever_is_no_service_line_is_refused_and_on_record(house: House, dialled: str) -> None:
    victim = house.net.phone(dialled)
    before = victim.rang
    patient = house.patient()
    call = patient.dials(dialled)
    cause = call.ended(timeout=7)
    assert call.answered_at is None
    assert cause.sip == 404
    record = house.record(call)
    assert (record.result, record.ended_by, record.doctor_id) == ("refused", "system", None)
    assert record.dialled == re.sub(r"[^0-9+*#]", "", dialled)
    assert victim.rang == before


def test_a_doctors_number_dialled_from_outside_does_not_ring_the_doctor(house: House) -> None:
    doctor: Phone = house.doctor("fever")
    call = house.patient().dials(doctor.number)
    assert call.ended(timeout=7).sip == 404
    assert doctor.rang == 0


def test_a_dial_string_in_the_number_dials_nothing(house: House) -> None:
    """An & in a dial string would ring somebody else's bill."""
    doctor = house.doctor("fever")
    call = house.patient().dials(f"104%26PJSIP%2F{doctor.number}%40trunk")
    assert call.ended(timeout=7).sip in (403, 404, 484)
    assert doctor.rang == 0


@pytest.mark.parametrize("dialled", ["104", "+919999900000"])
def test_a_source_that_is_not_the_trunk_is_refused(house: House, dialled: str) -> None:
    sent_at = utc_now()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(3)
        stranger.sendto(_invite(dialled, stranger, house), ("127.0.0.1", house.settings.sip_port))
        answer = stranger.recv(65535).decode()
    assert answer.startswith("SIP/2.0 401"), answer
    assert house.channels() == []
    time.sleep(0.5)  # the ledger brings records up to date within a tenth of a second
    assert _calls_since(house, sent_at) == []
    log = (house.rehearsal.folder / "log" / "helpline.log").read_text(encoding="utf-8", errors="replace")
    assert "127.0.0.2" in log, "the refusal was not logged"


def test_a_stranger_who_knows_a_name_is_refused_too(house: House) -> None:
    """Neither From nor a made-up Authorization makes a stranger the trunk."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.bind(("127.0.0.2", 0))
        stranger.settimeout(3)
        credentials = 'Authorization: Digest username="trunk", realm="asterisk", nonce="0", uri="sip:104", response="0"'
        stranger.sendto(_invite("104", stranger, house, credentials), ("127.0.0.1", house.settings.sip_port))
        assert stranger.recv(65535).decode().startswith("SIP/2.0 401")
    assert house.channels() == []


def _calls_since(house: House, moment: datetime) -> list[str]:
    with house.rehearsal.database.reading() as session:
        return list(session.scalars(select(Call.id).where(Call.arrived_at >= moment)))


def _invite(dialled: str, source: socket.socket, house: House, *more: str) -> bytes:
    host, port = source.getsockname()
    sdp = f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"
    lines = [
        f"INVITE sip:{dialled}@127.0.0.1:{house.settings.sip_port} SIP/2.0",
        f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{uuid.uuid4().hex}",
        f"From: <sip:trunk@127.0.0.1>;tag={uuid.uuid4().hex[:8]}",
        f"To: <sip:{dialled}@127.0.0.1>",
        f"Call-ID: {uuid.uuid4().hex}",
        "CSeq: 1 INVITE",
        f"Contact: <sip:trunk@{host}:{port}>",
        "Max-Forwards: 70",
        *more,
        "Content-Type: application/sdp",
        f"Content-Length: {len(sdp)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + sdp).encode()


def test_every_application_of_the_dialplan_is_loaded(house: House) -> None:
    """A missing one ends the call in silence: Asterisk starts all the same, because modules are listed by hand."""
    dialplan = (house.settings.run_dir / "etc" / "extensions.conf").read_text()
    step = r"^\s*(?:same|exten)\s*=>\s*(?:[^,]+,)?(?:\d+|n)(?:\(\w+\))?,(\w+)\("
    used = set(re.findall(step, dialplan, re.MULTILINE))
    assert {"Answer", "AGI", "Dial", "Playback"} <= used
    loaded = house.console("core show applications")
    assert [name for name in sorted(used) if not re.search(rf"^\s*{name}:", loaded, re.MULTILINE)] == []
