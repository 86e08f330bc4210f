"""What a child process is given, and which services a command line means."""

from pathlib import Path

import pytest

from cli.prepare import SERVICES, environment, with_secret
from cli.up import chosen
from config.errors import ConfigError
from config.settings import load_settings


def test_a_child_reads_exactly_the_settings_it_was_given(tmp_path: Path) -> None:
    settings = with_secret(load_settings({}, data_dir=tmp_path, trunk="10.0.0.5:5070", duty_phone="+919876543210"))
    assert load_settings(environment(settings, {"HELPLINE_HTTP_PORT": "1", "HELPLINE_TRUNK": "x:1"})) == settings


def test_a_child_keeps_the_rest_of_the_environment_and_finds_our_packages_first() -> None:
    env = environment(load_settings({}), {"PATH": "/bin", "PYTHONPATH": "/elsewhere"})
    assert env["PATH"] == "/bin"
    assert "/elsewhere" not in env["PYTHONPATH"]
    assert env["PYTHONSAFEPATH"] == "1"


def test_a_relative_data_folder_means_the_same_in_a_child_that_starts_elsewhere() -> None:
    assert environment(load_settings({}, data_dir=Path("somewhere")), {})["HELPLINE_DATA_DIR"] == str(
        Path("somewhere").resolve()
    )


def test_each_start_draws_its_own_secret_unless_one_is_given() -> None:
    drawn = {with_secret(load_settings({})).ami_secret for _ in range(5)}
    assert len(drawn) == 5
    assert min(map(len, drawn)) >= 32
    assert with_secret(load_settings({}, ami_secret="shared")).ami_secret == "shared"


def test_services_are_started_in_their_order_whatever_order_they_are_named_in() -> None:
    assert chosen(["web", "asterisk"]) == ("asterisk", "web")
    assert chosen([]) == SERVICES


def test_an_unknown_service_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'freeswitch'"):
        chosen(["freeswitch"])
