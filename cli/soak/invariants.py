"""PURE: what must never be, held against the telephones' view, the witness's and the records of a whole run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

from cli.soak.matching import Matched, same_number
from cli.soak.views import CallOnRecord, OfferOnRecord, PhoneLeg, RequestOnRecord, Run, Stay, Violation

# From the acknowledgement of a change of duty until no telephone may ring any more on what was known before.
DUTY_SECONDS = 3.0
SILENCE_SECONDS = 4.0
# A moment of the journal and the same moment of a telephone or the witness, on a busy machine.
_SAME_MOMENT = 3.0
_OVERLAP = 0.4
_SEAM = 0.3
# After a fault things are put in order for so long.
_AFTERMATH = 12.0
_MOST_TRIES = 3


def violations(run: Run) -> list[Violation]:
    """Every rule that was broken, the earliest first."""
    matched = Matched(run)
    return sorted((found for rule in _RULES for found in rule(run, matched)), key=lambda found: found.at)


# --- in Asterisk: who is bridged with whom ------------------------------------------------------------------------


def _company(run: Run, matched: Matched) -> Iterator[tuple[Stay, list[Stay]]]:
    """Each entrance into a bridge, with everybody who is in it then."""
    in_bridge: dict[str, list[Stay]] = defaultdict(list)
    for stay in sorted(run.seen.stays, key=lambda stay: stay.entered):
        others = [other for other in in_bridge[stay.bridge] if other.left is None or other.left > stay.entered]
        in_bridge[stay.bridge] = [*others, stay]
        yield stay, [*others, stay]


def two_doctors_for_one_patient(run: Run, matched: Matched) -> Iterator[Violation]:
    """Two doctors are in one talk only where one of them has asked for it by *1, and two patients never are."""
    for stay, company in _company(run, matched):
        legs = [leg for one in company if (leg := matched.leg_in(one)) is not None]
        doctors = [leg for leg in legs if leg.number in run.doctors]
        patients = [leg for leg in legs if leg.number not in run.doctors | run.others]
        if len(patients) > 1:
            yield _bridged("two patients are in one talk", stay, legs, matched)
        elif len(doctors) > 1 and not any("*1" in leg.pressed_by(stay.entered) for leg in doctors):
            yield _bridged("two doctors are in one talk, and none has asked for it", stay, legs, matched)
        elif len({leg.number for leg in doctors}) > 2:
            yield _bridged("more than two doctors are in one talk", stay, legs, matched)


def bridged_without_a_key(run: Run, matched: Matched) -> Iterator[Violation]:
    """Nobody whom the helpline has rung is bridged without having pressed 1."""
    for stay in run.seen.stays:
        leg = matched.leg_in(stay)
        if leg is None or not leg.incoming or leg.number in run.others:
            continue
        if "1" not in leg.pressed_by(stay.entered + 0.2):
            yield _bridged(f"{leg.number} is bridged and has pressed {leg.keys or 'nothing'}", stay, [leg], matched)


def _bridged(told: str, stay: Stay, legs: list[PhoneLeg], matched: Matched) -> Violation:
    call = matched.call_of_channel(stay.channel)
    numbers = frozenset(leg.number for leg in legs)
    return Violation("bridge", stay.entered, told, call.id if call else None, numbers)


def unseen(run: Run, matched: Matched) -> Iterator[Violation]:
    """The witness has seen every channel that rings a telephone; otherwise the other rules would hold of nothing."""
    for leg in _rung(run):
        if matched.channel_of(leg) is None and not any(x.touches(leg.began - 1, leg.ended) for x in run.seen.blind):
            told = f"{leg.number}: rung, and the witness saw no channel"
            yield Violation("witness", leg.began, told, None, frozenset({leg.number}))


# --- at the telephones: who is rung -------------------------------------------------------------------------------


def rung_off_duty(run: Run, matched: Matched) -> Iterator[Violation]:
    """A doctor is rung while on duty only."""
    for leg in _rung(run):
        if leg.number in run.doctors and not _may_be_on_duty(run, leg):
            yield _at_phone("off duty", leg, "rung off duty", matched)


def _may_be_on_duty(run: Run, leg: PhoneLeg) -> bool:
    changes = sorted((item for item in run.duties if item.number == leg.number), key=lambda item: item.asked)
    before = [item for item in changes if item.asked <= leg.began]
    for number, item in enumerate(before):
        later = before[number + 1 :]
        ended = any(x.duty != "on" and x.known is not None and x.known + DUTY_SECONDS < leg.began for x in later)
        if item.duty == "on" and not ended:
            return True
    return False


def rung_while_busy(run: Run, matched: Matched) -> Iterator[Violation]:
    """No telephone is rung that the helpline has on the line already."""
    of_number: dict[str, list[PhoneLeg]] = defaultdict(list)
    for leg in run.legs:
        if leg.number not in run.others:
            of_number[leg.number].append(leg)
    for legs in of_number.values():
        for leg in legs:
            for other in legs:
                up = other.began if other.incoming else other.answered
                overlaps = up is not None and up < leg.began - (0 if other.incoming else 1.0)
                if not leg.incoming or other is leg or not overlaps or leg.began >= other.ended - _OVERLAP:
                    continue
                if not run.disturbed(other.began, leg.began, "asterisk_killed"):
                    yield _at_phone("busy", leg, "rung while on the line with us", matched)


def rung_after_a_no(run: Run, matched: Matched) -> Iterator[Violation]:
    """A doctor who has declined a call is not rung for it again."""
    nos: dict[tuple[str, str], float] = {}
    for leg in sorted(_rung(run), key=lambda leg: leg.began):
        call = matched.call_of_leg(leg)
        if call is None or leg.number not in run.doctors:
            continue
        offer = matched.offer_of_leg(leg)
        if (call.id, leg.number) in nos:
            yield _at_phone("a no", leg, f"rung for a call declined at {nos[call.id, leg.number]:.1f} s", matched)
        if offer is not None and offer.result == "declined":
            nos[call.id, leg.number] = leg.ended


def _rung(run: Run) -> Iterator[PhoneLeg]:
    return (leg for leg in run.legs if leg.incoming)


def _at_phone(rule: str, leg: PhoneLeg, told: str, matched: Matched) -> Violation:
    call = matched.call_of_leg(leg)
    return Violation(rule, leg.began, f"{leg.number}: {told}", call.id if call else None, frozenset({leg.number}))


# --- at the telephones: what is heard -----------------------------------------------------------------------------


def left_in_silence(run: Run, matched: Matched) -> Iterator[Violation]:
    """Nobody on the line hears nothing for long, unless the other one's telephone has lost its network."""
    for leg in run.legs:
        if leg.number in run.others or leg.vanished is not None:
            continue
        for silence in leg.silences:
            if silence.end - silence.start <= SILENCE_SECONDS:
                continue
            if run.disturbed(silence.start, silence.end, "asterisk_killed") or _lost_the_other(
                matched, leg, silence.end
            ):
                continue
            told = f"{leg.number}: silence from {silence.start:.1f} to {silence.end:.1f} s"
            call = matched.call_of_leg(leg)
            yield Violation("silence", silence.start, told, call.id if call else None, frozenset({leg.number}))


