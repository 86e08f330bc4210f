"""The wording: what the flows need is there in each language, and a wrong file says what is wrong with it."""

from pathlib import Path

import pytest
import yaml

from prompts.catalogue import FOLDER, Catalogue, load_catalogue, load_catalogues, require
from prompts.errors import CatalogueError, UnknownPromptError
from prompts.phrases import CATEGORIES

# What the first call plays, from the welcome to the disposition.
NEEDED = [
    "welcome",
    "ambulance.hint",
    "menu.main",
    "menu.wrong",
    "menu.silence",
    "menu.to_general",
    "age.ask",
    "age.wrong",
    "age.silence",
    "age.skipped",
    "seek.start",
    "seek.busy",
    "seek.still",
    "seek.nobody",
    "callback.stored",
    "callback.impossible",
    "goodbye.patient",
    "goodbye.doctor_left",
    "ambulance.confirm",
    "ambulance.connecting",
    "ambulance.failed",
    "helper.connecting",
    "please.hold",
    "apology.down",
    "apology.goodbye",
    "unknown.number",
    "closed.line",
    "offer.intro",
    "offer.age_prefix",
    "offer.age_unknown",
    "offer.keys",
    "offer.again",
    "offer.taken_back",
    "offer.declined_thanks",
    "offer.connected",
    "disposition.ask",
    "disposition.wrong",
    "disposition.thanks",
]

GOOD: dict[str, object] = yaml.safe_load((FOLDER / "hi" / "language.yaml").read_text("utf-8"))
PROMPTS = {"welcome": "नमस्ते", "menu.main": {"text": "आठ दबाएँ", "note": "धीरे"}}


@pytest.fixture(scope="module")
def catalogues() -> dict[str, Catalogue]:
    return load_catalogues()


@pytest.mark.parametrize("language", ["hi", "en"])
def test_everything_the_first_call_plays_is_worded(catalogues: dict[str, Catalogue], language: str) -> None:
    categories = [f"category.{category}" for category in CATEGORIES]
    ages = [f"age.{age}" for age in range(121)]
    require(catalogues[language], [*NEEDED, *categories, *ages])


def test_hindi_is_written_in_devanagari_alone(catalogues: dict[str, Catalogue]) -> None:
    foreign = {
        prompt.id: prompt.text
        for prompt in catalogues["hi"].prompts.values()
        if prompt.language in ("", "hi")
        and any(character.isalpha() and not "\u0900" <= character <= "\u097f" for character in prompt.text)
    }
    assert foreign == {}


def test_the_purpose_comes_before_the_digit(catalogues: dict[str, Catalogue]) -> None:
    assert catalogues["hi"].text("ambulance.hint") == "एम्बुलेंस के लिए आठ दबाएँ।"
    assert "पुष्टि के लिए एक दबाएँ" in catalogues["hi"].text("ambulance.confirm")
    assert catalogues["hi"].text("offer.keys") == "कॉल लेने के लिए एक दबाएँ, मना करने के लिए दो दबाएँ।"


@pytest.mark.parametrize(
    ("age", "hindi", "english"),
    [
        (0, "एक वर्ष से कम", "less than one year"),
        (1, "एक वर्ष", "one year"),
        (45, "पैंतालीस वर्ष", "forty five years"),
        (120, "एक सौ बीस वर्ष", "one hundred and twenty years"),
    ],
)
def test_ages_are_spoken_right(catalogues: dict[str, Catalogue], age: int, hindi: str, english: str) -> None:
    assert catalogues["hi"].text(f"age.{age}") == hindi
    assert catalogues["en"].text(f"age.{age}") == english
    assert catalogues["hi"].prompts[f"age.{age}"].generated


def test_the_synthesiser_is_given_what_it_reads_rightly(catalogues: dict[str, Catalogue]) -> None:
    assert catalogues["hi"].spoken_text("ambulance.hint").endswith("दबाएं।")


def test_an_unknown_prompt_is_refused_by_name(catalogues: dict[str, Catalogue]) -> None:
    with pytest.raises(UnknownPromptError, match=r"menu\.mian"):
        catalogues["hi"].text("menu.mian")
    with pytest.raises(UnknownPromptError, match=r"age\.121, menu\.mian"):
        require(catalogues["hi"], ["welcome", "menu.mian", "age.121"])


@pytest.fixture
def written(tmp_path: Path) -> Path:
    return tmp_path / "hi"


def load(folder: Path, prompts: object = PROMPTS, **changes: object) -> Catalogue:
    folder.mkdir(exist_ok=True)
    write(folder / "language.yaml", {**GOOD, "language": folder.name, **changes})
    write(folder / "patient.yaml", {"prompts": prompts})
    return load_catalogue(folder)


