"""Each kind of node does for the caller what docs/flows.md says."""

from __future__ import annotations

import pytest

from flows import commands as do
from flows.definition import Flow
from flows.events import Bridged, BridgeEnded, Item, Keyed, NobodyFree, Played, Recorded, Served, Silent, TransferEnded
from flows.loader import compile_flows
from tests.unit.flows.conftest import Caller, calls
from tests.unit.flows.small_flows import small, text

SEEK = """
seek:
  {kind: route, prompt: [s], busy: [b], nobody: [n], keys: {1: bye}, after: bye, gave_up: bye, meanwhile: [ask, more]}
more: {kind: say, prompt: [more], go: seek}
"""


def collecting(form: str, **fields: str) -> Caller:
    extra = "".join(f", {name}: {value}" for name, value in fields.items())
    nodes = (
        f"first: {{kind: collect, name: one, as: {form}, prompt: [c], star: help, go: bye, exhausted: bye{extra}}}\n"
    )
    return calls(small(nodes + "help: {kind: menu, prompt: [h], keys: {1: first}, exhausted: bye}"))


def quiet(nodes: str) -> Flow:
    """A flow in which nothing is asked, so that no ambulance need be near."""
    return small(nodes, audience="doctor", everywhere="{}", ends="\nbye: {kind: goodbye, prompt: [bye]}")


def served(outcome: str, *items: str, **values: str) -> Served:
    return Served(outcome, values, {"patients": tuple(Item(name, (f"={name}",)) for name in items)})


# --- collect ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "fields", "keyed", "kept"),
    [
        ("number", {}, "0045", "45"),
        ("age", {"most": "120"}, "7", "7"),
        ("count", {"least": "1", "most": "30"}, "30", "30"),
        ("digits", {"least": "3", "most": "5"}, "0070", "0070"),
        ("pin", {"least": "4", "most": "6"}, "1234", "1234"),
        ("pincode", {}, "462001", "462001"),
        ("mobile", {}, "9876543210", "+919876543210"),
        ("date", {}, "24112026", "2026-11-24"),
    ],
)
def test_digits_are_kept_in_the_form_that_was_asked_for(
    form: str, fields: dict[str, str], keyed: str, kept: str
) -> None:
    caller = collecting(form, **fields).meets(Keyed(keyed))
    assert caller.state.answers["one"] == kept
    assert caller.way == ["first:value"]


@pytest.mark.parametrize(
    ("form", "fields", "keyed"),
    [
        ("age", {"most": "120"}, "121"),
        ("count", {"least": "1", "most": "30"}, "0"),
        ("digits", {"least": "3", "most": "5"}, "12"),
        ("pincode", {}, "062001"),
        ("pincode", {}, "46200"),
        ("mobile", {}, "1234567890"),
        ("date", {}, "30022026"),
        ("date", {}, "1"),
        ("number", {}, "4x"),
        ("number", {}, "٤"),
    ],
)
def test_digits_that_cannot_be_are_asked_for_again(form: str, fields: dict[str, str], keyed: str) -> None:
    caller = collecting(form, wrong="[w]", **fields).meets(Keyed(keyed))
    assert caller.heard == ("w", "c")
    assert "one" not in caller.state.answers


@pytest.mark.parametrize(("form", "longest"), [("pincode", 6), ("date", 8), ("mobile", 16), ("number", 4)])
def test_a_question_takes_as_many_digits_as_its_form_has(form: str, longest: int) -> None:
    assert [command.max_digits for command in collecting(form).last if isinstance(command, do.Ask)] == [longest]


def test_a_lone_hash_skips_what_may_be_skipped_and_else_counts_as_silence() -> None:
    assert collecting("pincode", skip="help").meets(Keyed("")).way == ["first:skip"]
    assert collecting("pincode", silent="[q]").meets(Keyed("")).heard == ("q", "c")


def test_a_hash_after_a_full_number_answers_nothing() -> None:
    """Many end every number with #, also one that ended by itself."""
    caller = collecting("pincode", read_back="[{value: one, as: digits}, right]").meets(Keyed("462001"), Keyed(""))
    assert caller.heard == ("=digits:462001", "right")
    assert caller.way == []
    assert caller.meets(Keyed("")).way == ["first:value"]