def _lost_the_other(matched: Matched, leg: PhoneLeg, end: float) -> bool:
    return any(other.vanished is not None and other.vanished < end for other in matched.talked_with(leg))


# --- on record ----------------------------------------------------------------------------------------------------


def without_a_record(run: Run, matched: Matched) -> Iterator[Violation]:
    """Every call that reached the helpline, while it was up, has a record."""
    for leg in run.legs:
        if leg.incoming or matched.channel_of(leg) is None or matched.call_of_leg(leg) is not None:
            continue
        if not run.disturbed(leg.began - _AFTERMATH, leg.began + 1):
            yield Violation("record", leg.began, f"{leg.number}: no record", None, frozenset({leg.number}))


def incomplete_records(run: Run, matched: Matched) -> Iterator[Violation]:
    """Every record has its end, and so has everything in it, each thing once."""
    for call in run.records.calls:
        for wrong in _incomplete(call):
            yield Violation("record", call.arrived, wrong, call.id, _numbers(call))


def _incomplete(call: CallOnRecord) -> Iterator[str]:
    if (call.ended is None or call.result is None) and not _still_seeks(call):
        yield "the record has no end"
    if call.open_legs:
        yield f"{call.open_legs} legs have no end"
    counted = Counter(entry.kind for entry in call.journal)
    ends = 1 + counted["talk.dialled_back"]
    for kind, most in (("call.arrived", 1), ("call.ended", ends)):
        if counted[kind] > most:
            yield f"{kind} stands {counted[kind]} times in the journal"
    for offer in call.offers:
        if offer.result is None:
            yield f"offer {offer.id} has no end"
    for kind in ("doctor.offered", "offer.ended", "doctor.accepted"):
        twice = [offer for offer, n in Counter(e.data["offer"] for e in call.entries(kind)).items() if n > 1]
        yield from (f"{kind} of {offer} stands there twice" for offer in twice)
    if call.result == "consulted" and not counted["call.bridged"]:
        yield "consulted, and never bridged"


