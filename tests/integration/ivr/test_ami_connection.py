"""Each trap of panoramisk and AMI, sprung on a real socket (docs/ami.md tells of them)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from unittest.mock import Mock

import pytest
from panoramisk.message import Message

from ivr.ami import connection
from ivr.ami.connection import AmiConnection, AmiError, AmiLost, Event, stir, watch
from ivr.ami.wire import WireError
from tests.integration.ivr.conftest import Line, Scene, connected, on_uvloop
from tests.integration.ivr.fake_asterisk import GREETING, FakeAsterisk, Headers, Session, encoded

Play = Callable[[Scene], None]


async def nothing(session: Session, action: Headers) -> None:
    """An Asterisk that reads and never answers."""


# --- what arrives --------------------------------------------------------------------------------------------------


def test_a_hindi_name_cut_inside_a_character_arrives_whole(play: Play) -> None:
    async def scene(line: Line) -> None:
        data = encoded({"Event": "Newstate", "CallerIDName": "आशा वर्मा"})
        at = data.index("शा".encode()) + 1
        await line.asterisk.session.send_bytes(data[:at])
        await asyncio.sleep(0.05)
        await line.asterisk.session.send_bytes(data[at:])
        await line.until(lambda: bool(line.named("Newstate")))
        assert line.named("Newstate")[0]["CallerIDName"] == "आशा वर्मा"

    play(scene)


def test_a_fault_in_one_event_s_handling_does_not_lose_the_rest_of_the_chunk(play: Play) -> None:
    async def scene(line: Line) -> None:
        def stumble(event: Event) -> None:
            if event["Event"] == "Hangup" and event["Uniqueid"] == "1":
                raise RuntimeError("a fault of ours")

        line.on_event = stumble
        chunk = b"".join(encoded({"Event": "Hangup", "Uniqueid": str(number)}) for number in range(4))
        await line.asterisk.session.send_bytes(chunk)
        await line.until(lambda: len(line.named("Hangup")) == 4)
        assert [event["Uniqueid"] for event in line.named("Hangup")] == ["0", "1", "2", "3"]
        assert line.downs == 0

    play(scene)


def test_a_greeting_in_pieces_and_one_glued_to_the_next_message_are_both_understood() -> None:
    async def run(*greeting: bytes) -> None:
        async with connected(FakeAsterisk(greeting=greeting)) as line:
            assert line.ami.is_up

    on_uvloop(run(GREETING[:9], GREETING[9:-1], GREETING[-1:]))
    on_uvloop(run(GREETING + encoded({"Event": "FullyBooted"})))


def test_bytes_that_are_not_ami_break_the_line_and_it_is_built_anew(play: Play) -> None:
    async def scene(line: Line) -> None:
        await line.asterisk.session.send_bytes(b"x" * 1_200_000)
        await line.until(lambda: line.ups == 2)

    play(scene)


# --- actions -------------------------------------------------------------------------------------------------------


def test_an_action_is_answered_and_a_refusal_has_asterisk_s_words(play: Play) -> None:
    async def scene(line: Line) -> None:
        assert (await line.ami.action("Setvar", {"Variable": "A", "Value": 1}))["Message"] == "done"

        async def refuse(session: Session, action: Headers) -> None:
            await session.send({"Response": "Error", "ActionID": action["actionid"], "Message": "No such channel"})

        line.asterisk.answer = refuse
        with pytest.raises(AmiError, match="Hangup: No such channel"):
            await line.ami.action("Hangup", {"Channel": "1.1"})

    play(scene)


def test_an_action_without_an_answer_ends_in_time_and_the_line_is_built_anew(play: Play) -> None:
    async def scene(line: Line) -> None:
        line.asterisk.answer = nothing
        began = time.monotonic()
        with pytest.raises(AmiLost, match=r"did not answer Bridge within 0\.2 s"):
            await line.ami.action("Bridge", {"Channel1": "1", "Channel2": "2"}, timeout=0.2)
        assert time.monotonic() - began < 1
        await line.until(lambda: line.ups == 2)

    play(scene)


def test_nothing_is_sent_again_after_the_line_broke(play: Play) -> None:
    """panoramisk would: and an Originate sent again rings a doctor twice."""

    async def scene(line: Line) -> None:
        line.asterisk.answer = nothing
        awaited = asyncio.create_task(line.ami.action("Originate", {"Channel": "PJSIP/108@trunk"}))
        unawaited = line.ami.send("AGI", {"Channel": "1.1", "Command": "NOOP", "CommandID": "1.1|1|played"})
        await line.asterisk.until(lambda: len(line.asterisk.actions) == 2)
        line.asterisk.session.cut()
        with pytest.raises(AmiLost, match="broke before it answered"):
            await awaited
        assert isinstance(unawaited.exception(), AmiLost)
        line.asterisk.answer = Session.success
        await line.until(lambda: line.ups == 2)
        await line.ami.action("Setvar", {"Variable": "A", "Value": "1"})
        assert [action["action"] for action in line.asterisk.actions] == ["AGI", "Originate", "Setvar"]

    play(scene)


@pytest.mark.parametrize("bad", ["1.1\r\nAction: Originate", "1.1\n", "\0"])
def test_a_line_end_in_a_value_is_refused_and_nothing_of_it_is_sent(play: Play, bad: str) -> None:
    async def scene(line: Line) -> None:
        with pytest.raises(WireError):
            line.ami.send("Hangup", {"Channel": bad})
        with pytest.raises(WireError):
            await line.ami.action("Setvar", {bad: "1"})
        await line.ami.action("Setvar", {"Variable": "A", "Value": "1"})
        assert len(line.asterisk.actions) == 1

    play(scene)


def test_an_agi_answer_is_an_event_with_our_command_id_and_ends_no_action(play: Play) -> None:
    """`send_agi_command` waits for a SubEvent that Asterisk no longer sends: we match AsyncAGIExec ourselves."""

    async def scene(line: Line) -> None:
        async def queue(session: Session, action: Headers) -> None:
            await session.success(action, "Added AGI command to queue")
            ended = {
                "Event": "AsyncAGIExec",
                "CommandId": action["commandid"],
                "Result": "200%20result%3D1%20%28OK:1%29",
            }
            await session.send(ended)

        line.asterisk.answer = queue
        response = line.ami.send("AGI", {"Channel": "1.1", "Command": "NOOP", "CommandID": "1.1|7|keys"})
        assert (await asyncio.wait_for(response, 1))["Response"] == "Success"
        await line.until(lambda: bool(line.named("AsyncAGIExec")))
        event = line.named("AsyncAGIExec")[0]
        assert (event["CommandId"], event["Result"]) == ("1.1|7|keys", "200%20result%3D1%20%28OK:1%29")

    play(scene)


def test_the_event_that_follows_an_asynchronous_originate_is_not_swallowed(play: Play) -> None:
    async def scene(line: Line) -> None:
        async def originate(session: Session, action: Headers) -> None:
            await session.success(action, "Originate successfully queued")
            await session.send({"Event": "OriginateResponse", "ActionID": action["actionid"], "Response": "Failure"})

        line.asterisk.answer = originate
        await line.ami.action("Originate", {"ActionID": "leg-1", "Channel": "PJSIP/1@trunk", "Async": "true"})
        await line.until(lambda: bool(line.named("OriginateResponse")))

    play(scene)


def test_a_listing_is_the_events_between_its_start_and_its_end(play: Play) -> None:
    async def scene(line: Line) -> None:
        rows = [{"Event": "CoreShowChannel", "Uniqueid": str(number)} for number in range(3)]

        async def listing(session: Session, action: Headers) -> None:
            id = {"ActionID": action["actionid"]}
            await session.send({"Response": "Success", **id, "EventList": "start", "Message": "Channels will follow"})
            for row in rows:
                await session.send({**row, **id})
                await session.send({"Event": "Hangup", "Uniqueid": "9"})  # life goes on in between
            await session.send({"Event": "CoreShowChannelsComplete", **id, "EventList": "Complete"})

        line.asterisk.answer = listing
        assert [row["Uniqueid"] for row in await line.ami.listing("CoreShowChannels")] == ["0", "1", "2"]
        assert len(line.named("Hangup")) == 3
        rows.clear()
        assert await line.ami.listing("CoreShowChannels") == []

    play(scene)


def test_nothing_can_be_sent_while_the_line_is_down() -> None:
    async def run() -> None:
        async with connected(FakeAsterisk()) as line:
            await line.asterisk.stop()
            await line.until(lambda: line.downs == 1)
            with pytest.raises(AmiLost, match="is down"):
                line.ami.send("Ping")

    on_uvloop(run())


def test_who_awaits_an_action_can_be_stopped_in_the_very_moment_of_its_answer(play: Play) -> None:
    """On SIGTERM the heartbeat would have gone on: until Python 3.12 `wait_for` may forget a cancellation."""

    async def scene(line: Line) -> None:
        line.asterisk.answer = nothing
        awaited = asyncio.create_task(line.ami.action("Setvar", {"Variable": "A", "Value": "1"}))
        await line.asterisk.until(lambda: bool(line.asterisk.actions))
        manager = line.ami._manager
        assert manager is not None
        (action,) = {id(action): action for action in manager.protocol.responses.values()}.values()
        action.future.set_result(Message({"Response": "Success"}))
        awaited.cancel()
        with pytest.raises(asyncio.CancelledError):
            await awaited

    play(scene)


# --- the line ------------------------------------------------------------------------------------------------------


def test_an_unanswered_heartbeat_breaks_the_line_and_it_is_built_anew(play: Play) -> None:
    async def scene(line: Line) -> None:
        line.asterisk.answer = nothing
        beat = asyncio.create_task(watch(line.ami, lambda: {"Variable": "B", "Value": "1"}, every=0.05, limit=0.2))
        await line.until(lambda: line.downs == 1)
        line.asterisk.answer = Session.success
        await line.until(lambda: line.ups == 2)
        before = len(line.asterisk.actions)
        await line.asterisk.until(lambda: len(line.asterisk.actions) > before + 2)
        assert line.downs == 1
        beat.cancel()

    play(scene)


def test_a_heartbeat_that_is_refused_does_not_break_the_line(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(line: Line) -> None:
        async def refuse(session: Session, action: Headers) -> None:
            await session.send({"Response": "Error", "ActionID": action["actionid"], "Message": "Permission denied"})

        line.asterisk.answer = refuse
        beat = asyncio.create_task(watch(line.ami, lambda: {"Variable": "B", "Value": "1"}, every=0.02, limit=1))
        await line.asterisk.until(lambda: len(line.asterisk.actions) > 2)
        assert line.downs == 0
        beat.cancel()

    play(scene)
    assert "Permission denied" in caplog.text


def test_it_connects_when_asterisk_comes_later_and_waits_longer_between_attempts() -> None:
    async def run() -> None:
        async with FakeAsterisk() as asterisk:
            await asterisk.stop()
            line = Line(asterisk)
            with pytest.raises(AmiLost, match=r"no AMI login at port \d+ within 0\.2 s"):
                await line.ami.start(timeout=0.2)
            await asterisk.start()
            await line.until(lambda: line.ups == 1)
            await line.ami.stop()

    on_uvloop(run())


def test_attempts_come_at_growing_distances_and_soon_again_after_a_success() -> None:
    times: list[float] = []

    async def run() -> None:
        async with FakeAsterisk(hang_up_at_once=4) as asterisk:
            line = Line(asterisk)
            start = asyncio.create_task(line.ami.start(timeout=5))
            for number in range(1, 6):
                await asterisk.until(lambda number=number: asterisk.connections >= number)  # type: ignore[misc]
                times.append(time.monotonic())
            await start
            asterisk.session.cut()
            cut = time.monotonic()
            await line.until(lambda: line.ups == 2)
            times.append(time.monotonic() - cut)
            await line.ami.stop()

    on_uvloop(run())
    *attempts, after_success = times
    distances = [later - earlier for earlier, later in pairwise(attempts)]
    assert distances[-1] > 3 * distances[0]
    assert after_success < distances[-1]


def test_a_refused_login_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        asterisk = FakeAsterisk(secret="another")
        async with connected(asterisk, timeout=None) as line:
            await asterisk.until(lambda: asterisk.connections >= 2)
            assert line.ups == 0
            assert not line.ami.is_up
            asterisk.secret = "secret"
            await line.until(lambda: line.ups == 1)

    on_uvloop(run())
    assert "Asterisk refused the AMI login" in caplog.text
    assert "secret" not in caplog.text


def test_a_login_that_is_never_answered_is_given_up_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(connection, "_LOGIN_SECONDS", 0.2)

    async def run() -> None:
        asterisk = FakeAsterisk(logins=False)
        async with connected(asterisk, timeout=None) as line:
            await asterisk.until(lambda: asterisk.connections >= 2)
            asterisk.logins = True
            await line.until(lambda: line.ups == 1)

    on_uvloop(run())
    assert "did not answer the AMI login" in caplog.text


def test_a_connection_closed_the_moment_it_is_made_is_tried_again() -> None:
    async def run() -> None:
        async with connected(FakeAsterisk(hang_up_at_once=2)) as line:
            assert line.ups == 1

    on_uvloop(run())


def test_a_fault_in_what_follows_a_connection_does_not_harm_it(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with FakeAsterisk() as asterisk:

            def fault() -> None:
                raise RuntimeError("a fault of ours")

            ami = AmiConnection(
                "127.0.0.1", asterisk.port, "controller", "secret", on_event=lambda event: None, on_up=fault
            )
            await ami.start()
            await ami.action("Setvar", {"Variable": "A", "Value": "1"})
            await ami.stop()

    on_uvloop(run())
    assert "a fault of ours" in caplog.text


def test_after_stop_nothing_connects_any_more() -> None:
    async def run() -> None:
        asterisk = FakeAsterisk()
        async with connected(asterisk) as line:
            await line.ami.stop()
            await asyncio.sleep(0.2)
            assert asterisk.connections == 1
            with pytest.raises(AmiLost):
                line.ami.send("Ping")

    on_uvloop(run())


def test_stop_between_two_attempts_ends_the_trying(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_FIRST_RETRY_SECONDS", 0.1)

    async def run() -> None:
        async with FakeAsterisk() as asterisk:
            await asterisk.stop()
            line = Line(asterisk)
            await line.ami.start(timeout=None)
            await asyncio.sleep(0.1)
            await line.ami.stop()
            await asterisk.start()
            await asyncio.sleep(0.6)
            assert asterisk.connections == 0

    on_uvloop(run())


def test_stop_during_an_attempt_leaves_no_session_behind() -> None:
    async def run() -> None:
        async with FakeAsterisk() as asterisk:
            line = Line(asterisk)
            await line.ami.start(timeout=None)
            await line.ami.stop()
            await asyncio.sleep(0.2)
            assert asterisk.sessions == []

    on_uvloop(run())


def test_a_connection_lost_before_panoramisk_knows_it_is_built_anew() -> None:
    """Its manager learns of a connection after the connection itself: what is lost in between it would wait for."""

    async def run() -> None:
        async with FakeAsterisk() as asterisk:
            address = {"host": "127.0.0.1", "port": asterisk.port, "username": "controller", "secret": "secret"}
            manager = connection._Manager(lambda event: None, loop=asyncio.get_running_loop(), **address)
            protocol = manager.config["protocol_factory"]()
            protocol.connection_made(Mock())
            protocol.connection_lost(None)
            await asterisk.until(lambda: len(asterisk.sessions) == 1)
            manager.close()

    on_uvloop(run())


def test_what_nobody_waits_for_is_sent_in_its_order_among_the_rest(play: Play) -> None:
    async def scene(line: Line) -> None:
        for number in range(3):
            line.ami.tell("AGI", {"Channel": "1.1", "Command": f"NOOP {number}"})
        await line.ami.action("Bridge", {"Channel1": "1.1"})
        line.ami.tell("AGI", {"Channel": "1.1", "Command": "NOOP 3"})
        await line.asterisk.until(lambda: len(line.asterisk.actions) == 5)
        assert [action.get("command", action["action"]) for action in line.asterisk.actions] == [
            *("NOOP 0", "NOOP 1", "NOOP 2", "Bridge", "NOOP 3")
        ]

    play(scene)


def test_nothing_is_kept_for_later_when_the_line_is_down() -> None:
    ami = AmiConnection("127.0.0.1", 1, "controller", "secret", on_event=lambda _event: None)
    with pytest.raises(AmiLost):
        ami.tell("Ping")


def test_pings_go_out_whatever_the_answer(play: Play) -> None:
    """They bring out events that Asterisk forgot to send."""

    async def scene(line: Line) -> None:
        stirring = asyncio.create_task(stir(line.ami, every=0.02))
        await line.asterisk.until(lambda: len(line.asterisk.named("Ping")) >= 3)
        line.asterisk.session.cut()
        await line.until(lambda: line.ups == 2)
        before = len(line.asterisk.actions)
        await line.asterisk.until(lambda: len(line.asterisk.actions) >= before + 3)
        stirring.cancel()

    play(scene)