def test_a_hash_after_a_full_number_does_not_cut_off_what_is_said_of_it() -> None:
    caller = collecting("pincode", wrong="[w]").meets(Keyed("062001"))
    assert caller.heard == ("w", "c")
    assert caller.meets(Keyed("")).heard == ("w", "c")
    assert caller.meets(Keyed("462001"), Keyed("")).way == ["first:value"]


def test_a_star_among_digits_opens_the_help_menu() -> None:
    caller = collecting("pincode").meets(Keyed("46*"))
    assert caller.way == ["first:star"]
    assert caller.heard == ("h",)


def test_a_pin_never_gets_on_record() -> None:
    caller = collecting("pin", least="4", most="6").meets(Keyed("4711"))
    assert "4711" not in str(caller.all)
    assert caller.notes("key.pressed") == [{"node": "first", "keys": "••••"}]


def test_a_pin_is_forgotten_once_the_service_has_seen_it() -> None:
    flow = small(
        """
first: {kind: collect, name: pin, as: pin, least: 4, most: 6, prompt: [p], star: help, go: check, exhausted: bye}
help: {kind: menu, prompt: [h], keys: {1: first}, exhausted: bye}
check: {kind: service, service: caller, failed: bye, outcomes: {new: bye, known: bye, withheld: bye}}
"""
    )
    caller = calls(flow).meets(Keyed("4711"))
    assert caller.state.answers["pin"] == "4711"
    assert "pin" not in caller.meets(served("new")).state.answers


def test_what_was_keyed_is_read_back_and_one_or_silence_confirms_it() -> None:
    for answer in (Keyed("1"), Silent()):
        caller = collecting("number", read_back="[{value: one, as: digits}, right]").meets(Keyed("4213"))
        assert caller.heard == ("=digits:4213", "right")
        assert caller.notes("answer.given") == []
        caller.meets(answer)
        assert caller.way == ["first:value"]
        assert caller.notes("answer.given") == [{"name": "one", "value": 4213}]


def test_two_at_the_read_back_asks_anew_and_eight_leads_to_the_ambulance() -> None:
    caller = collecting("number", read_back="[right]").meets(Keyed("42"), Keyed("2"))
    assert caller.heard == ("c",)
    assert caller.meets(Keyed("43"), Keyed("8")).way == ["first:everywhere:8"]
    assert collecting("number", read_back="[right]").meets(Keyed("42"), Keyed("*")).heard == ("right",)


@pytest.mark.parametrize("leaving", [("2",), ("8",), ("5", "5", "5")])
def test_what_was_read_back_and_not_confirmed_is_no_answer(leaving: tuple[str, ...]) -> None:
    caller = collecting("number", read_back="[right]").meets(Keyed("42"), *map(Keyed, leaving))
    assert caller.state.answers["one"] == ""
    assert caller.notes("answer.given") == []


# --- choose ----------------------------------------------------------------------------------------------------------

CHOOSE = """
first: {kind: service, service: caller, failed: bye, outcomes: {new: bye, known: who, withheld: bye}}
who: {kind: choose, from: patients, name: one, prompt: [who], go: said, exhausted: bye, empty: bye,
      other: {go: bye, say: [else]}}
said: {kind: goodbye, prompt: [{phrase: one}]}
"""


def test_six_items_are_offered_at_a_time_and_seven_says_more() -> None:
    people = [f"p{number}" for number in range(8)]
    caller = calls(small(CHOOSE)).meets(served("known", *people))
    assert caller.heard[:3] == ("who", "=p0", "choose.1")
    assert caller.heard[-2:] == ("choose.6", "choose.more")
    caller.meets(Keyed("7"))
    assert caller.heard == ("=p6", "choose.1", "=p7", "choose.2", "else", "choose.3", "choose.more")
    assert caller.meets(Keyed("7")).heard[:3] == ("who", "=p0", "choose.1")


def test_a_choice_is_remembered_with_what_it_was_called() -> None:
    caller = calls(small(CHOOSE)).meets(served("known", "p0", "p1"), Keyed("2"))
    assert caller.state.answers["one"] == "p1"
    assert caller.heard == ("=p1",)
    assert caller.way == ["first:outcome:known", "who:item"]


def test_the_last_entry_of_a_list_is_for_none_of_it() -> None:
    caller = calls(small(CHOOSE)).meets(served("known", "p0"), Keyed("2"))
    assert caller.way[-1] == "who:other"
    assert caller.heard == ("bye",)