def _still_seeks(call: CallOnRecord) -> bool:
    """A callback that waits for a doctor: nobody is on a telephone, and in minutes it gives its turn back."""
    return call.callback is not None and all(entry.data["role"] != "patient" for entry in call.entries("leg.started"))


def records_against_the_witness(run: Run, matched: Matched) -> Iterator[Violation]:
    """Whoever was bridged for a second is bridged on record, and nobody is on record whom the witness did not see."""
    for call in run.records.calls:
        on_record = {offer.number for offer in call.offers if offer.result == "accepted"}
        for talk in matched.talks(call):
            if talk.number in run.doctors and talk.seconds > 1.0 and talk.number not in on_record:
                told = f"{talk.number} was in a talk from {talk.start:.1f} s, and no offer says accepted"
                yield Violation("record", talk.start, told, call.id, _numbers(call))
        for entry in call.entries("call.bridged"):
            if not _was_seen(run, matched, call, str(entry.data["offer"]), entry.at):
                told = f"call.bridged of {entry.data['offer']}, and the witness saw no bridge"
                yield Violation("record", entry.at, told, call.id, _numbers(call))


def _was_seen(run: Run, matched: Matched, call: CallOnRecord, offer_id: str, at: float) -> bool:
    if run.disturbed(at - _SAME_MOMENT, at + _SAME_MOMENT) or any(
        blind.touches(at - _SAME_MOMENT, at + _SAME_MOMENT) for blind in run.seen.blind
    ):
        return True
    number = next((offer.number for offer in call.offers if offer.id == offer_id), "")
    return any(
        talk.number == number and talk.start - _SAME_MOMENT <= at <= talk.end + _SAME_MOMENT
        for talk in matched.talks(call)
    )


def records_against_the_telephones(run: Run, matched: Matched) -> Iterator[Violation]:
    """A call is over on record when the patient's telephone says so; what a doctor keyed is what the offer says."""
    for leg in run.legs:
        call = matched.call_of_leg(leg)
        if call is None or run.disturbed(leg.began - 1, leg.ended + _SAME_MOMENT):
            continue
        if not leg.incoming and (wrong := _ended_otherwise(leg, call)):
            yield Violation("record", leg.ended, wrong, call.id, _numbers(call))
        offer = matched.offer_of_leg(leg)
        if offer is not None and (wrong := _keyed_otherwise(leg, offer)):
            yield Violation("record", leg.began, wrong, call.id, _numbers(call))


def _ended_otherwise(leg: PhoneLeg, call: CallOnRecord) -> str:
    if call.ended is None or call.entries("talk.dialled_back") or abs(call.ended - leg.ended) <= _SAME_MOMENT:
        return ""
    return f"the telephone's call was over at {leg.ended:.1f} s, the record says {call.ended:.1f} s"


