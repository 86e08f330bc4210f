"""A wrong setting is refused with the name of its variable, and the right ones mean what they say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError
from config.settings import Settings, load_settings

WRONG = {
    "HELPLINE_BIND": ["localhost", "0.0.0.0;x", ""],
    "HELPLINE_SIP_PORT": ["0", "65536", "sip", ""],
    "HELPLINE_HTTP_PORT": ["-1"],
    "HELPLINE_AMI_PORT": ["99999"],
    "HELPLINE_RTP_PORTS": ["10000", "10999-10000", "80-90", "10000-70000", "a-b"],
    "HELPLINE_TRUNK": ["10.0.0.5", "10.0.0.5:0", "10.0.0.5:65536", "a b:5060", "x:5060\nallow=all"],
    "HELPLINE_TRUNK_USER": ["a;b", "a\nb", "[trunk]"],
    "HELPLINE_TRUNK_PASSWORD": ["a\rb", "a\\b"],
    "HELPLINE_TRUNK_DTMF": ["rfc2833", ""],
    "HELPLINE_AMI_SECRET": ["a;b"],
    "HELPLINE_DUTY_PHONE": ["98765x", "+91 98765 43210", "12", "9876543210&9876500000"],
    "HELPLINE_RING_SECONDS": ["4", "61", "soon"],
    "HELPLINE_WRAP_UP_SECONDS": ["-1", "601"],
    "HELPLINE_QUEUE_LIMIT": ["0", "many"],
    "HELPLINE_CALLBACK_ORDER": ["both"],
    "HELPLINE_CALLBACK_SHARE": ["1", "none"],
    "HELPLINE_CALLBACK_MINUTES": ["", "2,", "soon", "2;10"],
    "HELPLINE_CALLBACK_NIGHT": ["22", "22-24", "ten-seven"],
    "HELPLINE_CALL_BACK_CUT_OFF": ["yes"],
    "HELPLINE_PROMPT_ENGINE": ["festival"],
    "HELPLINE_PROMPT_RATE": ["40", "500", "fast"],
    "HELPLINE_PROMPT_VOICES": ["hindi.onnx", "hi=", "hi=a,b"],
    "HELPLINE_SMS_GATEWAY": ["pigeon", "inbox "],
    "HELPLINE_LOG_LEVEL": ["TRACE", "info"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_a_wrong_variable_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=name):
        load_settings({name: value})


def test_every_wrong_variable_is_named_at_once() -> None:
    with pytest.raises(ConfigError, match=r"HELPLINE_SIP_PORT.*HELPLINE_TRUNK"):
        load_settings({"HELPLINE_SIP_PORT": "x", "HELPLINE_TRUNK": "x"})


def test_a_variable_that_is_no_setting_is_refused_because_it_may_be_a_slip_of_the_pen() -> None:
    with pytest.raises(ConfigError, match="HELPLINE_SIPPORT"):
        load_settings({"HELPLINE_SIPPORT": "5060"})


def test_other_programs_variables_are_left_alone() -> None:
    assert load_settings({"PATH": "/bin", "HELPLINE_CHROMIUM": "/x"}) == load_settings({})


@pytest.mark.parametrize("missing", ["ACCOUNT_SID", "AUTH_TOKEN", "FROM"])
def test_twilio_needs_all_its_credentials(missing: str) -> None:
    given = {f"HELPLINE_TWILIO_{name}": "x" for name in ("ACCOUNT_SID", "AUTH_TOKEN", "FROM") if name != missing}
    with pytest.raises(ConfigError, match=f"HELPLINE_TWILIO_{missing}"):
        load_settings({"HELPLINE_SMS_GATEWAY": "twilio", **given})


def test_a_password_is_not_repeated_in_the_refusal_of_another_variable() -> None:
    with pytest.raises(ConfigError) as refusal:
        load_settings({"HELPLINE_TRUNK_PASSWORD": "hunter2", "HELPLINE_SIP_PORT": "x"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["HELPLINE_TRUNK_PASSWORD", "HELPLINE_AMI_SECRET"])
def test_a_wrong_secret_is_refused_without_being_shown(name: str) -> None:
    with pytest.raises(ConfigError, match=name) as refusal:
        load_settings({name: "hunter2;"})
    assert "hunter2" not in str(refusal.value)


def test_the_environment_of_the_process_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("HELPLINE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HELPLINE_SIP_PORT", "5080")
    assert load_settings().sip_port == 5080


def test_an_override_wins_over_the_environment() -> None:
    assert load_settings({"HELPLINE_SIP_PORT": "5080"}, sip_port=5090).sip_port == 5090


def test_addresses_and_ranges_are_taken_apart() -> None:
    settings = load_settings({"HELPLINE_TRUNK": "sip.example.org:5070", "HELPLINE_RTP_PORTS": "20000-20099"})
    assert (settings.trunk_host, settings.trunk_port) == ("sip.example.org", 5070)
    assert settings.rtp_range == (20000, 20099)


def test_the_database_is_in_the_data_folder_unless_given(tmp_path: Path) -> None:
    assert load_settings({}, data_dir=tmp_path).effective_database_url == f"sqlite:///{tmp_path}/helpline.db"
    given = {"HELPLINE_DATABASE_URL": "postgresql://u@h/d"}
    assert load_settings(given).effective_database_url == "postgresql://u@h/d"


@pytest.mark.parametrize("depth", [1, 60, 200])
def test_the_folder_of_sockets_is_short_the_same_in_every_process_and_another_per_deployment(
    tmp_path: Path, depth: int
) -> None:
    def folder(name: str) -> Path:
        return load_settings({}, data_dir=tmp_path / name).socket_dir

    assert len(os.fsencode(folder("x" * depth))) <= 80
    assert folder("x" * depth) == folder("x" * depth)
    assert folder("x" * depth) != folder("y" * depth)


def test_settings_do_not_change() -> None:
    settings: Any = load_settings({})
    with pytest.raises(ValueError):
        settings.sip_port = 1
    assert isinstance(settings, Settings)


def test_all_that_a_gateway_lacks_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELPLINE_SMS_GATEWAY", "cdac")
    monkeypatch.setenv("HELPLINE_CDAC_USERNAME", "helpline")
    with pytest.raises(ConfigError) as refused:
        load_settings()
    lacking = "HELPLINE_CDAC_URL, HELPLINE_CDAC_PASSWORD, HELPLINE_CDAC_SECURE_KEY"
    assert f"HELPLINE_SMS_GATEWAY=cdac also needs {lacking}" in str(refused.value)


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("HELPLINE_SMS_GATEWAY", "Exotel", "write one of inbox, twilio, cdac, exotel, http, smpp"),
        ("HELPLINE_SMS_FALLBACK", "none", "write one of twilio, cdac, exotel, http, smpp"),
        # It takes every message and sends none: a patient's slip would look sent.
        ("HELPLINE_SMS_FALLBACK", "inbox", "write one of twilio, cdac, exotel, http, smpp"),
        ("HELPLINE_DLT_HEADER", "VM-HLTHMP-S", "without the operator's VM- before and -S behind"),
        ("HELPLINE_DLT_ENTITY_ID", "110123", "12 to 19 digits"),
        ("HELPLINE_WEBHOOK_SECRET", "short", "16 to 128 letters and digits"),
        ("HELPLINE_PUBLIC_URL", "help.example.gov.in", "for example https://help.example.gov.in"),
        ("HELPLINE_SMS_PER_SECOND", "exotl=3", "gateway=number"),
    ],
)
def test_what_a_setting_may_be_is_said_in_words(
    monkeypatch: pytest.MonkeyPatch, setting: str, value: str, advice: str
) -> None:
    monkeypatch.setenv(setting, value)
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert setting in str(refused.value)
    assert advice in str(refused.value)