def test_a_key_that_no_item_has_is_wrong_and_an_empty_list_is_passed_over() -> None:
    assert calls(small(CHOOSE)).meets(served("known", "p0"), Keyed("5")).heard[0] == "who"
    assert calls(small(CHOOSE)).meets(served("known")).way[-1] == "who:empty"
    assert calls(small(CHOOSE)).meets(served("known", "p0"), Keyed("8")).way[-1] == "who:everywhere:8"


# --- branch, service, record, sms ------------------------------------------------------------------------------------

BRANCH = """
first: {kind: collect, name: age, prompt: [a], star: ambulance2, go: way, exhausted: way}
ambulance2: {kind: menu, prompt: [h], keys: {1: first}, exhausted: bye}
way: {kind: branch, otherwise: bye, cases: [
  {when: {age: {under: 2}}, go: {go: bye, say: [baby]}}, {when: {age: {from: 2, to: 5}}, go: {go: bye, say: [child]}},
  {when: {age: {known: no}}, go: {go: bye, say: [unknown]}}, {when: {age: ["60", "70"]}, go: {go: bye, say: [old]}}]}
"""


@pytest.mark.parametrize(
    ("keyed", "said", "way"),
    [
        ("1", "baby", "case:1"),
        ("2", "child", "case:2"),
        ("5", "child", "case:2"),
        ("60", "old", "case:4"),
        ("6", "bye", "otherwise"),
    ],
)
def test_a_branch_goes_by_what_is_known(keyed: str, said: str, way: str) -> None:
    caller = calls(small(BRANCH)).meets(Keyed(keyed))
    assert caller.heard[0] == said
    assert caller.way[-1] == f"way:{way}"


def test_a_branch_knows_when_a_question_was_never_answered() -> None:
    caller = calls(small(BRANCH)).meets(Silent(), Silent(), Silent())
    assert caller.heard[0] == "unknown"


def test_a_service_is_asked_with_variables_and_texts_and_fills_others() -> None:
    flow = quiet(
        """
first: {kind: service, service: remember_language, with: {language: language}, failed: bye, outcomes: {done: bye}}
"""
    )
    caller = calls(flow)
    assert caller.asked == [("remember_language", {"language": ""})]
    assert caller.state.waiting == "service"
    assert caller.meets(Served("done")).way == ["first:outcome:done"]


def test_an_outcome_that_nobody_expects_is_a_failure() -> None:
    caller = calls(small(CHOOSE)).meets(Served("exploded"))
    assert caller.way == ["first:failed"]


def test_what_is_to_be_said_waits_for_the_next_prompt_while_a_service_is_asked() -> None:
    nodes = "first: {kind: menu, prompt: [m], keys: {1: {go: ask, say: [fine]}}, exhausted: bye}\n" + CHOOSE.replace(
        "first:", "ask:"
    )
    caller = calls(small(nodes)).meets(Keyed("1"))
    assert caller.heard == ()
    assert caller.meets(served("known", "p0")).heard[:2] == ("fine", "who")


def test_a_message_is_recorded_or_nothing_was_said() -> None:
    nodes = "first: {kind: record, name: file, prompt: [speak], seconds: 20, go: bye, nothing: bye}"
    caller = calls(quiet(nodes))
    assert caller.last == (do.RecordMessage(("speak",), 20),)
    assert caller.meets(Recorded("call-1")).way == ["first:recorded"]
    assert caller.state.answers["file"] == "call-1"
    assert calls(quiet(nodes)).meets(Recorded("")).way == ["first:nothing"]


def test_a_message_goes_to_a_mobile_phone_only() -> None:
    nodes = 'first: {kind: sms, template: token, with: {number: "=17"}, go: bye, no_mobile: bye}'
    assert do.Sms("token", {"number": "17"}) in calls(quiet(nodes)).last
    caller = calls(quiet(nodes), withheld=True)
    assert caller.way == ["first:no_mobile"]


# --- triage, consent -------------------------------------------------------------------------------------------------


def test_every_answer_to_a_red_flag_question_is_on_record() -> None:
    nodes = "first: {kind: triage, prompt: [t], yes: ambulance, no: bye, exhausted: ambulance}"
    for key, answer in (("1", "yes"), ("2", "no")):
        caller = calls(small(nodes)).meets(Keyed(key))
        assert caller.notes("triage.answered") == [{"question": "first", "answer": answer}]