def write(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")


def test_a_note_goes_to_the_voice_artist_and_not_to_the_caller(written: Path) -> None:
    prompt = load(written).prompts["menu.main"]
    assert (prompt.text, prompt.note) == ("आठ दबाएँ", "धीरे")


def test_a_language_is_called_by_its_own_name(catalogues: dict[str, Catalogue]) -> None:
    assert {name: catalogue.name for name, catalogue in catalogues.items()} == {"hi": "हिन्दी", "en": "English"}


def test_every_file_of_the_folder_adds_its_prompts(written: Path) -> None:
    load(written)
    write(written / "opd.yaml", {"prompts": {"opd.welcome": "नमस्ते"}})
    prompts = load_catalogue(written).prompts
    assert (prompts["welcome"].source, prompts["opd.welcome"].source) == ("patient.yaml", "opd.yaml")


@pytest.mark.parametrize(
    ("prompts", "complaint"),
    [
        ({"welcome": "  "}, "welcome has no text"),
        ({"welcome": None}, "welcome has no text"),
        ({"welcome": {"text": "नमस्ते", "voice": "x"}}, "only text, note and language"),
        ({"menu-main": "नमस्ते"}, "not an id"),
        ({"Menu": "नमस्ते"}, "not an id"),
        ({"welcome": "एम्बुलेंस के लिए 8 दबाएँ"}, "figure"),
        ({"welcome": "एम्बुलेंस के लिए ८ दबाएँ"}, "figure"),
        ({"age.45": "पैंतालीस"}, "age.45 is generated"),
        (["welcome"], "must be a mapping"),
    ],
)
def test_a_wrong_prompt_says_what_is_wrong(written: Path, prompts: object, complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint) as refused:
        load(written, prompts)
    assert str(written / "patient.yaml") in str(refused.value)


def section(name: str) -> dict[str, object]:
    found = GOOD[name]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"voices": []}, "voices"),
        ({"words_per_minute": 20}, "words_per_minute"),
        ({"name": ""}, "name"),
        ({"ages": {"one": "एक"}}, "ages lacks many"),
        ({"ages": {**section("ages"), "many": "वर्ष"}}, r"ages\.many: .*\{number\}"),
        ({"ages": {**section("ages"), "weeks": "हफ़्ते"}}, "ages: unknown weeks"),
        ({"unknown": "5"}, "unknown contains a figure"),
        ({"numbers": {**section("numbers"), "words": ["एक"]}}, r"numbers\.words must list 100 words, not 1"),
        ({"numbers": {**section("numbers"), "words": ["एक"] * 100}}, "एक stands for two numbers"),
        ({"numbers": {**section("numbers"), "order": "{rest}"}}, r"numbers\.order"),
        ({"numbers": {**section("numbers"), "irregular": {150: "डेढ़ सौ"}}}, "irregular"),
        ({"ordinals": {**section("ordinals"), "forms": ["x"]}}, "forms"),
        ({"dates": {**section("dates"), "day": "ordinal"}}, "31"),
        ({"dates": {**section("dates"), "weekdays": ["सोमवार"]}}, "weekdays must list 7"),
        ({"times": {**section("times"), "parts": {}}}, "part of the day"),
        ({"times": {**section("times"), "parts": {"25:00": "रात"}}}, "25:00"),
        ({"times": {**section("times"), "half": "साढ़े {hours}"}}, r"times\.half"),
        ({"genders": {"male": "पुरुष"}}, "female, male, other"),
        ({"phone_group": 0}, "phone_group"),
        ({"extra": 1}, "unknown field extra"),
    ],
)
def test_a_wrong_language_says_what_is_wrong(written: Path, changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(CatalogueError, match=complaint) as refused:
        load(written, **changes)
    assert str(written / "language.yaml") in str(refused.value)


def test_the_same_id_twice_in_a_file_is_refused(written: Path) -> None:
    load(written)
    path = written / "patient.yaml"
    path.write_text(path.read_text("utf-8").replace("prompts:\n", "prompts:\n  welcome: दोबारा\n"), "utf-8")
    with pytest.raises(CatalogueError, match="welcome appears twice"):
        load_catalogue(written)


def test_the_same_id_in_two_files_is_refused(written: Path) -> None:
    load(written)
    write(written / "triage.yaml", {"prompts": {"welcome": "दोबारा"}})
    with pytest.raises(CatalogueError, match=r"triage\.yaml: welcome is also in patient\.yaml"):
        load_catalogue(written)


def test_a_missing_file_or_broken_yaml_is_a_prompt_error(written: Path) -> None:
    with pytest.raises(CatalogueError):
        load_catalogue(written)
    load(written)
    (written / "patient.yaml").write_text("a: [", "utf-8")
    with pytest.raises(CatalogueError):
        load_catalogue(written)


def test_a_missing_translation_is_named(tmp_path: Path) -> None:
    load(tmp_path / "hi")
    load(tmp_path / "en", {"welcome": "Namaste"})
    with pytest.raises(CatalogueError, match=r"'en' lacks menu\.main"):
        load_catalogues(tmp_path)


def test_a_language_is_offered_in_itself_in_every_language(catalogues: dict[str, Catalogue]) -> None:
    offer = catalogues["hi"].prompts["language.offer.en.2"]
    assert (offer.text, offer.language) == ("For English, press two.", "en")
    assert catalogues["en"].text("language.offer.hi.1") == "हिन्दी के लिए एक दबाएँ।"


def test_a_sentence_in_a_language_without_a_folder_is_refused(tmp_path: Path) -> None:
    load(tmp_path / "hi", {"welcome": {"text": "Namaste", "language": "en"}})
    with pytest.raises(CatalogueError, match="'hi' has a prompt in 'en'"):
        load_catalogues(tmp_path)


def test_a_folder_named_for_another_language_is_refused(tmp_path: Path) -> None:
    load(tmp_path / "hi")
    (tmp_path / "hi").rename(tmp_path / "en")
    with pytest.raises(CatalogueError, match="'hi'"):
        load_catalogues(tmp_path)


def test_a_second_folder_adds_names_and_what_is_shipped_wins(tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    for language in ("hi", "en"):
        load(tmp_path / "shipped" / language)
        (tmp_path / "more" / language).mkdir(parents=True)
        names = {"prompts": {"centre.near": f"Near {language}", "welcome": "Something else"}}
        write(tmp_path / "more" / language / "centres.yaml", names)
    found = load_catalogues(tmp_path / "shipped", tmp_path / "more", tmp_path / "not there")
    assert found["en"].text("centre.near") == "Near en"
    assert found["hi"].text("welcome") == "नमस्ते"
