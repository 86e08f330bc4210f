"""A broken flow is refused before anybody hears it, with the file, the line and what to do: one fault of each kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.errors import FlowError
from flows.loader import compile_flows, load_flow, load_flows, read_folder
from prompts.catalogue import load_catalogues
from tests.unit.flows.small_flows import FIRST_LINE, faults_of, small, text

DEFINITIONS = Path(__file__).parents[3] / "flows" / "definitions"
MENU = "first: {kind: menu, prompt: [m], keys: {1: bye}, exhausted: bye}\n"
PART = """\
flow: part
exits: [done, lost]
start: say
nodes:
  say: {kind: say, prompt: [p], go: "@done"}
  other: {kind: menu, prompt: [q], keys: {1: say}, exhausted: "@lost"}
"""


def test_the_delivered_flows_have_no_faults_and_say_only_what_is_worded_in_every_language() -> None:
    worded = {language: catalogue.prompts for language, catalogue in load_catalogues().items()}
    library = compile_flows(*read_folder(DEFINITIONS), prompts=worded)
    assert [str(fault) for fault in library.errors()] == []
    lines = {"line_104", "specialist_line", "opd_line", "spoke_line", "doctor_line", "offer", "disposition", "smallest"}
    assert lines <= set(library.flows)


@pytest.mark.parametrize(
    ("nodes", "what"),
    [
        # what the caller would suffer from
        (MENU + "lonely: {kind: say, prompt: [p], go: bye}", "nothing leads here"),
        ("first: {kind: say, prompt: [p], go: second}\nsecond: {kind: say, prompt: [q], go: first}", "can never end"),
        ("first: {kind: say, prompt: [p], go: nowhere}", "leads to 'nowhere', which is no node"),
        ("first: {kind: menu, prompt: [m], keys: {1: bye}}", "exhausted: this is missing"),
        (
            "first: {kind: menu, prompt: [m], keys: {1: bye}, exhausted: again}\n"
            "again: {kind: say, prompt: [a], go: first}",
            "presses nothing comes back here for ever",
        ),
        (
            "first: {kind: branch, cases: [{when: {age: {under: 5}}, go: second}], otherwise: bye}\n"
            "second: {kind: branch, cases: [{when: {age: {over: 1}}, go: first}], otherwise: bye}",
            "presses nothing comes back here for ever",
        ),
        (
            "first: {kind: menu, prompt: [m], keys: {1: bye}, exhausted: bye, everywhere: false}",
            "the ambulance cannot be reached",
        ),
        ("first: {kind: collect, name: age, prompt: [a], go: bye, exhausted: bye}", "the ambulance cannot be reached"),
        ("first: {kind: menu, prompt: [], keys: {1: bye}, exhausted: bye}", "`prompt` says nothing"),
        ("first: {kind: menu, prompt: [m], keys: {}, exhausted: bye}", "a menu without keys"),
        # keys
        ("first: {kind: menu, prompt: [m], keys: {1: bye, 1: dial}, exhausted: bye}", "'1' is there twice"),
        ("first: {kind: menu, prompt: [m], keys: {x: bye}, exhausted: bye}", "keys"),
        (
            "first: {kind: menu, prompt: [m], keys: {1: bye, 2: dial}, words: {1: [हाँ], 2: [हाँ]}, exhausted: bye}",
            "stands for two keys",
        ),
        ("first: {kind: menu, prompt: [m], keys: {1: bye}, words: {2: [हाँ]}, exhausted: bye}", "words for key 2"),
        # variables
        (
            "first: {kind: menu, prompt: [m], keys: {1: {go: bye, set: {colour: red}}}, exhausted: bye}",
            "the variable 'colour' is not declared",
        ),
        (
            "first: {kind: menu, prompt: [m], keys: {1: {go: bye, set: {sex: red}}}, exhausted: bye}",
            "sex cannot be 'red'",
        ),
        (
            "first: {kind: menu, prompt: [m], keys: {1: {go: bye, set: {ill: maybe}}}, exhausted: bye}",
            "ill cannot be 'maybe'",
        ),
        ("first: {kind: branch, cases: [{when: {sex: red}, go: bye}], otherwise: bye}", "sex is never 'red'"),
        (
            "first: {kind: collect, name: age, least: 5, most: 4, prompt: [a], star: first, go: bye, exhausted: bye}",
            "`least` must not be over `most`",
        ),
        # services
        ("first: {kind: service, service: magic, outcomes: {}, failed: bye}", "there is no service 'magic'"),
        (
            "first: {kind: service, service: caller, outcomes: {new: bye, known: bye}, failed: bye}",
            "the outcome 'withheld' leads nowhere",
        ),
        (
            "first: {kind: service, service: caller, with: {x: age}, failed: bye,"
            " outcomes: {new: bye, known: bye, withheld: bye}}",
            "the service takes no 'x'",
        ),
        (
            "first: {kind: service, service: caller, outcomes: {new: bye, known: bye, withheld: bye}}",
            "failed: this is missing",
        ),
        # spelling
        ("first: {kind: dance}", "`kind` must be one of"),
        ("first: {kind: say, prompt: [p], colour: red, go: bye}", "colour: there is no such field"),
        ("first: {kind: menu, prompt: [m], keys: {1: {set: {}}}, exhausted: bye}", "keys.1.go: this is missing"),
        ("first: {kind: say, prompt: [p], go: [bye]}", "go: this must be a word or a sentence, not ['bye']"),
        ("first: {kind: say, prompt: [p], go: Bye}", "go: a name has small English letters, digits and _ only"),
        ("first: {kind: say, prompt: , go: bye}", "prompt: nothing is written here"),
        ("first: {kind: say, prompt: [{value: age, as: roman}], go: bye}", "prompt.0.as: this must be one of number, "),
        (
            "first: {kind: say, prompt: [p], go: {go: bye, say: [{value: age, as: roman}]}}",
            "go.say.0.as: this must be one of number, ",
        ),
        ("first: {kind: menu, prompt: [m], keys: {10: bye}, exhausted: bye}", "keys.10: a key is one of 0 to 9"),
        (
            "first: {kind: menu, prompt: [m], keys: {1: bye}, exhausted: bye, seconds: 61}",
            "this may be at most 60, not",
        ),
        (
            "first: {kind: menu, prompt: [m], keys: {1: bye}, exhausted: bye, retries: two}",
            "retries: this must be a whole number, not 'two'",
        ),
        ("first: {kind: say, prompt: [p], go: by}", "did you mean 'bye'?"),
        (
            "first: {kind: branch, cases: [{when: {agee: {under: 5}}, go: bye}], otherwise: bye}",
            "the variable 'agee' is not declared -> did you mean 'age'?",
        ),
        ("first: &it {kind: say, prompt: [p], go: bye}\nsecond: *it", "an alias (*name) is not allowed"),
        (
            "first: {kind: route, prompt: [s], busy: [b], nobody: [n], after: bye, gave_up: bye, meanwhile: [who]}",
            "'who', which is no node",
        ),
        ("first: {kind: subflow, flow: missing, exits: {}}", "there is no flow 'missing'"),
    ],
)
def test_a_fault_is_found_and_its_line_named(nodes: str, what: str) -> None:
    found = [fault for fault in faults_of(text(nodes)) if what in str(fault)]
    assert found, "\n".join(map(str, faults_of(text(nodes)))) or "no faults at all"
    assert found[0].severity == "error"
    assert found[0].source == "f.yaml"
    # The second node is where the lonely node and the alias stand.
    assert found[0].line == FIRST_LINE + ("nothing leads" in what or "alias" in what)
    assert found[0].advice


def test_more_than_six_choices_and_long_prompts_are_warned_of() -> None:
    crowded = MENU.replace("{1: bye}", "{1: bye, 2: bye, 3: bye, 4: bye, 5: bye, 6: bye, 7: bye}")
    library = compile_flows({"f": text(crowded)}, durations={"m": 12.4, "bye": 3.0})
    assert [(fault.severity, fault.what) for fault in library.faults["f"]] == [
        ("warning", "more than 6 choices"),
        ("warning", "the prompt 'm' takes 12 s"),
    ]
    assert "f" in library.flows


def test_seven_may_lead_to_the_menu_with_the_rest() -> None:
    two = MENU.replace("{1: bye}", "{1: bye, 7: more}") + MENU.replace("first", "more")
    assert faults_of(text(two)) == []


def test_seven_is_a_choice_like_others_where_it_chooses_something() -> None:
    two = MENU.replace("{1: bye}", "{1: bye, 7: {set: {sex: male}, go: more}}") + MENU.replace("first", "more")
    assert [fault.what for fault in faults_of(text(two))] == ["more than 6 choices"]


def test_every_menus_own_keys_mean_nothing_everywhere() -> None:
    found = faults_of(text(MENU, everywhere="{8: ambulance, 5: first}"))
    assert [(fault.what[:20], fault.line) for fault in found] == [("`everywhere` has a 5", 1)]


def test_without_an_eight_everywhere_one_line_says_so_and_not_one_a_question() -> None:
    many = "".join(
        MENU.replace("first", name).replace("bye", after)
        for name, after in zip(
            ("first", "second", "third", "fourth"), ("second", "third", "fourth", "bye"), strict=True
        )
    )
    found = faults_of(text(many, everywhere="{9: first}"))
    assert [fault.what for fault in found if "nothing leads" not in fault.what] == [
        "`everywhere` has no 8, so the ambulance cannot be reached from 4 questions"
    ]


def test_a_prompt_that_one_language_lacks_is_named_with_the_language() -> None:
    said = {"m", "bye", "confirm", "dialling"}
    library = compile_flows({"f": text(MENU)}, prompts={"hi": said, "en": said - {"m"}})
    assert [str(fault) for fault in library.errors()] == [
        f"f.yaml:{FIRST_LINE}: error: node first: the prompt 'm' is missing in language 'en'"
        " -> add it to prompts/catalogue/en/"
    ]
    assert "f" not in library.flows


def test_prompts_named_by_a_value_are_looked_for_with_every_value() -> None:
    nodes = MENU.replace("[m]", "[{prompt: sex, of: gender}]")
    library = compile_flows({"f": text(nodes)}, prompts={"hi": {"bye", "confirm", "dialling", "gender.male"}})
    assert ["'gender.female'" in str(fault) for fault in library.errors()] == [True]


def test_a_doctors_flow_needs_no_ambulance() -> None:
    assert faults_of(text(MENU, audience="doctor", everywhere="{}", ends="\nbye: {kind: goodbye, prompt: [bye]}")) == []


@pytest.mark.parametrize(
    ("whole", "what"),
    [
        ("", "a flow needs `flow`"),
        ("[1, 2]", "a flow needs `flow`"),
        ("flow: f\nstart: a\nnodes: {}", "nodes"),
        ("flow: g\nstart: a\nnodes: {a: {kind: goodbye, prompt: [x]}}", "must be the file's name, f"),
        ("flow: f\nstart: b\nnodes: {a: {kind: goodbye, prompt: [x]}}", "start leads to 'b'"),
        ("flow: f\nstart: a\neverywhere: {8: b}\nnodes: {a: {kind: goodbye, prompt: [x]}}", "8 leads to 'b'"),
        ("flow: f\n\tstart", "a tab stands here -> indent with spaces only"),
        ("flow: f\n" + "a: [" * 2000, "YAML"),
        ("x" * 300_000, "longer than"),
    ],
)
def test_a_text_that_is_no_flow_is_refused_in_words(whole: str, what: str) -> None:
    found = [str(fault) for fault in faults_of(whole)]
    assert any(what in fault or what in fault.lower() for fault in found), found


# --- parts ----------------------------------------------------------------------------------------------------------


def use(exits: str) -> str:
    return text(f"first: {{kind: subflow, flow: part, exits: {exits}}}\n")


def test_a_part_is_put_in_and_its_exits_lead_on() -> None:
    whole = PART.replace("start: say", "start: other")
    library = compile_flows({"f": use("{done: {go: bye, set: {sex: male}}, lost: bye}"), "part": whole})
    assert library.errors() == []
    assert set(library.flows) == {"f"}
    assert set(library.parts) == {"part"}
    flow = library.flows["f"]
    assert flow.start == "first/other"
    assert {"first/other", "first/say"} <= set(flow.nodes)
    assert flow.parts == ("part",)
    assert library.uses["f"] == ("part",)


@pytest.mark.parametrize(
    ("exits", "what"),
    [
        ("{done: bye}", "the exit 'lost' of 'part' leads nowhere"),
        ("{done: bye, lost: bye, third: bye}", "'part' has no exit 'third'"),
    ],
)
def test_every_exit_of_a_part_leads_somewhere(exits: str, what: str) -> None:
    found = faults_of(use(exits), part=PART.replace("start: say", "start: other"))
    assert any(what in str(fault) for fault in found)


def test_a_part_to_which_nothing_leads_is_one_fault_of_the_flow_that_uses_it() -> None:
    unused = MENU + "second: {kind: subflow, flow: part, exits: {done: bye, lost: bye}}"
    found = faults_of(text(unused), part=PART.replace("start: say", "start: other"))
    assert [(fault.node, fault.source, fault.what) for fault in found] == [("second", "f.yaml", "nothing leads here")]


def test_a_name_is_one_variable_of_one_type_in_a_flow_and_its_parts() -> None:
    part = "variables: {age: {type: text}, own: {type: flag}}\n" + PART.replace("start: say", "start: other")
    found = faults_of(use("{done: bye, lost: bye}"), part=part)
    assert [fault.what for fault in found] == ["the variable 'age' is a text in 'part', and a number elsewhere"]


def test_a_broken_part_breaks_the_flows_that_use_it_and_is_named() -> None:
    library = compile_flows({"f": use("{done: bye, lost: bye}"), "part": PART.replace("kind: say", "kind: sing")})
    assert library.flows == {}
    assert "its part 'part' is broken" in str(library.faults["f"][0])
    assert library.faults["part"][0].line == 5


def test_a_part_cannot_contain_itself() -> None:
    ring = "flow: part\nexits: [x]\nstart: a\nnodes: {a: {kind: subflow, flow: part, exits: {x: '@x'}}}"
    assert "would contain itself" in str(faults_of(use("{x: bye}"), part=ring)) + str(
        compile_flows({"part": ring}).faults["part"]
    )


def test_a_change_of_a_part_is_another_version_of_the_flow_that_uses_it() -> None:
    whole = PART.replace("start: say", "start: other")
    before = compile_flows({"f": use("{done: bye, lost: bye}"), "part": whole}).flows["f"].version
    after = compile_flows({"f": use("{done: bye, lost: bye}"), "part": whole + "# new\n"}).flows["f"].version
    assert before != after
    assert len(before) == 12


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_without_flows_and_a_file_that_is_not_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="there are no flows"):
        load_flows(tmp_path)
    (tmp_path / "f.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FlowError, match=r"f\.yaml.*UTF-8"):
        load_flows(tmp_path)


def test_a_flow_is_loaded_with_the_parts_beside_it_and_says_all_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART.replace("start: say", "start: other"), "utf-8")
    (tmp_path / "f.yaml").write_text(use("{done: bye, lost: bye}"), "utf-8")
    assert load_flow(tmp_path / "f.yaml").name == "f"
    with pytest.raises(FlowError, match="a part"):
        load_flow(tmp_path / "part.yaml")
    (tmp_path / "g.yaml").write_text("flow: g\nstart: a\nnodes: {a: {kind: dance}}", "utf-8")
    with pytest.raises(FlowError, match=r"g\.yaml:3: error: node a: `kind` must be one of"):
        load_flows(tmp_path)


def test_every_prompt_of_a_question_counts_among_what_a_flow_says() -> None:
    flow = small(
        "first: {kind: menu, greeting: [g], prompt: [m], keys: {1: bye}, wrong: [w],"
        " exhausted: {go: bye, say: [x, $phrase, {value: age, as: number}]}}"
    )
    assert flow.prompts() == {"g", "m", "w", "x", "bye", "confirm", "dialling"}


def test_a_node_may_be_called_like_a_kind() -> None:
    nodes = MENU.replace("1: bye", "1: menu") + "menu: {kind: say, prompt: [p], go: bye, colour: red}"
    found = faults_of(text(nodes))
    assert [(fault.node, fault.what, fault.line) for fault in found] == [
        ("menu", "colour: there is no such field", FIRST_LINE + 1)
    ]


def test_what_is_wrong_with_a_part_is_said_once() -> None:
    broken = PART.replace("start: say", "start: other").replace("{1: say}", "{1: say, 2: otter}")
    library = compile_flows({"f": use("{done: bye, lost: bye}"), "part": broken})
    assert [str(fault) for fault in library.errors() if "otter" in fault.what] == [
        "part.yaml:6: error: node other: key:2 leads to 'otter', which is no node"
        " -> did you mean 'other'? If not, write one of the nodes of this flow, or add the node"
    ]