@pytest.mark.parametrize("way", ["on_silence", "on_wrong"])
def test_a_refusal_without_a_word_is_on_record_too(way: str) -> None:
    nodes = (
        f"first: {{kind: consent, to: recording, prompt: [c], granted: bye, refused: bye, exhausted: bye, {way}: bye}}"
    )
    caller = calls(small(nodes)).meets(Silent() if way == "on_silence" else Keyed("5"))
    assert caller.notes("consent.answered") == [{"to": "recording", "answer": "refused"}]


def test_silence_is_no_consent() -> None:
    nodes = "first: {kind: consent, to: recording, prompt: [c], granted: bye, refused: bye, exhausted: bye, retries: 0}"
    granted = calls(small(nodes)).meets(Keyed("1"))
    assert granted.notes("consent.answered") == [{"to": "recording", "answer": "granted"}]
    for event in (Keyed("2"), Silent(), Keyed("5")):
        refused = calls(small(nodes)).meets(event)
        assert refused.notes("consent.answered") == [{"to": "recording", "answer": "refused"}]


# --- waiting, and questions meanwhile --------------------------------------------------------------------------------

MEANWHILE = (
    """
first: {kind: menu, prompt: [m], keys: {1: {go: seek, set: {category: fever}}}, exhausted: bye}
ask: {kind: menu, prompt: [q], keys: {1: more, 2: seek}, exhausted: seek}
"""
    + SEEK
)


def waiting() -> Caller:
    return calls(small(MEANWHILE)).meets(Keyed("1"))


def test_questions_are_asked_while_a_doctor_is_sought() -> None:
    caller = waiting()
    assert caller.sought == ["fever"]
    assert caller.heard == ("s", "q")
    caller.meets(Keyed("1"), Played())
    assert caller.music
    assert do.StopSeeking() not in caller.all
    assert caller.sought == ["fever"]


@pytest.mark.parametrize("before", [(), (Keyed("1"),), (Keyed("2"),), (NobodyFree(),)])
def test_the_doctor_may_come_at_any_of_these_questions(before: tuple[Keyed | NobodyFree, ...]) -> None:
    caller = waiting().meets(*before).meets(Bridged())
    assert caller.state.waiting == "bridge"
    assert caller.state.node == "seek"
    assert caller.meets(Played(), Keyed("1"), Silent(), Served("found")).state.waiting == "bridge"
    assert caller.meets(BridgeEnded()).heard == ("bye",)


def test_who_leaves_the_questions_for_the_ambulance_gives_the_place_up_once() -> None:
    caller = waiting().meets(Keyed("8"))
    assert caller.heard == ("confirm",)
    assert caller.last.count(do.StopSeeking()) == 1
    assert caller.meets(Silent()).heard == ("dialling",)
    assert caller.meets(TransferEnded(True)).all.count(do.StopSeeking()) == 1


def test_that_nobody_is_free_is_said_after_the_questions() -> None:
    caller = waiting().meets(NobodyFree("all_busy"))
    assert caller.heard == ()
    assert caller.meets(Keyed("2")).heard == ("b",)


def test_a_part_may_ask_the_questions() -> None:
    part = (
        "flow: part\nexits: [done]\nstart: one\nnodes:\n"
        '  one: {kind: menu, prompt: [q1], keys: {1: two}, exhausted: "@done"}\n'
        '  two: {kind: menu, prompt: [q2], keys: {1: "@done"}, exhausted: "@done"}\n'
    )
    whole = (
        MEANWHILE.replace("ask: {kind: menu, prompt: [q], keys: {1: more, 2: seek}, exhausted: seek}", "")
        .replace("[ask, more]", "[asked]")
        .replace(
            "more: {kind: say, prompt: [more], go: seek}", "asked: {kind: subflow, flow: part, exits: {done: seek}}"
        )
    )
    library = compile_flows({"f": text(whole), "part": part})
    assert library.errors() == []
    caller = calls(library.flows["f"]).meets(Keyed("1"))
    assert caller.heard == ("s", "q1")
    assert caller.meets(Keyed("1")).heard == ("q2",)
    assert do.StopSeeking() not in caller.all
    assert caller.meets(Keyed("1")).music


def test_a_search_names_its_category_priority_and_skills() -> None:
    nodes = """
first: {kind: route, category: general, priority: spoke, skills: ["=one", "hub:h1"], after: bye, gave_up: bye,
        prompt: [s], busy: [b], nobody: [n]}
"""
    assert do.Seek("general", "spoke", ("hub:h1",)) in calls(small(nodes)).last
