"""The hands and ears themselves, before anything is tested with them: real SIP between two exchanges."""

import time
import wave

import pytest

from phones.errors import PhoneError
from phones.network import PhoneNetwork
from phones.phone import Behaviour

pytestmark = pytest.mark.telephone


def test_a_phone_rings_before_it_is_answered(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000001").dials("9001")
    ring = there.doctor("9001").rings()
    assert ring.caller_id == "+919800000001"
    call.rings()
    with pytest.raises(PhoneError, match="ringing"):
        call.answered(timeout=0.3)
    ring.answers()
    call.answered()
    assert call.rang_at is not None
    assert call.answered_at is not None
    assert call.rang_at < call.answered_at


def test_both_sides_hear_each_others_tone_and_nothing_before(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000002").dials("9002")
    answered = there.doctor("9002").rings().answers()
    call.answered()
    time.sleep(0.5)
    assert call.tone_seconds(620) == 0
    call.plays_tone(440, 2)
    answered.plays_tone(620, 2)
    assert answered.hears_tone(440, seconds=1.8) >= 0.4
    assert call.hears_tone(620, seconds=1.8) >= 0.4
    assert call.tone_seconds(440) == 0
    assert call.silence_longest(after=0.0) < 1.0


def test_keys_arrive_one_by_one_as_they_were_pressed(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000003").dials("9003")
    answered = there.doctor("9003").rings().answers()
    call.answered()
    call.presses("1455#9*0088")
    assert there.wait_until(lambda: len(answered.keys_heard) >= 11, 2)
    assert answered.keys_heard == "1455#9*0088"
    assert [key for key, _ in call.keys_pressed] == list("1455#9*0088")
    answered.presses("2")
    assert here.wait_until(lambda: call.keys_heard == "2", 2)


def test_a_prompt_is_heard_by_its_sound_and_the_right_one(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000004").dials("9004")
    answered = there.doctor("9004").rings().answers()
    call.answered()
    time.sleep(1)
    answered.speaks(there.prompts.path("welcome"))
    offset = call.hears("welcome")
    assert 0.8 < offset < 1.6
    with pytest.raises(PhoneError, match=r"did not hear 'menu.main' .* welcome at"):
        call.hears("menu.main", timeout=1, after=0)
    answered.hushes()
    answered.speaks(there.prompts.path("menu.main"))
    assert call.hears("menu.main", whole=True) > offset


def test_a_prompt_cut_short_was_not_heard_as_a_whole(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000016").dials("9016")
    answered = there.doctor("9016").rings().answers()
    call.answered()
    answered.speaks(there.prompts.path("menu.main"))
    call.hears("menu.main")
    answered.hushes()
    with pytest.raises(PhoneError, match=r"begin at .* but not end"):
        call.hears("menu.main", after=0, whole=True)


@pytest.mark.parametrize("status", [404, 480, 486, 503, 603])
def test_a_rejection_goes_over_the_wire_as_said(here: PhoneNetwork, there: PhoneNetwork, status: int) -> None:
    call = here.patient("+919800000005").dials("9005")
    ring = there.doctor("9005").rings()
    ring.rejects(status)
    cause = call.ended()
    assert cause.sip == status
    assert cause.by == "the other side"
    finals = [m.status for m in ring.sip_messages() if m.direction == "sent" and (m.status or 0) >= 200]
    assert finals == [status]
    assert call.sip_messages()[0].method == "INVITE"


@pytest.mark.parametrize(("behaviour", "status"), [("busy", 486), ("unallocated", 404), ("unreachable", 480)])
def test_a_phone_that_cannot_be_rung_never_rings(
    here: PhoneNetwork, there: PhoneNetwork, behaviour: Behaviour, status: int
) -> None:
    there.doctor("9006").behaves(behaviour)
    call = here.patient("+919800000006").dials("9006")
    assert call.ended(timeout=2).sip == status
    assert call.rang_at is None


def test_the_caller_hangs_up_and_the_other_side_hears_of_it(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000007").dials("9007")
    answered = there.doctor("9007").rings().answers()
    call.answered()
    call.hangs_up()
    assert answered.ended(timeout=1).by == "the other side"
    assert call.end_cause is not None
    assert call.end_cause.by == "this phone"


def test_the_called_side_hangs_up_and_the_caller_hears_of_it(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000008").dials("9008")
    answered = there.doctor("9008").rings().answers()
    call.answered()
    answered.hangs_up()
    assert call.ended(timeout=1).code == 16


def test_a_phone_stops_ringing_when_the_caller_gives_up(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000009").dials("9009")
    ring = there.doctor("9009").rings()
    call.rings()
    call.hangs_up()
    ring.stopped_ringing(within=1.0)
    assert not ring.is_ringing


def test_a_recording_is_as_long_as_the_call_though_silence_sends_nothing(
    here: PhoneNetwork, there: PhoneNetwork
) -> None:
    call = here.patient("+919800000010").dials("9010")
    answered = there.doctor("9010").rings().answers()
    call.answered()
    answered.vanishes()
    time.sleep(1.5)
    call.hangs_up()
    assert call.ended_at is not None
    assert call.answered_at is not None
    with wave.open(str(call.recording())) as file:
        assert file.getframerate() == 8000
        assert file.getnframes() / 8000 == pytest.approx(call.ended_at - call.answered_at, abs=0.1)
    assert call.silence_longest() > 1.2


def test_voicemail_talks_and_never_presses(here: PhoneNetwork, there: PhoneNetwork) -> None:
    there.doctor("9011").behaves("voicemail")
    call = here.patient("+919800000011").dials("9011")
    assert call.answered() < 1
    call.hears_something(timeout=2)
    time.sleep(1)
    assert call.keys_heard == ""


def test_a_doctor_who_accepts_presses_one_when_spoken_to(here: PhoneNetwork, there: PhoneNetwork) -> None:
    there.doctor("9012").behaves("auto_accept")
    call = here.patient("+919800000012").dials("9012")
    call.answered()
    time.sleep(0.5)
    assert call.keys_heard == ""
    call.plays_tone(500, 1)
    assert here.wait_until(lambda: call.keys_heard == "1", 3)
    assert there.doctor("9012").calls[0].is_up


def test_a_withheld_number_appears_nowhere(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000013").dials("9013", withheld=True)
    ring = there.doctor("9013").rings()
    call.rings()
    call.hangs_up()
    ring.stopped_ringing()
    messages = ring.sip_messages()
    assert messages[0].method == "INVITE"
    assert messages[0].header("Privacy") == "id"
    assert all("9800000013" not in message.text for message in messages)


def test_every_message_of_a_call_can_be_read(here: PhoneNetwork, there: PhoneNetwork) -> None:
    before = time.time()
    call = here.patient("+919800000014").dials("9014")
    ring = there.doctor("9014").rings()
    call.rings()
    ring.answers()
    call.answered()
    call.hangs_up()
    assert here.wait_until(lambda: len(call.sip_messages()) >= 7, 2)
    seen = [message.status or message.method for message in call.sip_messages()]
    assert seen == ["INVITE", 100, 180, 200, "ACK", "BYE", 200]
    assert all(message.at >= before - 1 for message in here.sip_messages(since=before))


def test_ten_phones_talk_at_once(here: PhoneNetwork, there: PhoneNetwork) -> None:
    calls = [here.patient(f"+9197000000{n:02}").dials(f"91{n:02}") for n in range(10)]
    answered = [there.doctor(f"91{n:02}").rings().answers() for n in range(10)]
    for n, call in enumerate(calls):
        call.answered()
        call.plays_tone(400 + 150 * n, 2)
    for n, other in enumerate(answered):
        other.hears_tone(400 + 150 * n, seconds=1.8)
        assert len(there.channels()) == 10


def test_phones_that_vanish_send_no_bye(here: PhoneNetwork, there: PhoneNetwork) -> None:
    call = here.patient("+919800000015").dials("9015")
    there.doctor("9015").rings().answers()
    call.answered()
    there.freeze()
    try:
        time.sleep(1)
        assert call.is_up
        assert call.silence_longest(after=0) > 0.7
    finally:
        there.thaw()
    assert call.is_up