def unheard_keys(run: Run, matched: Matched) -> Iterator[Violation]:
    """What a doctor keys in a talk, the star and a digit, gets on record."""
    for leg in run.legs:
        call = matched.call_of_leg(leg)
        if leg.number not in run.doctors or call is None:
            continue
        for (first, pressed), (key, at) in pairwise(leg.pressed):
            if first != "*" or not key.isdigit() or at - pressed > 0.5:
                continue
            # In the moment in which a talk of two becomes one of three, nobody listens.
            if not matched.is_bridged(leg, pressed - 1, at + _SEAM):
                continue
            heard = any(e.data["key"] == key and abs(e.at - at) < _SAME_MOMENT for e in call.entries("talk.key"))
            if not heard and not run.disturbed(pressed - _SAME_MOMENT, at + _SAME_MOMENT):
                told = f"{leg.number} keyed *{key} at {at:.1f} s in a talk, and nothing is on record"
                yield Violation("key", at, told, call.id, _numbers(call))


def _keyed_otherwise(leg: PhoneLeg, offer: OfferOnRecord) -> str:
    if offer.result == "accepted" and "1" not in leg.keys:
        return f"{leg.number} accepted on record, and pressed {leg.keys or 'nothing'}"
    # Who lifts and hangs up has said no, too.
    if offer.result == "declined" and leg.answered is not None and "2" not in leg.keys and not leg.ended_here:
        return f"{leg.number} declined on record, and pressed {leg.keys or 'nothing'}"
    return ""


def _numbers(call: CallOnRecord) -> frozenset[str]:
    return frozenset({call.caller or "", *(offer.number for offer in call.offers)})


# --- afterwards ---------------------------------------------------------------------------------------------------


def called_back_twice(run: Run, matched: Matched) -> Iterator[Violation]:
    """A request leads to one talk at most, to three tries, and to nothing once it is closed."""
    made = defaultdict(list)
    for call in run.records.calls:
        if call.callback:
            made[call.callback].append(call)
    for request in run.records.requests:
        for wrong in _wrong_callback(request, made[request.id]):
            yield Violation("callback", request.asked, f"{request.id}: {wrong}", None, frozenset({request.number}))
    opened = sorted(run.records.requests, key=lambda request: (request.number, request.asked))
    for first, second in pairwise(opened):
        if same_number(first.number, second.number) and (first.closed is None or first.closed > second.asked + 0.5):
            told = f"{first.id} and {second.id} are open together"
            yield Violation("callback", second.asked, told, None, frozenset({first.number}))


def _wrong_callback(request: RequestOnRecord, calls: list[CallOnRecord]) -> Iterator[str]:
    talks = [call for call in calls if call.bridged is not None]
    if len(talks) > 1:
        yield f"{len(talks)} talks came of it"
    if request.tries > _MOST_TRIES:
        yield f"{request.tries} tries"
    late = [call.id for call in calls if request.closed is not None and call.arrived > request.closed + 0.5]
    if late:
        yield f"tried after it was closed: {', '.join(late)}"


def messages_twice(run: Run, matched: Matched) -> Iterator[Violation]:
    """No message is written or sent twice."""
    same = Counter(
        (message.recipient, message.template, message.text, message.call) for message in run.records.messages
    )
    for (recipient, template, _, call), count in same.items():
        if count > 1:
            yield Violation("message", 0.0, f"{template} to {recipient}: {count} times", call, frozenset({recipient}))
    for message in run.records.messages:
        if message.attempts > 1:
            told = f"{message.template} to {message.recipient} was sent {message.attempts} times"
            yield Violation("message", 0.0, told, message.call, frozenset({message.recipient}))


def left_behind(run: Run, matched: Matched) -> Iterator[Violation]:
    """When everybody has hung up there is nothing left of the calls."""
    end = max((leg.ended for leg in run.legs), default=0.0)
    yield from (Violation("left behind", end, what) for what in run.left)


_RULES: tuple[Callable[[Run, Matched], Iterator[Violation]], ...] = (
    two_doctors_for_one_patient,
    bridged_without_a_key,
    unseen,
    rung_off_duty,
    rung_while_busy,
    rung_after_a_no,
    left_in_silence,
    without_a_record,
    incomplete_records,
    records_against_the_witness,
    records_against_the_telephones,
    unheard_keys,
    called_back_twice,
    messages_twice,
    left_behind,
)
